//! What can be decided about a contract.

use kernel::LocalDate;

use super::{CancelDay, Contract, ContractRefusal, Offer, Rhythm, check_offer};
use crate::changes::{Change, Changed};
use crate::events::BillingEvent;
use crate::interval::IntervalUnit;
use crate::schedule::{BillDay, Schedule};
use crate::timeline::{Component, Phase};

/// The most add-ons a contract may ever have had.
const MOST_ADD_ONS: u16 = 100;

/// When a decision takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum At {
    /// Today.
    Now,
    /// When the period that has begun is over.
    PeriodEnd,
    /// On a day.
    On(LocalDate),
}

impl Contract {
    /// Puts the base plan on another offer, in the same quantity. What was decided about it for later days is dropped; during
    /// a trial the new price begins when the trial ends. An offer with another interval begins a new rhythm of periods.
    ///
    /// # Errors
    /// [`ContractRefusal`] names the rule that is broken.
    pub fn change_plan(
        &mut self,
        offer: Offer,
        at: At,
        today: LocalDate,
    ) -> Result<(), ContractRefusal> {
        check_offer(&offer)?;
        self.same_currency(&offer)?;
        let from = match self.paid_from(today) {
            Some(paid_from) => self.day_of(at, today)?.max(paid_from),
            None => self.day_of(at, today)?,
        };
        let current = self.phase(Component::BASE, from)?;
        let same = (current.plan, current.price) == (offer.plan, Some(offer.price));
        let another_rhythm = offer.interval != self.interval_on(from);
        let after = from.min(today);
        if same && !another_rhythm && self.scheduled(after).is_empty() {
            return Err(ContractRefusal::SameTerms);
        }
        let (mut decisions, dropped) = self.drops(after);
        decisions.push((
            from,
            Changed::Agreed {
                component: Component::BASE,
                plan: offer.plan,
                price: Some(offer.price),
                quantity: current.quantity,
                fee: offer.fee,
            },
        ));
        if another_rhythm {
            let schedule = Schedule::new(from, offer.interval, None);
            decisions.push((from, Changed::Rescheduled(schedule)));
        }
        self.decide(decisions)?;
        if another_rhythm {
            // Taken back together with the offer it came with.
            let number = self.next_number().saturating_sub(2);
            let interval = offer.interval;
            self.rhythms.push(Rhythm {
                number,
                from,
                interval,
            });
        }
        self.tell_dropped(&dropped);
        let (subscription, plan) = (self.id, offer.plan);
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
        Ok(())
    }

    /// Drops the change of the base plan that waits.
    ///
    /// # Errors
    /// [`ContractRefusal::NothingScheduled`] if none does.
    pub fn cancel_scheduled_change(&mut self, today: LocalDate) -> Result<(), ContractRefusal> {
        let (decisions, dropped) = self.drops(today);
        if dropped.is_empty() {
            return Err(ContractRefusal::NothingScheduled);
        }
        self.decide(decisions)?;
        self.tell_dropped(&dropped);
        Ok(())
    }

    /// Sells another number of units of a component.
    ///
    /// # Errors
    /// [`ContractRefusal`] names the rule that is broken.
    pub fn change_quantity(
        &mut self,
        component: u16,
        quantity: u32,
        at: At,
        today: LocalDate,
    ) -> Result<(), ContractRefusal> {
        let from = self.day_of(at, today)?;
        let current = self.phase(component, from)?;
        if current.quantity == quantity {
            return Err(ContractRefusal::SameTerms);
        }
        let agreed = Changed::Agreed {
            component,
            plan: current.plan,
            price: current.price,
            quantity,
            fee: None,
        };
        self.decide([(from, agreed)])?;
        self.events.push(BillingEvent::QuantityChanged {
            subscription: self.id,
            component,
            quantity,
            from,
        });
        Ok(())
    }

