//! A subscription: one plan sold to one account, from its first day to its end.

mod access;
mod again;
mod verbs;

use kernel::{AccountId, CustomerId, LocalDate, Money, PlanId, ProfileId, SubscriptionId};
use serde::{Deserialize, Serialize};

use crate::events::{Access, BillingEvent};
use crate::interval::Interval;
use crate::plan::{Plan, SoldAs};
use crate::schedule::{BillDay, Schedule};
use crate::timeline::{Pause, Phase, Timeline};

/// What a subscriber has from a day on, at the price that was agreed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The first day.
    pub from: LocalDate,
    /// The plan.
    pub plan: PlanId,
    /// What one interval costs.
    pub price: Money,
    /// What the router allows.
    pub profile: ProfileId,
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

/// When a change takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Today.
    Now,
    /// When the period that has begun is over.
    PeriodEnd,
}

/// The stored form of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionSnapshot {
    /// The subscription.
    pub id: SubscriptionId,
    /// Who pays.
    pub account: AccountId,
    /// How long one period is.
    pub interval: Interval,
    /// The fixed bill day, if it has one.
    pub bill_day: Option<BillDay>,
    /// The first day.
    pub started_on: LocalDate,
    /// What was agreed, the earliest first; never empty.
    pub agreements: Vec<Agreement>,
    /// When no new period began.
    pub pauses: Vec<Pause>,
    /// What will be agreed, if a change is scheduled.
    pub scheduled: Option<Agreement>,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// The first day without it, once it is cancelled.
    pub ends_on: Option<LocalDate>,
    /// The day from which nothing is charged, once it is cancelled.
    pub charged_until: Option<LocalDate>,
    /// The day up to which periods are billed.
    pub billed_through: Option<LocalDate>,
    /// The day a change has to be billed on, if one waits.
    pub rebill_on: Option<LocalDate>,
    /// What it may do on the network.
    pub access: Access,
    /// On which profile.
    pub access_profile: ProfileId,
    /// Grows with every change of the two.
    pub access_version: u64,
    /// The stored version; 0 for one that was never saved.
    pub version: i64,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    data: SubscriptionSnapshot,
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
    /// A fixed bill day; without one, periods begin on the day of the start.
    pub bill_day: Option<BillDay>,
    /// The first day.
    pub starts_on: LocalDate,
}

/// Why a subscription stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubscriptionRefusal {
    /// The plan is retired or for vouchers.
    #[error("the plan is not offered as a subscription")]
    PlanNotOffered,
    /// The first day lies too far back or ahead.
    #[error("start must lie within 31 days before and 366 days after today")]
    Start,
    /// A bill day without monthly periods.
    #[error("bill day needs a plan with monthly periods")]
    BillDay,
    /// Another interval.
    #[error("the new plan must have the same interval; cancel and subscribe again instead")]
    OtherInterval,
    /// Another currency.
    #[error("the new plan must be in the same currency")]
    OtherCurrency,
    /// The plan it has already.
    #[error("the subscription is on this plan already")]
    SamePlan,
    /// A cheaper plan at once would owe money back.
    #[error("a cheaper plan takes effect at the end of the period")]
    DowngradeNow,
    /// It is over, or its end is decided.
    #[error("the subscription is cancelled")]
    Cancelled,
    /// It is suspended.
    #[error("the subscription is suspended; resume it first")]
    Suspended,
    /// It has not begun.
    #[error("the subscription has not begun")]
    NotBegun,
    /// A suspension needs a reason.
    #[error("reason must be 1 to 300 characters")]
    Reason,
}

