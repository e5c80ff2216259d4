//! Plans that always end on the same day of the month, whenever they were bought.

use chrono::{Days, NaiveDateTime, NaiveTime};
use kernel::LocalDate;

use crate::interval::month_day;

/// A plan that ends with a day of the month.
///
/// Bought shortly before that day it would be over at once, long before it would last for free: a window of days per month
/// of the plan moves the end by whole months (PHPNuxBill's `Period`: 7 and 35 days).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FixedDay {
    day: u32,
    months: u16,
    least_days: i64,
    most_days: i64,
}

/// A plan that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFixedDay {
    /// Not a day of a month.
    #[error("the day must be 1 to 31, not {0}")]
    Day(u32),
    /// No month, or too many.
    #[error("the plan must last 1 to 120 months, not {0}")]
    Months(u16),
    /// A window that no month fits.
    #[error("least days must be 0 to 28 and most days at least 35, not {least} and {most}")]
    Window {
        /// The fewest days of a month.
        least: i64,
        /// The most days of a month.
        most: i64,
    },
}

impl FixedDay {
    /// A plan of so many months, with PHPNuxBill's window of 7 to 35 days for each.
    ///
    /// # Errors
    /// [`BadFixedDay`] names the value.
    pub fn new(day: u32, months: u16) -> Result<Self, BadFixedDay> {
        Self::with_window(day, months, (7, 35))
    }

    /// A plan whose first month has at least and at most so many days for each of its months.
    ///
    /// # Errors
    /// [`BadFixedDay`] names the value.
    pub fn with_window(
        day: u32,
        months: u16,
        (least, most): (i64, i64),
    ) -> Result<Self, BadFixedDay> {
        if !(1..=31).contains(&day) {
            return Err(BadFixedDay::Day(day));
        }
        if !(1..=120).contains(&months) {
            return Err(BadFixedDay::Months(months));
        }
        if !(0..=28).contains(&least) || most < 35 {
            return Err(BadFixedDay::Window { least, most });
        }
        Ok(Self {
            day,
            months,
            least_days: least,
            most_days: most,
        })
    }

    /// The last day of a plan bought on a day: the fixed day of the next month, moved by whole months into the window, and
    /// `months - 1` further. Short months are clamped, never carried over. `None` beyond the calendar.
    #[must_use]
    pub fn last_day(self, bought_on: LocalDate) -> Option<LocalDate> {
        let months = i64::from(self.months);
        let away = |ahead| {
            let end = month_day(bought_on, ahead, self.day)?;
            Some(end.signed_duration_since(bought_on).num_days())
        };
        let mut ahead = 1;
        while away(ahead)? < self.least_days * months {
            ahead += 1;
        }
        while away(ahead)? > self.most_days * months && away(ahead - 1)? >= self.least_days * months
        {
            ahead -= 1;
        }
        month_day(bought_on, ahead + months - 1, self.day)
    }

    /// The first moment at which it is over: midnight after the last day.
    #[must_use]
    pub fn paid_until(self, bought_on: LocalDate) -> Option<NaiveDateTime> {
        let after = self.last_day(bought_on)?.checked_add_days(Days::new(1))?;
        Some(after.and_time(NaiveTime::MIN))
    }
}
