//! Promises about money that fits no account.

use kernel::PageRequest;

use super::{World, kes, must_conflict, noon, outcome};
use crate::payment::PaymentMethod;
use crate::ports::UNMATCHED_REFERENCE_UNIQUE;
use crate::unmatched::{NewUnmatched, Unmatched, UnmatchedStatus};
use crate::views::UnmatchedView;

impl World<'_> {
    pub(super) async fn unmatched_promises(&self) {
        self.what_became_of_it_reads_back().await;
        self.a_reference_waits_once_per_method().await;
        self.stale_money_is_a_conflict().await;
    }

    fn unmatched(&self, reference: Option<&str>) -> Unmatched {
        let new = NewUnmatched {
            id: self.ids.next(),
            entity: self.entity,
            amount: kes(500),
            method: PaymentMethod::MobileMoney,
            reference: reference.map(str::to_owned),
            payer: Some("2547…001".to_owned()),
            note: Some("hose 12".to_owned()),
            received_at: noon(),
        };
        Unmatched::receive(new, noon()).unwrap()
    }

    async fn keep_unmatched(&self, money: &mut Unmatched) {
        let mut tx = self.tx().await;
        tx.unmatched().save(money).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn what_became_of_it_reads_back(&self) {
        let tenant = self.tenant();
        let mut open = self.unmatched(Some("UNM-1"));
        let mut taken = self.unmatched(Some("UNM-2"));
        let mut sent_back = self.unmatched(None);
        for money in [&mut open, &mut taken, &mut sent_back] {
            self.keep_unmatched(money).await;
        }
        taken.allocate(self.ids.next(), self.ids.next()).unwrap();
        sent_back.give_back("a stranger", None).unwrap();
        for money in [&mut taken, &mut sent_back] {
            self.keep_unmatched(money).await;
        }
        for money in [&open, &taken, &sent_back] {
            let mut tx = self.tx().await;
            let stored = tx.unmatched().find(money.id()).await.unwrap().unwrap();
            assert_eq!(stored.snapshot(), money.snapshot());
            drop(tx);
            let view = self.queries.unmatched_payment(tenant, money.id()).await;
            let shown = UnmatchedView::from(money.snapshot());
            assert_eq!(view.unwrap(), Some(shown));
        }
        let mut tx = self.tx().await;
        for (reference, found) in [("UNM-1", Some(open.id())), ("UNM-2", None)] {
            let waiting = tx
                .unmatched()
                .find_open(PaymentMethod::MobileMoney, reference);
            assert_eq!(waiting.await.unwrap().map(|it| it.id()), found);
        }
        let waiting = tx.unmatched().find_open(PaymentMethod::Cash, "UNM-1").await;
        assert!(waiting.unwrap().is_none());
        drop(tx);
        for (status, found) in [
            (None, vec![sent_back.id(), taken.id(), open.id()]),
            (Some(UnmatchedStatus::Open), vec![open.id()]),
            (Some(UnmatchedStatus::Allocated), vec![taken.id()]),
            (Some(UnmatchedStatus::Returned), vec![sent_back.id()]),
        ] {
            let page = PageRequest::new(9, None);
            let page = self.queries.unmatched_payments(tenant, status, page).await;
            let ids: Vec<_> = page.unwrap().items.iter().map(|it| it.id).collect();
            assert_eq!(ids, found, "{status:?}");
        }
        let page = PageRequest::new(2, None);
        let first = self.queries.unmatched_payments(tenant, None, page).await;
        let next = PageRequest::new(2, Some(first.unwrap().next.unwrap().parse().unwrap()));
        let rest = self.queries.unmatched_payments(tenant, None, next).await;
        assert_eq!(rest.unwrap().items.len(), 1);
    }

    async fn a_reference_waits_once_per_method(&self) {
        self.keep_unmatched(&mut self.unmatched(Some("UNM-ONCE")))
            .await;
        let mut again = self.unmatched(Some("UNM-ONCE"));
        let mut tx = self.tx().await;
        let written = tx.unmatched().save(&mut again).await;
        let refused = outcome(tx, written).await.unwrap_err();
        assert!(
            refused.is_duplicate_of(UNMATCHED_REFERENCE_UNIQUE),
            "{refused:?}"
        );
        self.keep_unmatched(&mut self.unmatched(None)).await;
        self.keep_unmatched(&mut self.unmatched(None)).await;
    }

    async fn stale_money_is_a_conflict(&self) {
        let mut money = self.unmatched(None);
        self.keep_unmatched(&mut money).await;
        let mut stale = money.clone();
        money.give_back("a stranger", None).unwrap();
        self.keep_unmatched(&mut money).await;
        stale.allocate(self.ids.next(), self.ids.next()).unwrap();
        let mut tx = self.tx().await;
        let written = tx.unmatched().save(&mut stale).await;
        must_conflict(&outcome(tx, written).await);
    }
}
