//! A subscription: what was sold to one account and everything that was decided about it, from its first day to its end.
//!
//! Commands append decisions, [`timeline_of`] folds them, [`desired`](crate::desired) says what the result should be
//! billed. Nothing here edits what was issued: a decision for a past day leads to repairs and charges that are dated on
//! the day of the bill (billing.md, invariant 43).

mod access;
mod again;
mod at;
mod billed;
mod components;
mod deciding;
mod decisions;
mod ending;
mod paid_time;
mod pauses;
mod plans;
mod recurring;
mod refusal;

use kernel::{AccountId, CustomerId, LocalDate, Money, PlanId, ProfileId, SubscriptionId};
use serde::{Deserialize, Serialize};

use crate::changes::{BadChanges, timeline_of};
use crate::events::{Access, BillingEvent};
use crate::interval::{Interval, IntervalUnit};
use crate::plan::{Plan, SoldAs};
use crate::schedule::{BillDay, Schedule};
use crate::timeline::{Component, Pause, Timeline, Timing};

pub use at::{At, BadAt};
pub use decisions::Decisions;
pub use ending::{Ending, Unused};
pub use paid_time::{PaidTime, RENEWAL_LEAD_DAYS, RESTRICTED_DAYS};
pub use refusal::SubscriptionRefusal;

/// What a subscriber has from a day on, at the price that was agreed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The first day.
    pub from: LocalDate,
    /// The plan.
    pub plan: PlanId,
    /// What one interval costs for one unit; while a trial runs, what it will.
    pub price: Money,
    /// What the router allows.
    pub profile: ProfileId,
    /// How many units; one where it was stored before there was a choice.
    #[serde(default = "one")]
    pub quantity: u32,
}

const fn one() -> u32 {
    1
}

/// Something that was added to a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AddOn {
    /// Which component of the subscription it is, 1 to 100.
    pub component: u16,
    /// The plan.
    pub plan: PlanId,
    /// What one interval costs for one unit.
    pub price: Money,
    /// How many units.
    pub quantity: u32,
    /// Since when on these terms.
    pub from: LocalDate,
}

/// Where a subscription stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// It runs, or will from its first day on.
    Active,
    /// An operator stopped it for now.
    Suspended {
        /// The first day.
        since: LocalDate,
        /// Why.
        reason: String,
    },
    /// It is over.
    Ended {
        /// The first day without it.
        on: LocalDate,
    },
}

impl SubscriptionStatus {
    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended { .. } => "suspended",
            Self::Ended { .. } => "ended",
        }
    }
}

/// The stored form of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionSnapshot {
    /// The subscription.
    pub id: SubscriptionId,
    /// Who pays.
    pub account: AccountId,
    /// How long one period was when it was sold.
    pub interval: Interval,
    /// The fixed bill day it was sold with, if any.
    pub bill_day: Option<BillDay>,
    /// Whether periods are billed ahead.
    pub timing: Timing,
    /// The first day.
    pub started_on: LocalDate,
    /// What was decided.
    pub decisions: Decisions,
    /// When no new period began because it was suspended, by an operator or for debt.
    pub pauses: Vec<Pause>,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// The first day without it, once it is cancelled.
    pub ends_on: Option<LocalDate>,
    /// The day from which nothing is charged, once it is cancelled.
    pub charged_until: Option<LocalDate>,
    /// The day up to which periods are billed.
    pub billed_through: Option<LocalDate>,
    /// The earliest day whose periods have to be looked at again, if something was decided since they were billed.
    pub rebill_on: Option<LocalDate>,
    /// What it may do on the network.
    pub access: Access,
    /// On which profile.
    pub access_profile: ProfileId,
    /// Grows with every change of the two.
    pub access_version: u64,
    /// How long it is paid for, if it is prepaid; nothing of any other, and of all that were stored before there was a choice.
    pub prepaid: Option<PaidTime>,
    /// The stored version; 0 for one that was never saved.
    pub version: i64,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    data: SubscriptionSnapshot,
    /// What the decisions come to.
    decided: Timeline,
    changed: bool,
    events: Vec<BillingEvent>,
}