    /// Adds an add-on and returns its number. It shares the periods of the base plan.
    ///
    /// # Errors
    /// [`ContractRefusal`] names the rule that is broken.
    pub fn add(
        &mut self,
        offer: Offer,
        quantity: u32,
        at: At,
        today: LocalDate,
    ) -> Result<u16, ContractRefusal> {
        check_offer(&offer)?;
        self.same_currency(&offer)?;
        let from = self.day_of(at, today)?;
        let interval = self.interval_on(from);
        if offer.interval != interval {
            return Err(ContractRefusal::OtherInterval { interval });
        }
        let numbers = self.timeline.components.iter().map(|it| it.number);
        let component = numbers.max().unwrap_or(Component::BASE) + 1;
        if component > MOST_ADD_ONS {
            return Err(ContractRefusal::TooManyAddOns { most: MOST_ADD_ONS });
        }
        let agreed = Changed::Agreed {
            component,
            plan: offer.plan,
            price: Some(offer.price),
            quantity,
            fee: offer.fee,
        };
        self.decide([(from, agreed)])?;
        self.events.push(BillingEvent::AddOnAdded {
            subscription: self.id,
            component,
            plan: offer.plan,
            quantity,
            from,
        });
        Ok(component)
    }

    /// Takes an add-on away.
    ///
    /// # Errors
    /// [`ContractRefusal`] names the rule that is broken.
    pub fn remove(
        &mut self,
        component: u16,
        at: At,
        today: LocalDate,
    ) -> Result<(), ContractRefusal> {
        if component == Component::BASE {
            return Err(ContractRefusal::BasePlan);
        }
        let from = self.day_of(at, today)?;
        let current = self.phase(component, from)?;
        if current.price.is_none() {
            return Err(ContractRefusal::NoComponent { component });
        }
        self.decide([(from, Changed::Removed { component })])?;
        self.events.push(BillingEvent::AddOnRemoved {
            subscription: self.id,
            component,
            from,
        });
        Ok(())
    }

    /// Lets months begin on another day. The period that has begun is cut there, and the days up to the new bill day are a
    /// stub.
    ///
    /// # Errors
    /// [`ContractRefusal`] names the rule that is broken.
    pub fn change_bill_day(
        &mut self,
        bill_day: BillDay,
        at: At,
        today: LocalDate,
    ) -> Result<(), ContractRefusal> {
        let from = self.day_of(at, today)?;
        let interval = self.interval_on(from);
        if interval.unit() != IntervalUnit::Months {
            return Err(ContractRefusal::BillDay { interval });
        }
        let schedule = Schedule::new(from, interval, Some(bill_day));
        self.decide([(from, Changed::Rescheduled(schedule))])?;
        self.events.push(BillingEvent::BillDayChanged {
            subscription: self.id,
            bill_day: bill_day.day(),
            from,
        });
        Ok(())
    }

    /// Ends it. A later end than the one that is decided changes nothing.
    ///
    /// # Errors
    /// [`ContractRefusal`] for a day too long ago or too far ahead.
    pub fn cancel(&mut self, at: At, today: LocalDate) -> Result<(), ContractRefusal> {
        let ends_on = match at {
            // What has not begun ends before it does.
            At::Now | At::PeriodEnd if today < self.starts_on => self.starts_on,
            _ => self.resolve(at, today)?,
        };
        if self.ends_on.is_some_and(|it| it <= ends_on) {
            return Ok(());
        }
        let until = match self.rules.cancel_day {
            CancelDay::NotCharged => Some(ends_on),
            CancelDay::Charged => ends_on.succ_opt(),
        };
        let until = until.ok_or(ContractRefusal::Calendar)?;
        self.decide([(until, Changed::Ended)])?;
        self.ends_on = Some(ends_on);
        self.events.push(BillingEvent::SubscriptionCancelled {
            subscription: self.id,
            ends_on,
        });
        Ok(())
    }

