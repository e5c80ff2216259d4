//! A payment resolves once, whatever providers tell and how often.

#![allow(clippy::unwrap_used)]

use kernel::testing::CountingIds;
use kernel::{DomainEvent, Ids, Money};
use proptest::prelude::{
    BoxedStrategy, Just, Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest,
};

use super::{Heard, PaymentLife, PaymentRefusal, PaymentStatus};
use crate::books::{Refund, RefundRefusal};
use crate::payment::BadPayment;
use crate::rounding::MOST_MINOR;

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

fn asked(minor: i64) -> PaymentLife {
    let ids: &dyn Ids = &CountingIds::from(1);
    PaymentLife::pending(ids.next(), ids.next(), kes(minor)).unwrap()
}

fn settled(minor: i64) -> PaymentLife {
    let mut payment = asked(minor);
    payment.settle("QK7", None).unwrap();
    payment
}

fn names(payment: &mut PaymentLife) -> Vec<&'static str> {
    payment
        .take_events()
        .iter()
        .map(DomainEvent::name)
        .collect()
}

#[test]
fn nothing_or_too_much_is_not_asked_for() {
    let ids: &dyn Ids = &CountingIds::from(1);
    for minor in [0, -1, MOST_MINOR + 1] {
        let asked = PaymentLife::pending(ids.next(), ids.next(), kes(minor));
        assert_eq!(asked, Err(BadPayment::Amount), "{minor}");
    }
}

#[test]
fn the_money_arrives_once() {
    let mut payment = asked(100);
    assert_eq!(payment.settle("QK7", None), Ok(Heard::News));
    assert_eq!(payment.settle("QK7", None), Ok(Heard::Known));
    let other = PaymentRefusal::OtherReference {
        known: "QK7".to_owned(),
        told: "QK8".to_owned(),
    };
    assert_eq!(payment.settle("QK8", None), Err(other));
    let told = names(&mut payment);
    assert_eq!(told, ["billing.payment_pending", "billing.payment_settled"]);
}

#[test]
fn a_late_failure_changes_nothing() {
    let mut payment = settled(100);
    assert_eq!(payment.fail("timeout"), Heard::TooLate);
    assert_eq!(payment.expire(), Heard::TooLate);
    assert!(matches!(payment.status(), PaymentStatus::Settled { .. }));
}

#[test]
fn a_settlement_after_a_reversal_changes_nothing() {
    let mut reversed = settled(100);
    reversed.reverse().unwrap();
    assert_eq!(reversed.settle("QK7", None), Ok(Heard::TooLate));
    assert_eq!(reversed.status().as_str(), "reversed");
}

#[test]
fn money_that_comes_after_all_is_taken() {
    let mut failed = asked(100);
    assert_eq!(failed.fail("no funds"), Heard::News);
    assert_eq!(failed.fail("again"), Heard::Known);
    assert_eq!(failed.settle("QK7", None), Ok(Heard::News));
    assert_eq!(failed.settle("QK7", None), Ok(Heard::Known));
    let mut expired = asked(100);
    assert_eq!(expired.expire(), Heard::News);
    assert_eq!(expired.expire(), Heard::Known);
    assert_eq!(expired.status(), &PaymentStatus::Expired);
    assert_eq!(expired.settle("QK7", None), Ok(Heard::News));
    assert_eq!(expired.fail("late"), Heard::TooLate);
}

#[test]
fn while_nobody_knows_nothing_is_charged_again() {
    let mut payment = asked(100);
    assert_eq!(payment.check_retry(), Err(PaymentRefusal::StillPending));
    payment.fail("no funds");
    assert_eq!(payment.check_retry(), Ok(()));
    let refused = PaymentRefusal::Status {
        status: "settled",
        wanted: "charged again",
    };
    assert_eq!(settled(100).check_retry(), Err(refused));
}

#[test]
fn a_dispute_is_lost_and_won() {
    let mut payment = settled(100);
    payment.take_events();
    assert_eq!(payment.undo_reversal(), Ok(Heard::Known));
    assert_eq!(payment.reverse(), Ok(Heard::News));
    assert_eq!(payment.reverse(), Ok(Heard::Known));
    assert_eq!(payment.undo_reversal(), Ok(Heard::News));
    let told = names(&mut payment);
    assert_eq!(
        told,
        ["billing.payment_reversed", "billing.payment_settled"]
    );
    assert!(asked(100).reverse().is_err());
    assert!(asked(100).undo_reversal().is_err());
}

