//! Refunds, reversals and holds: debt and access follow in the same transaction, and nothing happens twice.

use kernel::PaymentId;

use super::{Desk, Sold, kes};
use crate::account::ArrearsRefusal;
use crate::dunning::Hold;
use crate::ledger::LedgerAccount;
use crate::overdue::Level;
use crate::payment::PaymentRefusal;
use crate::use_cases::account_change::AccountError;
use crate::use_cases::give_back::{
    GiveBackError, RefundPayment, ReversePayment, refund_payment, reverse_payment, undo_reversal,
};
use crate::use_cases::hold_account::{lift_hold, place_hold};
use crate::use_cases::paid::Spoken;
use crate::{BillingQueries, PaymentView};

fn disputed(payment: PaymentId) -> ReversePayment {
    ReversePayment {
        of: Spoken::Payment(payment),
        reason: "a dispute".to_owned(),
    }
}

impl Desk {
    async fn refund(&self, command: RefundPayment) -> Result<(), GiveBackError> {
        refund_payment(&self.store, &self.clock, &self.scope, command).await
    }

    async fn reverse(&self, payment: PaymentId) -> Result<(), GiveBackError> {
        let command = disputed(payment);
        reverse_payment(&self.store, &self.clock, &self.scope, command).await
    }

    async fn win(&self, payment: PaymentId) -> Result<(), GiveBackError> {
        let command = disputed(payment);
        undo_reversal(&self.store, &self.clock, &self.scope, command).await
    }

    pub(super) async fn payment_view(&self, id: PaymentId) -> PaymentView {
        let payment = self.store.payment(self.scope.tenant, id).await;
        payment.unwrap().unwrap()
    }

    pub(super) fn in_books(&self, account: LedgerAccount) -> i64 {
        let postings = self.store.postings(self.scope.tenant);
        let entries = postings.iter().flat_map(|it| it.entries());
        let own = entries.filter(|it| it.account == account);
        own.map(|it| it.amount.minor()).sum()
    }
}

/// A subscription whose first month of 3,000.00 was paid with 3,500.00.
pub(super) async fn paid(desk: &Desk) -> (Sold, PaymentId) {
    let sold = desk.sell(300_000).await;
    desk.bill(sold.account).await.unwrap();
    let payment = desk.pay(sold.account, 350_000).await;
    (sold, payment)
}

#[tokio::test]
async fn a_refund_is_paid_once_and_opens_what_it_had_paid() {
    let desk = Desk::opened("2026-11-01").await;
    let (sold, payment) = paid(&desk).await;
    let command = RefundPayment {
        id: desk.ids().next(),
        payment,
        amount: Some(kes(80_000)),
        reason: "moved away".to_owned(),
        paid_out_as: None,
    };
    desk.refund(command.clone()).await.unwrap();
    let account = desk.account(sold.account).await;
    assert_eq!((account.due, account.credit), (kes(30_000), kes(0)));
    assert_eq!(desk.payment_view(payment).await.returned, kes(80_000));
    assert_eq!(desk.in_books(LedgerAccount::Cash), 270_000);
    assert_eq!(desk.in_books(LedgerAccount::Receivable), 30_000);
    assert_eq!(desk.in_books(LedgerAccount::CustomerCredit), 0);
    let heard = desk.heard();
    desk.refund(command.clone()).await.unwrap();
    assert_eq!(desk.heard(), heard);
    let other = RefundPayment {
        amount: Some(kes(1)),
        ..command.clone()
    };
    let refused = desk.refund(other).await.unwrap_err();
    assert!(matches!(
        refused,
        GiveBackError::Refused(PaymentRefusal::OtherContent(_))
    ));
    let too_much = RefundPayment {
        id: desk.ids().next(),
        amount: Some(kes(270_001)),
        ..command
    };
    let refused = desk.refund(too_much).await.unwrap_err();
    assert!(matches!(
        refused,
        GiveBackError::Refused(PaymentRefusal::Refund(_))
    ));
    assert_eq!(desk.heard(), heard);
}

#[tokio::test]
async fn a_chargeback_takes_access_and_winning_it_gives_it_back() {
    let desk = Desk::opened("2026-11-01").await;
    let (sold, payment) = paid(&desk).await;
    desk.go_to("2026-11-25");
    desk.reverse(payment).await.unwrap();
    assert_eq!(desk.level(sold.account).await, Level::Suspended);
    assert_eq!(desk.account(sold.account).await.due, kes(300_000));
    assert_eq!(desk.in_books(LedgerAccount::Cash), 0);
    let heard = desk.heard();
    desk.reverse(payment).await.unwrap();
    assert_eq!(desk.heard(), heard);
    desk.win(payment).await.unwrap();
    let account = desk.account(sold.account).await;
    assert_eq!(
        (account.level, account.due, account.credit),
        (Level::Clear, kes(0), kes(50_000))
    );
    let heard = desk.heard();
    desk.win(payment).await.unwrap();
    assert_eq!(desk.heard(), heard);
    assert_eq!(desk.in_books(LedgerAccount::Cash), 350_000);
    let told: Vec<_> = desk.told(sold).into_iter().map(|it| it.0).collect();
    assert_eq!(told, ["suspended", "active"]);
}

#[tokio::test]
async fn other_credit_pays_what_a_refund_opens() {
    let desk = Desk::opened("2026-11-01").await;
    let (sold, first) = paid(&desk).await;
    desk.pay(sold.account, 100_000).await;
    desk.reverse(first).await.unwrap();
    let account = desk.account(sold.account).await;
    assert_eq!((account.due, account.credit), (kes(200_000), kes(0)));
}

#[tokio::test]
async fn a_payment_that_is_not_there_is_named() {
    let desk = Desk::opened("2026-11-01").await;
    let payment = desk.ids().next();
    let missing = desk.reverse(payment).await.unwrap_err();
    assert!(matches!(missing, GiveBackError::NotFound(Spoken::Payment(it)) if it == payment));
}

#[tokio::test]
async fn a_hold_gives_access_back_until_it_is_lifted() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill(sold.account).await.unwrap();
    desk.go_to("2026-11-25");
    desk.evaluate(sold.account).await;
    assert_eq!(desk.level(sold.account).await, Level::Suspended);
    let (store, clock, scope) = (&desk.store, &desk.clock, &desk.scope);
    let hold = |reason: &str| {
        let hold = Hold {
            reason: reason.to_owned(),
            until: None,
        };
        place_hold(store, clock, scope, sold.account, hold)
    };
    hold("a hospital").await.unwrap();
    assert_eq!(desk.level(sold.account).await, Level::Clear);
    let heard = desk.heard();
    hold(" a hospital ").await.unwrap();
    assert_eq!(desk.heard(), heard);
    let other = hold("a school").await.unwrap_err();
    assert!(matches!(
        other,
        AccountError::Refused(ArrearsRefusal::AlreadyHeld { .. })
    ));
    let silent = hold("  ").await.unwrap_err();
    assert!(matches!(
        silent,
        AccountError::Refused(ArrearsRefusal::Reason(0))
    ));
    for _ in 0..2 {
        lift_hold(store, clock, scope, sold.account).await.unwrap();
    }
    assert_eq!(desk.level(sold.account).await, Level::Suspended);
    assert_eq!(desk.events_named("billing.hold_lifted").len(), 1);
    let told: Vec<_> = desk.told(sold).into_iter().map(|it| it.0).collect();
    assert_eq!(told, ["suspended", "active", "suspended"]);
}