    /// The day on which a decision about a running contract takes effect.
    fn day_of(&self, at: At, today: LocalDate) -> Result<LocalDate, ContractRefusal> {
        if let Some(ends_on) = self.ends_on {
            return Err(ContractRefusal::Cancelled { ends_on });
        }
        self.resolve(at, today)
    }

    /// The same for what is possible until the end.
    pub(super) fn day_before_end(
        &self,
        at: At,
        today: LocalDate,
    ) -> Result<LocalDate, ContractRefusal> {
        let from = self.resolve(at, today)?;
        match self.ends_on.filter(|it| *it <= from) {
            Some(ends_on) => Err(ContractRefusal::Cancelled { ends_on }),
            None => Ok(from),
        }
    }

    fn resolve(&self, at: At, today: LocalDate) -> Result<LocalDate, ContractRefusal> {
        let from = match at {
            At::Now => today,
            At::On(day) => day,
            At::PeriodEnd => {
                let period = self.schedule_on(today).containing(today);
                period.map_or(today, |it| it.part.end)
            }
        };
        if let At::On(day) = at {
            self.within_reach(day, today)?;
        }
        if from < self.starts_on {
            let starts_on = self.starts_on;
            return Err(ContractRefusal::NotBegun { from, starts_on });
        }
        Ok(from)
    }

    fn phase(&self, component: u16, day: LocalDate) -> Result<Phase, ContractRefusal> {
        let found = self.agreed_on(component, day);
        found.ok_or(ContractRefusal::NoComponent { component })
    }

    fn same_currency(&self, offer: &Offer) -> Result<(), ContractRefusal> {
        let given = offer.price.currency();
        let phases = self.timeline.components.iter().flat_map(|it| &it.phases);
        let wanted = phases
            .filter_map(|it| it.price)
            .map(|it| it.currency())
            .next();
        match wanted {
            Some(wanted) if wanted != given => {
                Err(ContractRefusal::OtherCurrency { wanted, given })
            }
            _ => Ok(()),
        }
    }

    /// The first day that is paid for, while a trial runs.
    fn paid_from(&self, today: LocalDate) -> Option<LocalDate> {
        let base = self
            .timeline
            .components
            .iter()
            .find(|it| it.number == Component::BASE)?;
        let first_paid = base.phases.iter().find(|it| it.price.is_some())?;
        (today < first_paid.from && self.starts_on < first_paid.from).then_some(first_paid.from)
    }

    /// What was decided about the base plan for later days, but for the sale itself with the end of its trial.
    fn scheduled(&self, after: LocalDate) -> Vec<Change> {
        let waits = |it: &&Change| {
            let of_base = matches!(
                it.what,
                Changed::Agreed { component, .. } if component == Component::BASE
            );
            of_base && it.from > after && it.number > self.sale && !self.is_withdrawn(it.number)
        };
        self.decisions.iter().filter(waits).copied().collect()
    }

    /// The decisions that take what was decided for later days back, and what they take back. The rhythm of an offer goes
    /// with it.
    fn drops(&self, after: LocalDate) -> (Vec<(LocalDate, Changed)>, Vec<Change>) {
        let dropped = self.scheduled(after);
        let comes_with = |it: &Change| {
            let next = it.number + 1;
            let mut all = self.decisions.iter();
            let rhythm = self.rhythms.iter().any(|that| that.number == it.number);
            rhythm
                .then(|| all.find(|that| that.number == next))
                .flatten()
        };
        let both = |it: &Change| [Some(*it), comes_with(it).copied()];
        let back = |it: Change| {
            let number = it.number;
            (it.from, Changed::Withdrawn { number })
        };
        let all = dropped.iter().flat_map(both).flatten();
        (all.map(back).collect(), dropped)
    }

    fn tell_dropped(&mut self, dropped: &[Change]) {
        for it in dropped {
            if let Changed::Agreed { plan, .. } = it.what {
                self.events.push(BillingEvent::ChangeDropped {
                    subscription: self.id,
                    plan,
                });
            }
        }
    }
}
