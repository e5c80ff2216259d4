//! How long one period of a plan is.

use chrono::{Datelike, Days, Duration, NaiveDate};
use kernel::{LocalDate, Timestamp};
use serde::{Deserialize, Serialize};

/// What an interval is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntervalUnit {
    /// Minutes of the clock; for passes only.
    Minutes,
    /// Hours of the clock; for passes only.
    Hours,
    /// Local days.
    Days,
    /// Local weeks.
    Weeks,
    /// Calendar months, clamped to the end of short ones.
    Months,
}

impl IntervalUnit {
    /// Every unit.
    pub const ALL: [Self; 5] = [
        Self::Minutes,
        Self::Hours,
        Self::Days,
        Self::Weeks,
        Self::Months,
    ];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::Days => "days",
            Self::Weeks => "weeks",
            Self::Months => "months",
        }
    }

    /// The unit with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// The length of a period: 1 to 1,000 of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Told")]
pub struct Interval {
    unit: IntervalUnit,
    count: u16,
}

/// An interval as it was written down.
#[derive(Deserialize)]
struct Told {
    unit: IntervalUnit,
    count: u16,
}

impl TryFrom<Told> for Interval {
    type Error = BadInterval;

    fn try_from(told: Told) -> Result<Self, BadInterval> {
        Self::new(told.unit, told.count)
    }
}

/// Not 1 to 1,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interval must be 1 to 1000 of its unit, not {count}")]
pub struct BadInterval {
    /// What was asked for.
    pub count: u16,
}

impl Interval {
    /// One local day.
    pub const DAY: Self = Self::of(IntervalUnit::Days, 1);
    /// One week.
    pub const WEEK: Self = Self::of(IntervalUnit::Weeks, 1);
    /// One calendar month.
    pub const MONTH: Self = Self::of(IntervalUnit::Months, 1);
    /// Three calendar months.
    pub const QUARTER: Self = Self::of(IntervalUnit::Months, 3);
    /// Twelve calendar months.
    pub const YEAR: Self = Self::of(IntervalUnit::Months, 12);

    const fn of(unit: IntervalUnit, count: u16) -> Self {
        Self { unit, count }
    }

    /// `count` of a unit.
    ///
    /// # Errors
    /// [`BadInterval`] outside 1 to 1,000.
    pub fn new(unit: IntervalUnit, count: u16) -> Result<Self, BadInterval> {
        if !(1..=1_000).contains(&count) {
            return Err(BadInterval { count });
        }
        Ok(Self { unit, count })
    }

    /// The unit.
    #[must_use]
    pub const fn unit(self) -> IntervalUnit {
        self.unit
    }

    /// How many of it.
    #[must_use]
    pub const fn count(self) -> u16 {
        self.count
    }

    /// Whether it is counted in local dates, as a subscription needs it.
    #[must_use]
    pub const fn is_calendar(self) -> bool {
        matches!(
            self.unit,
            IntervalUnit::Days | IntervalUnit::Weeks | IntervalUnit::Months
        )
    }

    /// Its length as clock time, for a pass; a month counts as 30 days there.
    #[must_use]
    pub fn as_minutes(self) -> u32 {
        let each = match self.unit {
            IntervalUnit::Minutes => 1,
            IntervalUnit::Hours => 60,
            IntervalUnit::Days => 1_440,
            IntervalUnit::Weeks => 10_080,
            IntervalUnit::Months => 43_200,
        };
        u32::from(self.count) * each
    }

