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
fn the_calendar_begins_its_weeks_quarters_and_years_itself() {
    let quarter = Interval::QUARTER;
    let half = Interval::new(IntervalUnit::Months, 6).unwrap();
    let table = [
        (Interval::WEEK, "2022-03-09", "2022-03-07", "2022-03-14"),
        (Interval::WEEK, "2022-03-07", "2022-03-07", "2022-03-14"),
        (Interval::MONTH, "2022-02-10", "2022-02-01", "2022-03-01"),
        (quarter, "2022-06-30", "2022-04-01", "2022-07-01"),
        (half, "2022-06-30", "2022-01-01", "2022-07-01"),
        (Interval::YEAR, "2021-12-31", "2021-01-01", "2022-01-01"),
        (Interval::YEAR, "2022-01-01", "2022-01-01", "2023-01-01"),
    ];
    for (interval, start, from, to) in table {
        let cycle = Schedule::calendar(day(start), interval).nth(0).unwrap();
        let whole = Period {
            start: day(from),
            end: day(to),
        };
        assert_eq!(cycle.whole, whole, "{interval:?} from {start}");
        assert_eq!(cycle.part.start, day(start));
    }
}

/// Vectors kb-bcdchg-002 to -004: the same 14 days are 14/31 or 14/30 of a month.
#[test]
fn a_new_bill_day_prices_its_stub_by_the_cycle_in_force() {
    let first = BillDay::new(1).unwrap();
    let old = Schedule::new(day("2016-05-01"), Interval::MONTH, Some(first));
    let change = |to: u8, asked: &str| {
        let to = BillDay::new(to).unwrap();
        let stub = old.with_bill_day(to, day(asked), day("2016-06-01")).nth(0);
        stub.map(|it| (it.part.end.to_string(), it.part.days(), it.whole.days()))
    };
    let stub = |end: &str, days, of| Some((end.to_owned(), days, of));
    assert_eq!(change(15, "2016-05-01"), stub("2016-06-15", 14, 31));
    assert_eq!(change(15, "2016-05-31"), stub("2016-06-15", 14, 30));
    assert_eq!(change(1, "2016-05-31"), stub("2016-07-01", 30, 30));
}

#[test]
fn boundaries_are_found_on_either_side_of_a_day() {
    let schedule = Schedule::new(day("2024-01-31"), Interval::MONTH, None);
    let leap = Some(day("2024-02-29"));
    assert_eq!(schedule.boundary_on_or_after(day("2024-02-29")), leap);
    assert_eq!(schedule.boundary_after(day("2024-02-28")), leap);
    assert_eq!(schedule.last_boundary(day("2024-03-30")), leap);
    assert_eq!(schedule.last_boundary(day("2024-01-30")), None);
    let first = Some(day("2024-01-31"));
    assert_eq!(schedule.boundary_after(day("2020-01-01")), first);
    assert_eq!(schedule.previous(day("2024-02-28")), None);
    assert_eq!(schedule.elapsed(day("2024-03-31")), 2);
    assert_eq!(schedule.boundary_after(LocalDate::MAX), None);
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

    /// Billing.md, invariant 12.
    #[test]
    fn walking_the_elapsed_cycles_lands_on_the_start_of_the_containing_one(
        start in 0_u64..3_000,
        interval in any_interval(),
        bill_day in proptest::option::of(1_u8..=31),
        offset in 0_u64..1_500,
    ) {
        let start = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(start);
        let wanted = start + Days::new(offset);
        let bill_day = bill_day.map(|it| BillDay::new(it).unwrap());
        for schedule in [Schedule::new(start, interval, bill_day), Schedule::calendar(start, interval)] {
            let elapsed = usize::try_from(schedule.elapsed(wanted)).unwrap();
            let walked = schedule.cycles(wanted).nth(elapsed).unwrap();
            prop_assert_eq!(schedule.containing(wanted), Some(walked));
            prop_assert!(walked.part.contains(wanted));
            let since: Vec<_> = schedule.cycles_since(wanted, wanted).collect();
            prop_assert_eq!(since, vec![walked]);
        }
    }

    /// Billing.md, invariant 9: cutting a life and going on gives the boundaries of the whole one.
    #[test]
    fn a_change_to_the_same_bill_day_changes_nothing(
        start in 0_u64..3_000,
        anchor in 1_u8..=31,
        cycles in 1_i64..30,
    ) {
        let start = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(start);
        let bill_day = BillDay::new(anchor).unwrap();
        let schedule = Schedule::new(start, Interval::MONTH, Some(bill_day));
        let paid_until = schedule.nth(cycles).unwrap().part.start;
        let changed = schedule.with_bill_day(bill_day, start, paid_until);
        for n in 0..14 {
            prop_assert_eq!(changed.nth(n), schedule.nth(cycles + n));
        }
    }
}
