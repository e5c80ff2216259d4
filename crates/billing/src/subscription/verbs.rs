//! What can be done with a subscription.

use kernel::LocalDate;

use super::{Agreement, Subscription, SubscriptionRefusal, SubscriptionStatus, When, agreement};
use crate::events::BillingEvent;
use crate::plan::{Plan, SoldAs};

impl Subscription {
    /// Puts it on another plan, now or when the period is over. A dearer plan may begin at once: the unused rest of the
    /// old one is taken back and the rest of the new one charged. A later decision replaces a scheduled one; choosing
    /// the current plan only drops it.
    ///
    /// # Errors
    /// [`SubscriptionRefusal`] names the rule that is broken.
    pub fn change_plan(
        &mut self,
        plan: &Plan,
        when: When,
        today: LocalDate,
    ) -> Result<(), SubscriptionRefusal> {
        self.catch_up(today);
        self.must_run(today)?;
        if plan.defined().id == self.current().plan {
            return self.drop_scheduled();
        }
        let next = self.acceptable(plan, today)?;
        match when {
            When::Now if next.price.minor() < self.current().price.minor() => {
                return Err(SubscriptionRefusal::DowngradeNow);
            }
            When::Now => {
                self.data.scheduled = None;
                self.rebill(today);
                self.agree(next);
            }
            When::PeriodEnd => {
                let next = Agreement {
                    from: self.period_end(today),
                    ..next
                };
                self.data.scheduled = Some(next);
                self.events.push(BillingEvent::ChangeScheduled {
                    subscription: self.data.id,
                    plan: next.plan,
                    from: next.from,
                });
            }
        }
        Ok(())
    }

    /// When a change to a plan takes effect unless the caller chooses: dearer now, cheaper when the period is over.
    #[must_use]
    pub fn usual_time_for(&self, plan: &Plan) -> When {
        let dearer = plan.defined().price.minor() >= self.current().price.minor();
        if dearer { When::Now } else { When::PeriodEnd }
    }

    /// Stops it for now; on one that is suspended this changes nothing. No new period begins until it goes on.
    ///
    /// # Errors
    /// [`SubscriptionRefusal`] names the rule that is broken.
    pub fn suspend(&mut self, reason: &str, today: LocalDate) -> Result<(), SubscriptionRefusal> {
        let reason = reason.trim();
        if !(1..=300).contains(&reason.chars().count()) || reason.chars().any(char::is_control) {
            return Err(SubscriptionRefusal::Reason);
        }
        self.catch_up(today);
        match self.data.status {
            SubscriptionStatus::Suspended { .. } => return Ok(()),
            SubscriptionStatus::Ended { .. } => return Err(SubscriptionRefusal::Cancelled),
            SubscriptionStatus::Active => {}
        }
        let reason = reason.to_owned();
        self.data.status = SubscriptionStatus::Suspended {
            since: today,
            reason: reason.clone(),
        };
        self.events.push(BillingEvent::SubscriptionSuspended {
            subscription: self.data.id,
            from: today,
            reason,
        });
        Ok(())
    }

    /// Lets it go on; on one that is not suspended this changes nothing.
    ///
    /// # Errors
    /// [`SubscriptionRefusal::Cancelled`] once it is over.
    pub fn resume(&mut self, today: LocalDate) -> Result<(), SubscriptionRefusal> {
        self.catch_up(today);
        match self.data.status {
            SubscriptionStatus::Active => return Ok(()),
            SubscriptionStatus::Ended { .. } => return Err(SubscriptionRefusal::Cancelled),
            SubscriptionStatus::Suspended { .. } => {}
        }
        self.data.status = SubscriptionStatus::Active;
        self.events.push(BillingEvent::SubscriptionResumed {
            subscription: self.data.id,
            from: today,
        });
        Ok(())
    }

