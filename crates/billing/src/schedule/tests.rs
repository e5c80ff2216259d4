//! Periods cover the life of a subscription without gaps, overlaps or drift.

#![allow(clippy::unwrap_used)]

use chrono::{Datelike, Days, NaiveDate};
use kernel::LocalDate;
use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::{BillDay, Period, Schedule};
use crate::interval::{Interval, IntervalUnit};

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn starts(schedule: &Schedule, through: &str) -> Vec<String> {
    schedule
        .cycles(day(through))
        .map(|it| it.part.start.to_string())
        .collect()
}

#[test]
fn the_last_day_of_the_month_comes_back_after_february() {
    let schedule = Schedule::new(day("2026-01-31"), Interval::MONTH, None);
    let expected = ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"];
    assert_eq!(starts(&schedule, "2026-04-30"), expected);
}

#[test]
fn a_fixed_bill_day_begins_with_a_stub() {
    let bill_day = BillDay::new(5).unwrap();
    let schedule = Schedule::new(day("2026-11-21"), Interval::MONTH, Some(bill_day));
    let cycles: Vec<_> = schedule.cycles(day("2026-12-05")).collect();
    assert_eq!(
        cycles[0].part,
        Period {
            start: day("2026-11-21"),
            end: day("2026-12-05")
        }
    );
    assert_eq!(
        cycles[0].whole,
        Period {
            start: day("2026-11-05"),
            end: day("2026-12-05")
        }
    );
    assert_eq!((cycles[0].part.days(), cycles[0].whole.days()), (14, 30));
    assert_eq!(cycles[1].part, cycles[1].whole);
}

#[test]
fn a_start_on_the_bill_day_has_no_stub() {
    let bill_day = BillDay::new(31).unwrap();
    let schedule = Schedule::new(day("2026-02-28"), Interval::MONTH, Some(bill_day));
    assert_eq!(
        starts(&schedule, "2026-03-31"),
        ["2026-02-28", "2026-03-31"]
    );
}

/// Vectors kb-pia-092 and its neighbours: a quarter that begins on the bill day after next, not on the next one.
#[test]
fn the_stub_of_a_longer_interval_runs_to_the_boundary_of_a_whole_one() {
    let quarter = Interval::new(IntervalUnit::Months, 3).unwrap();
    let bill_day = BillDay::new(10).unwrap();
    let schedule = Schedule::new(day("2011-02-24"), quarter, Some(bill_day));
    let stub = schedule.cycles(day("2011-02-24")).next().unwrap();
    assert_eq!(stub.part.end, day("2011-05-10"));
    assert_eq!((stub.part.days(), stub.whole.days()), (75, 89));
}

#[test]
fn no_cycle_contains_a_day_before_the_start() {
    let schedule = Schedule::new(day("2026-01-31"), Interval::MONTH, None);
    assert_eq!(schedule.containing(day("2026-01-30")), None);
    let march = schedule.containing(day("2026-03-30")).unwrap();
    assert_eq!(march.part.start, day("2026-02-28"));
}

#[test]
fn overlaps_are_half_open() {
    let period = |start: &str, end: &str| Period {
        start: day(start),
        end: day(end),
    };
    let november = period("2026-11-01", "2026-12-01");
    assert_eq!(november.overlap(period("2026-12-01", "2027-01-01")), None);
    let days = period("2026-11-30", "2026-12-05");
    assert_eq!(
        november.overlap(days),
        Some(period("2026-11-30", "2026-12-01"))
    );
}

#[test]
fn bill_days_are_days_of_a_month() {
    assert!(BillDay::new(0).is_err() && BillDay::new(32).is_err());
}

fn any_interval() -> impl Strategy<Value = Interval> {
    let unit = prop_oneof![
        proptest::strategy::Just(IntervalUnit::Days),
        proptest::strategy::Just(IntervalUnit::Weeks),
        proptest::strategy::Just(IntervalUnit::Months),
    ];
    (unit, 1_u16..13).prop_map(|(unit, count)| Interval::new(unit, count).unwrap())
}

proptest! {
    #[test]
    fn periods_are_adjacent_and_cover_the_life(
        start in 0_u64..3_000,
        interval in any_interval(),
        bill_day in proptest::option::of(1_u8..=31),
        length in 1_u64..1_500,
    ) {
        let start = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(start);
        let through = start + Days::new(length);
        let bill_day = bill_day.map(|it| BillDay::new(it).unwrap());
        let schedule = Schedule::new(start, interval, bill_day);
        let cycles: Vec<_> = schedule.cycles(through).collect();
        prop_assert_eq!(cycles[0].part.start, start);
        prop_assert!(cycles.last().unwrap().part.end > through);
        for pair in cycles.windows(2) {
            prop_assert_eq!(pair[0].part.end, pair[1].part.start);
        }
        for cycle in &cycles {
            prop_assert!(cycle.whole.start <= cycle.part.start && cycle.whole.end == cycle.part.end);
        }
        prop_assert!(cycles[1..].iter().all(|it| it.part == it.whole));
        prop_assert_eq!(schedule.containing(through).unwrap(), *cycles.last().unwrap());
    }

    #[test]
    fn every_boundary_is_the_anchor_day_or_the_last_of_a_shorter_month(
        start in 0_u64..3_000,
        months in 1_u16..13,
        anchor in 1_u8..=31,
    ) {
        let start = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(start);
        let interval = Interval::new(IntervalUnit::Months, months).unwrap();
        let schedule = Schedule::new(start, interval, Some(BillDay::new(anchor).unwrap()));
        for cycle in schedule.cycles(start + Days::new(1_000)) {
            let end = cycle.part.end;
            let is_last = (end + Days::new(1)).month() != end.month();
            let day = u32::from(anchor);
            prop_assert!(end.day() == day || (is_last && end.day() < day));
        }
    }

    #[test]
    fn a_day_is_in_the_cycle_that_walking_from_the_start_finds(
        start in 0_u64..3_000,
        interval in any_interval(),
        offset in 0_u64..1_500,
    ) {
        let start = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(start);
        let schedule = Schedule::new(start, interval, None);
        let wanted = start + Days::new(offset);
        let found = schedule.containing(wanted).unwrap();
        let walked = schedule.cycles(wanted).find(|it| wanted < it.part.end);
        prop_assert_eq!(Some(found), walked);
    }
}
