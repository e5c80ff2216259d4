//! Money that goes back opens what it paid, and never more than came in goes back.

#![allow(clippy::unwrap_used)]

use kernel::testing::CountingIds;
use kernel::{DomainEvent, Id, Ids, InvoiceId, Money, Timestamp};
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

use super::super::{NewPayment, Payment, PaymentMethod, PaymentRefusal};
use super::{Allocation, GivenBack, Return};
use crate::books::RefundRefusal;

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

fn numbered<K>(number: u64) -> Id<K> {
    Id::from_uuid(
        format!("00000000-0000-7000-8000-{number:012x}")
            .parse()
            .unwrap(),
    )
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
    let ids: &dyn Ids = &CountingIds::from(1);
    let new = NewPayment {
        id: ids.next(),
        account: ids.next(),
        amount: kes(1_000),
        method: PaymentMethod::MobileMoney,
        reference: Some("QK7".to_owned()),
        received_at: noon(),
    };
    let mut payment = Payment::record(new, noon()).unwrap();
    payment.use_for(&[part(1, 600), part(2, 300)]).unwrap();
    payment.take_events();
    payment.saved_as(1);
    payment
}

fn names(payment: &mut Payment) -> Vec<&'static str> {
    payment
        .take_events()
        .iter()
        .map(DomainEvent::name)
        .collect()
}

#[test]
fn a_refund_takes_what_pays_nothing_and_then_what_was_paid_last() {
    let mut payment = used();
    let given = payment
        .refund(numbered(1), (Some(kes(450)), None), "moved away", noon())
        .unwrap();
    let expected = GivenBack {
        amount: kes(450),
        released: vec![part(2, 300), part(1, 50)],
    };
    assert_eq!(given, expected);
    assert_eq!(payment.uses().unwrap(), [part(1, 550)]);
    assert_eq!(payment.unallocated().unwrap(), kes(0));
    assert_eq!(payment.received().unwrap(), kes(550));
    assert_eq!(names(&mut payment), ["billing.refunded"]);
}

#[test]
fn the_same_refund_again_changes_nothing() {
    let mut payment = used();
    payment
        .refund(numbered(1), (Some(kes(450)), None), "moved away", noon())
        .unwrap();
    let before = payment.snapshot();
    let again = payment
        .refund(numbered(1), (Some(kes(450)), None), "moved away", noon())
        .unwrap();
    assert!(again.amount.is_zero() && again.released.is_empty());
    let other = payment.refund(
        numbered(1),
        (Some(kes(450)), None),
        "another reason",
        noon(),
    );
    assert_eq!(other, Err(PaymentRefusal::OtherContent(numbered(1))));
    let other = payment.refund(numbered(1), (Some(kes(451)), None), "moved away", noon());
    assert_eq!(other, Err(PaymentRefusal::OtherContent(numbered(1))));
    let refused = RefundRefusal::TooLarge {
        asked: kes(551),
        refundable: kes(550),
    };
    let more = payment.refund(numbered(2), (Some(kes(551)), None), "moved away", noon());
    assert_eq!(more, Err(refused.into()));
    assert_eq!(payment.snapshot(), before);
}

#[test]
fn a_reversal_takes_everything_once_and_may_be_undone() {
    let mut payment = used();
    let given = payment.reverse("a chargeback", noon()).unwrap();
    assert_eq!(given.amount, kes(1_000));
    assert_eq!(given.released, [part(2, 300), part(1, 600)]);
    assert!(payment.is_reversed() && payment.uses().unwrap().is_empty());
    assert!(
        payment
            .reverse("a chargeback", noon())
            .unwrap()
            .released
            .is_empty()
    );
    assert!(
        payment
            .refund(numbered(1), (None, None), "moved away", noon())
            .is_err()
    );
    assert_eq!(
        payment.undo_reversal("it was won", noon()).unwrap(),
        kes(1_000)
    );
    assert_eq!(payment.undo_reversal("it was won", noon()).unwrap(), kes(0));
    assert_eq!(payment.unallocated().unwrap(), kes(1_000));
    let told = names(&mut payment);
    assert_eq!(
        told,
        ["billing.payment_reversed", "billing.reversal_undone"]
    );
    assert_eq!(
        payment.reverse("a chargeback", noon()).unwrap().amount,
        kes(1_000)
    );
}

#[test]
fn a_reversal_after_a_refund_takes_the_rest() {
    let mut payment = used();
    payment
        .refund(numbered(1), (Some(kes(450)), None), "moved away", noon())
        .unwrap();
    assert_eq!(
        payment.reverse("a chargeback", noon()).unwrap().amount,
        kes(550)
    );
    assert_eq!(
        payment.undo_reversal("it was won", noon()).unwrap(),
        kes(550)
    );
    assert_eq!(payment.received().unwrap(), kes(550));
}

#[test]
fn nothing_goes_back_without_a_reason() {
    let mut payment = used();
    let before = payment.snapshot();
    for reason in ["", "  ", "a\u{7}b", &"x".repeat(301)] {
        let refused = payment.refund(numbered(1), (None, None), reason, noon());
        assert_eq!(refused, Err(PaymentRefusal::Reason));
        let refused = payment.reverse(reason, noon());
        assert_eq!(refused, Err(PaymentRefusal::Reason));
        assert!(payment.undo_reversal(reason, noon()).is_err());
    }
    assert_eq!(payment.snapshot(), before);
    payment.reverse(" a chargeback ", noon()).unwrap();
    let kept = payment.snapshot().returns.pop().unwrap();
    assert_eq!(kept.reason.as_deref(), Some("a chargeback"));
}

#[test]
fn what_went_back_before_reasons_were_kept_reads_back() {
    let body = serde_json::json!({
        "why": "reversal",
        "amount": kes(5),
        "at": noon(),
    });
    let read: Return = serde_json::from_value(body).unwrap();
    assert_eq!((read.amount, read.reason), (kes(5), None));
}

proptest! {
    #[test]
    fn used_left_and_returned_are_the_whole(steps in proptest::collection::vec((0_u8..4, 1_i64..400, any::<bool>()), 0..16)) {
        let mut payment = used();
        for (number, (what, minor, newest)) in (1_u64..).zip(steps) {
            match what {
                0 => drop(payment.refund(numbered(number), (Some(kes(minor)), None), "moved away", noon())),
                1 => drop(payment.reverse("a chargeback", noon())),
                2 => drop(payment.undo_reversal("it was won", noon())),
                _ => drop(payment.use_for(&[part(if newest { number } else { 1 }, minor)])),
            }
            let sum = |parts: Vec<Allocation>| parts.iter().map(|it| it.amount.minor()).sum::<i64>();
            let (used, left) = (sum(payment.uses().unwrap()), payment.unallocated().unwrap().minor());
            prop_assert!(left >= 0);
            prop_assert_eq!(used + left, payment.received().unwrap().minor());
            prop_assert!((0..=1_000).contains(&(used + left)));
        }
    }
}
