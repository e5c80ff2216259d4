//! The day of the month on which periods begin.

use chrono::Datelike;
use kernel::{LocalDate, Timestamp, Zone};
use serde::{Deserialize, Serialize};

use crate::interval::month_day;

/// The bill day of a monthly subscription, 1 to 31; clamped in short months and expanded again in long ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct BillDay(u8);

impl TryFrom<u8> for BillDay {
    type Error = BadBillDay;

    fn try_from(day: u8) -> Result<Self, BadBillDay> {
        Self::new(day)
    }
}

impl From<BillDay> for u8 {
    fn from(bill_day: BillDay) -> Self {
        bill_day.0
    }
}

/// Not a day of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("bill day must be 1 to 31, not {day}")]
pub struct BadBillDay {
    /// What was asked for.
    pub day: u8,
}

impl BillDay {
    /// A bill day.
    ///
    /// # Errors
    /// [`BadBillDay`] outside 1 to 31.
    pub const fn new(day: u8) -> Result<Self, BadBillDay> {
        match day {
            1..=31 => Ok(Self(day)),
            _ => Err(BadBillDay { day }),
        }
    }

    /// The bill day of somebody whose first period begins on a date.
    #[must_use]
    pub fn of(date: LocalDate) -> Self {
        u8::try_from(date.day()).map_or(Self(1), Self)
    }

    /// The bill day of somebody whose first period begins at an instant, on the clocks of a zone.
    ///
    /// ```
    /// use billing::BillDay;
    /// use kernel::Timestamp;
    ///
    /// let at = Timestamp::from_utc("2012-07-16T21:17:03Z".parse()?);
    /// assert_eq!(BillDay::at(at, "Europe/Paris".parse()?).day(), 16);
    /// assert_eq!(BillDay::at(at, "Asia/Tokyo".parse()?).day(), 17);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn at(at: Timestamp, zone: Zone) -> Self {
        Self::of(zone.date_at(at))
    }

    /// The day.
    #[must_use]
    pub const fn day(self) -> u8 {
        self.0
    }

    /// Where it falls in the month of a date: on the last day of a month that is too short. `None` beyond the calendar.
    ///
    /// ```
    /// use billing::BillDay;
    ///
    /// let last = BillDay::new(31)?;
    /// assert_eq!(last.in_month_of("2022-02-19".parse()?), Some("2022-02-28".parse()?));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn in_month_of(self, date: LocalDate) -> Option<LocalDate> {
        month_day(date, 0, u32::from(self.0))
    }

    /// Where it falls first on or after a date. `None` beyond the calendar.
    #[must_use]
    pub fn on_or_after(self, date: LocalDate) -> Option<LocalDate> {
        let this_month = self.in_month_of(date).filter(|it| *it >= date);
        this_month.or_else(|| month_day(date, 1, u32::from(self.0)))
    }

    /// Whether it falls on a date.
    #[must_use]
    pub fn falls_on(self, date: LocalDate) -> bool {
        self.in_month_of(date) == Some(date)
    }
}

#[cfg(test)]
mod tests;
