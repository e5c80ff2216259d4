//! A plan: a price, an interval and the service profile it buys.

use kernel::{Money, Name, PlanId, ProfileId};
use serde::{Deserialize, Serialize};

use crate::entity::TaxCode;
use crate::events::BillingEvent;
use crate::interval::Interval;
use crate::rounding::MOST_MINOR;

/// How a plan is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SoldAs {
    /// As a subscription that is invoiced again and again.
    Subscription,
    /// As vouchers.
    Voucher,
}

impl SoldAs {
    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subscription => "subscription",
            Self::Voucher => "voucher",
        }
    }

    /// The way with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Subscription, Self::Voucher]
            .into_iter()
            .find(|it| it.as_str() == word)
    }
}

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
    /// What one interval costs, above zero for a subscription, zero or more for vouchers.
    pub price: Money,
    /// How long one interval is; days, weeks or months for a subscription.
    pub interval: Interval,
    /// What the router allows.
    pub profile: ProfileId,
    /// How it is sold.
    pub sold_as: SoldAs,
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
    /// Free, negative or beyond [`MOST_MINOR`].
    #[error(
        "price must be above zero for a subscription, not negative for vouchers, and at most {MOST_MINOR} minor units"
    )]
    Price,
    /// A subscription by the hour.
    #[error("interval of a subscription must be in days, weeks or months")]
    Interval,
    /// A tax category that the entity does not have.
    #[error("the legal entity has no such tax category")]
    TaxCategory,
    /// Another currency than the entity's.
    #[error("price must be in the currency of the legal entity")]
    Currency,
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
        if subscription && !new.interval.is_calendar() {
            return Err(BadPlan::Interval);
        }
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

    /// Whether it can be sold as a subscription.
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
