//! A contract: everything that was decided about a subscription, decision by decision, and what each command refuses.
//!
//! It is the pure model behind billing: commands append decisions, [`timeline_of`] folds them, [`generate`](crate::generate)
//! bills the timeline. Nothing here edits what was issued: a decision for a past day leads to repairs and charges that are
//! dated on the day of the run (billing.md, invariant 43).

mod commands;
mod pauses;
mod refusal;

use chrono::Days;
use kernel::{AccountId, CustomerId, LocalDate, Money, PlanId, SubscriptionId};

use crate::changes::{Change, Changed, timeline_of};
use crate::events::BillingEvent;
use crate::interval::{Interval, IntervalUnit};
use crate::schedule::{BillDay, Schedule};
use crate::timeline::{Component, Phase, Timeline, Timing};

pub use commands::At;
pub use refusal::ContractRefusal;

/// What is sold, at the price that is agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The plan, in its version of today.
    pub plan: PlanId,
    /// What one interval costs for one unit, zero or more.
    pub price: Money,
    /// How long one interval is, in days, weeks or months.
    pub interval: Interval,
    /// What is charged once when it begins, zero or more.
    pub fee: Option<Money>,
}

/// Whether the day on which a contract ends is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CancelDay {
    /// It is the first day without service: half-open, as everywhere.
    #[default]
    NotCharged,
    /// It is the last day with service.
    Charged,
}

/// How far decisions may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContractRules {
    /// How many days before today a decision may take effect.
    pub backdating_days: u16,
    /// How many days after today.
    pub ahead_days: u16,
    /// Whether the day of the end is charged.
    pub cancel_day: CancelDay,
}

impl ContractRules {
    /// A month back, a year ahead, the day of the end not charged.
    pub const STANDARD: Self = Self {
        backdating_days: 31,
        ahead_days: 366,
        cancel_day: CancelDay::NotCharged,
    };
}

/// What is needed to open a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewContract {
    /// The id it will have.
    pub id: SubscriptionId,
    /// Who pays.
    pub account: AccountId,
    /// Whose account that is.
    pub customer: CustomerId,
    /// The base plan.
    pub offer: Offer,
    /// How many units of it, at least one.
    pub quantity: u32,
    /// The first day.
    pub starts_on: LocalDate,
    /// How many days from then on nothing recurs; the one-time charge is due all the same.
    pub trial_days: u16,
    /// A fixed bill day; without one, periods begin on the day of the start.
    pub bill_day: Option<BillDay>,
    /// Whether periods are billed ahead.
    pub timing: Timing,
}

/// From a day on, the length of periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rhythm {
    /// The decision it came with.
    number: u64,
    from: LocalDate,
    interval: Interval,
}

/// A contract.
#[derive(Debug, Clone, PartialEq)]
pub struct Contract {
    id: SubscriptionId,
    starts_on: LocalDate,
    schedule: Schedule,
    rhythms: Vec<Rhythm>,
    timing: Timing,
    rules: ContractRules,
    decisions: Vec<Change>,
    /// The number of the last decision of the sale itself.
    sale: u64,
    timeline: Timeline,
    ends_on: Option<LocalDate>,
    events: Vec<BillingEvent>,
}

impl Contract {
    /// Opens a contract.
    ///
    /// # Errors
    /// [`ContractRefusal`] names the rule that is broken.
    pub fn open(
        new: NewContract,
        rules: ContractRules,
        today: LocalDate,
    ) -> Result<Self, ContractRefusal> {
        check_offer(&new.offer)?;
        if new.bill_day.is_some() && new.offer.interval.unit() != IntervalUnit::Months {
            return Err(ContractRefusal::BillDay {
                interval: new.offer.interval,
            });
        }
        let schedule = Schedule::new(new.starts_on, new.offer.interval, new.bill_day);
        let mut contract = Self {
            id: new.id,
            starts_on: new.starts_on,
            schedule,
            rhythms: vec![Rhythm {
                number: 1,
                from: new.starts_on,
                interval: new.offer.interval,
            }],
            timing: new.timing,
            rules,
            decisions: Vec::new(),
            sale: 0,
            timeline: Timeline::of_plan(schedule, Vec::new()),
            ends_on: None,
            events: Vec::new(),
        };
        contract.within_reach(new.starts_on, today)?;
        contract.begin(&new)?;
        contract.sale = contract.next_number() - 1;
        contract.events.push(BillingEvent::Subscribed {
            subscription: new.id,
            account: new.account,
            customer: new.customer,
            plan: new.offer.plan,
            starts_on: new.starts_on,
        });
        Ok(contract)
    }

