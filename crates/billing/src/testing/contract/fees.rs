//! Promises about the charges of dunning: each waits, is on one standing invoice, or is let off.

use kernel::testing::FixedClock;
use kernel::{AccountId, InvoiceId, StoreError};

use super::dunning::{hours, procedure};
use super::{World, day, kes, outcome};
use crate::account::{Charge, FeeState, WaiveRefusal};
use crate::dunning_ports::FEE_BILLED_ONCE;
use crate::invoice::Invoice;
use crate::use_cases::define_procedure::define_procedure;
use crate::use_cases::waive_fee::{WaiveFee, WaiveFeeError, waive_fee};

impl World<'_> {
    pub(super) async fn fee_promises(&self) {
        self.a_fee_is_on_one_standing_invoice().await;
        self.a_fee_of_an_invoice_that_goes_waits_again().await;
        self.the_rest_of_a_credited_fee_waits_again().await;
        self.a_fee_that_is_let_off_waits_no_more().await;
    }

    /// An account that dunning has charged once: five days late on the 20th.
    pub(super) async fn charged_late(&self) -> (AccountId, Charge) {
        let entity = self.found().await;
        let account = self.account_with(entity).await.id();
        define_procedure(
            self.store,
            &FixedClock::at(hours(-24)),
            &self.scope,
            entity,
            procedure(),
        )
        .await
        .unwrap();
        let books = self.of_entity(entity);
        books.bill(account, 100, "2026-11-08").await;
        self.evaluate(account, &FixedClock::at(hours(-24))).await;
        let waiting = self.waiting(account).await;
        assert_eq!(waiting.len(), 1);
        assert_eq!(
            (waiting[0].amount, waiting[0].on),
            (kes(500), day("2026-11-20"))
        );
        (account, waiting[0])
    }

    async fn waiting(&self, account: AccountId) -> Vec<Charge> {
        self.tx().await.fees().waiting(account).await.unwrap()
    }

    async fn state(&self, account: AccountId, of: Charge) -> FeeState {
        let mut tx = self.tx().await;
        let found = tx.fees().find(account, of.episode, of.step).await;
        let fee = found.unwrap().unwrap();
        assert_eq!(fee.charge, of);
        fee.state
    }

    /// Issues an invoice of the fees alone.
    async fn bill_fees(&self, account: AccountId, fees: &[Charge]) -> Result<Invoice, StoreError> {
        let mut tx = self.tx().await;
        let of = tx.accounts().lock(account).await?.unwrap();
        let mut draft = self
            .of_entity(of.entity())
            .draft(account, Vec::new(), "2026-11-21");
        draft.fees = fees.to_vec();
        draft.total = kes(fees.iter().map(|it| it.amount.minor()).sum());
        let written = tx.invoices().issue(draft, "FEE").await;
        match written {
            Ok(invoice) => tx.commit().await.map(|()| invoice),
            Err(err) => Err(err),
        }
    }

    async fn let_go(&self, account: AccountId, invoice: InvoiceId, fees: &[Charge]) {
        let mut tx = self.tx().await;
        let gone = tx.fees().let_go(account, invoice, fees).await;
        outcome(tx, gone).await.unwrap();
    }

    async fn a_fee_is_on_one_standing_invoice(&self) {
        let (account, fee) = self.charged_late().await;
        let invoice = self.bill_fees(account, &[fee]).await.unwrap();
        let billed = FeeState::Billed {
            invoice: invoice.id(),
        };
        assert_eq!(self.state(account, fee).await, billed);
        assert!(self.waiting(account).await.is_empty());
        let twice = self.bill_fees(account, &[fee]).await.unwrap_err();
        assert!(twice.is_duplicate_of(FEE_BILLED_ONCE), "{twice:?}");
        let mut tx = self.tx().await;
        let stored = tx.invoices().find(invoice.id()).await.unwrap().unwrap();
        assert_eq!(stored.fees(), [fee]);
        assert_eq!(stored.totals(1).unwrap().lines.len(), 1);
        let open = tx.invoices().open_of(account).await.unwrap();
        assert_eq!(open.last().map(Invoice::fees), Some(&[fee][..]));
        drop(tx);
        let view = self.queries.invoice(self.tenant(), invoice.id()).await;
        let view = view.unwrap().unwrap();
        assert_eq!((view.fees.len(), view.fees[0].line), (1, 0));
        assert_eq!((view.fees[0].amount, view.total), (kes(500), kes(500)));
        let charges = self.queries.dunning_charges(self.tenant(), account).await;
        assert_eq!(charges.unwrap()[0].invoice, Some(invoice.id()));
    }

    async fn a_fee_of_an_invoice_that_goes_waits_again(&self) {
        let (account, fee) = self.charged_late().await;
        let first = self.bill_fees(account, &[fee]).await.unwrap();
        self.let_go(account, self.ids.next(), &[fee]).await;
        assert!(self.waiting(account).await.is_empty(), "of another invoice");
        self.let_go(account, first.id(), &[]).await;
        assert!(self.waiting(account).await.is_empty(), "another fee");
        self.let_go(account, first.id(), &[fee]).await;
        assert_eq!(self.waiting(account).await, [fee]);
        let second = self.bill_fees(account, &[fee]).await.unwrap();
        let mut tx = self.tx().await;
        for id in [first.id(), second.id()] {
            let stored = tx.invoices().find(id).await.unwrap().unwrap();
            assert_eq!(stored.fees(), [fee], "what was issued stays");
        }
        drop(tx);
        let billed = FeeState::Billed {
            invoice: second.id(),
        };
        assert_eq!(self.state(account, fee).await, billed);
    }

    async fn the_rest_of_a_credited_fee_waits_again(&self) {
        let (account, fee) = self.charged_late().await;
        let mut billed = fee;
        for (rest, credited) in [(300, 200), (300, 200), (100, 400)] {
            let invoice = self.bill_fees(account, &[billed]).await.unwrap();
            let left = Charge {
                amount: kes(rest),
                ..fee
            };
            self.let_go(account, invoice.id(), &[left]).await;
            assert_eq!(self.waiting(account).await, [left]);
            assert_eq!(self.state(account, left).await, FeeState::Waiting);
            let charges = self.queries.dunning_charges(self.tenant(), account).await;
            let charged = &charges.unwrap()[0];
            assert_eq!(
                (charged.amount, charged.credited),
                (kes(500), kes(credited))
            );
            let mut tx = self.tx().await;
            let stored = tx.invoices().find(invoice.id()).await.unwrap().unwrap();
            assert_eq!(stored.fees(), [billed], "what was issued stays");
            billed = left;
        }
    }

    async fn a_fee_that_is_let_off_waits_no_more(&self) {
        let (account, fee) = self.charged_late().await;
        let order = |reason: &str| WaiveFee {
            account,
            episode: fee.episode,
            step: fee.step,
            reason: reason.to_owned(),
        };
        for _ in 0..2 {
            waive_fee(self.store, &self.scope, order("the line was down"))
                .await
                .unwrap();
        }
        assert!(self.waiting(account).await.is_empty());
        let reason = "the line was down".to_owned();
        assert_eq!(self.state(account, fee).await, FeeState::Waived { reason });
        let charges = self.queries.dunning_charges(self.tenant(), account).await;
        assert_eq!(
            charges.unwrap()[0].waived.as_deref(),
            Some("the line was down")
        );
        let refused = self.bill_fees(account, &[fee]).await;
        assert!(refused.is_err(), "nobody pays it any more");
        let refused = waive_fee(self.store, &self.scope, order("a friend")).await;
        assert!(matches!(
            refused,
            Err(WaiveFeeError::Refused(WaiveRefusal::Waived { .. }))
        ));
        let none = WaiveFee {
            step: 9,
            ..order("none")
        };
        let refused = waive_fee(self.store, &self.scope, none).await;
        assert!(matches!(refused, Err(WaiveFeeError::NoFee { step: 9, .. })));
    }
}
