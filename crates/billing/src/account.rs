//! A billing account: what one customer owes one legal entity.

mod discounts;

use kernel::{AccountId, Currency, CustomerId, EntityId};

use crate::events::BillingEvent;
use crate::overdue::Level;

pub use discounts::{AgreedDiscount, BadAgreement, MOST_DISCOUNTS};

/// The stored form of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSnapshot {
    /// The account.
    pub id: AccountId,
    /// Whose it is.
    pub customer: CustomerId,
    /// Whom it owes.
    pub entity: EntityId,
    /// In what.
    pub currency: Currency,
    /// How far behind it was when last evaluated.
    pub level: Level,
    /// Why nothing happens to it however late it pays, if an operator said so.
    pub hold: Option<String>,
    /// Why billing has stopped for it, if it has.
    pub parked: Option<String>,
    /// Every discount that was ever agreed, the earliest first.
    pub discounts: Vec<AgreedDiscount>,
    /// The stored version; 0 for one that was never saved.
    pub version: i64,
}

/// A billing account. Its row is locked first by every transaction that touches its money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    data: AccountSnapshot,
    events: Vec<BillingEvent>,
}

/// Why an account is not held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHold {
    /// An unusable reason.
    #[error(
        "the reason of a hold must be 1 to 200 characters without control characters, not {length}"
    )]
    Reason {
        /// How many characters it has.
        length: usize,
    },
    /// It is held for another reason: lift that hold first.
    #[error("the account is held already: {0}")]
    Held(String),
}

impl Account {
    /// Opens an account.
    #[must_use]
    pub fn open(id: AccountId, customer: CustomerId, entity: EntityId, currency: Currency) -> Self {
        let data = AccountSnapshot {
            id,
            customer,
            entity,
            currency,
            level: Level::Clear,
            hold: None,
            parked: None,
            discounts: Vec::new(),
            version: 0,
        };
        let event = BillingEvent::AccountOpened {
            account: id,
            customer,
            currency,
        };
        Self {
            data,
            events: vec![event],
        }
    }

    /// Brings a stored account back.
    #[must_use]
    pub const fn restore(data: AccountSnapshot) -> Self {
        Self {
            data,
            events: Vec::new(),
        }
    }

    /// The form to store.
    #[must_use]
    pub fn snapshot(&self) -> AccountSnapshot {
        self.data.clone()
    }

    /// Takes the level it has now; returns whether that is news.
    pub fn reach(&mut self, level: Level) -> bool {
        let before = self.data.level;
        if before == level {
            return false;
        }
        self.data.level = level;
        self.events.push(BillingEvent::LevelChanged {
            account: self.data.id,
            before,
            level,
        });
        true
    }

    /// Keeps every consequence of debt away until the hold is lifted; returns whether that is news.
    ///
    /// # Errors
    /// [`BadHold`] for an unusable reason, or another hold that was placed before.
    pub fn place_hold(&mut self, reason: &str) -> Result<bool, BadHold> {
        let reason = reason.trim();
        let length = reason.chars().count();
        if !(1..=200).contains(&length) || reason.chars().any(char::is_control) {
            return Err(BadHold::Reason { length });
        }
        match &self.data.hold {
            Some(known) if known == reason => return Ok(false),
            Some(known) => return Err(BadHold::Held(known.clone())),
            None => {}
        }
        self.data.hold = Some(reason.to_owned());
        self.events.push(BillingEvent::HoldPlaced {
            account: self.data.id,
            reason: reason.to_owned(),
            until: None,
        });
        Ok(true)
    }

    /// Treats it like any other account again; returns whether that is news.
    pub fn lift_hold(&mut self) -> bool {
        let was_held = self.data.hold.take().is_some();
        if was_held {
            let account = self.data.id;
            self.events.push(BillingEvent::HoldLifted { account });
        }
        was_held
    }

    /// Stops billing until a person has looked at it; returns whether that is news.
    pub fn park(&mut self, reason: &str) -> bool {
        if self.data.parked.is_some() {
            return false;
        }
        self.data.parked = Some(reason.to_owned());
        let reason = reason.to_owned();
        self.events.push(BillingEvent::AccountParked {
            account: self.data.id,
            reason,
        });
        true
    }

    /// The account.
    #[must_use]
    pub const fn id(&self) -> AccountId {
        self.data.id
    }

    /// Whom it owes.
    #[must_use]
    pub const fn entity(&self) -> EntityId {
        self.data.entity
    }

    /// In what.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.data.currency
    }

    /// How far behind it was when last evaluated.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.data.level
    }

    /// Whether an operator holds consequences back.
    #[must_use]
    pub const fn is_held(&self) -> bool {
        self.data.hold.is_some()
    }

    /// Whether billing has stopped for it.
    #[must_use]
    pub const fn is_parked(&self) -> bool {
        self.data.parked.is_some()
    }

    /// The stored version; it grows with every save and with every transaction that has had the account locked.
    #[must_use]
    pub const fn version(&self) -> i64 {
        self.data.version
    }

    /// Why billing has stopped for it, if it has.
    #[must_use]
    pub fn parked(&self) -> Option<&str> {
        self.data.parked.as_deref()
    }

    /// Lets billing go on after a person has looked at it; returns whether that is news.
    pub fn release(&mut self) -> bool {
        let Some(reason) = self.data.parked.take() else {
            return false;
        };
        let account = self.data.id;
        self.events
            .push(BillingEvent::AccountReleased { account, reason });
        true
    }

    /// Whether something happened to it since it was loaded or saved.
    #[must_use]
    pub const fn has_news(&self) -> bool {
        !self.events.is_empty()
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
