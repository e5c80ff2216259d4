//! What is kept of money that providers have collected, and of what goes back through them.

use chrono::Duration;
use kernel::{GatewayAccountId, Money, PageRequest, PaymentId, StoreError};

use super::{World, now};
use crate::gateway::{
    COLLECTION_TRANSACTION_UNIQUE, Collection, NewCollection, ProviderRefund, ProviderRefundFilter,
    ProviderRefundStatus, Received, RefundsSince,
};
use crate::till::{Taking, TakingSource};

impl World<'_> {
    pub(super) fn collection(&self, account: GatewayAccountId, transaction: &str) -> Collection {
        let money = Money::from_minor(15_000_000, "IDR".parse().unwrap());
        let new = NewCollection {
            payment: self.ids.next(),
            gateway_account: account,
            link: self.ids.next(),
            reference: "cs_1".parse().unwrap(),
            booked_back: Money::zero(money.currency()),
        };
        let received = Received {
            transaction: transaction.to_owned(),
            amount: money,
            refunded: Money::zero(money.currency()),
            at: Some(now()),
        };
        Collection::collect(new, &received, now()).unwrap()
    }

    pub(super) async fn save_collection(
        &self,
        collection: &mut Collection,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.begin(&self.scope).await?;
        tx.collections().save(collection).await?;
        tx.commit().await
    }

    pub(super) async fn collections_are_kept_once_and_wait_in_line(&self) {
        let account = self.stored_account(&self.scope, "Collections").await;
        let mut first = self.collection(account, "pi_1");
        self.save_collection(&mut first).await.unwrap();
        first.ask_back(None).unwrap();
        first.taken_back(true);
        self.save_collection(&mut first).await.unwrap();
        let payment = first.snapshot().payment;
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let kept = tx.collections().find(payment).await.unwrap().unwrap();
        assert_eq!(kept, first);
        let found = tx.collections().find_by_transaction(account, "pi_1").await;
        assert_eq!(found.unwrap().unwrap(), first);
        let none = tx.collections().find_by_transaction(account, "pi_2").await;
        assert!(none.unwrap().is_none());
        drop(tx);
        let mut twice = self.collection(account, "pi_1");
        let refused = self.save_collection(&mut twice).await.unwrap_err();
        assert!(
            refused.is_duplicate_of(COLLECTION_TRANSACTION_UNIQUE),
            "{refused}"
        );
        let mut stale = kept.clone();
        first.taken_back(false);
        self.save_collection(&mut first).await.unwrap();
        let outcome = self.save_collection(&mut stale).await;
        assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");

        let mut second = self.collection(account, "pi_2");
        second.not_asked(now());
        self.save_collection(&mut second).await.unwrap();
        let due = |hours: i64, limit| {
            let at = now().plus(Duration::hours(hours));
            self.queries
                .collections_to_ask_about(self.scope.tenant, at, limit)
        };
        let line = [second.snapshot().payment, payment];
        assert_eq!(due(0, 10).await.unwrap(), []);
        assert_eq!(due(1, 10).await.unwrap(), line[..1]);
        assert_eq!(due(24, 10).await.unwrap(), line);
        assert_eq!(due(24, 1).await.unwrap(), line[..1]);
        let theirs = self.neighbour.tenant;
        let at = now().plus(Duration::days(9));
        let theirs = self.queries.collections_to_ask_about(theirs, at, 10);
        assert_eq!(theirs.await.unwrap(), []);
    }

    async fn save_refund(&self, refund: &mut ProviderRefund) {
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        tx.provider_refunds().save(refund).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(super) async fn refunds_are_kept_and_listed(&self) {
        let account = self.stored_account(&self.scope, "Refunds").await;
        let mut collection = self.collection(account, "pi_refunded");
        self.save_collection(&mut collection).await.unwrap();
        let payment = collection.snapshot().payment;
        let money = Money::from_minor(5, "IDR".parse().unwrap());
        let who = (self.ids.next(), payment);
        let mut waiting = ProviderRefund::ask(who, money, "moved away", now()).unwrap();
        waiting.note("the provider is away");
        waiting.told(now());
        self.save_refund(&mut waiting).await;
        let mut unbooked = ProviderRefund::found((self.ids.next(), payment), money, now());
        self.save_refund(&mut unbooked).await;
        unbooked.unbooked("the payment was reversed", now());
        self.save_refund(&mut unbooked).await;
        let mut done = ProviderRefund::found((self.ids.next(), payment), money, now());
        done.done(now());
        self.save_refund(&mut done).await;
        let taken_up = self.failed_refund(account, "pi_failed_1").await;
        let who = (self.ids.next(), taken_up.snapshot().payment);
        let mut again = ProviderRefund::found(who, money, now());
        again.done(now());
        self.save_refund(&mut again).await;
        let failed = self.failed_refund(account, "pi_failed_2").await;

        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let id = waiting.snapshot().id;
        let kept = tx.provider_refunds().find(id).await.unwrap().unwrap();
        assert_eq!(kept.snapshot(), waiting.snapshot());
        drop(tx);
        let listed = |filter| {
            let page = PageRequest::default();
            self.queries
                .provider_refunds(self.scope.tenant, filter, page)
        };
        let of_payment = ProviderRefundFilter {
            payment: Some(payment),
            status: None,
        };
        assert_eq!(listed(of_payment).await.unwrap().items.len(), 3);
        let of_other = ProviderRefundFilter {
            payment: Some(self.ids.next()),
            status: None,
        };
        assert_eq!(listed(of_other).await.unwrap().items, []);
        let ended = ProviderRefundFilter {
            payment: None,
            status: Some(ProviderRefundStatus::Done),
        };
        let ended = listed(ended).await.unwrap().items;
        assert_eq!(ended, [&again, &done].map(|it| it.snapshot().clone()));
        let to_look_at = |since| {
            let page = PageRequest::default();
            self.queries
                .refunds_to_look_at(self.scope.tenant, since, page)
        };
        let second = Duration::seconds(1);
        let early = RefundsSince {
            waiting: now(),
            failed: now().plus(second),
        };
        let early = to_look_at(early).await.unwrap().items;
        assert_eq!(early, [unbooked.snapshot().clone()]);
        let late = RefundsSince {
            waiting: now().plus(second),
            failed: now(),
        };
        let late = to_look_at(late).await.unwrap().items;
        let all = [&failed, &unbooked, &waiting].map(|it| it.snapshot().clone());
        assert_eq!(late, all, "what was asked for again is taken up");
        self.give_by_hand(failed.snapshot().payment).await;
        let late = RefundsSince {
            waiting: now().plus(second),
            failed: now(),
        };
        let late = to_look_at(late).await.unwrap().items;
        let rest = [&unbooked, &waiting].map(|it| it.snapshot().clone());
        assert_eq!(late, rest, "so is what an operator gave back by hand");
    }

    async fn give_by_hand(&self, payment: PaymentId) {
        let taking = Taking {
            source: TakingSource::Refund(self.ids.next()),
            payment,
            entity: self.ids.next(),
            operator: self.ids.next(),
            day: None,
            amount: Money::from_minor(-5, "IDR".parse().unwrap()),
            at: now(),
        };
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        tx.books().tills().take(taking).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn failed_refund(&self, account: GatewayAccountId, transaction: &str) -> ProviderRefund {
        let mut collection = self.collection(account, transaction);
        self.save_collection(&mut collection).await.unwrap();
        let money = Money::from_minor(5, "IDR".parse().unwrap());
        let who = (self.ids.next(), collection.snapshot().payment);
        let mut refund = ProviderRefund::ask(who, money, "moved away", now()).unwrap();
        refund.failed("the card was closed", now());
        self.save_refund(&mut refund).await;
        refund
    }
}
