//! Money that fits no account: it stays in the books until somebody says whose it is, and is taken once.

use kernel::{AccountId, PaymentId};

use super::{Desk, kes};
use crate::BillingQueries;
use crate::ledger::LedgerAccount;
use crate::overdue::Level;
use crate::payment::PaymentMethod;
use crate::unmatched::{UnmatchedId, UnmatchedRefusal, UnmatchedStatus};
use crate::use_cases::allocate_unmatched::{
    AllocateUnmatched, AllocateUnmatchedError, Claimed, allocate_unmatched,
};
use crate::use_cases::receive_unmatched::{
    ReceiveUnmatched, ReturnUnmatched, UnmatchedError, receive_unmatched, return_unmatched,
};
use crate::use_cases::record_payment::{RecordPayment, RecordPaymentError};
use crate::use_cases::tell_payment::TellPaymentError;

impl Desk {
    fn stray(&self, minor: i64, reference: &str) -> ReceiveUnmatched {
        ReceiveUnmatched {
            id: self.ids().next(),
            amount: kes(minor),
            method: PaymentMethod::MobileMoney,
            reference: Some(reference.to_owned()),
            payer: None,
            note: Some("hose 12".to_owned()),
            received_at: None,
        }
    }

    async fn keep(&self, money: &ReceiveUnmatched) -> Result<(), UnmatchedError> {
        receive_unmatched(&self.store, &self.clock, &self.scope, money.clone()).await
    }

    async fn give_to(
        &self,
        money: Claimed,
        account: AccountId,
    ) -> Result<PaymentId, AllocateUnmatchedError> {
        let command = AllocateUnmatched {
            money,
            account,
            payment: self.ids().next(),
        };
        allocate_unmatched(&self.store, &self.clock, &self.scope, command).await
    }

    async fn send_back(&self, id: UnmatchedId, reason: &str) -> Result<(), UnmatchedError> {
        let command = ReturnUnmatched {
            id,
            reason: reason.to_owned(),
            paid_out_as: None,
        };
        return_unmatched(&self.store, &self.clock, &self.scope, command).await
    }

    fn conserves(&self) {
        let postings = self.store.postings(self.scope.tenant);
        let entries = postings.iter().flat_map(|it| it.entries());
        assert_eq!(entries.map(|it| it.amount.minor()).sum::<i64>(), 0);
    }
}

fn code(reference: &str) -> Claimed {
    Claimed::Code {
        method: PaymentMethod::MobileMoney,
        reference: reference.to_owned(),
    }
}

#[tokio::test]
async fn what_a_provider_settles_is_not_booked_beside_stray_money() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    let mut request = desk.request(sold.account, 300_000);
    request.method = PaymentMethod::MobileMoney;
    desk.ask(&request).await.unwrap();
    let money = desk.stray(300_000, "QK7");
    desk.keep(&money).await.unwrap();
    let refused = desk.settle(request.id, " QK7 ", 300_000).await.unwrap_err();
    assert!(matches!(refused, TellPaymentError::Unmatched(id) if id == money.id));
    assert_eq!(desk.in_books(LedgerAccount::Cash), 300_000, "once");
}

#[tokio::test]
async fn stray_money_becomes_one_payment_that_gives_access_back() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(300_000).await;
    desk.bill(sold.account).await.unwrap();
    desk.go_to("2026-11-25");
    desk.evaluate(sold.account).await;
    let stray = desk.stray(350_000, "QK7");
    desk.keep(&stray).await.unwrap();
    desk.keep(&stray).await.unwrap();
    assert_eq!(desk.in_books(LedgerAccount::Suspense), -350_000);
    assert_eq!(desk.level(sold.account).await, Level::Suspended);
    let payment = desk.give_to(Claimed::Unmatched(stray.id), sold.account);
    let payment = payment.await.unwrap();
    let account = desk.account(sold.account).await;
    assert_eq!(
        (account.level, account.due, account.credit),
        (Level::Clear, kes(0), kes(50_000))
    );
    assert_eq!(desk.in_books(LedgerAccount::Suspense), 0);
    assert_eq!(desk.in_books(LedgerAccount::Cash), 350_000);
    desk.conserves();
    let heard = desk.heard();
    for again in [Claimed::Unmatched(stray.id), code("QK7")] {
        let known = desk.give_to(again, sold.account).await.unwrap();
        assert_eq!(known, payment);
    }
    assert_eq!(desk.heard(), heard);
    let other = desk.sell(100).await.account;
    let refused = desk.give_to(Claimed::Unmatched(stray.id), other).await;
    assert!(matches!(
        refused,
        Err(AllocateUnmatchedError::Refused(UnmatchedRefusal::NotOpen(
            UnmatchedStatus::Allocated
        )))
    ));
    let refused = desk.give_to(code("QK7"), other).await;
    assert!(matches!(refused, Err(AllocateUnmatchedError::Taken)));
    let refused = desk.give_to(code("QK8"), other).await;
    assert!(matches!(refused, Err(AllocateUnmatchedError::NotFound)));
}