    fn begin(&mut self, new: &NewContract) -> Result<(), ContractRefusal> {
        let agreed = |price: Option<Money>, fee: Option<Money>| Changed::Agreed {
            component: Component::BASE,
            plan: new.offer.plan,
            price,
            quantity: new.quantity,
            fee,
        };
        let price = Some(new.offer.price);
        if new.trial_days == 0 {
            return self.decide([(new.starts_on, agreed(price, new.offer.fee))]);
        }
        let trial = Days::new(new.trial_days.into());
        let paid_from = new.starts_on.checked_add_days(trial);
        let paid_from = paid_from.ok_or(ContractRefusal::Calendar)?;
        self.decide([
            (new.starts_on, agreed(None, new.offer.fee)),
            (paid_from, agreed(price, None)),
        ])
    }

    /// The subscription it is for.
    #[must_use]
    pub const fn id(&self) -> SubscriptionId {
        self.id
    }

    /// Everything that was decided, in the order in which it was.
    #[must_use]
    pub fn decisions(&self) -> &[Change] {
        &self.decisions
    }

    /// What it should be billed for.
    #[must_use]
    pub const fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The first day without service, once it is cancelled.
    #[must_use]
    pub const fn ends_on(&self) -> Option<LocalDate> {
        self.ends_on
    }

    /// The events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<BillingEvent> {
        std::mem::take(&mut self.events)
    }

    /// Adds decisions, all or none of them: a timeline that contradicts itself is refused.
    fn decide(
        &mut self,
        decisions: impl IntoIterator<Item = (LocalDate, Changed)>,
    ) -> Result<(), ContractRefusal> {
        let known = self.decisions.len();
        for (from, what) in decisions {
            let number = self.next_number();
            self.decisions.push(Change { number, from, what });
        }
        match timeline_of(self.schedule, self.timing, &self.decisions) {
            Ok(timeline) => {
                self.timeline = timeline;
                Ok(())
            }
            Err(contradiction) => {
                self.decisions.truncate(known);
                Err(contradiction.into())
            }
        }
    }

    fn next_number(&self) -> u64 {
        self.decisions.last().map_or(1, |it| it.number + 1)
    }

    /// The schedule that is in force on a day.
    fn schedule_on(&self, day: LocalDate) -> Schedule {
        let later = self.timeline.reschedules.iter().rev();
        let in_force = later.into_iter().find(|it| it.from <= day);
        in_force.map_or(self.schedule, |it| it.schedule)
    }

    /// How long periods are from a day on.
    fn interval_on(&self, day: LocalDate) -> Interval {
        let (first, later) = (self.rhythms.first(), self.rhythms.iter().rev());
        let counts = |it: &&Rhythm| it.from <= day && !self.is_withdrawn(it.number);
        let found = later.into_iter().find(counts).or(first);
        found.map_or(Interval::MONTH, |it| it.interval)
    }

    fn is_withdrawn(&self, number: u64) -> bool {
        let mut all = self.decisions.iter();
        all.any(|it| it.what == Changed::Withdrawn { number })
    }

    /// What is agreed about a component on a day.
    fn agreed_on(&self, component: u16, day: LocalDate) -> Option<Phase> {
        let found = self
            .timeline
            .components
            .iter()
            .find(|it| it.number == component)?;
        let phases = found.phases.iter().rev();
        phases.copied().find(|it| it.from <= day)
    }

    fn within_reach(&self, from: LocalDate, today: LocalDate) -> Result<(), ContractRefusal> {
        let back = Days::new(self.rules.backdating_days.into());
        let ahead = Days::new(self.rules.ahead_days.into());
        let earliest = today.checked_sub_days(back).unwrap_or(LocalDate::MIN);
        let latest = today.checked_add_days(ahead).unwrap_or(LocalDate::MAX);
        match from {
            _ if from < earliest => Err(ContractRefusal::Backdated { from, earliest }),
            _ if from > latest => Err(ContractRefusal::TooFarAhead { from, latest }),
            _ => Ok(()),
        }
    }
}

/// Prices of zero are possible (a free plan), prices below are not; a contract is counted in days.
fn check_offer(offer: &Offer) -> Result<(), ContractRefusal> {
    if !offer.interval.is_calendar() {
        return Err(ContractRefusal::NotInDays {
            interval: offer.interval,
        });
    }
    let currency = offer.price.currency();
    for amount in [Some(offer.price), offer.fee].into_iter().flatten() {
        if amount.is_negative() {
            return Err(ContractRefusal::NegativePrice { price: amount });
        }
        if amount.currency() != currency {
            let (wanted, given) = (currency, amount.currency());
            return Err(ContractRefusal::OtherCurrency { wanted, given });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
