//! Payments: one id is one payment, the oldest invoice is paid first, what is left over is credit.

use std::collections::HashMap;

use chrono::Duration;
use kernel::{AccountId, Clock, Ids, Money};

use super::{Desk, kes};
use crate::payment::{BadPayment, PaymentMethod};
use crate::use_cases::record_payment::{RecordPayment, RecordPaymentError};
use crate::{BillingQueries, LedgerAccount, Settlement};

/// An account that owes 1,000.00 since 1 November and 1,000.00 since 8 November.
async fn in_debt(desk: &Desk) -> AccountId {
    let sold = desk.sell_weekly(100_000).await;
    desk.bill(sold.account).await.unwrap();
    desk.go_to("2026-11-08");
    desk.bill(sold.account).await.unwrap();
    sold.account
}

fn balances(desk: &Desk) -> HashMap<LedgerAccount, i64> {
    let mut balances = HashMap::new();
    for posting in desk.store.postings(desk.scope.tenant) {
        for entry in posting.entries() {
            *balances.entry(entry.account).or_insert(0) += entry.amount.minor();
        }
    }
    balances
}

#[tokio::test]
async fn paying_twice_with_one_id_is_one_payment() {
    let desk = Desk::opened("2026-11-01").await;
    let account = in_debt(&desk).await;
    let payment = desk.payment(account, 100_000);
    desk.record(&payment).await.unwrap();
    let heard = desk.heard();
    desk.record(&payment).await.unwrap();
    assert_eq!(desk.heard(), heard);
    assert_eq!(desk.account(account).await.due, kes(100_000));
    assert_eq!(desk.events_named("billing.payment_recorded").len(), 1);
}

#[tokio::test]
async fn one_id_with_other_content_is_refused() {
    let desk = Desk::opened("2026-11-01").await;
    let account = in_debt(&desk).await;
    let payment = RecordPayment {
        reference: Some("QK7".to_owned()),
        ..desk.payment(account, 100_000)
    };
    desk.record(&payment).await.unwrap();
    let other_account = desk.sell(100).await.account;
    let others = [
        RecordPayment {
            amount: kes(100_001),
            ..payment.clone()
        },
        RecordPayment {
            method: PaymentMethod::Cash,
            ..payment.clone()
        },
        RecordPayment {
            reference: None,
            ..payment.clone()
        },
        RecordPayment {
            account: other_account,
            ..payment.clone()
        },
        RecordPayment {
            received_at: Some(desk.clock.now().minus(Duration::days(1))),
            ..payment.clone()
        },
    ];
    let heard = desk.heard();
    for other in others {
        let refused = desk.record(&other).await;
        assert!(
            matches!(refused, Err(RecordPaymentError::OtherContent(id)) if id == payment.id),
            "{other:?}"
        );
    }
    assert_eq!(desk.heard(), heard);
}

#[tokio::test]
async fn a_reference_pays_once() {
    let desk = Desk::opened("2026-11-01").await;
    let account = in_debt(&desk).await;
    let with_reference = |reference: &str| RecordPayment {
        reference: Some(reference.to_owned()),
        ..desk.payment(account, 1_000)
    };
    desk.record(&with_reference("QK7")).await.unwrap();
    let again = desk.record(&with_reference(" QK7 ")).await;
    assert!(matches!(again, Err(RecordPaymentError::DuplicateReference)));
    assert_eq!(desk.account(account).await.due, kes(199_000));
}

#[tokio::test]
async fn the_oldest_invoice_is_paid_first() {
    let desk = Desk::opened("2026-11-01").await;
    let account = in_debt(&desk).await;
    desk.pay(account, 40_000).await;
    let [newer, older] = desk.invoices(account).await.try_into().unwrap();
    assert_eq!(
        (older.settlement, older.due),
        (Settlement::Partly, kes(60_000))
    );
    assert_eq!(
        (newer.settlement, newer.due),
        (Settlement::Open, kes(100_000))
    );
    desk.pay(account, 70_000).await;
    let [newer, older] = desk.invoices(account).await.try_into().unwrap();
    assert_eq!((older.settlement, older.due), (Settlement::Paid, kes(0)));
    assert_eq!(
        (newer.settlement, newer.due),
        (Settlement::Partly, kes(90_000))
    );
    let paid = desk.events_named("billing.invoice_paid");
    assert_eq!(paid.len(), 1);
    assert_eq!(paid[0].body["invoice"], older.id.to_string());
}

