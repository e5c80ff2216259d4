//! Promises about accounts, their balances included.

use super::{World, day, kes, must_conflict, outcome};
use crate::account::{Account, AccountSnapshot};
use crate::allocation::Allocation;
use crate::dunning::Hold;
use crate::overdue::Level;
use crate::ports::ACCOUNT_CUSTOMER_UNIQUE;

impl World<'_> {
    pub(super) async fn account_promises(&self) {
        self.an_account_reads_back_as_it_was_saved().await;
        self.what_is_not_committed_never_was().await;
        self.a_stale_account_is_a_conflict().await;
        self.a_customer_has_one_account_with_an_entity().await;
        self.balances_follow_from_the_documents().await;
    }

    async fn an_account_reads_back_as_it_was_saved(&self) {
        let opened = self.account_with(self.entity).await.snapshot();
        let mut account = Account::restore(AccountSnapshot {
            hold: Some(Hold {
                reason: "the mayor".to_owned(),
                until: None,
            }),
            ..opened
        });
        account.reach(Level::Restricted);
        account.park("days were billed twice");
        let mut tx = self.tx().await;
        tx.accounts().save(&mut account).await.unwrap();
        tx.commit().await.unwrap();
        let kept = account.snapshot();
        let mut tx = self.tx().await;
        let stored = tx.accounts().lock(kept.id).await.unwrap().unwrap();
        let locked = AccountSnapshot {
            version: kept.version + 1,
            ..kept.clone()
        };
        assert_eq!((stored.snapshot(), kept.version), (locked, 2));
        let again = tx.accounts().lock_of(kept.customer, kept.entity).await;
        assert_eq!(again.unwrap().unwrap().id(), kept.id);
        let stranger = self.ids.next();
        let none = tx.accounts().lock_of(stranger, kept.entity).await.unwrap();
        assert!(none.is_none());
        assert!(tx.accounts().lock(self.ids.next()).await.unwrap().is_none());
        drop(tx);
        let view = self.queries.account(self.tenant(), kept.id).await.unwrap();
        let view = view.unwrap();
        assert_eq!((view.customer, view.entity), (kept.customer, kept.entity));
        assert_eq!((view.level, view.parked), (Level::Restricted, kept.parked));
        assert_eq!((view.due, view.credit), (kes(0), kes(0)));
        assert_eq!(view.oldest_due_on, None);
    }

    async fn what_is_not_committed_never_was(&self) {
        let mut account = self.new_account(self.ids.next(), self.entity);
        let mut tx = self.tx().await;
        tx.accounts().save(&mut account).await.unwrap();
        assert!(tx.accounts().lock(account.id()).await.unwrap().is_some());
        drop(tx);
        let mut tx = self.tx().await;
        assert!(tx.accounts().lock(account.id()).await.unwrap().is_none());
        drop(tx);
        let view = self.queries.account(self.tenant(), account.id()).await;
        assert!(view.unwrap().is_none());
    }

    async fn a_stale_account_is_a_conflict(&self) {
        let mut account = self.account_with(self.entity).await;
        let mut stale = account.clone();
        account.reach(Level::Overdue);
        let mut tx = self.tx().await;
        tx.accounts().save(&mut account).await.unwrap();
        tx.commit().await.unwrap();
        stale.reach(Level::Suspended);
        let mut tx = self.tx().await;
        let written = tx.accounts().save(&mut stale).await;
        must_conflict(&outcome(tx, written).await);
    }

    async fn a_customer_has_one_account_with_an_entity(&self) {
        let customer = self.ids.next();
        let other_entity = self.found().await;
        let mut first = self.new_account(customer, self.entity);
        let mut elsewhere = self.new_account(customer, other_entity);
        let mut tx = self.tx().await;
        tx.accounts().save(&mut first).await.unwrap();
        tx.accounts().save(&mut elsewhere).await.unwrap();
        tx.commit().await.unwrap();
        let mut second = self.new_account(customer, self.entity);
        let mut tx = self.tx().await;
        let written = tx.accounts().save(&mut second).await;
        let refused = outcome(tx, written).await.unwrap_err();
        assert!(
            refused.is_duplicate_of(ACCOUNT_CUSTOMER_UNIQUE),
            "{refused:?}"
        );
        let views = self.queries.accounts_of(self.tenant(), customer).await;
        let views: Vec<_> = views.unwrap().iter().map(|it| it.id).collect();
        assert_eq!(views, [first.id(), elsewhere.id()]);
    }

    async fn balances_follow_from_the_documents(&self) {
        let account = self.account().await;
        let mut oldest = self.bill(account, 1_000, "2026-11-01").await;
        let mut second = self.bill(account, 500, "2026-11-05").await;
        self.bill(account, 70, "2026-11-09").await;
        self.pay(&mut oldest, 1_000).await;
        self.pay(&mut second, 200).await;
        let mut payment = self.payment(account, 2_000, None);
        let used = Allocation {
            invoice: second.id(),
            amount: kes(200),
        };
        payment.use_for(&[used]).unwrap();
        let mut untouched = self.payment(account, 9, None);
        let mut tx = self.tx().await;
        tx.payments().save(&mut payment).await.unwrap();
        tx.payments().save(&mut untouched).await.unwrap();
        tx.commit().await.unwrap();
        let view = self.queries.account(self.tenant(), account).await.unwrap();
        let view = view.unwrap();
        assert_eq!((view.due, view.credit), (kes(370), kes(1_809)));
        assert_eq!(view.oldest_due_on, Some(day("2026-11-12")));
    }
}