/// What is needed to sell a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSubscription {
    /// The id it will have.
    pub id: SubscriptionId,
    /// Who pays.
    pub account: AccountId,
    /// Whose account that is.
    pub customer: CustomerId,
    /// How many units of the plan, at least one.
    pub quantity: u32,
    /// A fixed bill day; without one, periods begin on the day of the start.
    pub bill_day: Option<BillDay>,
    /// The first day, at most 31 days ago and 366 days ahead.
    pub starts_on: LocalDate,
}

/// A stored subscription that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImpossibleSubscription {
    /// Nothing was ever agreed.
    #[error("a stored subscription has no agreement")]
    NoAgreement,
    /// Its base plan gives no access.
    #[error("a stored subscription has plan {plan} without a profile")]
    NoProfile {
        /// The plan.
        plan: PlanId,
    },
    /// It is prepaid and nobody knows how long, or the other way round.
    #[error("a stored subscription is billed {} and its paid time does not fit that", timing.as_str())]
    PaidTime {
        /// When it is billed.
        timing: Timing,
    },
    /// Its decisions contradict each other.
    #[error(transparent)]
    Contradiction(#[from] BadChanges),
}

impl Subscription {
    /// Sells a subscription.
    ///
    /// # Errors
    /// [`SubscriptionRefusal`] names the rule that is broken.
    pub fn start(
        new: NewSubscription,
        plan: &Plan,
        today: LocalDate,
    ) -> Result<Self, SubscriptionRefusal> {
        let terms = plan.defined();
        deciding::must_be_sold_as(plan, SoldAs::Subscription)?;
        deciding::must_be_near(new.starts_on, today)?;
        deciding::must_be_countable(new.quantity, terms.price)?;
        if new.bill_day.is_some() && terms.interval.unit() != IntervalUnit::Months {
            let interval = terms.interval;
            return Err(SubscriptionRefusal::BillDay { interval });
        }
        let prepaid = PaidTime::of_sale(terms.charging.timing, new.starts_on);
        let data = SubscriptionSnapshot {
            id: new.id,
            account: new.account,
            interval: terms.interval,
            bill_day: new.bill_day,
            timing: terms.charging.timing,
            started_on: new.starts_on,
            decisions: deciding::sale(&new, plan, today)?,
            pauses: Vec::new(),
            status: SubscriptionStatus::Active,
            ends_on: None,
            charged_until: None,
            billed_through: None,
            rebill_on: None,
            access: match (new.starts_on <= today, prepaid) {
                (true, None) => Access::Active,
                (true, Some(_)) => Access::Restricted,
                (false, _) => Access::Suspended,
            },
            access_profile: terms.profile,
            access_version: 1,
            prepaid,
            version: 0,
        };
        let decided = data.fold()?;
        let event = BillingEvent::Subscribed {
            subscription: new.id,
            account: new.account,
            customer: new.customer,
            plan: terms.id,
            starts_on: new.starts_on,
        };
        Ok(Self {
            data,
            decided,
            changed: false,
            events: vec![event],
        })
    }

    /// Brings a stored subscription back.
    ///
    /// # Errors
    /// [`ImpossibleSubscription`] for decisions that say nothing or contradict each other.
    pub fn restore(data: SubscriptionSnapshot) -> Result<Self, ImpossibleSubscription> {
        let timing = data.timing;
        if (timing == Timing::Prepaid) != data.prepaid.is_some() {
            return Err(ImpossibleSubscription::PaidTime { timing });
        }
        let decided = data.fold()?;
        let base = decided
            .components
            .iter()
            .find(|it| it.number == Component::BASE);
        let base = base.filter(|it| !it.phases.is_empty());
        for phase in &base.ok_or(ImpossibleSubscription::NoAgreement)?.phases {
            let plan = phase.plan;
            if data.profile_of(plan).is_none() {
                return Err(ImpossibleSubscription::NoProfile { plan });
            }
        }
        Ok(Self {
            data,
            decided,
            changed: false,
            events: Vec::new(),
        })
    }

    /// The form to store.
    #[must_use]
    pub fn snapshot(&self) -> SubscriptionSnapshot {
        self.data.clone()
    }

    /// The subscription.
    #[must_use]
    pub const fn id(&self) -> SubscriptionId {
        self.data.id
    }

