//! Lengths of periods, and dates counted in them.

#![allow(clippy::unwrap_used)]

use kernel::LocalDate;

use super::{BadInterval, Interval, IntervalUnit};

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

#[test]
fn an_interval_is_one_to_a_thousand_of_its_unit() {
    for (count, is_good) in [(0, false), (1, true), (1_000, true), (1_001, false)] {
        let made = Interval::new(IntervalUnit::Days, count);
        assert_eq!(made.is_ok(), is_good, "{count}");
        assert_eq!(made.err(), (!is_good).then_some(BadInterval { count }));
    }
}

#[test]
fn units_have_words() {
    for unit in IntervalUnit::ALL {
        assert_eq!(IntervalUnit::from_word(unit.as_str()), Some(unit));
    }
    assert_eq!(IntervalUnit::from_word("years"), None);
}

#[test]
fn only_days_weeks_and_months_follow_the_calendar() {
    let calendar = IntervalUnit::ALL.map(|it| Interval::new(it, 2).unwrap().is_calendar());
    assert_eq!(calendar, [false, false, true, true, true]);
    let minutes = IntervalUnit::ALL.map(|it| Interval::new(it, 2).unwrap().as_minutes());
    assert_eq!(minutes, [2, 120, 2_880, 20_160, 86_400]);
}

#[test]
fn steps_keep_to_the_anchor() {
    let months = |count| Interval::new(IntervalUnit::Months, count).unwrap();
    let weeks = Interval::new(IntervalUnit::Weeks, 2).unwrap();
    let start = day("2028-01-31");
    let step = |it: Interval, steps| it.step(start, 31, steps).unwrap();
    assert_eq!(step(months(1), 1), day("2028-02-29"));
    assert_eq!(step(months(1), 2), day("2028-03-31"));
    assert_eq!(step(months(1), -2), day("2027-11-30"));
    assert_eq!(step(months(3), 4), day("2029-01-31"));
    assert_eq!(step(weeks, 1), day("2028-02-14"));
}

#[test]
fn there_is_no_date_beyond_the_calendar() {
    let months = Interval::new(IntervalUnit::Months, 1_000).unwrap();
    assert_eq!(months.step(LocalDate::MAX, 1, 1), None);
    assert_eq!(months.step(day("2026-01-01"), 1, i64::MAX), None);
    let hours = Interval::new(IntervalUnit::Hours, 1).unwrap();
    assert_eq!(hours.step(day("2026-01-01"), 1, 1), None);
}
