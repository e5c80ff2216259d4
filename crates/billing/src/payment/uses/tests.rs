//! A payment pays what somebody says, as far as it reaches.

#![allow(clippy::unwrap_used)]

use kernel::{Id, InvoiceId, Money, Timestamp};
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

use super::{Allocation, Payment, PaymentRefusal};
use crate::payment::{NewPayment, PaymentMethod};

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

fn numbered<K>(number: u64) -> Id<K> {
    let text = format!("00000000-0000-7000-8000-{number:012x}");
    Id::from_uuid(text.parse().unwrap())
}

fn part(invoice: u64, minor: i64) -> Allocation {
    let invoice: InvoiceId = numbered(invoice);
    Allocation {
        invoice,
        amount: kes(minor),
    }
}

/// 1,000 of which 600 paid the first invoice and 300 the second.
fn used() -> Payment {
    let new = NewPayment {
        id: numbered(1),
        account: numbered(1),
        amount: kes(1_000),
        method: PaymentMethod::MobileMoney,
        reference: None,
        received_at: noon(),
    };
    let mut payment = Payment::record(new, noon()).unwrap();
    payment.use_for(&[part(1, 600), part(2, 300)]).unwrap();
    payment.saved_as(1);
    payment
}

#[test]
fn what_is_left_goes_first_and_then_what_was_paid_last() {
    let mut payment = used();
    let released = payment.allocate(numbered(3), kes(500)).unwrap();
    assert_eq!(released, [part(2, 300), part(1, 100)]);
    assert_eq!(payment.uses().unwrap(), [part(1, 500), part(3, 500)]);
    assert_eq!(payment.unallocated().unwrap(), kes(0));
}

#[test]
fn what_it_pays_there_already_stays() {
    let mut payment = used();
    let released = payment.allocate(numbered(2), kes(150)).unwrap();
    assert_eq!(released, [part(1, 50)]);
    assert_eq!(payment.uses().unwrap(), [part(1, 550), part(2, 450)]);
}

#[test]
fn more_than_it_has_is_refused_and_changes_nothing() {
    let mut payment = used();
    let before = payment.clone();
    let refused = PaymentRefusal::NotLeft {
        left: kes(700),
        asked: kes(701),
    };
    assert_eq!(payment.allocate(numbered(2), kes(701)), Err(refused));
    assert!(payment.allocate(numbered(2), kes(0)).is_err());
    assert_eq!(payment, before);
    payment.reverse("a chargeback", noon()).unwrap();
    assert!(payment.allocate(numbered(2), kes(1)).is_err());
}

proptest! {
    #[test]
    fn nothing_is_lost_by_moving(steps in proptest::collection::vec((1_u64..5, 1_i64..700), 0..12)) {
        let mut payment = used();
        for (invoice, minor) in steps {
            let before = payment.uses().unwrap();
            let there = |uses: &[Allocation]| uses.iter().filter(|it| it.invoice == numbered(invoice)).map(|it| it.amount.minor()).sum::<i64>();
            let moved = payment.allocate(numbered(invoice), kes(minor)).is_ok();
            let after = payment.uses().unwrap();
            prop_assert_eq!(there(&after), there(&before) + if moved { minor } else { 0 });
            let used: i64 = after.iter().map(|it| it.amount.minor()).sum();
            prop_assert!(payment.unallocated().unwrap().minor() >= 0);
            prop_assert_eq!(used + payment.unallocated().unwrap().minor(), 1_000);
        }
    }
}
