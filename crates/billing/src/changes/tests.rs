//! Decisions in any order, as often as they arrive, lead to one timeline; contradictions name the decisions.

#![allow(clippy::unwrap_used)]

use kernel::{Id, LocalDate, Money};
use proptest::prelude::{Just, Strategy, prop_assert_eq, proptest};

use super::{BadChanges, Change, Changed, timeline_of};
use crate::interval::Interval;
use crate::schedule::Schedule;
use crate::timeline::{PausePolicy, Timeline, Timing};

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn fold(changes: &[Change]) -> Result<Timeline, BadChanges> {
    let schedule = Schedule::new(day("2026-01-01"), Interval::MONTH, None);
    timeline_of(schedule, Timing::InAdvance, changes)
}

fn change(number: u64, from: &str, what: Changed) -> Change {
    Change {
        number,
        from: day(from),
        what,
    }
}

fn agreed(plan: u64, quantity: u32) -> Changed {
    let text = format!("00000000-0000-7000-8000-{plan:012x}");
    Changed::Agreed {
        component: 0,
        plan: Id::from_uuid(text.parse().unwrap()),
        price: Some(Money::from_minor(1_000, "USD".parse().unwrap())),
        quantity: Some(quantity),
        fee: None,
    }
}

const fn paused(policy: PausePolicy) -> Changed {
    Changed::Paused {
        policy,
        until: None,
    }
}

fn a_life() -> Vec<Change> {
    vec![
        change(1, "2026-01-01", agreed(1, 1)),
        change(2, "2026-02-01", agreed(2, 1)),
        change(3, "2026-02-01", agreed(1, 2)),
        change(4, "2026-03-01", paused(PausePolicy::CreditDays)),
        change(5, "2026-03-20", Changed::Resumed),
        change(6, "2026-06-01", Changed::Ended),
        change(7, "2026-07-01", agreed(3, 1)),
    ]
}

#[test]
fn what_was_decided_for_later_than_the_end_is_not_in_it() {
    let timeline = fold(&a_life()).unwrap();
    assert_eq!(timeline.components[0].phases.len(), 3);
    assert_eq!(timeline.charged_until, Some(day("2026-06-01")));
}

#[test]
fn contradictions_are_named() {
    let two = [
        change(1, "2026-01-01", agreed(1, 1)),
        change(1, "2026-01-01", agreed(2, 1)),
    ];
    assert_eq!(fold(&two), Err(BadChanges::NumberTwice { number: 1 }));
    let pauses = [
        change(1, "2026-01-05", paused(PausePolicy::Keep)),
        change(2, "2026-01-09", paused(PausePolicy::Keep)),
    ];
    let (from, other) = (day("2026-01-09"), day("2026-01-05"));
    assert_eq!(
        fold(&pauses),
        Err(BadChanges::OverlappingPauses { from, other })
    );
    let resumed = [change(1, "2026-01-05", Changed::Resumed)];
    assert_eq!(fold(&resumed), Err(BadChanges::NotPaused { from: other }));
    let none = [change(4, "2026-01-05", agreed(1, 0))];
    assert_eq!(
        fold(&none),
        Err(BadChanges::Quantity {
            number: 4,
            quantity: 0
        })
    );
}

#[test]
fn a_quantity_goes_on_with_whatever_plan_comes_and_keeps_what_is_charged_once() {
    let fee = Some(Money::from_minor(700, "USD".parse().unwrap()));
    let as_before = |plan| match agreed(plan, 1) {
        Changed::Agreed {
            component,
            plan,
            price,
            ..
        } => Changed::Agreed {
            component,
            plan,
            price,
            quantity: None,
            fee,
        },
        other => other,
    };
    let three = Changed::Quantity {
        component: 0,
        quantity: 3,
    };
    let timeline = fold(&[
        change(1, "2026-01-01", agreed(1, 1)),
        change(2, "2026-03-01", as_before(2)),
        change(3, "2026-02-01", three),
        change(4, "2026-04-01", as_before(3)),
        change(
            5,
            "2026-04-01",
            Changed::Quantity {
                component: 0,
                quantity: 5,
            },
        ),
    ]);
    let phases = &timeline.unwrap().components[0].phases;
    let told: Vec<_> = phases.iter().map(|it| (it.quantity, it.fee)).collect();
    assert_eq!(told, [(1, None), (3, None), (3, fee), (5, fee)]);
}

#[test]
fn a_bill_day_keeps_the_length_of_periods_that_is_in_force() {
    let every = |interval, bill_day: Option<u8>| Changed::Rescheduled {
        interval,
        bill_day: bill_day.map(|it| it.try_into().unwrap()),
    };
    let changes = [
        change(1, "2026-01-01", agreed(1, 1)),
        change(2, "2026-02-01", every(Some(Interval::YEAR), None)),
        change(3, "2026-03-01", every(None, Some(9))),
        change(4, "2026-02-01", Changed::Withdrawn { number: 2 }),
    ];
    let lengths = |changes: &[Change]| {
        let timeline = fold(changes).unwrap();
        let all = timeline.reschedules.iter();
        all.map(|it| it.schedule.interval()).collect::<Vec<_>>()
    };
    assert_eq!(lengths(&changes[..3]), [Interval::YEAR, Interval::YEAR]);
    assert_eq!(lengths(&changes), [Interval::MONTH]);
}

proptest! {
    #[test]
    fn neither_order_nor_repetition_matters(
        shuffled in Just([a_life(), a_life(), a_life()].concat()).prop_shuffle(),
    ) {
        prop_assert_eq!(fold(&shuffled), fold(&a_life()));
    }
}
