//! A plan is sold until it is retired.

#![allow(clippy::unwrap_used)]

use kernel::{DomainEvent, Id, Money};

use super::{BadPlan, Charging, NewPlan, Plan, SoldAs};
use crate::interval::{Interval, IntervalUnit};
use crate::rounding::MOST_MINOR;

fn id<K>() -> Id<K> {
    Id::from_uuid("00000000-0000-7000-8000-000000000001".parse().unwrap())
}

fn new(minor: i64, unit: IntervalUnit, sold_as: SoldAs) -> NewPlan {
    NewPlan {
        id: id(),
        name: "Home 10".parse().unwrap(),
        price: Money::from_minor(minor, "KES".parse().unwrap()),
        interval: Interval::new(unit, 1).unwrap(),
        profile: id(),
        sold_as,
        charging: Charging::AHEAD,
    }
}

#[test]
fn prices_and_intervals_have_bounds() {
    let (subscription, voucher) = (SoldAs::Subscription, SoldAs::Voucher);
    for (minor, unit, sold_as, expected) in [
        (1, IntervalUnit::Days, subscription, None),
        (MOST_MINOR, IntervalUnit::Months, subscription, None),
        (0, IntervalUnit::Months, subscription, Some(BadPlan::Price)),
        (-1, IntervalUnit::Hours, voucher, Some(BadPlan::Price)),
        (
            MOST_MINOR + 1,
            IntervalUnit::Hours,
            voucher,
            Some(BadPlan::Price),
        ),
        (
            1,
            IntervalUnit::Hours,
            subscription,
            Some(BadPlan::Interval),
        ),
        (0, IntervalUnit::Minutes, voucher, None),
    ] {
        let defined = Plan::define(new(minor, unit, sold_as));
        assert_eq!(defined.err(), expected, "{minor} {unit:?} {sold_as:?}");
    }
}

#[test]
fn retiring_twice_is_one_event() {
    let mut plan = Plan::define(new(1, IntervalUnit::Months, SoldAs::Subscription)).unwrap();
    assert!(plan.is_offered());
    plan.retire();
    plan.retire();
    assert!(!plan.is_offered());
    let names: Vec<_> = plan.take_events().iter().map(DomainEvent::name).collect();
    assert_eq!(names, ["billing.plan_defined", "billing.plan_retired"]);
    assert_eq!(Plan::restore(plan.snapshot()).snapshot(), plan.snapshot());
}

#[test]
fn ways_of_selling_have_words() {
    for way in [SoldAs::Subscription, SoldAs::Voucher] {
        assert_eq!(SoldAs::from_word(way.as_str()), Some(way));
    }
    assert_eq!(SoldAs::from_word("gift"), None);
}
