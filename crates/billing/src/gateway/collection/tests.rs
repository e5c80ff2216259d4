//! Never more goes back than was paid, and what went back elsewhere is found once.

use chrono::Duration;
use kernel::testing::CountingIds;
use kernel::{Ids, Money, Timestamp};
use proptest::prelude::*;

use super::{Collection, NewCollection, NothingLeft};
use crate::gateway::provider::Received;

fn now() -> Timestamp {
    Timestamp::from_micros(1_795_235_501_000_000).unwrap()
}

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

fn collected(amount: i64) -> Collection {
    after(amount, (0, 0))
}

/// First heard of when the books say that so much went back by hand, and the provider that so much did.
fn after(amount: i64, (booked, told): (i64, i64)) -> Collection {
    let ids: &dyn Ids = &CountingIds::from(1);
    let new = NewCollection {
        payment: ids.next(),
        gateway_account: ids.next(),
        link: ids.next(),
        reference: "cs_1".parse().unwrap(),
        booked_back: kes(booked),
    };
    let received = Received {
        transaction: "pi_1".to_owned(),
        amount: kes(amount),
        refunded: kes(told),
        at: Some(now()),
    };
    Collection::collect(new, &received, now()).unwrap()
}

#[test]
fn what_was_booked_by_hand_is_no_news_and_hides_none() {
    for (booked, told, news) in [(0, 400, 400), (400, 400, 0), (600, 400, 0), (300, 400, 100)] {
        let mut it = after(1_000, (booked, told));
        let found = it.told_refunded(kes(told)).unwrap();
        assert_eq!(found.map_or(0, Money::minor), news, "{booked} {told}");
        let later = it.told_refunded(kes(told + 50)).unwrap();
        assert_eq!(later, Some(kes(50)), "{booked} {told}");
    }
}

#[test]
fn no_more_is_asked_back_than_is_left() {
    let mut it = collected(1_000);
    assert_eq!(it.ask_back(Some(kes(400))), Ok(kes(400)));
    let above = NothingLeft::TooMuch {
        left: kes(600),
        asked: kes(601),
    };
    assert_eq!(it.ask_back(Some(kes(601))), Err(above));
    assert_eq!(it.ask_back(Some(kes(0))), Err(NothingLeft::NotPositive));
    assert_eq!(it.ask_back(None), Ok(kes(600)));
    assert_eq!(it.ask_back(None), Err(NothingLeft::NotPositive));
    it.kept(kes(600)).unwrap();
    assert_eq!(it.ask_back(None), Ok(kes(600)));
}

#[test]
fn a_refund_of_another_currency_is_refused() {
    let mut it = collected(1_000);
    let dollars = Money::from_minor(1, "USD".parse().unwrap());
    assert!(matches!(
        it.ask_back(Some(dollars)),
        Err(NothingLeft::Money(_))
    ));
    assert_eq!(it.left(), Ok(kes(1_000)));
}

#[test]
fn what_the_bank_has_cannot_be_given_back_as_well() {
    let mut it = collected(1_000);
    it.taken_back(true);
    assert_eq!(it.ask_back(None), Err(NothingLeft::TakenBack));
    it.taken_back(false);
    assert_eq!(it.ask_back(None), Ok(kes(1_000)));
}

#[test]
fn it_is_asked_about_ever_more_rarely_and_then_no_more() {
    let mut it = collected(1_000);
    let (mut turns, mut at) = (Vec::new(), now());
    while let Some(next) = it.snapshot().next_poll_at {
        assert!(next > at);
        at = next;
        turns.push(at.since(now()).num_days());
        it.asked(at);
    }
    assert_eq!(turns, [1, 2, 4, 8, 16, 32, 64, 128]);
    it.not_asked(at);
    assert_eq!(
        it.snapshot().next_poll_at,
        Some(at.plus(Duration::hours(1)))
    );
}

#[derive(Debug, Clone)]
enum Step {
    /// We ask for so much, and it stays on its way.
    Ask(i64),
    /// The oldest of ours on its way is done at the provider.
    Do,
    /// The oldest of ours on its way is refused by the provider.
    Refuse,
    /// Somebody gives back so much at the provider.
    Elsewhere(i64),
    /// We ask how much went back.
    Read,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..400_i64).prop_map(Step::Ask),
        Just(Step::Do),
        Just(Step::Refuse),
        (1..400_i64).prop_map(Step::Elsewhere),
        Just(Step::Read),
    ]
}

proptest! {
    /// Whatever the order: once nothing is on its way and the provider was read, what was found here and done for us is
    /// exactly what the provider has given back.
    #[test]
    fn what_went_back_is_known_once(steps in prop::collection::vec(step(), 0..40)) {
        let mut it = collected(1_000);
        let (mut on_the_way, mut at_provider, mut booked) = (Vec::new(), 0_i64, 0_i64);
        for step in steps.into_iter().chain([Step::Read]) {
            match step {
                Step::Ask(amount) => {
                    if it.ask_back(Some(kes(amount))).is_ok() {
                        on_the_way.push(amount);
                    }
                }
                Step::Do if !on_the_way.is_empty() => {
                    let amount = on_the_way.remove(0);
                    // The provider never gives back above what was paid.
                    if at_provider + amount > 1_000 {
                        it.kept(kes(amount)).unwrap();
                        continue;
                    }
                    at_provider += amount;
                    booked += amount;
                }
                Step::Refuse if !on_the_way.is_empty() => {
                    it.kept(kes(on_the_way.remove(0))).unwrap();
                }
                Step::Elsewhere(amount) if at_provider + amount <= 1_000 => at_provider += amount,
                Step::Read => {
                    if let Some(more) = it.told_refunded(kes(at_provider)).unwrap() {
                        booked += more.minor();
                    }
                }
                Step::Do | Step::Refuse | Step::Elsewhere(_) => {}
            }
            prop_assert!(booked <= at_provider, "nothing is booked that did not happen");
        }
        for amount in on_the_way {
            it.kept(kes(amount)).unwrap();
        }
        if let Some(more) = it.told_refunded(kes(at_provider)).unwrap() {
            booked += more.minor();
        }
        prop_assert_eq!(booked, at_provider);
        prop_assert_eq!(it.snapshot().given_back, kes(at_provider));
    }
}
