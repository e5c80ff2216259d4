//! Promises about payments and the ledger.

use chrono::Duration;
use kernel::{AccountId, PageRequest};

use super::{World, kes, must_conflict, noon, outcome};
use crate::allocation::Allocation;
use crate::ledger::{LedgerAccount, Posting};
use crate::payment::{NewPayment, Payment, PaymentMethod};
use crate::ports::PAYMENT_REFERENCE_UNIQUE;
use crate::views::PaymentFilter;

impl World<'_> {
    pub(super) async fn payment_promises(&self) {
        self.a_payment_reads_back_as_it_was_saved().await;
        self.what_went_back_reads_back().await;
        self.a_stale_payment_is_a_conflict().await;
        self.a_reference_is_used_once_per_method().await;
        self.credit_comes_in_the_order_it_was_received().await;
        self.payments_run_from_the_newest_to_the_oldest().await;
        self.postings_are_taken().await;
        self.request_promises().await;
        self.unmatched_promises().await;
        self.proof_promises().await;
    }

    pub(super) fn payment(
        &self,
        account: AccountId,
        minor: i64,
        reference: Option<&str>,
    ) -> Payment {
        let new = NewPayment {
            id: self.ids.next(),
            account,
            amount: kes(minor),
            method: PaymentMethod::MobileMoney,
            reference: reference.map(str::to_owned),
            received_at: noon(),
        };
        Payment::record(new, noon()).unwrap()
    }

    pub(super) async fn save_payment(&self, payment: &mut Payment) {
        let mut tx = self.tx().await;
        tx.payments().save(payment).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn a_payment_reads_back_as_it_was_saved(&self) {
        let account = self.account().await;
        let first = self.bill(account, 500, "2026-11-01").await;
        let second = self.bill(account, 500, "2026-11-02").await;
        let mut payment = self.payment(account, 1_000, Some("QK7-READ"));
        let id = payment.id();
        let allocation = |invoice, minor| Allocation {
            invoice,
            amount: kes(minor),
        };
        payment.use_for(&[allocation(second.id(), 400)]).unwrap();
        self.save_payment(&mut payment).await;
        payment.use_for(&[allocation(first.id(), 300)]).unwrap();
        self.save_payment(&mut payment).await;
        let mut tx = self.tx().await;
        let stored = tx.payments().find(id).await.unwrap().unwrap();
        assert_eq!(stored.snapshot(), payment.snapshot());
        assert_eq!(stored.snapshot().version, 2);
        assert!(tx.payments().find(self.ids.next()).await.unwrap().is_none());
        drop(tx);
        let view = self.queries.payment(self.tenant(), id).await.unwrap();
        let view = view.unwrap();
        assert_eq!((view.amount, view.unallocated), (kes(1_000), kes(300)));
        let used: Vec<_> = view.allocations.iter().map(|it| it.invoice).collect();
        assert_eq!(used, [second.id(), first.id()], "in the order it was used");
        let by_reference = |method, reference| {
            let queries = self.queries;
            queries.payment_by_reference(self.tenant(), method, reference)
        };
        let found = by_reference(PaymentMethod::MobileMoney, "QK7-READ").await;
        assert_eq!(found.unwrap(), Some(view));
        let other = by_reference(PaymentMethod::Cash, "QK7-READ").await;
        assert_eq!(other.unwrap(), None);
    }

    async fn what_went_back_reads_back(&self) {
        let account = self.account().await;
        let mut invoice = self.bill(account, 500, "2026-11-01").await;
        self.pay(&mut invoice, 500).await;
        let mut payment = self.payment(account, 800, Some("QK7-BACK"));
        let used = Allocation {
            invoice: invoice.id(),
            amount: kes(500),
        };
        payment.use_for(&[used]).unwrap();
        self.save_payment(&mut payment).await;
        payment
            .refund(
                self.ids.next(),
                (Some(kes(400)), None),
                "moved away",
                noon(),
            )
            .unwrap();
        self.save_payment(&mut payment).await;
        let refunded = self.queries.payment(self.tenant(), payment.id()).await;
        let refunded = refunded.unwrap().unwrap();
        assert_eq!(
            (refunded.returned, refunded.unallocated),
            (kes(400), kes(0))
        );
        let used: Vec<_> = refunded.allocations.iter().map(|it| it.amount).collect();
        assert_eq!(used, [kes(400)]);
        payment.reverse("a chargeback", noon()).unwrap();
        self.save_payment(&mut payment).await;
        let mut tx = self.tx().await;
        let stored = tx.payments().find(payment.id()).await.unwrap().unwrap();
        assert_eq!(stored.snapshot(), payment.snapshot());
        assert!(stored.is_reversed());
        let credit = tx.payments().with_credit(account).await.unwrap();
        assert!(credit.is_empty(), "what went back is no credit");
        drop(tx);
        let reversed = self.queries.payment(self.tenant(), payment.id()).await;
        let reversed = reversed.unwrap().unwrap();
        assert_eq!(reversed.returned, kes(800));
        assert!(reversed.allocations.is_empty());
        let view = self.queries.account(self.tenant(), account).await.unwrap();
        assert_eq!(view.unwrap().credit, kes(0));
        invoice.reopen(kes(500)).unwrap();
        let mut tx = self.tx().await;
        tx.invoices().save(&mut invoice).await.unwrap();
        tx.commit().await.unwrap();
        let view = self.queries.account(self.tenant(), account).await.unwrap();
        assert_eq!(view.unwrap().due, kes(500));
        payment.undo_reversal("it was won", noon()).unwrap();
        self.save_payment(&mut payment).await;
        let mut tx = self.tx().await;
        let credit = tx.payments().with_credit(account).await.unwrap();
        let left: Vec<_> = credit.iter().map(|it| it.unallocated().unwrap()).collect();
        assert_eq!(left, [kes(400)]);
    }

    async fn a_stale_payment_is_a_conflict(&self) {
        let account = self.account().await;
        let invoice = self.bill(account, 500, "2026-11-01").await;
        let mut payment = self.payment(account, 500, None);
        self.save_payment(&mut payment).await;
        let mut stale = payment.clone();
        let half = Allocation {
            invoice: invoice.id(),
            amount: kes(250),
        };
        payment.use_for(&[half]).unwrap();
        self.save_payment(&mut payment).await;
        stale.use_for(&[half]).unwrap();
        let mut tx = self.tx().await;
        let written = tx.payments().save(&mut stale).await;
        must_conflict(&outcome(tx, written).await);
    }

    async fn a_reference_is_used_once_per_method(&self) {
        let account = self.account().await;
        self.save_payment(&mut self.payment(account, 1, Some("QK7-ONCE")))
            .await;
        let mut again = self.payment(account, 2, Some("QK7-ONCE"));
        let mut tx = self.tx().await;
        let written = tx.payments().save(&mut again).await;
        let refused = outcome(tx, written).await.unwrap_err();
        assert!(
            refused.is_duplicate_of(PAYMENT_REFERENCE_UNIQUE),
            "{refused:?}"
        );
        let new = NewPayment {
            id: self.ids.next(),
            account,
            amount: kes(3),
            method: PaymentMethod::BankTransfer,
            reference: Some("QK7-ONCE".to_owned()),
            received_at: noon(),
        };
        self.save_payment(&mut Payment::record(new, noon()).unwrap())
            .await;
        self.save_payment(&mut self.payment(account, 4, None)).await;
        self.save_payment(&mut self.payment(account, 5, None)).await;
    }

    async fn credit_comes_in_the_order_it_was_received(&self) {
        let account = self.account().await;
        let invoice = self.bill(account, 500, "2026-11-01").await;
        let received = |hours: i64| NewPayment {
            id: self.ids.next(),
            account,
            amount: kes(100),
            method: PaymentMethod::Cash,
            reference: None,
            received_at: noon().minus(Duration::hours(hours)),
        };
        let mut late = Payment::record(received(1), noon()).unwrap();
        let mut early = Payment::record(received(5), noon()).unwrap();
        let mut used = Payment::record(received(9), noon()).unwrap();
        let all = Allocation {
            invoice: invoice.id(),
            amount: kes(100),
        };
        used.use_for(&[all]).unwrap();
        for payment in [&mut late, &mut early, &mut used] {
            self.save_payment(payment).await;
        }
        let mut tx = self.tx().await;
        let left = tx.payments().with_credit(account).await.unwrap();
        let order: Vec<_> = left.iter().map(Payment::id).collect();
        assert_eq!(order, [early.id(), late.id()]);
    }

    async fn payments_run_from_the_newest_to_the_oldest(&self) {
        let (account, other) = (self.account().await, self.account().await);
        let mut made = Vec::new();
        for minor in [1, 2, 3] {
            let mut payment = self.payment(account, minor, None);
            self.save_payment(&mut payment).await;
            made.push(payment.id());
        }
        let mut foreign = self.payment(other, 4, None);
        self.save_payment(&mut foreign).await;
        let tenant = self.tenant();
        let page = PageRequest::new(2, None);
        let own = PaymentFilter {
            account: Some(account),
            ..PaymentFilter::default()
        };
        let first = self.queries.payments(tenant, own.clone(), page).await;
        let first = first.unwrap();
        let order: Vec<_> = first.items.iter().map(|it| it.id).collect();
        assert_eq!(order, [made[2], made[1]]);
        let next = PageRequest::new(2, Some(first.next.unwrap().parse().unwrap()));
        let rest = self.queries.payments(tenant, own, next).await;
        let rest = rest.unwrap();
        assert_eq!((rest.items.len(), rest.next), (1, None));
        let newest =
            self.queries
                .payments(tenant, PaymentFilter::default(), PageRequest::new(1, None));
        assert_eq!(newest.await.unwrap().items[0].id, foreign.id());
    }

    async fn postings_are_taken(&self) {
        let account = self.account().await;
        let mut tx = self.tx().await;
        for (debit, credit) in [
            (LedgerAccount::Receivable, LedgerAccount::Revenue),
            (LedgerAccount::Cash, LedgerAccount::CustomerCredit),
            (LedgerAccount::CustomerCredit, LedgerAccount::Receivable),
        ] {
            let source = ("contract", self.ids.fresh().to_string());
            let posting = Posting::new(
                (self.entity, account),
                source,
                noon(),
                (debit, credit),
                kes(700),
            );
            tx.ledger().post(posting.unwrap()).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}