    /// Ends it today or when the period is over; twice is harmless, and the earlier end stands. Today is the first day
    /// without it, so a period that would begin today is not charged; one that began before, or is billed, is.
    pub fn cancel(&mut self, when: When, today: LocalDate) {
        self.catch_up(today);
        if matches!(self.data.status, SubscriptionStatus::Ended { .. }) {
            return;
        }
        let begun = self.data.started_on <= today;
        let ends_on = match when {
            When::PeriodEnd if begun => self.period_end(today),
            When::Now | When::PeriodEnd => today,
        };
        if self.data.ends_on.is_some_and(|it| it <= ends_on) {
            return;
        }
        self.data.ends_on = Some(ends_on);
        self.data.scheduled = None;
        self.data.charged_until = Some(self.charged_until(ends_on));
        self.events.push(BillingEvent::SubscriptionCancelled {
            subscription: self.data.id,
            ends_on,
        });
    }

    /// Does what time has made due: a scheduled change, the end.
    pub fn catch_up(&mut self, today: LocalDate) {
        if let Some(next) = self.data.scheduled.filter(|it| it.from <= today) {
            self.data.scheduled = None;
            self.agree(next);
        }
        let over = self.data.ends_on.filter(|it| *it <= today);
        if let Some(on) =
            over.filter(|_| !matches!(self.data.status, SubscriptionStatus::Ended { .. }))
        {
            self.data.status = SubscriptionStatus::Ended { on };
            self.events.push(BillingEvent::SubscriptionEnded {
                subscription: self.data.id,
            });
        }
    }

    /// The end of the last period that has a day before `ends_on`, or of what is billed if that is later.
    fn charged_until(&self, ends_on: LocalDate) -> LocalDate {
        let last_day = ends_on.pred_opt().unwrap_or(ends_on);
        let last = self.schedule().containing(last_day);
        let end = last.map_or(self.data.started_on, |it| it.part.end);
        self.data.billed_through.map_or(end, |it| it.max(end))
    }

    fn must_run(&self, today: LocalDate) -> Result<(), SubscriptionRefusal> {
        match self.data.status {
            _ if self.data.ends_on.is_some() => Err(SubscriptionRefusal::Cancelled),
            SubscriptionStatus::Ended { .. } => Err(SubscriptionRefusal::Cancelled),
            SubscriptionStatus::Suspended { .. } => Err(SubscriptionRefusal::Suspended),
            SubscriptionStatus::Active if today < self.data.started_on => {
                Err(SubscriptionRefusal::NotBegun)
            }
            SubscriptionStatus::Active => Ok(()),
        }
    }

    fn acceptable(&self, plan: &Plan, today: LocalDate) -> Result<Agreement, SubscriptionRefusal> {
        let terms = plan.defined();
        let current = self.current();
        if !plan.is_offered() || terms.sold_as != SoldAs::Subscription {
            return Err(SubscriptionRefusal::PlanNotOffered);
        }
        if terms.interval != self.data.interval {
            return Err(SubscriptionRefusal::OtherInterval);
        }
        if terms.price.currency() != current.price.currency() {
            return Err(SubscriptionRefusal::OtherCurrency);
        }
        Ok(agreement(plan, today))
    }

    /// A change that waits to be billed keeps its day until it is.
    pub(super) fn rebill(&mut self, today: LocalDate) {
        let waiting = self.data.rebill_on.unwrap_or(today);
        self.data.rebill_on = Some(waiting.min(today));
    }

    fn drop_scheduled(&mut self) -> Result<(), SubscriptionRefusal> {
        let dropped = self.data.scheduled.take();
        let dropped = dropped.ok_or(SubscriptionRefusal::SamePlan)?;
        self.events.push(BillingEvent::ChangeDropped {
            subscription: self.data.id,
            plan: dropped.plan,
        });
        Ok(())
    }

    /// A later agreement of the same day replaces the earlier one.
    fn agree(&mut self, next: Agreement) {
        self.data.agreements.retain(|it| it.from < next.from);
        self.data.agreements.push(next);
        self.events.push(BillingEvent::PlanChanged {
            subscription: self.data.id,
            plan: next.plan,
            from: next.from,
        });
    }

    fn period_end(&self, today: LocalDate) -> LocalDate {
        self.schedule()
            .containing(today)
            .map_or(today, |it| it.part.end)
    }
}