#[tokio::test]
async fn a_customer_claims_money_by_its_code() {
    let desk = Desk::opened("2026-11-01").await;
    let account = desk.sell(300_000).await.account;
    desk.keep(&desk.stray(500, "QK7")).await.unwrap();
    let payment = desk.give_to(code(" QK7 "), account).await.unwrap();
    let view = desk.payment_view(payment).await;
    assert_eq!((view.amount, view.account), (kes(500), account));
    assert_eq!(view.reference.as_deref(), Some("QK7"));
}

#[tokio::test]
async fn money_goes_back_for_a_reason_and_once() {
    let desk = Desk::opened("2026-11-01").await;
    let stray = desk.stray(500, "QK7");
    desk.keep(&stray).await.unwrap();
    assert!(desk.send_back(stray.id, " ").await.is_err());
    for _ in 0..2 {
        desk.send_back(stray.id, "a stranger").await.unwrap();
    }
    assert_eq!(desk.in_books(LedgerAccount::Cash), 0);
    assert_eq!(desk.in_books(LedgerAccount::Suspense), 0);
    assert_eq!(desk.events_named("billing.unmatched_returned").len(), 1);
    let account = desk.sell(100).await.account;
    let refused = desk.give_to(Claimed::Unmatched(stray.id), account).await;
    assert!(matches!(refused, Err(AllocateUnmatchedError::Refused(_))));
    let view = desk.store.unmatched_payment(desk.scope.tenant, stray.id);
    assert_eq!(
        view.await.unwrap().unwrap().reason.as_deref(),
        Some("a stranger")
    );
}

#[tokio::test]
async fn one_reference_is_one_sum_of_money() {
    let desk = Desk::opened("2026-11-01").await;
    let account = desk.sell(300_000).await.account;
    let with = |reference: &str| RecordPayment {
        reference: Some(reference.to_owned()),
        ..desk.payment(account, 500)
    };
    desk.keep(&desk.stray(500, "QK7")).await.unwrap();
    let twice = desk.keep(&desk.stray(500, "QK7")).await;
    assert!(matches!(twice, Err(UnmatchedError::DuplicateReference)));
    let refused = desk.record(&with("QK7")).await;
    assert!(matches!(refused, Err(RecordPaymentError::Unmatched(_))));
    desk.record(&with("QK8")).await.unwrap();
    let refused = desk.keep(&desk.stray(500, "QK8")).await;
    assert!(matches!(refused, Err(UnmatchedError::DuplicateReference)));
    let other = ReceiveUnmatched {
        amount: kes(1),
        ..desk.stray(500, "QK9")
    };
    desk.keep(&other).await.unwrap();
    let changed = ReceiveUnmatched {
        amount: kes(2),
        ..other
    };
    let refused = desk.keep(&changed).await;
    assert!(matches!(refused, Err(UnmatchedError::OtherContent(_))));
    assert_eq!(desk.in_books(LedgerAccount::Cash), 1_001);
}

#[tokio::test]
async fn without_an_entity_no_books_take_it() {
    let desk = Desk::empty("2026-11-01");
    let refused = desk.keep(&desk.stray(500, "QK7")).await;
    assert!(matches!(refused, Err(UnmatchedError::NoEntity)));
}
