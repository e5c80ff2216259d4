//! The periods of a subscription: half-open, adjacent, disjoint, and always measured from the anchor.

mod alignment;

use kernel::LocalDate;

pub(crate) use crate::bill_day::BillDay;
use crate::interval::{Interval, IntervalUnit};
pub(crate) use crate::period::Period;

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
    /// Boundary 0: the first one on or after the start.
    origin: LocalDate,
    anchor_day: u32,
    interval: Interval,
    /// What a first stub is priced against, where that is not the cycle that ends at the origin.
    stub_of: Option<Period>,
}

/// The periods from one day to another: a leading stub up to the first bill day, whole ones, and a trailing stub.
///
/// ```
/// use billing::{BillDay, Interval, periods};
///
/// let day = |text: &str| text.parse::<kernel::LocalDate>();
/// let bill_day = BillDay::new(31)?;
/// let found = periods(Some(bill_day), Interval::MONTH, day("2026-01-20")?, day("2026-03-10")?);
/// let starts: Vec<_> = found.map(|it| it.part.start.to_string()).collect();
/// assert_eq!(starts, ["2026-01-20", "2026-01-31", "2026-02-28"]);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn periods(
    bill_day: Option<BillDay>,
    interval: Interval,
    from: LocalDate,
    to: LocalDate,
) -> impl Iterator<Item = Cycle> {
    Schedule::new(from, interval, bill_day).until(to)
}

impl Schedule {
    /// The schedule of a subscription that starts on a day. With a bill day, monthly periods begin on that day and the
    /// first one is a stub unless the start falls on it; without one they begin on the day of the start.
    #[must_use]
    pub fn new(start: LocalDate, interval: Interval, bill_day: Option<BillDay>) -> Self {
        let monthly = interval.unit() == IntervalUnit::Months;
        let bill_day = bill_day.unwrap_or(BillDay::of(start));
        let origin = if monthly {
            alignment::first_bill_day(start, bill_day, interval)
        } else {
            start
        };
        Self {
            start,
            origin,
            anchor_day: u32::from(bill_day.day()),
            interval,
            stub_of: None,
        }
    }

    /// The schedule whose periods are those of the calendar: weeks from Monday, months from the 1st, quarters and years
    /// from January. Days are counted from the start.
    #[must_use]
    pub fn calendar(start: LocalDate, interval: Interval) -> Self {
        Self {
            start,
            origin: alignment::first_of_calendar(start, interval),
            anchor_day: 1,
            interval,
            stub_of: None,
        }
    }

    /// The schedule from `paid_until` on, after a change of the bill day that was asked for with effect from a day.
    ///
    /// What is billed stays billed: a stub leads from there to the next new bill day, and nothing is given back. It is
    /// priced against the cycle of the bill day in force on its first day, so 14 days of a month cost 14/31 or 14/30
    /// depending on when the change was asked for. The change is in force from the first new bill day on or after
    /// `effective_from` (billing.md, section 3.3; vectors kb-bcdchg-002 and -004).
    #[must_use]
    pub fn with_bill_day(
        &self,
        bill_day: BillDay,
        effective_from: LocalDate,
        paid_until: LocalDate,
    ) -> Self {
        let changed = Self::new(paid_until, self.interval, Some(bill_day));
        let in_force = bill_day.on_or_after(effective_from);
        let too_late = in_force.is_none_or(|it| it > paid_until);
        Self {
            stub_of: too_late
                .then(|| self.containing(paid_until))
                .flatten()
                .map(|it| it.whole),
            ..changed
        }
    }

    /// The first day.
    #[must_use]
    pub const fn start(&self) -> LocalDate {
        self.start
    }

    /// How long a cycle is.
    #[must_use]
    pub const fn interval(&self) -> Interval {
        self.interval
    }

    /// The first day on which a whole cycle begins, on or after the start.
    #[must_use]
    pub const fn first_boundary(&self) -> LocalDate {
        self.origin
    }

    /// The first boundary on or after a day; none lies before the start. `None` beyond the calendar.
    #[must_use]
    pub fn boundary_on_or_after(&self, day: LocalDate) -> Option<LocalDate> {
        match self.last_boundary(day) {
            Some(it) if it == day => Some(it),
            _ => self.boundary_after(day),
        }
    }

