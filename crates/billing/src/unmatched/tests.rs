//! Money that fits no account becomes one payment, or goes back, and nothing else after that.

#![allow(clippy::unwrap_used)]

use kernel::testing::CountingIds;
use kernel::{DomainEvent, Ids, Money, Timestamp};

use super::{NewUnmatched, Unmatched, UnmatchedRefusal, UnmatchedStatus};
use crate::payment::{BadPayment, PaymentMethod};

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

fn new(minor: i64) -> NewUnmatched {
    let ids: &dyn Ids = &CountingIds::from(1);
    NewUnmatched {
        id: ids.next(),
        entity: ids.next(),
        amount: Money::from_minor(minor, "KES".parse().unwrap()),
        method: PaymentMethod::MobileMoney,
        reference: Some(" QK7 ".to_owned()),
        payer: Some("2547…001".to_owned()),
        note: Some("hose 12".to_owned()),
        received_at: noon(),
    }
}

#[test]
fn it_is_allocated_once() {
    let ids: &dyn Ids = &CountingIds::from(9);
    let mut money = Unmatched::receive(new(500), noon()).unwrap();
    assert_eq!(money.snapshot().reference.as_deref(), Some("QK7"));
    money.allocate(ids.next(), ids.next()).unwrap();
    let again = money.allocate(ids.next(), ids.next());
    assert_eq!(
        again,
        Err(UnmatchedRefusal::NotOpen(UnmatchedStatus::Allocated))
    );
    assert!(money.give_back("a stranger", None).is_err());
    let told: Vec<_> = money.take_events().iter().map(DomainEvent::name).collect();
    assert_eq!(
        told,
        ["billing.unmatched_received", "billing.unmatched_allocated"]
    );
}

#[test]
fn it_goes_back_once_and_for_a_reason() {
    let ids: &dyn Ids = &CountingIds::from(9);
    let mut money = Unmatched::receive(new(500), noon()).unwrap();
    assert!(money.give_back("  ", None).is_err());
    assert_eq!(money.give_back("a stranger", None), Ok(true));
    assert_eq!(money.give_back("a stranger", None), Ok(false));
    assert!(money.allocate(ids.next(), ids.next()).is_err());
    assert_eq!(money.take_events().len(), 2);
}

#[test]
fn what_cannot_be_is_refused() {
    let refused = |new| Unmatched::receive(new, noon()).unwrap_err();
    assert_eq!(refused(new(0)), BadPayment::Amount);
    let long = Some("x".repeat(81));
    let payer = NewUnmatched {
        payer: long.clone(),
        ..new(1)
    };
    assert_eq!(refused(payer), BadPayment::Payer);
    let note = NewUnmatched {
        note: long,
        ..new(1)
    };
    assert_eq!(refused(note), BadPayment::Note);
}

#[test]
fn statuses_have_words() {
    for status in UnmatchedStatus::ALL {
        assert_eq!(UnmatchedStatus::from_word(status.as_str()), Some(status));
    }
    assert_eq!(UnmatchedStatus::from_word("lost"), None);
}