#[tokio::test]
async fn an_overpayment_is_credit_that_the_next_invoice_uses() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(100_000).await;
    desk.bill(sold.account).await.unwrap();
    let id = desk.pay(sold.account, 130_000).await;
    let view = desk.account(sold.account).await;
    assert_eq!((view.due, view.credit), (kes(0), kes(30_000)));
    desk.go_to("2026-12-01");
    let next = desk.bill(sold.account).await.unwrap();
    assert_eq!((next.allocated, next.due), (kes(30_000), kes(70_000)));
    let used = desk.events_named("billing.credit_used");
    assert_eq!((used.len(), used[0].aggregate_id), (1, id.uuid()));
    let view = desk.account(sold.account).await;
    assert_eq!((view.due, view.credit), (kes(70_000), kes(0)));
    let payment = desk.store.payment(desk.scope.tenant, id).await.unwrap();
    let payment = payment.unwrap();
    assert_eq!(
        (payment.allocations.len(), payment.unallocated),
        (2, kes(0))
    );
}

#[tokio::test]
async fn money_that_comes_before_any_invoice_waits_as_credit() {
    let desk = Desk::opened("2026-11-01").await;
    let sold = desk.sell(100_000).await;
    desk.pay(sold.account, 60_000).await;
    desk.pay(sold.account, 60_000).await;
    assert_eq!(desk.account(sold.account).await.credit, kes(120_000));
    let invoice = desk.bill(sold.account).await.unwrap();
    assert_eq!(invoice.settlement, Settlement::Paid);
    assert_eq!(desk.account(sold.account).await.credit, kes(20_000));
}

#[tokio::test]
async fn the_books_balance_and_agree_with_the_documents() {
    let desk = Desk::opened("2026-11-01").await;
    let account = in_debt(&desk).await;
    desk.pay(account, 250_000).await;
    desk.go_to("2026-11-15");
    desk.bill(account).await.unwrap();
    let (view, books) = (desk.account(account).await, balances(&desk));
    assert_eq!(books.values().sum::<i64>(), 0);
    assert_eq!(books[&LedgerAccount::Receivable], view.due.minor());
    assert_eq!(books[&LedgerAccount::CustomerCredit], -view.credit.minor());
    assert_eq!(books[&LedgerAccount::Cash], 250_000);
    assert_eq!(books[&LedgerAccount::Revenue], -300_000);
}

#[tokio::test]
async fn money_that_cannot_be_is_refused_and_recorded_nowhere() {
    let desk = Desk::opened("2026-11-01").await;
    let account = in_debt(&desk).await;
    let good = desk.payment(account, 100);
    let ahead = desk.clock.now().plus(Duration::minutes(6));
    let reference = |it: &str| RecordPayment {
        reference: Some(it.to_owned()),
        ..good.clone()
    };
    let amount = |it: Money| RecordPayment {
        amount: it,
        ..good.clone()
    };
    let cases = [
        (amount(kes(0)), BadPayment::Amount),
        (amount(kes(-1)), BadPayment::Amount),
        (amount(kes(i64::MAX)), BadPayment::Amount),
        (
            amount(Money::from_minor(1, "IDR".parse().unwrap())),
            BadPayment::Currency,
        ),
        (
            RecordPayment {
                received_at: Some(ahead),
                ..good.clone()
            },
            BadPayment::ReceivedAt,
        ),
        (reference(" "), BadPayment::Reference),
        (reference("a\tb"), BadPayment::Reference),
        (reference(&"9".repeat(81)), BadPayment::Reference),
    ];
    let heard = desk.heard();
    for (payment, expected) in cases {
        let refused = desk.record(&payment).await;
        assert!(
            matches!(refused, Err(RecordPaymentError::Refused(rule)) if rule == expected),
            "{payment:?}: {refused:?}"
        );
    }
    let nobody: AccountId = (&desk.ids as &dyn Ids).next();
    let refused = desk.record(&desk.payment(nobody, 100)).await;
    assert!(matches!(refused, Err(RecordPaymentError::NotFound(id)) if id == nobody));
    assert_eq!(desk.heard(), heard);
}
