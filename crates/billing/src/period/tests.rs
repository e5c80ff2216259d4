//! Days are counted half-open, whatever a zone's clocks do.

#![allow(clippy::unwrap_used)]

use kernel::{LocalDate, Timestamp, Zone};
use proptest::prelude::{prop_assert_eq, proptest};

use super::{EndDay, Period};
use crate::ratio::Ratio;

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn period(start: &str, end: &str) -> Period {
    Period {
        start: day(start),
        end: day(end),
    }
}

#[test]
fn overlaps_are_half_open() {
    let november = period("2026-11-01", "2026-12-01");
    assert_eq!(november.overlap(period("2026-12-01", "2027-01-01")), None);
    assert_eq!(
        november.overlap(period("2026-11-30", "2026-12-05")),
        Some(period("2026-11-30", "2026-12-01"))
    );
    assert!(november.contains(day("2026-11-30")) && !november.contains(day("2026-12-01")));
    assert_eq!(november.last_day(), Some(day("2026-11-30")));
    assert_eq!(period("2026-12-01", "2026-12-01").last_day(), None);
}

#[test]
fn the_day_of_the_end_counts_only_where_it_is_asked_for() {
    let (first, last) = (day("2022-03-01"), day("2022-03-20"));
    assert_eq!(Period::ending(first, last, EndDay::NotBilled).days(), 19);
    assert_eq!(Period::ending(first, last, EndDay::Billed).days(), 20);
    assert_eq!(EndDay::Billed.first_free(LocalDate::MAX), LocalDate::MAX);
}

#[test]
fn a_share_is_below_one_or_none() {
    let january = period("2025-01-01", "2025-02-01");
    let empty = period("2025-01-15", "2025-01-15");
    assert_eq!(empty.share_of(january), Some(Ratio::ZERO));
    assert_eq!(period("2025-01-01", "2025-03-01").share_of(january), None);
    assert_eq!(january.share_of(empty), None);
}

#[test]
fn instants_follow_the_clocks_of_the_zone() {
    let zone: Zone = "America/New_York".parse().unwrap();
    let (from, to) = period("2022-01-01", "2022-04-01").instants(zone);
    let at = |text: &str| Timestamp::from_utc(text.parse().unwrap());
    assert_eq!(from, at("2022-01-01T05:00:00Z"));
    assert_eq!(to, at("2022-04-01T04:00:00Z"));
    let quarter = period("2022-01-01", "2022-04-01");
    assert_eq!(quarter.last_second(zone), at("2022-04-01T03:59:59Z"));
}

const ZONES: [&str; 7] = [
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Havana",
    "America/Sao_Paulo",
    "America/Los_Angeles",
    "Africa/Cairo",
    "Pacific/Kiritimati",
];

proptest! {
    /// Billing.md, invariant 13: the hour never changes the day, not even one that the clocks skip or show twice.
    #[test]
    fn every_hour_of_a_local_day_is_that_day(
        offset in 0_u64..7_000,
        minute in 0_u32..1_440,
        zone in 0_usize..ZONES.len(),
    ) {
        let zone: Zone = ZONES[zone].parse().unwrap();
        let date = day("2010-01-01") + chrono::Days::new(offset);
        let local = date.and_hms_opt(minute / 60, minute % 60, 0).unwrap();
        prop_assert_eq!(zone.date_at(zone.instant_of(local)), date);
    }

    /// Periods that join by date join by instant.
    #[test]
    fn neighbours_share_an_instant(offset in 0_u64..7_000, zone in 0_usize..ZONES.len()) {
        let zone: Zone = ZONES[zone].parse().unwrap();
        let start = day("2010-01-01") + chrono::Days::new(offset);
        let middle = start + chrono::Days::new(1);
        let end = middle + chrono::Days::new(1);
        let (first, second) = (Period { start, end: middle }, Period { start: middle, end });
        prop_assert_eq!(first.instants(zone).1, second.instants(zone).0);
        prop_assert_eq!(zone.date_at(first.last_second(zone)), start);
    }
}
