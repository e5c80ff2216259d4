//! Half-open stretches of local days.

use kernel::{LocalDate, Timestamp, Zone};
use serde::{Deserialize, Serialize};

use crate::ratio::Ratio;

/// Days from `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Period {
    /// The first day.
    pub start: LocalDate,
    /// The day after the last.
    pub end: LocalDate,
}

/// Whether the day on which a service ends is paid for.
///
/// The product does not bill it, so that periods join without a gap or an overlap. Operators who are used to "from 1 to 31
/// August" count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndDay {
    /// The day of the end is the first free one.
    #[default]
    NotBilled,
    /// The day of the end is the last one billed.
    Billed,
}

impl EndDay {
    /// The first day that is not billed when a service ends on a day; the last day of the calendar is never billed.
    #[must_use]
    pub fn first_free(self, ends_on: LocalDate) -> LocalDate {
        match self {
            Self::NotBilled => ends_on,
            Self::Billed => ends_on.succ_opt().unwrap_or(ends_on),
        }
    }
}

impl Period {
    /// The days from the first to the day a service ends on, which counts or does not.
    ///
    /// ```
    /// use billing::{EndDay, Period};
    ///
    /// let (first, last) = ("2022-08-10".parse()?, "2022-08-31".parse()?);
    /// assert_eq!(Period::ending(first, last, EndDay::Billed).days(), 22);
    /// assert_eq!(Period::ending(first, last, EndDay::NotBilled).days(), 21);
    /// # Ok::<_, chrono::ParseError>(())
    /// ```
    #[must_use]
    pub fn ending(start: LocalDate, ends_on: LocalDate, end_day: EndDay) -> Self {
        Self {
            start,
            end: end_day.first_free(ends_on),
        }
    }

    /// How many days.
    #[must_use]
    pub fn days(self) -> i64 {
        self.end.signed_duration_since(self.start).num_days().max(0)
    }

    /// The last day, as invoices print it; `None` without any day.
    #[must_use]
    pub fn last_day(self) -> Option<LocalDate> {
        self.end.pred_opt().filter(|it| *it >= self.start)
    }

    /// Whether a day lies in it.
    #[must_use]
    pub fn contains(self, day: LocalDate) -> bool {
        self.start <= day && day < self.end
    }

    /// The days in both, if any.
    #[must_use]
    pub fn overlap(self, other: Self) -> Option<Self> {
        let both = Self {
            start: self.start.max(other.start),
            end: self.end.min(other.end),
        };
        (both.start < both.end).then_some(both)
    }

    /// The instants it begins and ends at on the clocks of a zone; the end is the first instant after it.
    ///
    /// A day without a midnight begins after the gap, one with two at the first.
    #[must_use]
    pub fn instants(self, zone: Zone) -> (Timestamp, Timestamp) {
        (zone.start_of(self.start), zone.start_of(self.end))
    }

    /// The last whole second of it on the clocks of a zone, for systems that count ends as part of a period.
    #[must_use]
    pub fn last_second(self, zone: Zone) -> Timestamp {
        let (_, end) = self.instants(zone);
        end.minus(chrono::Duration::seconds(1))
    }

    /// Its share of a whole by days, at least 0 and below 1; `None` where nothing is prorated, because it is as long as
    /// the whole or longer, or the whole has no days (billing.md, invariant 11).
    ///
    /// ```
    /// use billing::Period;
    ///
    /// let day = |text: &str| text.parse();
    /// let january = Period { start: day("2025-01-01")?, end: day("2025-02-01")? };
    /// let rest = Period { start: day("2025-01-17")?, ..january };
    /// assert_eq!(rest.share_of(january).map(|it| it.to_string()).as_deref(), Some("15/31"));
    /// assert_eq!(january.share_of(january), None);
    /// # Ok::<_, chrono::ParseError>(())
    /// ```
    #[must_use]
    pub fn share_of(self, whole: Self) -> Option<Ratio> {
        let ratio = Ratio::new(i128::from(self.days()), i128::from(whole.days()))?;
        (ratio < Ratio::ONE).then_some(ratio)
    }
}

#[cfg(test)]
mod tests;