    /// Who pays.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.data.account
    }

    /// What it may do on the network, and the number of that decision.
    #[must_use]
    pub const fn access(&self) -> (Access, u64) {
        (self.data.access, self.data.access_version)
    }

    /// Everything that decides what it should be billed for.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        let mut timeline = self.decided.clone();
        let paid_until = self.data.prepaid.map(|it| it.paid_until);
        let ends = [self.data.charged_until, paid_until];
        timeline.charged_until = ends.into_iter().flatten().min();
        timeline.pauses.extend(&self.data.pauses);
        timeline.pauses.sort_by_key(|it| it.from);
        timeline
    }

    /// What was agreed about the base plan on a day, or first of all before that.
    #[must_use]
    pub fn agreement_on(&self, day: LocalDate) -> Option<Agreement> {
        let base = self
            .decided
            .components
            .iter()
            .find(|it| it.number == Component::BASE)?;
        let begun = base.phases.iter().rposition(|it| it.from <= day);
        let place = begun.unwrap_or(0);
        let phase = base.phases.get(place)?;
        let later = base.phases[place..].iter();
        let price = later
            .filter(|it| it.plan == phase.plan)
            .find_map(|it| it.price)?;
        Some(Agreement {
            from: phase.from,
            plan: phase.plan,
            price,
            profile: self.data.profile_of(phase.plan)?,
            quantity: phase.quantity,
        })
    }

    /// What is agreed about the base plan by what has taken effect so far.
    #[must_use]
    pub fn agreement(&self) -> Option<Agreement> {
        self.agreement_on(self.data.decisions.in_force)
    }

    /// What will be agreed next, if a change is scheduled.
    #[must_use]
    pub fn scheduled(&self) -> Option<Agreement> {
        let waiting = self.data.decisions.scheduled(self.data.decisions.in_force);
        let next = waiting.first()?.from;
        let over = self.data.ends_on.is_some_and(|it| it <= next);
        (!over).then(|| self.agreement_on(next)).flatten()
    }

    /// What was added to it and is charged, or will be.
    #[must_use]
    pub fn add_ons(&self) -> Vec<AddOn> {
        let today = self.data.decisions.in_force;
        let current = |it: &Component| {
            let phases = &it.phases;
            let begun = phases.iter().rposition(|it| it.from <= today);
            let phase = phases.get(begun.unwrap_or(0))?;
            Some(AddOn {
                component: it.number,
                plan: phase.plan,
                price: phase.price?,
                quantity: phase.quantity,
                from: phase.from,
            })
        };
        let all = self.decided.components.iter();
        all.filter(|it| it.number != Component::BASE)
            .filter_map(current)
            .collect()
    }

    /// When it rests because that was decided; suspensions are not among them.
    #[must_use]
    pub fn pauses(&self) -> &[Pause] {
        &self.decided.pauses
    }

    /// How long periods are by what has taken effect so far.
    #[must_use]
    pub fn interval(&self) -> Interval {
        let today = self.data.decisions.in_force;
        self.decided.schedule_on(today).interval()
    }

    /// The fixed bill day by what has taken effect so far, if it has one.
    #[must_use]
    pub fn bill_day(&self) -> Option<BillDay> {
        self.bill_day_on(self.data.decisions.in_force)
    }

    /// The day on which its trial is over, if it was sold with one.
    #[must_use]
    pub fn trial_until(&self) -> Option<LocalDate> {
        let first = self.data.decisions.made.first()?;
        let last = self.data.decisions.made.get(1)?;
        (self.data.decisions.sale > first.number).then_some(last.from)
    }

    /// Whether something happened to it since it was loaded or saved.
    #[must_use]
    pub const fn has_news(&self) -> bool {
        self.changed || !self.events.is_empty()
    }

    /// The events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<BillingEvent> {
        std::mem::take(&mut self.events)
    }

    /// For the store: the version that was written.
    pub const fn saved_as(&mut self, version: i64) {
        self.changed = false;
        self.data.version = version;
    }
}

impl SubscriptionSnapshot {
    fn fold(&self) -> Result<Timeline, BadChanges> {
        let schedule = Schedule::new(self.started_on, self.interval, self.bill_day);
        timeline_of(schedule, self.timing, &self.decisions.made)
    }

    fn profile_of(&self, plan: PlanId) -> Option<ProfileId> {
        let mut all = self.decisions.profiles.iter();
        all.find(|(it, _)| *it == plan).map(|(_, profile)| *profile)
    }
}

#[cfg(test)]
mod tests;
