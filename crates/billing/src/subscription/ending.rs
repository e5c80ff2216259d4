//! The end of a subscription, and what else time itself does to it.

use kernel::LocalDate;
use serde::{Deserialize, Serialize};

use super::{At, Subscription, SubscriptionRefusal, SubscriptionStatus};
use crate::changes::Changed;
use crate::events::BillingEvent;
use crate::period::EndDay;
use crate::timeline::Timing;

/// What becomes of days that are billed and not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unused {
    /// The period that has begun stays charged.
    #[default]
    Charged,
    /// They are given back.
    GivenBack,
}

/// How a subscription ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// When: the first day without it.
    pub when: At,
    /// What becomes of days that are billed and not used; in arrear none are.
    pub unused: Unused,
    /// Whether the day of the end is charged, where days are given back or billed in arrear.
    pub end_day: EndDay,
}

impl Ending {
    /// On a day, with the period that has begun charged as a whole.
    #[must_use]
    pub const fn at(when: At) -> Self {
        Self {
            when,
            unused: Unused::Charged,
            end_day: EndDay::NotBilled,
        }
    }
}

impl Subscription {
    /// Ends it; twice is harmless, and the earlier end stands. The day of the end is the first one without it, so a
    /// period that would begin then is not charged; one that began before, or is billed, is, unless days are given back.
    ///
    /// # Errors
    /// [`SubscriptionRefusal`] for a day too long ago or too far ahead.
    pub fn cancel(&mut self, ending: Ending, today: LocalDate) -> Result<(), SubscriptionRefusal> {
        self.catch_up(today);
        if matches!(self.data.status, SubscriptionStatus::Ended { .. }) {
            return Ok(());
        }
        let ends_on = match ending.when {
            // What has not begun ends before it does.
            At::Now | At::PeriodEnd if today < self.data.started_on => today,
            when => self.resolve(when, today)?,
        };
        self.end_on(ends_on, ending, today);
        Ok(())
    }

    /// Ends it today: its debt has come to that.
    pub fn terminate(&mut self, today: LocalDate) {
        self.catch_up(today);
        if !matches!(self.data.status, SubscriptionStatus::Ended { .. }) {
            self.end_on(today, Ending::at(At::Now), today);
        }
    }

    fn end_on(&mut self, ends_on: LocalDate, ending: Ending, today: LocalDate) {
        if self.data.ends_on.is_some_and(|it| it <= ends_on) {
            return;
        }
        let charged_until = self.charged_until(ends_on, ending);
        // Days that an end decided before leaves free stay free.
        let known = self.data.charged_until.unwrap_or(charged_until);
        let charged_until = charged_until.min(known);
        self.data.ends_on = Some(ends_on);
        self.data.charged_until = Some(charged_until);
        let billed = self.data.billed_through;
        // In arrear a part of the running period may be billed, where something changed.
        let arrears = self.data.timing == Timing::InArrear && charged_until <= today;
        if arrears || billed.is_some_and(|it| charged_until < it) {
            self.rebill(charged_until.min(today));
        }
        self.events.push(BillingEvent::SubscriptionCancelled {
            subscription: self.data.id,
            ends_on,
        });
    }

    /// The first day without it, once it is cancelled.
    #[must_use]
    pub const fn ends_on(&self) -> Option<LocalDate> {
        self.data.ends_on
    }

    /// Does what time has made due: decisions for later days, the end.
    pub fn catch_up(&mut self, today: LocalDate) {
        self.put_into_force(today);
        let over = self.data.ends_on.filter(|it| *it <= today);
        if let Some(on) =
            over.filter(|_| !matches!(self.data.status, SubscriptionStatus::Ended { .. }))
        {
            self.data.status = SubscriptionStatus::Ended { on };
            self.events.push(BillingEvent::SubscriptionEnded {
                subscription: self.data.id,
            });
        }
        self.tell_of_paid_time(today);
    }

    /// Decisions for days on which it is charged no more never come into force.
    fn put_into_force(&mut self, today: LocalDate) {
        let before = self.data.decisions.in_force;
        let Some(first) = self.next_decision_on().filter(|it| *it <= today) else {
            return;
        };
        let over = self.data.ends_on;
        let begun =
            |it: &crate::changes::Change| it.from <= today && over.is_none_or(|end| it.from < end);
        for it in self.data.decisions.scheduled(before) {
            if let (true, Changed::Agreed { plan, .. }) = (begun(&it), it.what) {
                self.events.push(BillingEvent::PlanChanged {
                    subscription: self.data.id,
                    plan,
                    from: it.from,
                });
            }
        }
        let last = self.data.charged_until.and_then(|it| it.pred_opt());
        self.data.decisions.in_force = last.map_or(today, |it| it.min(today));
        self.changed = true;
        self.rebill(first);
    }

    /// The day from which nothing is charged: what is billed already counts, unless it is given back.
    fn charged_until(&self, ends_on: LocalDate, ending: Ending) -> LocalDate {
        let used = ending.end_day.first_free(ends_on);
        if ends_on < self.data.started_on {
            return self.data.started_on;
        }
        match (ending.unused, self.data.timing) {
            (Unused::GivenBack, _) | (_, Timing::InArrear) => used,
            (Unused::Charged, Timing::InAdvance | Timing::Prepaid) => {
                let last_day = ends_on.pred_opt().unwrap_or(ends_on);
                let last = self.decided.period_on(last_day);
                let end = last.map_or(self.data.started_on, |it| it.end);
                self.data.billed_through.map_or(end, |it| it.max(end))
            }
        }
    }
}
