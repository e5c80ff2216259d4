//! A life cut into priced segments: parts sum to the whole, pauses and ends are not charged.

#![allow(clippy::unwrap_used)]

use chrono::{Days, NaiveDate};
use kernel::{Currency, LocalDate, Money, PlanId};
use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, proptest};

use super::{Pause, Phase, Timeline, cost, desired};
use crate::interval::Interval;
use crate::rounding::{InvoiceScale, share};
use crate::schedule::{BillDay, Period, Schedule};

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn period(start: &str, end: &str) -> Period {
    Period {
        start: day(start),
        end: day(end),
    }
}

fn kes(minor: i64) -> Money {
    let currency: Currency = "KES".parse().unwrap();
    Money::from_minor(minor, currency)
}

fn cents() -> InvoiceScale {
    InvoiceScale::new(2, kes(0).currency()).unwrap()
}

fn plan(number: u64) -> PlanId {
    let text = format!("00000000-0000-7000-8000-{number:012x}");
    PlanId::from_uuid(text.parse().unwrap())
}

fn phase(from: &str, number: u64, minor: i64) -> Phase {
    Phase {
        from: day(from),
        plan: plan(number),
        price: kes(minor),
    }
}

fn monthly(start: &str) -> Timeline {
    Timeline {
        schedule: Schedule::new(day(start), Interval::MONTH, None),
        phases: vec![phase(start, 1, 300_000)],
        pauses: Vec::new(),
        charged_until: None,
    }
}

/// Start, end and minor units of what is desired since the beginning.
fn charged(timeline: &Timeline, through: &str) -> Vec<(String, String, i64)> {
    let since = timeline.phases[0].from;
    let plain = |it: &super::Segment| {
        let amount = it.amount(it.period, cents()).unwrap().minor();
        (
            it.period.start.to_string(),
            it.period.end.to_string(),
            amount,
        )
    };
    desired(timeline, since, day(through))
        .iter()
        .map(plain)
        .collect()
}

fn segment(start: &str, end: &str, minor: i64) -> (String, String, i64) {
    (start.to_owned(), end.to_owned(), minor)
}

#[test]
fn a_period_is_due_on_its_first_day() {
    let timeline = monthly("2026-11-01");
    assert!(charged(&timeline, "2026-10-31").is_empty());
    let november = segment("2026-11-01", "2026-12-01", 300_000);
    let december = segment("2026-12-01", "2027-01-01", 300_000);
    let both = [november, december];
    assert_eq!(charged(&timeline, "2026-11-30"), both[..1]);
    assert_eq!(charged(&timeline, "2026-12-01"), both);
}

#[test]
fn a_change_cuts_the_period_it_falls_into() {
    let mut timeline = monthly("2026-11-01");
    timeline.phases.push(phase("2026-11-11", 2, 600_000));
    let expected = [
        segment("2026-11-01", "2026-11-11", 100_000),
        segment("2026-11-11", "2026-12-01", 400_000),
    ];
    assert_eq!(charged(&timeline, "2026-11-01"), expected);
}

#[test]
fn a_period_that_would_begin_in_a_pause_begins_after_it() {
    let mut timeline = monthly("2026-11-01");
    timeline.pauses.push(Pause {
        from: day("2026-11-20"),
        until: Some(day("2026-12-17")),
    });
    let expected = [
        segment("2026-11-01", "2026-12-01", 300_000),
        segment("2026-12-17", "2027-01-01", 145_161),
    ];
    assert_eq!(charged(&timeline, "2026-12-31"), expected);
    assert_eq!(charged(&timeline, "2026-12-16"), expected[..1]);
}

#[test]
fn a_pause_without_end_lets_nothing_begin() {
    let mut timeline = monthly("2026-11-01");
    timeline.pauses.push(Pause {
        from: day("2026-12-01"),
        until: None,
    });
    assert_eq!(charged(&timeline, "2027-06-01").len(), 1);
}

#[test]
fn one_pause_can_follow_another() {
    let mut timeline = monthly("2026-11-01");
    for (from, until) in [("2026-11-30", "2026-12-05"), ("2026-12-05", "2026-12-11")] {
        timeline.pauses.push(Pause {
            from: day(from),
            until: Some(day(until)),
        });
    }
    let december = charged(&timeline, "2026-12-31").pop().unwrap();
    assert_eq!(december.0, "2026-12-11");
}

