//! Money that a provider is asked for: it counts once it is here, once, and gives access back.

use chrono::Duration;
use kernel::{AccountId, Clock, PaymentId};

use super::{Desk, day, kes};
use crate::ledger::LedgerAccount;
use crate::overdue::Level;
use crate::payment::{BadPayment, Heard, PaymentMethod, PaymentRefusal, PaymentStatus};
use crate::use_cases::allocate_payment::{AllocatePayment, AllocatePaymentError, allocate_payment};
use crate::use_cases::paid::Spoken;
use crate::use_cases::record_payment::RecordPayment;
use crate::use_cases::request_payment::{RequestPayment, RequestPaymentError, request_payment};
use crate::use_cases::tell_payment::{
    SettlePayment, TellPaymentError, expire_payment, fail_payment, settle_payment,
};

impl Desk {
    pub(super) fn request(&self, account: AccountId, minor: i64) -> RequestPayment {
        let id: PaymentId = self.ids().next();
        RequestPayment {
            id,
            account,
            amount: kes(minor),
            method: PaymentMethod::MobileMoney,
            provider: "sandbox".to_owned(),
            asked_as: id.to_string(),
            expires_at: Some(self.clock.now().plus(Duration::hours(1))),
            meant_for: None,
            retry_of: None,
        }
    }

    pub(super) async fn ask(&self, command: &RequestPayment) -> Result<(), RequestPaymentError> {
        request_payment(&self.store, &self.clock, &self.scope, command.clone()).await
    }

    pub(super) async fn settle(
        &self,
        of: PaymentId,
        reference: &str,
        minor: i64,
    ) -> Result<Heard, TellPaymentError> {
        let command = SettlePayment {
            of: Spoken::AskedAs {
                provider: "sandbox".to_owned(),
                asked_as: of.to_string(),
            },
            reference: reference.to_owned(),
            amount: kes(minor),
            settled_as: None,
            received_at: None,
        };
        settle_payment(&self.store, &self.clock, &self.scope, command).await
    }

    async fn fail(&self, of: PaymentId) -> Heard {
        let of = Spoken::Payment(of);
        let told = fail_payment(&self.store, &self.scope, of, "no funds");
        told.await.unwrap()
    }

    async fn expire(&self, of: PaymentId) -> Heard {
        let told = expire_payment(&self.store, &self.scope, Spoken::Payment(of));
        told.await.unwrap()
    }
}

/// An account that is suspended for an invoice of 3,000.00.
async fn suspended(desk: &Desk) -> AccountId {
    let sold = desk.sell(300_000).await;
    desk.bill(sold.account).await.unwrap();
    desk.go_to("2026-11-25");
    desk.evaluate(sold.account).await;
    assert_eq!(desk.level(sold.account).await, Level::Suspended);
    sold.account
}

#[tokio::test]
async fn what_is_asked_for_counts_once_it_is_here_and_once() {
    let desk = Desk::opened("2026-11-01").await;
    let account = suspended(&desk).await;
    let request = desk.request(account, 300_000);
    desk.ask(&request).await.unwrap();
    assert_eq!(desk.level(account).await, Level::Suspended);
    let before = desk.account(account).await;
    assert_eq!((before.due, before.credit), (kes(300_000), kes(0)));
    assert_eq!(desk.in_books(LedgerAccount::Cash), 0);
    let heard = desk.settle(request.id, "QK7", 300_000).await.unwrap();
    assert_eq!(heard, Heard::News);
    assert_eq!(desk.level(account).await, Level::Clear);
    assert_eq!(desk.in_books(LedgerAccount::Cash), 300_000);
    let before = desk.heard();
    for told in ["QK7", " QK7 "] {
        let heard = desk.settle(request.id, told, 300_000).await.unwrap();
        assert_eq!(heard, Heard::Known);
    }
    assert_eq!(desk.heard(), before);
    assert_eq!(desk.in_books(LedgerAccount::Cash), 300_000);
    let other = desk.settle(request.id, "QK8", 300_000).await.unwrap_err();
    assert!(matches!(
        other,
        TellPaymentError::Refused(PaymentRefusal::OtherReference { .. })
    ));
}

#[tokio::test]
async fn the_same_request_again_changes_nothing_and_another_is_refused() {
    let desk = Desk::opened("2026-11-01").await;
    let account = suspended(&desk).await;
    let request = desk.request(account, 300_000);
    desk.ask(&request).await.unwrap();
    let heard = desk.heard();
    desk.ask(&request).await.unwrap();
    let other = RequestPayment {
        amount: kes(1),
        ..request.clone()
    };
    let refused = desk.ask(&other).await;
    assert!(matches!(refused, Err(RequestPaymentError::OtherContent(_))));
    let taken = RequestPayment {
        id: desk.ids().next(),
        ..request.clone()
    };
    let refused = desk.ask(&taken).await;
    assert!(matches!(refused, Err(RequestPaymentError::DuplicateAsk)));
    let dollars = RequestPayment {
        amount: kernel::Money::from_minor(1, "USD".parse().unwrap()),
        ..desk.request(account, 1)
    };
    let refused = desk.ask(&dollars).await;
    assert!(matches!(
        refused,
        Err(RequestPaymentError::Bad(BadPayment::Currency))
    ));
    let nobodys = RequestPayment {
        meant_for: Some(desk.ids().next()),
        ..desk.request(account, 1)
    };
    let refused = desk.ask(&nobodys).await;
    assert!(matches!(refused, Err(RequestPaymentError::NoInvoice(_))));
    assert_eq!(desk.heard(), heard);
}

