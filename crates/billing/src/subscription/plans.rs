//! Another plan for a subscription, and another bill day.

use std::cmp::Ordering;

use kernel::{LocalDate, MoneyError, PlanId};

use super::deciding::{must_be_countable, must_be_sold_as};
use super::{At, Subscription, SubscriptionRefusal};
use crate::changes::{Change, Changed};
use crate::events::BillingEvent;
use crate::interval::IntervalUnit;
use crate::plan::{NewPlan, Plan, SoldAs};
use crate::schedule::BillDay;
use crate::segment::phases_with_ends;
use crate::switch::price_direction;
use crate::timeline::{Component, Timeline};

impl Subscription {
    /// Puts it on another plan, in as many units as before, and returns the day. What was decided about its plan for later
    /// days is dropped; during a trial the new plan begins when the trial ends. A plan with another interval begins periods
    /// of its own. Choosing the plan it has only drops what was scheduled.
    ///
    /// # Errors
    /// [`SubscriptionRefusal`] names the rule that is broken.
    pub fn change_plan(
        &mut self,
        plan: &Plan,
        when: At,
        today: LocalDate,
    ) -> Result<LocalDate, SubscriptionRefusal> {
        self.catch_up(today);
        let asked = self.day_of(when, today)?;
        let from = self.trial_until().map_or(asked, |it| it.max(asked));
        let dropped = self.data.decisions.scheduled(from.min(today));
        let mut decisions = self.data.decisions.drop_all(&dropped);
        // Terms and periods are looked up without what is dropped: they do not come with it.
        let then = self.with(&decisions)?;
        let base = Component::BASE;
        let current = then.phase_on(base, from);
        let current = current.ok_or(SubscriptionRefusal::NoComponent {
            component: base,
            on: from,
        })?;
        let terms = plan.defined();
        if current.plan == terms.id {
            if dropped.is_empty() {
                return Err(SubscriptionRefusal::SameTerms);
            }
            self.decide(decisions, today)?;
            self.tell_dropped(&dropped);
            return Ok(from);
        }
        self.must_be_offered(terms, plan)?;
        must_be_countable(current.quantity, terms.price)?;
        decisions.push((
            from,
            Changed::Agreed {
                component: base,
                plan: terms.id,
                price: Some(terms.price),
                quantity: None,
                fee: terms.charging.fee,
            },
        ));
        decisions.extend(self.new_periods(terms, &then, from)?);
        self.know_profile(terms);
        self.decide(decisions, today)?;
        self.tell_dropped(&dropped);
        self.tell_changed(terms.id, from, today);
        Ok(from)
    }

    /// Drops the change of the base plan that waits.
    ///
    /// # Errors
    /// [`SubscriptionRefusal::NothingScheduled`] if none does.
    pub fn cancel_scheduled_change(&mut self, today: LocalDate) -> Result<(), SubscriptionRefusal> {
        self.catch_up(today);
        if let Some(ends_on) = self.data.ends_on {
            return Err(SubscriptionRefusal::Cancelled { ends_on });
        }
        let dropped = self.data.decisions.scheduled(today);
        if dropped.is_empty() {
            return Err(SubscriptionRefusal::NothingScheduled);
        }
        let decisions = self.data.decisions.drop_all(&dropped);
        self.decide(decisions, today)?;
        self.tell_dropped(&dropped);
        Ok(())
    }

    /// When a change to a plan takes effect unless the caller chooses: dearer by the year now, cheaper when the period is
    /// over.
    ///
    /// # Errors
    /// [`MoneyError`] for another currency, or prices that do not fit.
    pub fn usual_time_for(&self, plan: &Plan) -> Result<At, MoneyError> {
        let terms = plan.defined();
        let Some(current) = self.agreement() else {
            return Ok(At::PeriodEnd);
        };
        let before = (current.price, self.interval());
        let cheaper = price_direction(before, (terms.price, terms.interval))? == Ordering::Less;
        Ok(if cheaper { At::PeriodEnd } else { At::Now })
    }

