//! Days that are simply counted: until a draft is issued, and between attempts to collect.

use chrono::Days;
use kernel::LocalDate;

/// The day a draft is issued by itself: so many days after it was drafted. `None` beyond the calendar.
#[must_use]
pub fn final_on(drafted_on: LocalDate, grace_days: u16) -> Option<LocalDate> {
    drafted_on.checked_add_days(Days::new(u64::from(grace_days)))
}

/// Whether a draft is issued by itself on a day, or was before. A shorter grace counts for drafts that wait already.
#[must_use]
pub fn is_final(drafted_on: LocalDate, grace_days: u16, today: LocalDate) -> bool {
    final_on(drafted_on, grace_days).is_some_and(|it| it <= today)
}

/// The days of attempts whose delays are told one by one, each counted from the attempt before, the first from day 0.
#[must_use]
pub fn retry_days(delays: &[u16]) -> Vec<u64> {
    let mut day = 0_u64;
    let days = delays.iter().map(|delay| {
        day = day.saturating_add(u64::from(*delay));
        day
    });
    days.collect()
}
