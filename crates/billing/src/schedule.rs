//! The periods of a subscription: half-open, adjacent, disjoint, and always measured from the anchor.

use chrono::Datelike;
use kernel::LocalDate;
use serde::{Deserialize, Serialize};

use crate::interval::{Interval, IntervalUnit, month_day};

/// Days from `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Period {
    /// The first day.
    pub start: LocalDate,
    /// The day after the last.
    pub end: LocalDate,
}

impl Period {
    /// How many days.
    #[must_use]
    pub fn days(self) -> i64 {
        self.end.signed_duration_since(self.start).num_days().max(0)
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
}

/// The bill day of a monthly subscription, 1 to 31; clamped in short months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct BillDay(u8);

/// Not a day of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("bill day must be 1 to 31")]
pub struct BadBillDay;

impl BillDay {
    /// A bill day.
    ///
    /// # Errors
    /// [`BadBillDay`] outside 1 to 31.
    pub const fn new(day: u8) -> Result<Self, BadBillDay> {
        match day {
            1..=31 => Ok(Self(day)),
            _ => Err(BadBillDay),
        }
    }

    /// The day.
    #[must_use]
    pub const fn day(self) -> u8 {
        self.0
    }
}

/// One cycle of a schedule, and the part of it that belongs to the subscription: all of it but for a first stub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cycle {
    /// The whole cycle: what a price is for.
    pub whole: Period,
    /// The part since the start of the subscription.
    pub part: Period,
}

/// When the periods of a subscription begin.
///
/// Boundaries come from the anchor, never from the boundary before (billing.md, invariant 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    start: LocalDate,
    origin: LocalDate,
    anchor_day: u32,
    interval: Interval,
}

impl Schedule {
    /// The schedule of a subscription that starts on a day. With a bill day, monthly periods begin on that day and the
    /// first one is a stub unless the start falls on it; without one they begin on the day of the start.
    #[must_use]
    pub fn new(start: LocalDate, interval: Interval, bill_day: Option<BillDay>) -> Self {
        let monthly = interval.unit() == IntervalUnit::Months;
        let anchor_day = match bill_day.filter(|_| monthly) {
            Some(day) => u32::from(day.day()),
            None => start.day(),
        };
        let origin = if monthly {
            first_anchor(start, anchor_day, interval)
        } else {
            start
        };
        Self {
            start,
            origin,
            anchor_day,
            interval,
        }
    }

    /// The day that boundary `n` falls on; boundary 0 is the first one on or after the start.
    fn boundary(&self, n: i64) -> Option<LocalDate> {
        self.interval.step(self.origin, self.anchor_day, n)
    }

    /// The cycles that begin (or, for the first, whose part begins) on or before `through`, in order.
    pub fn cycles(&self, through: LocalDate) -> impl Iterator<Item = Cycle> {
        let schedule = *self;
        (-1..)
            .map_while(move |n| schedule.cycle(n))
            .filter(|it| it.part.days() > 0)
            .take_while(move |it| it.part.start <= through)
    }

    /// The cycle that contains a day, if the subscription had started by then.
    #[must_use]
    pub fn containing(&self, day: LocalDate) -> Option<Cycle> {
        self.cycles(day)
            .last()
            .filter(|it| it.part.start <= day && day < it.part.end)
    }

    fn cycle(&self, n: i64) -> Option<Cycle> {
        let whole = Period {
            start: self.boundary(n)?,
            end: self.boundary(n + 1)?,
        };
        let part = Period {
            start: whole.start.max(self.start),
            end: whole.end,
        };
        Some(Cycle { whole, part })
    }
}

/// The anchor day of the month of `start` if it is not over, else the one a whole interval later: a stub is as long as
/// it can be, but never longer than a cycle.
fn first_anchor(start: LocalDate, anchor_day: u32, interval: Interval) -> LocalDate {
    let this_month = month_day(start, 0, anchor_day).filter(|it| *it >= start);
    this_month
        .or_else(|| month_day(start, i64::from(interval.count()), anchor_day))
        .unwrap_or(start)
}

#[cfg(test)]
mod tests;