/// A stored subscription that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored subscription has no agreement")]
pub struct ImpossibleSubscription;

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
        if !plan.is_offered() || terms.sold_as != SoldAs::Subscription {
            return Err(SubscriptionRefusal::PlanNotOffered);
        }
        if !(-31..=366).contains(&new.starts_on.signed_duration_since(today).num_days()) {
            return Err(SubscriptionRefusal::Start);
        }
        if new.bill_day.is_some() && terms.interval.unit() != crate::IntervalUnit::Months {
            return Err(SubscriptionRefusal::BillDay);
        }
        let begun = new.starts_on <= today;
        let data = SubscriptionSnapshot {
            id: new.id,
            account: new.account,
            interval: terms.interval,
            bill_day: new.bill_day,
            started_on: new.starts_on,
            agreements: vec![agreement(plan, new.starts_on)],
            pauses: Vec::new(),
            scheduled: None,
            status: SubscriptionStatus::Active,
            ends_on: None,
            charged_until: None,
            billed_through: None,
            rebill_on: None,
            access: if begun {
                Access::Active
            } else {
                Access::Suspended
            },
            access_profile: terms.profile,
            access_version: 1,
            version: 0,
        };
        let event = BillingEvent::Subscribed {
            subscription: new.id,
            account: new.account,
            customer: new.customer,
            plan: terms.id,
            starts_on: new.starts_on,
        };
        Ok(Self {
            data,
            changed: false,
            events: vec![event],
        })
    }

    /// Brings a stored subscription back.
    ///
    /// # Errors
    /// [`ImpossibleSubscription`] without any agreement.
    pub fn restore(data: SubscriptionSnapshot) -> Result<Self, ImpossibleSubscription> {
        if data.agreements.is_empty() {
            return Err(ImpossibleSubscription);
        }
        Ok(Self {
            data,
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

    /// When its periods begin.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        Schedule::new(self.data.started_on, self.data.interval, self.data.bill_day)
    }

    /// Everything that decides what it should be billed for.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        let phase = |it: &Agreement| Phase::of(it.from, it.plan, it.price);
        let phases = self.data.agreements.iter().map(phase).collect();
        Timeline {
            pauses: self.data.pauses.clone(),
            charged_until: self.data.charged_until,
            ..Timeline::of_plan(self.schedule(), phases)
        }
    }

    /// The day from which cycles must be looked at when billing on a date: those that end before are settled.
    #[must_use]
    pub fn billing_horizon(&self, today: LocalDate) -> LocalDate {
        self.data
            .billed_through
            .unwrap_or(self.data.started_on)
            .min(self.data.rebill_on.unwrap_or(today))
            .min(today)
    }

    /// When the next bill may be due; `None` while nothing will be charged.
    #[must_use]
    pub fn next_bill_on(&self) -> Option<LocalDate> {
        if self.data.rebill_on.is_some() {
            return self.data.rebill_on;
        }
        let next = self.data.billed_through.unwrap_or(self.data.started_on);
        if self.data.charged_until.is_some_and(|it| it <= next) {
            return None;
        }
        let paused = self.data.pauses.last().filter(|it| it.until.is_none());
        if paused.is_some_and(|it| it.from <= next) {
            return None;
        }
        match &self.data.status {
            SubscriptionStatus::Ended { .. } if self.data.charged_until.is_none() => None,
            _ => Some(next),
        }
    }

    /// Whether something may have to be billed today.
    #[must_use]
    pub fn is_due(&self, today: LocalDate) -> bool {
        self.next_bill_on().is_some_and(|it| it <= today)
    }

    /// When time itself changes it next: its first day, a scheduled change, or its end.
    #[must_use]
    pub fn next_change_on(&self) -> Option<LocalDate> {
        if matches!(self.data.status, SubscriptionStatus::Ended { .. }) {
            return None;
        }
        let waits = self.data.access_version == 1
            && self.data.access == Access::Suspended
            && self.data.status == SubscriptionStatus::Active;
        let begins = waits.then_some(self.data.started_on);
        [
            begins,
            self.data.scheduled.map(|it| it.from),
            self.data.ends_on,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Notes that every period that has begun by a date is billed.
    pub fn billed(&mut self, today: LocalDate) {
        self.changed = true;
        self.data.rebill_on = None;
        let last = self.schedule().cycles(today).last();
        let end = last.map_or(self.data.started_on, |it| it.part.end);
        self.data.billed_through = self.data.billed_through.max(Some(end));
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

    fn current(&self) -> Agreement {
        self.data.agreements[self.data.agreements.len() - 1]
    }
}

fn agreement(plan: &Plan, from: LocalDate) -> Agreement {
    let terms = plan.defined();
    Agreement {
        from,
        plan: terms.id,
        price: terms.price,
        profile: terms.profile,
    }
}

#[cfg(test)]
mod tests;