#[test]
fn a_pause_that_ended_before_it_began_keeps_nothing() {
    let mut timeline = monthly("2026-11-01");
    timeline.pauses.push(Pause {
        from: day("2026-12-01"),
        until: Some(day("2026-11-20")),
    });
    assert_eq!(charged(&timeline, "2026-12-01").len(), 2);
}

#[test]
fn nothing_is_charged_from_the_end_on() {
    let mut timeline = monthly("2026-11-01");
    timeline.charged_until = Some(day("2026-12-01"));
    assert_eq!(charged(&timeline, "2027-06-01").len(), 1);
    timeline.charged_until = Some(day("2026-11-01"));
    assert!(charged(&timeline, "2027-06-01").is_empty());
}

#[test]
fn cycles_that_ended_by_then_are_settled() {
    let timeline = monthly("2026-11-01");
    let open = desired(&timeline, day("2026-12-01"), day("2026-12-01"));
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].period, period("2026-12-01", "2027-01-01"));
}

#[test]
fn a_stub_is_the_exact_share_of_its_days() {
    let bill_day = Some(BillDay::new(1).unwrap());
    for (start, price, expected) in [
        ("2026-10-18", 24_995, 11_288),
        ("2026-11-17", 24_995, 11_664),
        ("2026-11-16", 333, 167),
    ] {
        let timeline = Timeline {
            schedule: Schedule::new(day(start), Interval::MONTH, bill_day),
            phases: vec![phase(start, 1, price)],
            ..monthly(start)
        };
        assert_eq!(charged(&timeline, start)[0].2, expected, "{start}");
    }
}

fn any_cycle() -> impl Strategy<Value = Period> {
    (0_u64..800, 1_u64..400).prop_map(|(offset, days)| {
        let start = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(offset);
        Period {
            start,
            end: start + Days::new(days),
        }
    })
}

proptest! {
    #[test]
    fn parts_sum_to_the_whole_however_it_is_cut(
        cycle in any_cycle(),
        price in 0_i64..10_000_000,
        digits in 0_u8..=2,
        cuts in proptest::collection::btree_set(0_u64..400, 0..6),
    ) {
        let scale = InvoiceScale::new(digits, kes(0).currency()).unwrap();
        let inner = cuts.iter().map(|it| cycle.start + Days::new(*it)).filter(|it| *it < cycle.end);
        let mut edges: Vec<_> = inner.chain([cycle.start, cycle.end]).collect();
        edges.sort_unstable();
        let parts = edges.windows(2).map(|pair| Period { start: pair[0], end: pair[1] });
        let costs: Vec<_> = parts.map(|it| cost(kes(price), it, cycle, scale).unwrap().minor()).collect();
        let whole = cost(kes(price), cycle, cycle, scale).unwrap().minor();
        prop_assert_eq!(costs.iter().sum::<i64>(), whole);
        prop_assert!(costs.iter().all(|it| *it >= 0));
        prop_assert!(costs.iter().all(|it| it % scale.step(kes(0).currency()) == 0));
        prop_assert_eq!(Some(whole), share(price, 1, 1, scale.step(kes(0).currency())));
    }

    #[test]
    fn the_rest_of_a_cycle_is_its_exact_share_rounded_once(cycle in any_cycle(), price in 0_i64..10_000_000, offset in 0_u64..400) {
        let start = (cycle.start + Days::new(offset)).min(cycle.end);
        let rest = Period { start, end: cycle.end };
        let exact = share(price, rest.days(), cycle.days(), 1).unwrap();
        prop_assert_eq!(cost(kes(price), rest, cycle, cents()).unwrap().minor(), exact);
    }

    #[test]
    fn a_credit_mirrors_its_charge(cycle in any_cycle(), price in 0_i64..10_000_000, offset in 0_u64..400) {
        let start = (cycle.start + Days::new(offset)).min(cycle.end);
        let part = Period { start, end: cycle.end };
        let charge = cost(kes(price), part, cycle, cents()).unwrap().minor();
        prop_assert_eq!(cost(kes(-price), part, cycle, cents()).unwrap().minor(), -charge);
    }
}
