//! A payment resolves once, whatever providers tell and how often.

#![allow(clippy::unwrap_used)]

use kernel::testing::CountingIds;
use kernel::{DomainEvent, Ids, Money, Timestamp};
use proptest::prelude::{
    BoxedStrategy, Just, Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest,
};

use super::{
    Ask, Heard, NewRequest, Payment, PaymentRefusal, PaymentStatus, ProviderPaid, ToldLate,
    ToldWhat,
};
use crate::books::RefundRefusal;
use crate::payment::{BadPayment, PaymentMethod};
use crate::rounding::MOST_MINOR;

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

fn ask(minor: i64) -> Ask {
    let ids: &dyn Ids = &CountingIds::from(5);
    Ask {
        provider: " sandbox ".to_owned(),
        asked_as: "INV-1-1".to_owned(),
        amount: kes(minor),
        expires_at: Some(noon().plus(chrono::Duration::hours(1))),
        meant_for: Some(ids.next()),
    }
}

fn request(ask: Ask) -> Result<Payment, BadPayment> {
    let ids: &dyn Ids = &CountingIds::from(1);
    let new = NewRequest {
        id: ids.next(),
        account: ids.next(),
        method: PaymentMethod::MobileMoney,
        ask,
    };
    Payment::request(new, noon())
}

fn asked(minor: i64) -> Payment {
    request(ask(minor)).unwrap()
}

fn paid(reference: &str, minor: i64) -> ProviderPaid {
    ProviderPaid {
        reference: reference.to_owned(),
        amount: kes(minor),
        settled_as: None,
        at: noon(),
    }
}

fn settle(payment: &mut Payment, reference: &str) -> Result<Heard, PaymentRefusal> {
    payment.settle(&paid(reference, 100))
}

