//! A life cut into priced segments: parts sum to the whole, pauses and ends are not charged.

#![allow(clippy::unwrap_used)]

use chrono::{Days, NaiveDate};
use kernel::{Currency, LocalDate, Money, PlanId};
use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, proptest};

use super::{cost, desired, next_due};
use crate::interval::Interval;
use crate::rounding::{InvoiceScale, share};
use crate::schedule::{BillDay, Period, Schedule};
use crate::timeline::{Component, Pause, PausePolicy, Phase, Reschedule, Timeline, Timing};

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
    Phase::of(day(from), plan(number), kes(minor))
}

fn monthly(start: &str) -> Timeline {
    let schedule = Schedule::new(day(start), Interval::MONTH, None);
    Timeline::of_plan(schedule, vec![phase(start, 1, 300_000)])
}

fn pause(from: &str, until: Option<&str>) -> Pause {
    Pause {
        from: day(from),
        until: until.map(day),
        policy: PausePolicy::NoNewPeriod,
    }
}

/// Start, end and minor units of what is desired since the beginning.
fn charged(timeline: &Timeline, through: &str) -> Vec<(String, String, i64)> {
    let since = timeline.components[0].phases[0].from;
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
    timeline.components[0]
        .phases
        .push(phase("2026-11-11", 2, 600_000));
    let expected = [
        segment("2026-11-01", "2026-11-11", 100_000),
        segment("2026-11-11", "2026-12-01", 400_000),
    ];
    assert_eq!(charged(&timeline, "2026-11-01"), expected);
}

#[test]
fn a_period_that_would_begin_in_a_pause_begins_after_it() {
    let mut timeline = monthly("2026-11-01");
    timeline
        .pauses
        .push(pause("2026-11-20", Some("2026-12-17")));
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
    timeline.pauses.push(pause("2026-12-01", None));
    assert_eq!(charged(&timeline, "2027-06-01").len(), 1);
}

#[test]
fn one_pause_can_follow_another() {
    let mut timeline = monthly("2026-11-01");
    for (from, until) in [("2026-11-30", "2026-12-05"), ("2026-12-05", "2026-12-11")] {
        timeline.pauses.push(pause(from, Some(until)));
    }
    let december = charged(&timeline, "2026-12-31").pop().unwrap();
    assert_eq!(december.0, "2026-12-11");
}

