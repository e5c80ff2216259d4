//! A plan: a price, an interval and the service profile it buys.

use kernel::{Money, Name, PlanId, ProfileId};
use serde::{Deserialize, Serialize};

use crate::entity::TaxCode;
use crate::events::BillingEvent;
use crate::interval::Interval;
use crate::rounding::MOST_MINOR;
use crate::timeline::Timing;

/// How a plan is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SoldAs {
    /// As a subscription that is invoiced again and again.
    Subscription,
    /// As vouchers.
    Voucher,
    /// On top of a subscription, in its periods.
    AddOn,
}

impl SoldAs {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Subscription, Self::Voucher, Self::AddOn];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subscription => "subscription",
            Self::Voucher => "voucher",
            Self::AddOn => "add_on",
        }
    }

    /// The way with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// How the periods of a plan are charged, and what comes before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Charging {
    /// Whether periods are billed ahead; an add-on takes that of its subscription, so it must be the same.
    pub timing: Timing,
    /// How many days at the beginning of a subscription nothing recurs, 0 to 366.
    pub trial_days: u16,
    /// What is charged once when it is sold or changed to, in the currency of the price, above zero.
    pub fee: Option<Money>,
}

impl Charging {
    /// Ahead, from the first day on, and nothing once.
    pub const AHEAD: Self = Self {
        timing: Timing::InAdvance,
        trial_days: 0,
        fee: None,
    };
}

/// The longest trial, in days.
pub const LONGEST_TRIAL_DAYS: u16 = 366;

/// Whether a plan is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanStatus {
    /// It can be sold.
    Offered,
    /// It is kept for those who have it.
    Retired,
}

/// What is needed to define a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPlan {
    /// The id it will have.
    pub id: PlanId,
    /// What people call it; unique among offered plans.
    pub name: Name,
    /// What one interval costs for one unit, above zero for a subscription, zero or more for the others.
    pub price: Money,
    /// How long one interval is; days, weeks or months but for vouchers.
    pub interval: Interval,
    /// What the router allows; of an add-on, nothing.
    pub profile: ProfileId,
    /// How it is sold.
    pub sold_as: SoldAs,
    /// How it is charged; vouchers are paid when they are sold.
    pub charging: Charging,
}

/// The stored form of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanSnapshot {
    /// What it was defined with.
    pub defined: NewPlan,
    /// Its tax category; the usual one of the entity if it has none.
    pub tax_category: Option<TaxCode>,
    /// Whether it is sold.
    pub status: PlanStatus,
    /// The stored version; 0 for one that was never saved.
    pub version: i64,
}

/// A plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    data: PlanSnapshot,
    events: Vec<BillingEvent>,
}

/// A plan that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPlan {
    /// A fee that is none, negative or beyond [`MOST_MINOR`].
    #[error("fee must be above zero and at most {MOST_MINOR} minor units, not {fee}")]
    Fee {
        /// What was asked for.
        fee: Money,
    },
    /// A trial beyond [`LONGEST_TRIAL_DAYS`].
    #[error("a trial is at most {LONGEST_TRIAL_DAYS} days long, not {days}")]
    Trial {
        /// What was asked for.
        days: u16,
    },
    /// A trial of something that is no subscription, or a voucher that is not simply paid.
    #[error(
        "only subscriptions that are not prepaid have a trial, and vouchers neither a fee nor arrears"
    )]
    Charging,
    /// Free, negative or beyond [`MOST_MINOR`].
    #[error(
        "price must be above zero for a subscription, not negative for vouchers, and at most {MOST_MINOR} minor units"
    )]
    Price,
    /// A subscription by the hour.
    #[error("interval of a subscription or an add-on must be in days, weeks or months")]
    Interval,
    /// A tax category that the entity does not have.
    #[error("the legal entity has no such tax category")]
    TaxCategory,
    /// Another currency than the entity's.
    #[error("price must be in the currency of the legal entity")]
    Currency,
}

impl NewPlan {
    fn check_charging(&self) -> Result<(), BadPlan> {
        let it = self.charging;
        if let Some(fee) = it.fee {
            if !(1..=MOST_MINOR).contains(&fee.minor()) {
                return Err(BadPlan::Fee { fee });
            }
            if fee.currency() != self.price.currency() {
                return Err(BadPlan::Currency);
            }
        }
        if it.trial_days > LONGEST_TRIAL_DAYS {
            return Err(BadPlan::Trial {
                days: it.trial_days,
            });
        }
        match self.sold_as {
            SoldAs::AddOn if it.trial_days > 0 => Err(BadPlan::Charging),
            // A free beginning is a renewal that somebody gives away.
            SoldAs::Subscription if it.timing == Timing::Prepaid && it.trial_days > 0 => {
                Err(BadPlan::Charging)
            }
            SoldAs::Voucher if it != Charging::AHEAD => Err(BadPlan::Charging),
            SoldAs::Subscription | SoldAs::Voucher | SoldAs::AddOn => Ok(()),
        }
    }
}

impl Plan {
    /// Defines a plan.
    ///
    /// # Errors
    /// [`BadPlan`] names the rule that is broken.
    pub fn define(new: NewPlan) -> Result<Self, BadPlan> {
        let subscription = new.sold_as == SoldAs::Subscription;
        let outside = !(0..=MOST_MINOR).contains(&new.price.minor());
        if outside || (subscription && new.price.is_zero()) {
            return Err(BadPlan::Price);
        }
        if new.sold_as != SoldAs::Voucher && !new.interval.is_calendar() {
            return Err(BadPlan::Interval);
        }
        new.check_charging()?;
        let event = BillingEvent::PlanDefined {
            plan: new.id,
            price: new.price,
        };
        let data = PlanSnapshot {
            defined: new,
            tax_category: None,
            status: PlanStatus::Offered,
            version: 0,
        };
        Ok(Self {
            data,
            events: vec![event],
        })
    }

    /// Brings a stored plan back.
    #[must_use]
    pub const fn restore(data: PlanSnapshot) -> Self {
        Self {
            data,
            events: Vec::new(),
        }
    }

    /// The form to store.
    #[must_use]
    pub fn snapshot(&self) -> PlanSnapshot {
        self.data.clone()
    }

    /// Taxes it like this from the next invoice on; returns whether that is news.
    pub fn tax_as(&mut self, category: Option<TaxCode>) -> bool {
        if self.data.tax_category == category {
            return false;
        }
        self.events.push(BillingEvent::PlanTaxed {
            plan: self.data.defined.id,
            category: category.as_ref().map(ToString::to_string),
        });
        self.data.tax_category = category;
        true
    }

    /// Stops selling it; twice is harmless.
    pub fn retire(&mut self) {
        if self.data.status == PlanStatus::Offered {
            self.data.status = PlanStatus::Retired;
            self.events.push(BillingEvent::PlanRetired {
                plan: self.data.defined.id,
            });
        }
    }

    /// What it was defined with.
    #[must_use]
    pub const fn defined(&self) -> &NewPlan {
        &self.data.defined
    }

    /// Whether it is sold.
    #[must_use]
    pub fn is_offered(&self) -> bool {
        self.data.status == PlanStatus::Offered
    }

    /// The events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<BillingEvent> {
        std::mem::take(&mut self.events)
    }

    /// For the store: the version that was written.
    pub const fn saved_as(&mut self, version: i64) {
        self.data.version = version;
    }
}

#[cfg(test)]
mod tests;