fn settled(minor: i64) -> Payment {
    let mut payment = asked(minor);
    payment.settle(&paid("QK7", minor)).unwrap();
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
fn what_cannot_be_is_not_asked_for() {
    for minor in [0, -1, MOST_MINOR + 1] {
        assert_eq!(request(ask(minor)), Err(BadPayment::Amount), "{minor}");
    }
    let late = Ask {
        expires_at: Some(noon()),
        ..ask(1)
    };
    assert_eq!(request(late), Err(BadPayment::ExpiresAt));
    for name in ["", " ", "a\u{7}b", &"x".repeat(81)] {
        let nobody = Ask {
            provider: name.to_owned(),
            ..ask(1)
        };
        assert_eq!(request(nobody), Err(BadPayment::Provider));
        let nothing = Ask {
            asked_as: name.to_owned(),
            ..ask(1)
        };
        assert_eq!(request(nothing), Err(BadPayment::Provider));
    }
    assert_eq!(asked(1).snapshot().ask.unwrap().provider, "sandbox");
}

#[test]
fn what_is_only_asked_for_is_no_money() {
    let mut payment = asked(100);
    assert_eq!(payment.received(), Ok(kes(0)));
    assert_eq!(payment.unallocated(), Ok(kes(0)));
    payment.expire();
    assert_eq!(payment.unallocated(), Ok(kes(0)));
    let mut failed = asked(100);
    failed.fail("declined").unwrap();
    assert_eq!(failed.unallocated(), Ok(kes(0)));
    assert_eq!(settled(100).unallocated(), Ok(kes(100)));
}

#[test]
fn the_money_arrives_once() {
    let mut payment = asked(100);
    assert_eq!(settle(&mut payment, "QK7"), Ok(Heard::News));
    assert_eq!(settle(&mut payment, " QK7 "), Ok(Heard::Known));
    let other = PaymentRefusal::OtherReference {
        known: "QK7".to_owned(),
        told: "QK8".to_owned(),
    };
    assert_eq!(settle(&mut payment, "QK8"), Err(other));
    let told = names(&mut payment);
    assert_eq!(told, ["billing.payment_pending", "billing.payment_settled"]);
}

#[test]
fn what_came_counts_and_not_what_was_asked_for() {
    for minor in [60, 140] {
        let mut payment = asked(100);
        payment.settle(&paid("QK7", minor)).unwrap();
        let it = payment.snapshot();
        assert_eq!((it.amount, it.ask.unwrap().amount), (kes(minor), kes(100)));
        assert_eq!(payment.received(), Ok(kes(minor)));
    }
}

#[test]
fn money_of_another_currency_or_none_is_refused() {
    let mut payment = asked(100);
    let before = payment.clone();
    let mut shillings = paid("QK7", 100);
    shillings.amount = Money::from_minor(100, "UGX".parse().unwrap());
    let refused = payment.settle(&shillings);
    assert_eq!(refused, Err(BadPayment::Currency.into()));
    let refused = payment.settle(&paid("QK7", 0));
    assert_eq!(refused, Err(BadPayment::Amount.into()));
    let refused = payment.settle(&paid("", 100));
    assert_eq!(refused, Err(BadPayment::Reference.into()));
    assert_eq!(payment, before);
}

#[test]
fn a_late_failure_changes_nothing_and_is_seen_once() {
    let mut payment = settled(100);
    payment.take_events();
    for _ in 0..2 {
        assert_eq!(payment.fail("timeout"), Ok(Heard::TooLate));
        assert_eq!(payment.expire(), Heard::TooLate);
    }
    assert_eq!(payment.status(), PaymentStatus::Settled);
    assert_eq!(payment.received(), Ok(kes(100)));
    let late = |told| ToldLate {
        told,
        was: PaymentStatus::Settled,
    };
    let kept = payment.snapshot().told_late;
    assert_eq!(kept, [late(ToldWhat::Failed), late(ToldWhat::Expired)]);
    let told = names(&mut payment);
    assert_eq!(told, ["billing.payment_told_late"; 2]);
}

#[test]
fn a_settlement_after_a_reversal_changes_nothing() {
    let mut reversed = settled(100);
    reversed.reverse("a chargeback", noon()).unwrap();
    assert_eq!(settle(&mut reversed, "QK7"), Ok(Heard::TooLate));
    assert_eq!(reversed.status(), PaymentStatus::Reversed);
    assert_eq!(reversed.received(), Ok(kes(0)));
    assert_eq!(reversed.snapshot().told_late.len(), 1);
}

#[test]
fn money_that_comes_after_all_is_taken_for_no_invoice_in_particular() {
    let mut failed = asked(100);
    assert!(failed.meant_for().is_some());
    assert_eq!(failed.fail("no funds"), Ok(Heard::News));
    assert_eq!(failed.fail("again"), Ok(Heard::Known));
    assert_eq!(settle(&mut failed, "QK7"), Ok(Heard::News));
    assert_eq!(settle(&mut failed, "QK7"), Ok(Heard::Known));
    assert_eq!(failed.meant_for(), None);
    let mut expired = asked(100);
    assert_eq!(expired.expire(), Heard::News);
    assert_eq!(expired.expire(), Heard::Known);
    assert_eq!(expired.status(), PaymentStatus::Expired);
    assert_eq!(settle(&mut expired, "QK7"), Ok(Heard::News));
    assert_eq!(expired.fail("late"), Ok(Heard::TooLate));
    assert_eq!(expired.meant_for(), None);
    assert_eq!(expired.snapshot().told_late[0].was, PaymentStatus::Expired);
    assert!(settled(100).meant_for().is_some());
}

#[test]
fn while_nobody_knows_nothing_is_charged_again() {
    let mut payment = asked(100);
    assert_eq!(payment.check_retry(), Err(PaymentRefusal::StillPending));
    payment.fail("no funds").unwrap();
    assert_eq!(payment.check_retry(), Ok(()));
    let refused = PaymentRefusal::Status {
        status: "settled",
        wanted: "charged again",
    };
    assert_eq!(settled(100).check_retry(), Err(refused));
}

#[test]
fn only_money_that_is_here_goes_back() {
    let ids: &dyn Ids = &CountingIds::from(9);
    let refused = |status, wanted| Err(PaymentRefusal::Status { status, wanted });
    let mut pending = asked(100);
    let refund = pending
        .refund(ids.next(), (None, None), "why", noon())
        .map(drop);
    assert_eq!(refund, refused("pending", "refunded"));
    let reversal = pending.reverse("why", noon()).map(drop);
    assert_eq!(reversal, refused("pending", "reversed"));
    let undone = pending.undo_reversal("why", noon()).map(drop);
    assert_eq!(undone, refused("pending", "given again"));
    let mut reversed = settled(100);
    reversed.reverse("why", noon()).unwrap();
    let refund = reversed
        .refund(ids.next(), (None, None), "why", noon())
        .map(drop);
    assert_eq!(refund, refused("reversed", "refunded"));
}

#[test]
fn a_foreign_settlement_is_kept_beside_the_amount() {
    let ids: &dyn Ids = &CountingIds::from(9);
    let mut payment = asked(24_995);
    let euros = Money::from_minor(22_544, "EUR".parse().unwrap());
    let foreign = ProviderPaid {
        settled_as: Some(euros),
        ..paid("ch_1", 24_995)
    };
    payment.settle(&foreign).unwrap();
    assert_eq!(payment.snapshot().settled_as, Some(euros));
    assert_eq!(payment.received(), Ok(kes(24_995)));
    let refused = payment.refund(ids.next(), (Some(kes(24_996)), None), "why", noon());
    let too_large = RefundRefusal::TooLarge {
        asked: kes(24_996),
        refundable: kes(24_995),
    };
    assert_eq!(refused, Err(too_large.into()));
}

#[test]
fn statuses_have_words() {
    for status in PaymentStatus::ALL {
        assert_eq!(PaymentStatus::from_word(status.as_str()), Some(status));
        assert_eq!(serde_json::json!(status), status.as_str());
    }
    assert_eq!(PaymentStatus::from_word("lost"), None);
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

fn hear(payment: &mut Payment, ids: &dyn Ids, message: Message) {
    match message {
        Message::Settled => drop(settle(payment, "QK7")),
        Message::Failed => drop(payment.fail("no funds")),
        Message::Expired => drop(payment.expire()),
        Message::Reversed => drop(payment.reverse("a chargeback", noon())),
        Message::Won => drop(payment.undo_reversal("it was won", noon())),
        Message::Refund(minor) => {
            drop(payment.refund(ids.next(), (Some(kes(minor)), None), "moved away", noon()));
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
            prop_assert!(!payment.received().unwrap().is_negative());
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
        // A settlement told again after a reversal that followed is late, and only that is kept besides.
        prop_assert_eq!(once.status(), twice.status());
        prop_assert_eq!(once.received(), twice.received());
        let own = |payment: &mut Payment| {
            let mut told = names(payment);
            told.retain(|it| *it != "billing.payment_told_late");
            told
        };
        prop_assert_eq!(own(&mut once), own(&mut twice));
    }
}