    /// When a pass of minutes or hours that begins at an instant is over: clock time, whatever the local clocks do. `None`
    /// for days, weeks and months, which need a zone's calendar.
    ///
    /// ```
    /// use billing::{Interval, IntervalUnit};
    /// use kernel::Timestamp;
    ///
    /// let pass = Interval::new(IntervalUnit::Hours, 3)?;
    /// let at = |text: &str| text.parse().map(Timestamp::from_utc);
    /// assert_eq!(pass.passes_at(at("2026-03-29T00:30:00Z")?), Some(at("2026-03-29T03:30:00Z")?));
    /// assert_eq!(Interval::MONTH.passes_at(at("2026-03-29T00:30:00Z")?), None);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn passes_at(self, begun: Timestamp) -> Option<Timestamp> {
        let minutes = Duration::minutes(i64::from(self.as_minutes()));
        (!self.is_calendar()).then(|| begun.plus(minutes))
    }

    /// The date so many intervals after another: months keep the day of `from`, clamped to the end of short ones. `None`
    /// beyond the calendar, or for minutes and hours.
    ///
    /// ```
    /// use billing::Interval;
    ///
    /// let start = "2022-12-31".parse()?;
    /// assert_eq!(Interval::MONTH.advance(start, 14), Some("2024-02-29".parse()?));
    /// assert_eq!(Interval::MONTH.advance(start, 15), Some("2024-03-31".parse()?));
    /// # Ok::<_, chrono::ParseError>(())
    /// ```
    #[must_use]
    pub fn advance(self, from: LocalDate, steps: i64) -> Option<LocalDate> {
        self.step(from, from.day(), steps)
    }

    /// The date `steps` intervals from `origin`. Months keep to `anchor_day`, clamped to the end of the month and never
    /// carried over: 31 January, 28 February, 31 March. `None` beyond the calendar, or for minutes and hours.
    pub(crate) fn step(self, origin: LocalDate, anchor_day: u32, steps: i64) -> Option<LocalDate> {
        let count = steps.checked_mul(i64::from(self.count))?;
        match self.unit {
            IntervalUnit::Minutes | IntervalUnit::Hours => None,
            IntervalUnit::Days => origin.checked_add_signed(Duration::try_days(count)?),
            IntervalUnit::Weeks => origin.checked_add_signed(Duration::try_weeks(count)?),
            IntervalUnit::Months => month_day(origin, count, anchor_day),
        }
    }
}

impl Interval {
    /// How many whole intervals lie between `origin` and a date: the largest number of steps that does not pass it,
    /// negative before the origin. `None` beyond the calendar, or for minutes and hours.
    pub(crate) fn steps_to(
        self,
        origin: LocalDate,
        anchor_day: u32,
        date: LocalDate,
    ) -> Option<i64> {
        let count = i64::from(self.count);
        let days = date.signed_duration_since(origin).num_days();
        match self.unit {
            IntervalUnit::Minutes | IntervalUnit::Hours => None,
            IntervalUnit::Days => Some(days.div_euclid(count)),
            IntervalUnit::Weeks => Some(days.div_euclid(count * 7)),
            IntervalUnit::Months => {
                let steps = (month_index(date) - month_index(origin)).div_euclid(count);
                let passes = month_day(origin, steps * count, anchor_day)? > date;
                Some(steps - i64::from(passes))
            }
        }
    }
}

/// Months since January of year 0.
fn month_index(date: LocalDate) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month0())
}

/// The anchor day of the month that lies `months` after the one of `origin`.
pub(crate) fn month_day(origin: LocalDate, months: i64, anchor_day: u32) -> Option<LocalDate> {
    let index = month_index(origin).checked_add(months)?;
    let year = i32::try_from(index.div_euclid(12)).ok()?;
    let month = u32::try_from(index.rem_euclid(12)).ok()? + 1;
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    let wanted = first.checked_add_days(Days::new(u64::from(anchor_day.clamp(1, 31) - 1)))?;
    if wanted.month() == month {
        return Some(wanted);
    }
    let (next_year, next_month) = if month == 12 {
        (year + 1, 1)
    } else {
        (year, month + 1)
    };
    NaiveDate::from_ymd_opt(next_year, next_month, 1)?.pred_opt()
}

#[cfg(test)]
mod tests;