    /// Lets months begin on another day, and returns the day from which on. The period that runs then is cut there, and
    /// the days up to the new bill day are a stub.
    ///
    /// # Errors
    /// [`SubscriptionRefusal`] names the rule that is broken.
    pub fn change_bill_day(
        &mut self,
        bill_day: BillDay,
        when: At,
        today: LocalDate,
    ) -> Result<LocalDate, SubscriptionRefusal> {
        self.catch_up(today);
        let from = self.day_of(when, today)?;
        let interval = self.decided.schedule_on(from).interval();
        if interval.unit() != IntervalUnit::Months {
            return Err(SubscriptionRefusal::BillDay { interval });
        }
        if self.bill_day_on(from) == Some(bill_day) {
            return Err(SubscriptionRefusal::SameTerms);
        }
        let rescheduled = Changed::Rescheduled {
            interval: None,
            bill_day: Some(bill_day),
        };
        self.decide(vec![(from, rescheduled)], today)?;
        self.events.push(BillingEvent::BillDayChanged {
            subscription: self.data.id,
            bill_day: bill_day.day(),
            from,
        });
        Ok(from)
    }

    fn must_be_offered(&self, terms: &NewPlan, plan: &Plan) -> Result<(), SubscriptionRefusal> {
        must_be_sold_as(plan, SoldAs::Subscription)?;
        self.same_money(terms)
    }

    /// Refuses another currency, and a plan that is billed at another time.
    pub(super) fn same_money(&self, terms: &NewPlan) -> Result<(), SubscriptionRefusal> {
        let given = terms.price.currency();
        let wanted = self.agreement().map_or(given, |it| it.price.currency());
        if wanted != given {
            return Err(SubscriptionRefusal::OtherCurrency { wanted, given });
        }
        let timing = self.data.timing;
        match terms.charging.timing {
            it if it == timing => Ok(()),
            _ => Err(SubscriptionRefusal::OtherTiming { timing }),
        }
    }

    /// The periods that come with a plan of another interval. Add-ons are priced for those that run: nobody reprices them
    /// silently.
    fn new_periods(
        &self,
        terms: &NewPlan,
        then: &Timeline,
        from: LocalDate,
    ) -> Result<Option<(LocalDate, Changed)>, SubscriptionRefusal> {
        if terms.interval == then.schedule_on(from).interval() {
            return Ok(None);
        }
        let charged = |it: &&Component| {
            let mut days = phases_with_ends(it);
            days.any(|(phase, end)| phase.price.is_some() && phase.from.max(from) < end)
        };
        let all = then.components.iter();
        let add_ons = all.filter(|it| it.number != Component::BASE);
        let components: Vec<_> = add_ons.filter(charged).map(|it| it.number).collect();
        if !components.is_empty() {
            return Err(SubscriptionRefusal::AddOns { components });
        }
        let monthly = terms.interval.unit() == IntervalUnit::Months;
        let rescheduled = Changed::Rescheduled {
            interval: Some(terms.interval),
            bill_day: self.bill_day_on(from).filter(|_| monthly),
        };
        Ok(Some((from, rescheduled)))
    }

    fn know_profile(&mut self, terms: &NewPlan) {
        if self.data.profile_of(terms.id).is_none() {
            let profiles = &mut self.data.decisions.profiles;
            profiles.push((terms.id, terms.profile));
        }
    }

    fn tell_dropped(&mut self, dropped: &[Change]) {
        for it in dropped {
            if let Changed::Agreed { plan, .. } = it.what {
                self.events.push(BillingEvent::ChangeDropped {
                    subscription: self.data.id,
                    plan,
                });
            }
        }
    }

    fn tell_changed(&mut self, plan: PlanId, from: LocalDate, today: LocalDate) {
        let subscription = self.data.id;
        self.events.push(match from <= today {
            true => BillingEvent::PlanChanged {
                subscription,
                plan,
                from,
            },
            false => BillingEvent::ChangeScheduled {
                subscription,
                plan,
                from,
            },
        });
    }
}