#[test]
fn a_pause_that_ended_before_it_began_keeps_nothing() {
    let mut timeline = monthly("2026-11-01");
    timeline
        .pauses
        .push(pause("2026-12-01", Some("2026-11-20")));
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
            components: vec![Component::new(0, vec![phase(start, 1, price)])],
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

#[test]
fn in_arrear_a_part_is_due_when_it_is_over() {
    let mut timeline = Timeline {
        timing: Timing::InArrear,
        ..monthly("2026-11-01")
    };
    assert!(charged(&timeline, "2026-11-30").is_empty());
    let november = segment("2026-11-01", "2026-12-01", 300_000);
    assert_eq!(charged(&timeline, "2026-12-01"), [november]);
    timeline.components[0]
        .phases
        .push(phase("2026-11-11", 2, 600_000));
    let closed = [segment("2026-11-01", "2026-11-11", 100_000)];
    assert_eq!(charged(&timeline, "2026-11-11"), closed);
    timeline.charged_until = Some(day("2026-11-16"));
    assert_eq!(charged(&timeline, "2026-11-16").len(), 2);
    assert_eq!(
        next_due(&timeline, day("2026-11-01")),
        Some(day("2026-11-11"))
    );
    assert_eq!(next_due(&timeline, day("2026-11-16")), None);
}

#[test]
fn the_days_of_a_pause_are_credited_where_the_policy_says_so() {
    let mut timeline = monthly("2026-11-01");
    timeline.pauses.push(Pause {
        policy: PausePolicy::CreditDays,
        ..pause("2026-11-11", Some("2026-11-21"))
    });
    let around = [
        segment("2026-11-01", "2026-11-11", 100_000),
        segment("2026-11-21", "2026-12-01", 100_000),
    ];
    assert_eq!(charged(&timeline, "2026-11-30"), around);
    timeline.pauses[0].policy = PausePolicy::Keep;
    let whole = [segment("2026-11-01", "2026-12-01", 300_000)];
    assert_eq!(charged(&timeline, "2026-11-30"), whole);
}

#[test]
fn another_bill_day_cuts_the_cycle_and_begins_new_ones() {
    let mut timeline = monthly("2026-11-01");
    timeline.reschedules.push(Reschedule {
        from: day("2026-11-11"),
        schedule: Schedule::new(
            day("2026-11-11"),
            Interval::MONTH,
            Some(BillDay::new(16).unwrap()),
        ),
    });
    let expected = [
        segment("2026-11-01", "2026-11-11", 100_000),
        // Five of the 31 days from 16 October to 16 November.
        segment("2026-11-11", "2026-11-16", 48_387),
        segment("2026-11-16", "2026-12-16", 300_000),
    ];
    assert_eq!(charged(&timeline, "2026-12-01"), expected);
}

#[test]
fn add_ons_share_the_calendar_of_the_base_plan() {
    let mut timeline = monthly("2026-11-01");
    let add_on = phase("2026-11-16", 2, 60_000).times(3);
    timeline.components.push(Component {
        ends_on: Some(day("2026-12-16")),
        ..Component::new(1, vec![add_on])
    });
    let found = desired(&timeline, day("2026-11-01"), day("2026-12-01"));
    let add_on: Vec<_> = found.iter().filter(|it| it.terms.component == 1).collect();
    assert_eq!(add_on[0].period, period("2026-11-16", "2026-12-01"));
    assert_eq!(
        add_on[0].amount(add_on[0].period, cents()),
        Some(kes(90_000))
    );
    assert_eq!(add_on[1].period, period("2026-12-01", "2026-12-16"));
}

#[test]
fn a_phase_charges_once_what_it_charges_once() {
    let mut timeline = monthly("2026-11-01");
    let phases = &mut timeline.components[0].phases;
    phases[0] = phases[0].with_fee(kes(50_000));
    phases.push(phase("2026-11-01", 2, 300_000).with_fee(kes(70_000)));
    phases.push(Phase::free(day("2026-12-01"), plan(2)));
    let expected = [
        segment("2026-11-01", "2026-12-01", 300_000),
        segment("2026-11-01", "2026-11-02", 70_000),
    ];
    assert_eq!(
        charged(&timeline, "2027-11-01"),
        expected,
        "only the last of the day, and nothing in a free phase"
    );
}

#[test]
fn the_same_terms_again_cut_nothing() {
    let mut timeline = monthly("2026-11-01");
    timeline.components[0]
        .phases
        .push(phase("2026-11-11", 1, 300_000));
    assert_eq!(
        charged(&timeline, "2026-11-30"),
        [segment("2026-11-01", "2026-12-01", 300_000)]
    );
}

proptest! {
    #[test]
    fn parts_sum_to_the_whole_within_half_a_step_each(
        cycle in any_cycle(),
        price in 0_i64..10_000_000,
        quantity in 1_u32..9,
        digits in 0_u8..=2,
        cuts in proptest::collection::btree_set(0_u64..400, 0..6),
    ) {
        let scale = InvoiceScale::new(digits, kes(0).currency()).unwrap();
        let step = scale.step(kes(0).currency());
        let inner = cuts.iter().map(|it| cycle.start + Days::new(*it)).filter(|it| *it < cycle.end);
        let mut edges: Vec<_> = inner.chain([cycle.start, cycle.end]).collect();
        edges.sort_unstable();
        let parts = edges.windows(2).map(|pair| Period { start: pair[0], end: pair[1] });
        let costs: Vec<_> = parts.map(|it| cost(kes(price), quantity, it, cycle, scale).unwrap().minor()).collect();
        let whole = cost(kes(price), quantity, cycle, cycle, scale).unwrap().minor();
        let most = step * i64::try_from(costs.len() + 1).unwrap();
        prop_assert!((costs.iter().sum::<i64>() - whole).abs() * 2 <= most);
        prop_assert!(costs.iter().all(|it| *it >= 0 && it % step == 0));
        prop_assert_eq!(Some(whole), share(price * i64::from(quantity), 1, 1, step));
    }

    #[test]
    fn a_credit_mirrors_its_charge(cycle in any_cycle(), price in 0_i64..10_000_000, offset in 0_u64..400) {
        let start = (cycle.start + Days::new(offset)).min(cycle.end);
        let part = Period { start, end: cycle.end };
        let charge = cost(kes(price), 1, part, cycle, cents()).unwrap().minor();
        prop_assert_eq!(cost(kes(-price), 1, part, cycle, cents()).unwrap().minor(), -charge);
    }
}
