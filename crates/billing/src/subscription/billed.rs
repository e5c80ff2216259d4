//! When a subscription has to be billed, and up to where it was.

use kernel::LocalDate;

use super::{Subscription, SubscriptionStatus};
use crate::events::Access;
use crate::schedule::Schedule;
use crate::timeline::Timing;

impl Subscription {
    /// When its periods begin, by what has taken effect so far.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        self.decided.schedule_on(self.data.decisions.in_force)
    }

    /// The day from which cycles must be looked at when billing on a date: those that end before are settled. What time will
    /// have put into force by then counts already.
    #[must_use]
    pub fn billing_horizon(&self, today: LocalDate) -> LocalDate {
        let decisions = &self.data.decisions;
        let coming = decisions.effects(decisions.in_force).min();
        let settled = self
            .data
            .billed_through
            .unwrap_or(self.data.started_on)
            .min(self.data.rebill_on.unwrap_or(today))
            .min(coming.unwrap_or(today))
            .min(today);
        let whole = self.decided.before_cuts(settled);
        let rebuilt = self.data.decisions.rebuilt;
        match rebuilt.filter(|it| it.start < whole && whole < it.end) {
            Some(rebuilt) => self.decided.before_cuts(rebuilt.start),
            None => whole,
        }
    }

    /// When the next bill may be due; `None` while nothing will be charged. On that day there may turn out to be nothing,
    /// but before it there is.
    #[must_use]
    pub fn next_bill_on(&self) -> Option<LocalDate> {
        if self.data.rebill_on.is_some() {
            return self.data.rebill_on;
        }
        let next = [self.next_period_on(), self.next_decision_on()];
        next.into_iter().flatten().min()
    }

    /// Whether something may have to be billed today.
    #[must_use]
    pub fn is_due(&self, today: LocalDate) -> bool {
        self.next_bill_on().is_some_and(|it| it <= today)
    }

    /// When time itself changes it next: its first day, a decision for a later day, or its end.
    #[must_use]
    pub fn next_change_on(&self) -> Option<LocalDate> {
        if matches!(self.data.status, SubscriptionStatus::Ended { .. }) {
            return None;
        }
        let waits = self.data.access_version == 1
            && self.data.access == Access::Suspended
            && self.data.status == SubscriptionStatus::Active;
        let begins = waits.then_some(self.data.started_on);
        let milestone = self.next_milestone();
        [
            begins,
            self.next_decision_on(),
            self.data.ends_on,
            milestone,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Notes that everything that is due by a date is billed.
    pub fn billed(&mut self, today: LocalDate) {
        self.changed = true;
        self.data.rebill_on = None;
        let end = self.due_until(today);
        self.data.billed_through = self.data.billed_through.max(Some(end));
    }

    /// The first day whose period is not billed yet, or in arrear the day on which it is over.
    fn next_period_on(&self) -> Option<LocalDate> {
        let next = self.data.billed_through.unwrap_or(self.data.started_on);
        let over = self.data.charged_until;
        if over.is_some_and(|it| it <= next) {
            return None;
        }
        let paused = self.data.pauses.last().filter(|it| it.until.is_none());
        if paused.is_some_and(|it| it.from <= next) {
            return None;
        }
        if matches!(self.data.status, SubscriptionStatus::Ended { .. }) && over.is_none() {
            return None;
        }
        match self.data.timing {
            Timing::InAdvance => Some(next),
            // Nothing is billed before somebody renews it.
            Timing::Prepaid => None,
            Timing::InArrear => {
                let end = self.decided.period_on(next).map(|it| it.end);
                [end, over].into_iter().flatten().min()
            }
        }
    }

    /// The next day on which something takes effect that was decided for later.
    pub(super) fn next_decision_on(&self) -> Option<LocalDate> {
        let decisions = &self.data.decisions;
        let over = self.data.charged_until;
        let counts = |it: &LocalDate| over.is_none_or(|end| *it < end);
        decisions.effects(decisions.in_force).min().filter(counts)
    }

    fn due_until(&self, today: LocalDate) -> LocalDate {
        let start = self.data.started_on;
        let period = self.decided.period_on(today);
        match self.data.timing {
            Timing::InAdvance => period.map_or(start, |it| it.end),
            Timing::Prepaid => self.data.prepaid.map_or(start, |it| it.paid_until),
            Timing::InArrear => {
                let over = self.data.charged_until.filter(|it| *it <= today);
                over.unwrap_or(period.map_or(start, |it| it.start))
            }
        }
    }
}
