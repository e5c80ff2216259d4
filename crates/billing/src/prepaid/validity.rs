//! How long what is bought ahead is valid.

use chrono::{Datelike, Duration, NaiveDateTime};

use super::FixedDay;
use crate::interval::{Interval, IntervalUnit};

/// What a validity is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValidityUnit {
    /// Minutes of the clock.
    Minutes,
    /// Hours of the clock.
    Hours,
    /// Local days, at the same time of day.
    Days,
    /// Calendar months, clamped to the end of short ones.
    Months,
    /// Up to a fixed day of the month.
    FixedDay,
}

impl ValidityUnit {
    /// Every unit.
    pub const ALL: [Self; 5] = [
        Self::Minutes,
        Self::Hours,
        Self::Days,
        Self::Months,
        Self::FixedDay,
    ];

    /// The word PHPNuxBill stores it as, for imports.
    #[must_use]
    pub const fn phpnuxbill_word(self) -> &'static str {
        match self {
            Self::Minutes => "Mins",
            Self::Hours => "Hrs",
            Self::Days => "Days",
            Self::Months => "Months",
            Self::FixedDay => "Period",
        }
    }

    /// The unit PHPNuxBill stores as a word.
    #[must_use]
    pub fn from_phpnuxbill(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|it| it.phpnuxbill_word() == word)
    }
}

/// How long what is bought ahead is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// So long from the moment it begins.
    Span(Interval),
    /// Up to the end of a fixed day.
    Until(FixedDay),
}

impl Validity {
    /// The first moment at which it is over, in local time. A month from 31 January ends on the last of February at the same
    /// time of day, never in March. `None` beyond the calendar.
    #[must_use]
    pub fn paid_until(self, from: NaiveDateTime) -> Option<NaiveDateTime> {
        let interval = match self {
            Self::Until(fixed) => return fixed.paid_until(from.date()),
            Self::Span(interval) => interval,
        };
        match interval.unit() {
            IntervalUnit::Minutes | IntervalUnit::Hours => {
                let minutes = Duration::minutes(i64::from(interval.as_minutes()));
                from.checked_add_signed(minutes)
            }
            _ => {
                let end = interval.step(from.date(), from.day(), 1)?;
                Some(end.and_time(from.time()))
            }
        }
    }

    /// The last second at which it is valid: what is printed.
    #[must_use]
    pub fn last_second(self, from: NaiveDateTime) -> Option<NaiveDateTime> {
        self.paid_until(from)?
            .checked_sub_signed(Duration::seconds(1))
    }
}
