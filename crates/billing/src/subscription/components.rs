//! How many units of a subscription, and what is added to it.

use kernel::LocalDate;

use super::deciding::{must_be_countable, must_be_sold_as};
use super::refusal::MOST_ADD_ONS;
use super::{At, Subscription, SubscriptionRefusal};
use crate::changes::Changed;
use crate::events::BillingEvent;
use crate::interval::Interval;
use crate::plan::{Plan, SoldAs};
use crate::timeline::Component;

impl Subscription {
    /// Sells another number of units of a component, and returns the day from which on. A change of plan that is scheduled
    /// for later takes them over.
    ///
    /// # Errors
    /// [`SubscriptionRefusal`] names the rule that is broken.
    pub fn change_quantity(
        &mut self,
        component: u16,
        quantity: u32,
        when: At,
        today: LocalDate,
    ) -> Result<LocalDate, SubscriptionRefusal> {
        self.catch_up(today);
        let from = self.day_of(when, today)?;
        let current = self.phase(component, from)?;
        if current.quantity == quantity {
            return Err(SubscriptionRefusal::SameTerms);
        }
        let all = self.decided.components.iter();
        let own = all.filter(|it| it.number == component);
        let ahead = own.flat_map(|it| it.phases.iter().filter(|it| it.from > from));
        for price in ahead.chain([&current]).filter_map(|it| it.price) {
            must_be_countable(quantity, price)?;
        }
        let counted = Changed::Quantity {
            component,
            quantity,
        };
        if quantity == 0 {
            return Err(SubscriptionRefusal::Quantity { quantity });
        }
        self.decide(vec![(from, counted)], today)?;
        self.events.push(BillingEvent::QuantityChanged {
            subscription: self.data.id,
            component,
            quantity,
            from,
        });
        Ok(from)
    }

    /// When another number of units takes effect unless the caller chooses: more now, fewer when the period is over.
    #[must_use]
    pub fn usual_time_for_quantity(&self, component: u16, quantity: u32) -> At {
        let today = self.data.decisions.in_force;
        let current = self.decided.phase_on(component, today);
        let more = current.is_none_or(|it| quantity >= it.quantity);
        if more { At::Now } else { At::PeriodEnd }
    }

    /// Adds an add-on and returns its number with the day from which on. It shares the periods of the base plan.
    ///
    /// # Errors
    /// [`SubscriptionRefusal`] names the rule that is broken.
    pub fn add(
        &mut self,
        plan: &Plan,
        quantity: u32,
        when: At,
        today: LocalDate,
    ) -> Result<(u16, LocalDate), SubscriptionRefusal> {
        self.catch_up(today);
        let from = self.day_of(when, today)?;
        must_be_sold_as(plan, SoldAs::AddOn)?;
        let terms = plan.defined();
        self.same_money(terms)?;
        if let Some(interval) = self.another_interval(terms.interval, from) {
            return Err(SubscriptionRefusal::OtherInterval { interval });
        }
        must_be_countable(quantity, terms.price)?;
        let component = self.next_component()?;
        let agreed = Changed::Agreed {
            component,
            plan: terms.id,
            price: Some(terms.price),
            quantity: Some(quantity),
            fee: terms.charging.fee,
        };
        self.decide(vec![(from, agreed)], today)?;
        self.events.push(BillingEvent::AddOnAdded {
            subscription: self.data.id,
            component,
            plan: terms.id,
            quantity,
            from,
        });
        Ok((component, from))
    }

    /// Takes an add-on away, and returns the day from which on.
    ///
    /// # Errors
    /// [`SubscriptionRefusal`] names the rule that is broken.
    pub fn remove(
        &mut self,
        component: u16,
        when: At,
        today: LocalDate,
    ) -> Result<LocalDate, SubscriptionRefusal> {
        self.catch_up(today);
        if component == Component::BASE {
            return Err(SubscriptionRefusal::BasePlan);
        }
        let from = self.day_of(when, today)?;
        self.phase(component, from)?;
        self.decide(vec![(from, Changed::Removed { component })], today)?;
        self.events.push(BillingEvent::AddOnRemoved {
            subscription: self.data.id,
            component,
            from,
        });
        Ok(from)
    }

    /// An interval that periods have on a day or will have later, other than this one.
    fn another_interval(&self, wanted: Interval, from: LocalDate) -> Option<Interval> {
        let now = self.decided.schedule_on(from).interval();
        let later = self.decided.reschedules.iter().filter(|it| it.from > from);
        let mut all = [now]
            .into_iter()
            .chain(later.map(|it| it.schedule.interval()));
        all.find(|it| *it != wanted)
    }

    fn next_component(&self) -> Result<u16, SubscriptionRefusal> {
        let known = self.data.decisions.made.iter();
        let numbers = known.filter_map(|it| match it.what {
            Changed::Agreed { component, .. } => Some(component),
            _ => None,
        });
        let last = numbers.max().unwrap_or(Component::BASE);
        match last {
            MOST_ADD_ONS.. => Err(SubscriptionRefusal::TooManyAddOns { most: MOST_ADD_ONS }),
            _ => Ok(last + 1),
        }
    }
}
