//! Where the first whole cycle of a schedule begins.

use chrono::{Datelike, Days, NaiveDate};
use kernel::LocalDate;

use crate::bill_day::BillDay;
use crate::interval::{Interval, IntervalUnit, month_day};

/// The bill day of the month of `start` if it is not over, else the one a whole interval later: a stub is as long as it can
/// be, but never longer than a cycle.
pub(super) fn first_bill_day(start: LocalDate, bill_day: BillDay, interval: Interval) -> LocalDate {
    let this_month = bill_day.in_month_of(start).filter(|it| *it >= start);
    let later = || {
        let months = i64::from(interval.count());
        month_day(start, months, u32::from(bill_day.day()))
    };
    this_month.or_else(later).unwrap_or(start)
}

/// The first day on or after `start` on which the calendar begins a cycle.
pub(super) fn first_of_calendar(start: LocalDate, interval: Interval) -> LocalDate {
    let count = i64::from(interval.count());
    let first = match interval.unit() {
        IntervalUnit::Weeks => first_monday(start, count),
        IntervalUnit::Months => first_month(start, count),
        IntervalUnit::Minutes | IntervalUnit::Hours | IntervalUnit::Days => Some(start),
    };
    first.unwrap_or(start)
}

/// Weeks are counted from Monday, 5 January 1970.
fn first_monday(start: LocalDate, weeks: i64) -> Option<LocalDate> {
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 5)?;
    let past = start.signed_duration_since(epoch).num_days();
    let missing = (-past).rem_euclid(weeks.checked_mul(7)?);
    start.checked_add_days(Days::new(u64::try_from(missing).ok()?))
}

/// Months are counted from January of year 0, so that quarters and years begin in January.
fn first_month(start: LocalDate, months: i64) -> Option<LocalDate> {
    let past = i64::from(start.year()) * 12 + i64::from(start.month0());
    let missing = (-past).rem_euclid(months);
    let begins_today = missing == 0 && start.day() == 1;
    let missing = match missing {
        0 if !begins_today => months,
        it => it,
    };
    month_day(start, missing, 1)
}
