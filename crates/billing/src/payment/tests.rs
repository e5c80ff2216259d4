//! A payment is used up to its amount, and the rest stays credit.

#![allow(clippy::unwrap_used)]

use chrono::Duration;
use kernel::{Currency, DomainEvent, Id, Money, Timestamp};

use super::{BadPayment, NewPayment, Payment, PaymentMethod};
use crate::allocation::Allocation;
use crate::rounding::MOST_MINOR;

fn kes(minor: i64) -> Money {
    let currency: Currency = "KES".parse().unwrap();
    Money::from_minor(minor, currency)
}

fn id<K>() -> Id<K> {
    Id::from_uuid("00000000-0000-7000-8000-000000000001".parse().unwrap())
}

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

fn new(minor: i64) -> NewPayment {
    NewPayment {
        id: id(),
        account: id(),
        amount: kes(minor),
        method: PaymentMethod::MobileMoney,
        reference: Some(" QK7 ".to_owned()),
        received_at: noon(),
    }
}

fn part(minor: i64) -> Allocation {
    Allocation {
        invoice: id(),
        amount: kes(minor),
    }
}

#[test]
fn money_comes_in_whole() {
    let payment = Payment::record(new(1_000), noon()).unwrap();
    assert_eq!(payment.unallocated().unwrap(), kes(1_000));
    assert_eq!(payment.snapshot().reference.as_deref(), Some("QK7"));
    assert!(Payment::record(new(MOST_MINOR), noon()).is_ok());
}

#[test]
fn what_cannot_be_is_refused() {
    let refused = |new: NewPayment| Payment::record(new, noon()).unwrap_err();
    for minor in [0, -1, MOST_MINOR + 1, i64::MIN] {
        assert_eq!(refused(new(minor)), BadPayment::Amount, "{minor}");
    }
    for reference in ["", "  ", "a\u{7}b"] {
        let reference = Some(reference.to_owned());
        let bad = NewPayment {
            reference,
            ..new(1)
        };
        assert_eq!(refused(bad), BadPayment::Reference);
    }
    let ahead = NewPayment {
        received_at: noon().plus(Duration::minutes(6)),
        ..new(1)
    };
    assert_eq!(refused(ahead), BadPayment::ReceivedAt);
    let fast_clock = NewPayment {
        received_at: noon().plus(Duration::minutes(5)),
        ..new(1)
    };
    assert!(Payment::record(fast_clock, noon()).is_ok());
}

#[test]
fn the_first_use_is_what_it_was_received_for_and_later_ones_are_credit() {
    let mut payment = Payment::record(new(1_000), noon()).unwrap();
    payment.use_for(&[part(600)]).unwrap();
    assert_eq!(payment.take_events()[0].name(), "billing.payment_recorded");
    payment.saved_as(1);
    payment.use_for(&[part(300)]).unwrap();
    assert_eq!(payment.take_events()[0].name(), "billing.credit_used");
    payment.use_for(&[]).unwrap();
    assert!(payment.take_events().is_empty());
    assert_eq!(payment.unallocated().unwrap(), kes(100));
}

#[test]
fn more_than_is_left_is_refused_and_changes_nothing() {
    let mut payment = Payment::record(new(1_000), noon()).unwrap();
    payment.use_for(&[part(600)]).unwrap();
    let before = payment.clone();
    assert!(payment.use_for(&[part(300), part(101)]).is_err());
    let foreign = Allocation {
        invoice: id(),
        amount: Money::from_minor(1, "UGX".parse().unwrap()),
    };
    assert!(payment.use_for(&[foreign]).is_err());
    assert_eq!(payment, before);
}

#[test]
fn methods_have_words() {
    for method in PaymentMethod::ALL {
        assert_eq!(PaymentMethod::from_word(method.as_str()), Some(method));
    }
    assert_eq!(PaymentMethod::from_word("barter"), None);
}