#[test]
fn a_refund_is_paid_once() {
    let ids: &dyn Ids = &CountingIds::from(9);
    let (first, second) = (ids.next(), ids.next());
    let mut payment = settled(100);
    payment.take_events();
    let half = Some(kes(60));
    assert_eq!(
        payment.refund(first, half, &[], Refund::Reopening),
        Ok(kes(60))
    );
    assert_eq!(
        payment.refund(first, half, &[], Refund::Reopening),
        Ok(kes(60))
    );
    let other = payment.refund(first, Some(kes(1)), &[], Refund::Reopening);
    assert_eq!(other, Err(PaymentRefusal::OtherContent(first)));
    let too_large = RefundRefusal::TooLarge {
        asked: kes(60),
        refundable: kes(40),
    };
    let more = payment.refund(second, half, &[], Refund::Adjusting);
    assert_eq!(more, Err(too_large.into()));
    assert_eq!(
        payment.refund(second, None, &[], Refund::Adjusting),
        Ok(kes(40))
    );
    assert_eq!(payment.refunds().len(), 2);
    assert_eq!(
        names(&mut payment),
        ["billing.refunded", "billing.refunded"]
    );
}

#[test]
fn only_money_that_is_here_is_given_back() {
    let ids: &dyn Ids = &CountingIds::from(9);
    let refused = |status| PaymentRefusal::Status {
        status,
        wanted: "refunded",
    };
    let mut pending = asked(100);
    let refund = pending.refund(ids.next(), None, &[], Refund::Reopening);
    assert_eq!(refund, Err(refused("pending")));
    let mut reversed = settled(100);
    reversed.reverse().unwrap();
    let refund = reversed.refund(ids.next(), None, &[], Refund::Reopening);
    assert_eq!(refund, Err(refused("reversed")));
}

#[test]
fn a_foreign_settlement_is_kept_beside_the_amount() {
    let mut payment = asked(24_995);
    let euros = Money::from_minor(22_544, "EUR".parse().unwrap());
    payment.settle("ch_1", Some(euros)).unwrap();
    let PaymentStatus::Settled { settled_as, .. } = payment.status() else {
        panic!("it is {:?}", payment.status());
    };
    assert_eq!(*settled_as, Some(euros));
    assert_eq!(payment.refundable(), Ok(kes(24_995)));
}

/// What a provider may tell.
#[derive(Debug, Clone, Copy)]
enum Message {
    Settled,
    Failed,
    Expired,
    Reversed,
    Won,
    Refund(i64),
}

fn messages() -> BoxedStrategy<Vec<Message>> {
    let message = prop_oneof![
        Just(Message::Settled),
        Just(Message::Failed),
        Just(Message::Expired),
        Just(Message::Reversed),
        Just(Message::Won),
        (1_i64..80).prop_map(Message::Refund),
    ];
    proptest::collection::vec(message, 0..16).boxed()
}

fn hear(payment: &mut PaymentLife, ids: &dyn Ids, message: Message) {
    match message {
        Message::Settled => drop(payment.settle("QK7", None)),
        Message::Failed => drop(payment.fail("no funds")),
        Message::Expired => drop(payment.expire()),
        Message::Reversed => drop(payment.reverse()),
        Message::Won => drop(payment.undo_reversal()),
        Message::Refund(minor) => {
            drop(payment.refund(ids.next(), Some(kes(minor)), &[], Refund::Reopening));
        }
    }
}

proptest! {
    #[test]
    fn it_resolves_once_and_never_gives_more_than_it_got(messages in messages()) {
        let ids: &dyn Ids = &CountingIds::from(9);
        let mut payment = asked(100);
        let mut first_news = None;
        for message in messages {
            let before = payment.status().as_str();
            hear(&mut payment, ids, message);
            let after = payment.status().as_str();
            if before == "pending" && after != "pending" {
                prop_assert!(first_news.is_none(), "resolved twice");
                first_news = Some(after);
            }
            let allowed = before == after
                || matches!((before, after), ("pending", "settled" | "failed" | "expired") | ("failed" | "expired" | "reversed", "settled") | ("settled", "reversed"));
            prop_assert!(allowed, "{before} became {after}");
            prop_assert!(!payment.refundable().unwrap().is_negative());
        }
    }

    #[test]
    fn telling_everything_twice_changes_nothing(messages in messages()) {
        let (mut once, mut twice) = (asked(100), asked(100));
        for message in messages.into_iter().filter(|it| !matches!(it, Message::Refund(_))) {
            let ids: &dyn Ids = &CountingIds::from(9);
            hear(&mut once, ids, message);
            hear(&mut twice, ids, message);
            hear(&mut twice, ids, message);
        }
        prop_assert_eq!(once.status(), twice.status());
        prop_assert_eq!(names(&mut once), names(&mut twice));
    }
}
