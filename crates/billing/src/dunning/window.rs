//! When access may be taken away: on allowed weekdays, inside hours, never on a holiday. Giving it back is always allowed.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDateTime, NaiveTime, Timelike, Weekday};
use kernel::LocalDate;

use crate::overdue::Level;

/// How far ahead an allowed day is looked for.
const HORIZON_DAYS: u64 = 400;

/// When access may be taken away, in local time of the entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuspensionWindow {
    weekdays: Vec<Weekday>,
    from_hour: u32,
    to_hour: u32,
    holidays: BTreeSet<LocalDate>,
}

/// A window that never opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadWindow {
    /// No weekday is allowed.
    #[error("at least one weekday must be allowed")]
    Weekdays,
    /// Hours out of order.
    #[error("hours must be 0 to 24 and in order, not {from} to {to}")]
    Hours {
        /// The first hour.
        from: u32,
        /// The hour after the last.
        to: u32,
    },
}

impl SuspensionWindow {
    /// A window: on these weekdays, from one full hour up to, not including, another, but not on holidays.
    ///
    /// # Errors
    /// [`BadWindow`] for one that never opens.
    pub fn new(
        weekdays: Vec<Weekday>,
        (from, to): (u32, u32),
        holidays: BTreeSet<LocalDate>,
    ) -> Result<Self, BadWindow> {
        if weekdays.is_empty() {
            return Err(BadWindow::Weekdays);
        }
        if from >= to || to > 24 {
            return Err(BadWindow::Hours { from, to });
        }
        Ok(Self {
            weekdays,
            from_hour: from,
            to_hour: to,
            holidays,
        })
    }

    /// Whether access may be taken away then.
    #[must_use]
    pub fn allows(&self, at: NaiveDateTime) -> bool {
        self.allows_day(at.date()) && (self.from_hour..self.to_hour).contains(&at.hour())
    }

    /// The first moment from this one on at which access may be taken away; `None` if a year of holidays lies ahead.
    #[must_use]
    pub fn next_allowed(&self, at: NaiveDateTime) -> Option<NaiveDateTime> {
        if self.allows(at) {
            return Some(at);
        }
        let opens = NaiveTime::from_hms_opt(self.from_hour, 0, 0)?;
        (0..HORIZON_DAYS)
            .filter_map(|ahead| at.date().checked_add_days(Days::new(ahead)))
            .filter(|day| self.allows_day(*day))
            .map(|day| day.and_time(opens))
            .find(|moment| *moment > at)
    }

    /// Whether an account may go from one level to another then: down to better always, up to worse inside the window only
    /// if that takes access away (billing.md, invariant 38).
    #[must_use]
    pub fn may_change(&self, before: Level, after: Level, at: NaiveDateTime) -> bool {
        after <= before || after < Level::Restricted || self.allows(at)
    }

    /// Whether access may be taken away at every hour of a day.
    pub(crate) fn allows_all_of(&self, day: LocalDate) -> bool {
        (self.from_hour, self.to_hour) == (0, 24) && self.allows_day(day)
    }

    fn allows_day(&self, day: LocalDate) -> bool {
        self.weekdays.contains(&day.weekday()) && !self.holidays.contains(&day)
    }
}