#[tokio::test]
async fn no_second_charge_is_tried_while_the_first_is_unknown() {
    let desk = Desk::opened("2026-11-01").await;
    let account = suspended(&desk).await;
    let first = desk.request(account, 300_000);
    desk.ask(&first).await.unwrap();
    let second = RequestPayment {
        retry_of: Some(first.id),
        ..desk.request(account, 300_000)
    };
    let refused = desk.ask(&second).await;
    assert!(matches!(
        refused,
        Err(RequestPaymentError::Refused(PaymentRefusal::StillPending))
    ));
    assert_eq!(desk.fail(first.id).await, Heard::News);
    desk.ask(&second).await.unwrap();
}

#[tokio::test]
async fn late_money_is_credit_and_pays_the_oldest() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell_weekly(100_000).await;
    desk.bill(sold.account).await.unwrap();
    desk.go_to("2026-11-08");
    let newer = desk.bill(sold.account).await.unwrap();
    let meant = |minor| RequestPayment {
        meant_for: Some(newer.id),
        ..desk.request(sold.account, minor)
    };
    let in_time = meant(30_000);
    desk.ask(&in_time).await.unwrap();
    desk.settle(in_time.id, "QK1", 30_000).await.unwrap();
    let dues = || async {
        let invoices = desk.invoices(sold.account).await;
        invoices.iter().map(|it| it.due.minor()).collect::<Vec<_>>()
    };
    assert_eq!(dues().await, [70_000, 100_000], "what it is meant for");
    let late = meant(250_000);
    desk.ask(&late).await.unwrap();
    assert_eq!(desk.expire(late.id).await, Heard::News);
    assert_eq!(desk.fail(late.id).await, Heard::TooLate);
    let heard = desk.settle(late.id, "QK2", 250_000).await.unwrap();
    assert_eq!(heard, Heard::News);
    assert_eq!(dues().await, [0, 0]);
    assert_eq!(desk.account(sold.account).await.credit, kes(80_000));
    let view = desk.payment_view(late.id).await;
    let paid: Vec<_> = view.allocations.iter().map(|it| it.amount).collect();
    assert_eq!(paid, [kes(100_000), kes(70_000)], "the oldest first");
    assert_eq!(view.told_late.len(), 2);
    assert_eq!(view.status, PaymentStatus::Settled);
    assert_eq!(desk.expire(late.id).await, Heard::TooLate);
    assert_eq!(desk.account(sold.account).await.credit, kes(80_000));
}

#[tokio::test]
async fn money_that_a_cashier_recorded_first_is_not_taken_twice() {
    let desk = Desk::opened("2026-11-01").await;
    let account = suspended(&desk).await;
    let request = desk.request(account, 300_000);
    desk.ask(&request).await.unwrap();
    let by_hand = RecordPayment {
        reference: Some("QK7".to_owned()),
        ..desk.payment(account, 300_000)
    };
    desk.record(&by_hand).await.unwrap();
    for _ in 0..2 {
        let heard = desk.settle(request.id, "QK7", 300_000).await.unwrap();
        assert_eq!(heard, Heard::Known);
    }
    assert_eq!(desk.in_books(LedgerAccount::Cash), 300_000);
    let view = desk.payment_view(request.id).await;
    assert_eq!(view.status, PaymentStatus::Failed);
    assert!(view.failure.unwrap().contains(&by_hand.id.to_string()));
}

#[tokio::test]
async fn what_a_payment_pays_can_be_chosen_by_hand() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell_weekly(100_000).await;
    let older = desk.bill(sold.account).await.unwrap();
    desk.go_to("2026-11-08");
    let newer = desk.bill(sold.account).await.unwrap();
    let payment = desk.pay(sold.account, 120_000).await;
    let choose = |invoice, minor| {
        let command = AllocatePayment {
            payment,
            invoice,
            amount: kes(minor),
        };
        allocate_payment(&desk.store, &desk.clock, &desk.scope, command)
    };
    choose(newer.id, 60_000).await.unwrap();
    let invoices = desk.invoices(sold.account).await;
    let dues: Vec<_> = invoices.iter().map(|it| it.due.minor()).collect();
    assert_eq!(dues, [20_000, 60_000]);
    assert_eq!(desk.in_books(LedgerAccount::Receivable), 80_000);
    assert_eq!(desk.in_books(LedgerAccount::CustomerCredit), 0);
    let heard = desk.heard();
    let refused = choose(newer.id, 20_001).await;
    assert!(matches!(refused, Err(AllocatePaymentError::NotDue(_))));
    let refused = choose(older.id, 80_001).await;
    assert!(matches!(refused, Err(AllocatePaymentError::Refused(_))));
    let refused = choose(desk.ids().next(), 1).await;
    assert!(matches!(refused, Err(AllocatePaymentError::NoInvoice(_))));
    assert_eq!(desk.heard(), heard);
    assert_eq!(older.issued_on, day("2026-11-01"));
}
