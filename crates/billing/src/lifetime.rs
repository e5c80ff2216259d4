//! What of a life is due for billing by a day, in advance and in arrear.

use kernel::LocalDate;
use serde::{Deserialize, Serialize};

use crate::schedule::{Cycle, Schedule};

/// When a cycle is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueRule {
    /// On its first day.
    #[default]
    InAdvance,
    /// Once it is over, or the service is.
    InArrear,
    /// Everything up to the first bill day on or after today, or to the end if no further cycle begins before it: the
    /// running cycle is not waited for (the greedy in-arrear mode of Kill Bill).
    InArrearRunning,
}

/// A life: when its periods begin, when it ends, and when they are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// When its periods begin.
    pub schedule: Schedule,
    /// The first day without it, once that is known.
    pub ends_on: Option<LocalDate>,
    /// When they are due.
    pub rule: DueRule,
}

impl Lifetime {
    /// The day up to which everything is due; `None` before the first bill day. In arrear that day may be the start itself:
    /// then nothing is due yet, and the next bill day is that of the first cycle's end.
    ///
    /// ```
    /// use billing::{DueRule, Interval, Lifetime, Schedule};
    ///
    /// let day = |text: &str| text.parse::<kernel::LocalDate>();
    /// let schedule = Schedule::new(day("2026-01-31")?, Interval::MONTH, None);
    /// let due = |rule, today| Lifetime { schedule, ends_on: None, rule }.due_until(today);
    /// assert_eq!(due(DueRule::InAdvance, day("2026-02-10")?), Some(day("2026-02-28")?));
    /// assert_eq!(due(DueRule::InArrear, day("2026-02-10")?), Some(schedule.start()));
    /// assert_eq!(due(DueRule::InArrear, day("2026-03-01")?), Some(day("2026-02-28")?));
    /// # Ok::<_, chrono::ParseError>(())
    /// ```
    #[must_use]
    pub fn due_until(&self, today: LocalDate) -> Option<LocalDate> {
        let start = self.schedule.start();
        let over = self.ends_on.filter(|it| *it <= today);
        let until = match self.rule {
            _ if today < start || !self.has_days() => None,
            DueRule::InAdvance => self.schedule.boundary_after(today),
            DueRule::InArrear => over.or_else(|| self.schedule.last_boundary(today)),
            DueRule::InArrearRunning => self
                .ends_within_the_running_cycle(today)
                .or_else(|| self.schedule.boundary_on_or_after(today)),
        };
        self.ends_on
            .map_or(until, |end| until.map(|it| it.min(end)))
    }

    fn has_days(&self) -> bool {
        self.ends_on.is_none_or(|it| self.schedule.start() < it)
    }

    /// The end, if nothing but the cycle that runs today is left before it.
    fn ends_within_the_running_cycle(&self, today: LocalDate) -> Option<LocalDate> {
        let next = self.schedule.boundary_after(today)?;
        self.ends_on.filter(|it| *it <= next)
    }

    /// The cycles that are due by a day, in order; the last one is cut off where the life ends.
    pub fn due(&self, today: LocalDate) -> impl Iterator<Item = Cycle> + use<> {
        let until = self.due_until(today);
        let until = until.unwrap_or(self.schedule.start());
        self.schedule.until(until)
    }

    /// The cycles that became due by a day and had not been by an earlier one.
    ///
    /// Billing each day what is new on that day bills the same cycles as billing once at the end (billing.md,
    /// invariant 16); billing again on the same day bills nothing.
    pub fn newly_due(
        &self,
        billed_on: LocalDate,
        today: LocalDate,
    ) -> impl Iterator<Item = Cycle> + use<> {
        let billed = self.due_until(billed_on);
        self.due(today)
            .filter(move |it| billed.is_none_or(|until| until <= it.part.start))
    }

    /// The first bill day after everything that is due by a day.
    #[must_use]
    pub fn next_bill_day(&self, today: LocalDate) -> Option<LocalDate> {
        match self.due_until(today) {
            Some(until) => self.schedule.boundary_after(until),
            None => Some(self.schedule.first_boundary()),
        }
    }

    /// The last bill day that lies within what is due by a day, its end included: what follows is a trailing stub.
    #[must_use]
    pub fn last_bill_day(&self, today: LocalDate) -> Option<LocalDate> {
        self.schedule.last_boundary(self.due_until(today)?)
    }

    /// How many whole cycles are due by a day, without stubs.
    #[must_use]
    pub fn whole_cycles_due(&self, today: LocalDate) -> i64 {
        let Some(last) = self.last_bill_day(today) else {
            return 0;
        };
        let first = self.schedule.first_boundary();
        self.schedule.elapsed(last) - self.schedule.elapsed(first)
    }
}

#[cfg(test)]
mod tests;