    /// The first boundary after a day; none lies before the start. `None` beyond the calendar.
    #[must_use]
    pub fn boundary_after(&self, day: LocalDate) -> Option<LocalDate> {
        self.boundary((self.index(day)? + 1).max(0))
    }

    /// The last boundary on or before a day; none lies before the start.
    #[must_use]
    pub fn last_boundary(&self, day: LocalDate) -> Option<LocalDate> {
        let index = self.index(day).filter(|it| *it >= 0)?;
        self.boundary(index)
    }

    /// How many cycles have been completed by a day, a first stub counted as one; 0 before the start.
    #[must_use]
    pub fn elapsed(&self, day: LocalDate) -> i64 {
        let index = self.index(day).unwrap_or(-1).max(-1);
        index.saturating_sub(self.first_index()).max(0)
    }

    /// The cycle after so many completed ones; `None` beyond the calendar.
    #[must_use]
    pub fn nth(&self, elapsed: i64) -> Option<Cycle> {
        self.cycle(self.first_index().checked_add(elapsed.max(0))?)
    }

    /// The cycles that begin (or, for the first, whose part begins) on or before `through`, in order.
    pub fn cycles(&self, through: LocalDate) -> impl Iterator<Item = Cycle> {
        self.cycles_since(self.start, through)
    }

    /// The cycles that end after `since` and begin on or before `through`, in order.
    pub fn cycles_since(
        &self,
        since: LocalDate,
        through: LocalDate,
    ) -> impl Iterator<Item = Cycle> {
        let schedule = *self;
        (self.elapsed(since)..)
            .map_while(move |n| schedule.nth(n))
            .take_while(move |it| it.part.start <= through)
    }

    /// The cycles with a day before `end`, the last one cut off there.
    pub fn until(&self, end: LocalDate) -> impl Iterator<Item = Cycle> + use<> {
        let schedule = *self;
        (0..)
            .map_while(move |n| schedule.nth(n))
            .take_while(move |it| it.part.start < end)
            .map(move |it| it.cut(end))
    }

    /// The cycle that contains a day, if the subscription had started by then.
    #[must_use]
    pub fn containing(&self, day: LocalDate) -> Option<Cycle> {
        self.nth(self.elapsed(day))
            .filter(|it| it.part.contains(day))
    }

    /// The cycle that runs on a day, or the first one while none does.
    #[must_use]
    pub fn current(&self, day: LocalDate) -> Option<Cycle> {
        self.nth(self.elapsed(day))
    }

    /// The last cycle that was over by a day.
    #[must_use]
    pub fn previous(&self, day: LocalDate) -> Option<Cycle> {
        let elapsed = self.elapsed(day);
        (elapsed > 0).then(|| self.nth(elapsed - 1)).flatten()
    }

    /// -1 with a first stub, 0 without.
    fn first_index(&self) -> i64 {
        if self.start < self.origin { -1 } else { 0 }
    }

    /// The number of the last boundary on or before a day.
    fn index(&self, day: LocalDate) -> Option<i64> {
        self.interval.steps_to(self.origin, self.anchor_day, day)
    }

    /// The day that boundary `n` falls on; boundary 0 is the first one on or after the start.
    fn boundary(&self, n: i64) -> Option<LocalDate> {
        self.interval.step(self.origin, self.anchor_day, n)
    }

    fn cycle(&self, n: i64) -> Option<Cycle> {
        let own = Period {
            start: self.boundary(n)?,
            end: self.boundary(n.checked_add(1)?)?,
        };
        let part = Period {
            start: own.start.max(self.start),
            end: own.end,
        };
        let whole = self.stub_of.filter(|_| n < 0).unwrap_or(own);
        Some(Cycle { whole, part })
    }
}

impl Cycle {
    /// The cycle with nothing on or after a day.
    #[must_use]
    pub fn cut(self, end: LocalDate) -> Self {
        let part = Period {
            end: self.part.end.min(end),
            ..self.part
        };
        Self { part, ..self }
    }

    /// Whether its part is all of it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.part == self.whole
    }
}

#[cfg(test)]
mod tests;
