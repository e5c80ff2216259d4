//! A billing account: what one customer owes one legal entity.

mod arrears;
mod discounts;
mod fees;

use kernel::{AccountId, Currency, CustomerId, EntityId, Timestamp};

pub use self::arrears::{ArrearsRefusal, Charge, ChargeReason, LONGEST_TERMS_DAYS, Verdict};
use crate::dunning::{Episode, Hold, NewProcedure, Procedure, ProcedureId, Promise, TakenStep};
use crate::events::BillingEvent;
use crate::overdue::Level;

pub use discounts::{AgreedDiscount, BadAgreement, MOST_DISCOUNTS};
pub use fees::{Fee, FeeState, WaiveRefusal, Waiver};

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
    /// Its own days from issue to due, if it has other terms than its entity.
    pub terms_days: Option<u16>,
    /// Why nothing happens to it however late it pays, and how long, if an operator said so.
    pub hold: Option<Hold>,
    /// What its customer has promised and not kept or broken yet.
    pub promise: Option<Promise>,
    /// Which steps were taken for its current debt.
    pub episode: Episode,
    /// Its own dunning procedure and the number of its definition, if it has another one than its entity.
    pub procedure: Option<Box<(NewProcedure, u64)>>,
    /// When time may change something about it next; never if absent.
    pub look_at: Option<Timestamp>,
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
    procedure: Option<Box<Procedure>>,
    events: Vec<BillingEvent>,
    taken: Vec<TakenStep>,
    charges: Vec<Charge>,
    waivers: Vec<Waiver>,
    changed: bool,
}

impl Account {
    /// Opens an account.
    #[must_use]
    pub fn open(id: AccountId, customer: CustomerId, entity: EntityId, currency: Currency) -> Self {
        let mut account = Self::restore(AccountSnapshot {
            id,
            customer,
            entity,
            currency,
            level: Level::Clear,
            terms_days: None,
            hold: None,
            promise: None,
            episode: Episode::default(),
            procedure: None,
            look_at: None,
            parked: None,
            discounts: Vec::new(),
            version: 0,
        });
        account.tell(BillingEvent::AccountOpened {
            account: id,
            customer,
            currency,
        });
        account
    }

    /// Brings a stored account back. An own procedure that could not have been defined counts as none.
    #[must_use]
    pub fn restore(data: AccountSnapshot) -> Self {
        let own = data.procedure.as_deref().cloned();
        let procedure = own.and_then(|(defined, version)| {
            Procedure::new(defined, ProcedureId::Account(version)).ok()
        });
        Self {
            data,
            procedure: procedure.map(Box::new),
            events: Vec::new(),
            taken: Vec::new(),
            charges: Vec::new(),
            waivers: Vec::new(),
            changed: false,
        }
    }

    /// The form to store.
    #[must_use]
    pub fn snapshot(&self) -> AccountSnapshot {
        self.data.clone()
    }

    fn tell(&mut self, event: BillingEvent) {
        self.events.push(event);
        self.changed = true;
    }

    /// Takes the level it has now; returns whether that is news.
    pub fn reach(&mut self, level: Level) -> bool {
        let before = self.data.level;
        if before == level {
            return false;
        }
        self.data.level = level;
        self.tell(BillingEvent::LevelChanged {
            account: self.data.id,
            before,
            level,
        });
        true
    }

    /// Says when time may change something about it next.
    pub fn look_again(&mut self, at: Option<Timestamp>) {
        self.changed |= self.data.look_at != at;
        self.data.look_at = at;
    }

    /// Stops billing until a person has looked at it; returns whether that is news.
    pub fn park(&mut self, reason: &str) -> bool {
        if self.data.parked.is_some() {
            return false;
        }
        self.data.parked = Some(reason.to_owned());
        let reason = reason.to_owned();
        self.tell(BillingEvent::AccountParked {
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

    /// Its own days from issue to due, if it has other terms than its entity.
    #[must_use]
    pub const fn terms_days(&self) -> Option<u16> {
        self.data.terms_days
    }

    /// Its own dunning procedure, if it has another one than its entity.
    #[must_use]
    pub fn procedure(&self) -> Option<&Procedure> {
        self.procedure.as_deref()
    }

    /// The hold, whether it still counts or not.
    #[must_use]
    pub const fn hold(&self) -> Option<&Hold> {
        self.data.hold.as_ref()
    }

    /// The promise that was neither kept nor broken yet, if any.
    #[must_use]
    pub const fn promise(&self) -> Option<&Promise> {
        self.data.promise.as_ref()
    }

    /// Which steps were taken for its current debt.
    #[must_use]
    pub const fn episode(&self) -> &Episode {
        &self.data.episode
    }

    /// When time may change something about it next; never if absent.
    #[must_use]
    pub const fn look_at(&self) -> Option<Timestamp> {
        self.data.look_at
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
        self.tell(BillingEvent::AccountReleased { account, reason });
        true
    }

    /// Whether it is not as it was loaded or saved.
    #[must_use]
    pub const fn has_changed(&self) -> bool {
        self.changed
    }

    /// Whether it is as `before`, but for when to look at it next.
    #[must_use]
    pub fn differs_in_look_alone(&self, before: &AccountSnapshot) -> bool {
        let mut after = self.snapshot();
        after.look_at = before.look_at;
        after == *before && self.events.is_empty()
    }

    /// The events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<BillingEvent> {
        std::mem::take(&mut self.events)
    }

    /// The dunning steps taken since the last call, for the store to write along with it.
    pub fn take_steps(&mut self) -> Vec<TakenStep> {
        std::mem::take(&mut self.taken)
    }

    /// The charges made since the last call, for the store to write along with it.
    pub fn take_charges(&mut self) -> Vec<Charge> {
        std::mem::take(&mut self.charges)
    }

    /// Follows the stored version, which has grown by locking it alone.
    pub(crate) const fn locked_as(&mut self, version: i64) {
        self.data.version = version;
    }

    /// For the store: the version that was written.
    pub const fn saved_as(&mut self, version: i64) {
        self.data.version = version;
        self.changed = false;
    }
}

#[cfg(test)]
mod tests;
