//! Money that fits no account: it waits until somebody says whose it is, or gives it back.
//!
//! Payers type account numbers wrong, and some type none. The money is in hand all the same: it stands in the suspense
//! account of the books, and once it is somebody's it becomes a payment like any other.

use kernel::{AccountId, EntityId, Id, Kind, Money, PaymentId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::events::BillingEvent;
use crate::payment::{
    BadPayment, PaymentMethod, PaymentRefusal, check_amount, check_received_at, reason_of, usable,
};

/// Marks the id of money that fits no account.
#[derive(Debug)]
pub enum UnmatchedKind {}

impl Kind for UnmatchedKind {
    const PREFIX: &'static str = "unm";
    const NAME: &'static str = "unmatched payment";
}

/// The id of money that fits no account.
pub type UnmatchedId = Id<UnmatchedKind>;

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnmatchedState {
    /// Nobody knows whose it is.
    Open,
    /// It is a payment of an account.
    Allocated {
        /// Whose.
        account: AccountId,
        /// Which.
        payment: PaymentId,
    },
    /// It went back to whoever sent it.
    Returned {
        /// Why, in somebody's words.
        reason: String,
    },
}

/// What became of it, as people look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnmatchedStatus {
    /// Nobody knows whose it is.
    Open,
    /// It is a payment of an account.
    Allocated,
    /// It went back.
    Returned,
}

impl UnmatchedStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Open, Self::Allocated, Self::Returned];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Allocated => "allocated",
            Self::Returned => "returned",
        }
    }

    /// The status with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

impl UnmatchedState {
    /// What became of it, without its data.
    #[must_use]
    pub const fn status(&self) -> UnmatchedStatus {
        match self {
            Self::Open => UnmatchedStatus::Open,
            Self::Allocated { .. } => UnmatchedStatus::Allocated,
            Self::Returned { .. } => UnmatchedStatus::Returned,
        }
    }
}

/// The stored form of money that fits no account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmatchedSnapshot {
    /// The money.
    pub id: UnmatchedId,
    /// In whose books it stands.
    pub entity: EntityId,
    /// How much.
    pub amount: Money,
    /// How it came in.
    pub method: PaymentMethod,
    /// What the payer or provider calls it; unique per method.
    pub reference: Option<String>,
    /// Who sent it, as far as the provider tells.
    pub payer: Option<String>,
    /// What the payer wrote, an account number with a slip perhaps.
    pub note: Option<String>,
    /// When it came in.
    pub received_at: Timestamp,
    /// What became of it.
    pub state: UnmatchedState,
    /// The stored version; 0 for one that was never saved.
    pub version: i64,
}

/// What is needed to take money that fits no account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUnmatched {
    /// The id it will have: the same id again is the same money.
    pub id: UnmatchedId,
    /// In whose books it stands.
    pub entity: EntityId,
    /// How much, above zero.
    pub amount: Money,
    /// How it came in.
    pub method: PaymentMethod,
    /// What the payer or provider calls it, 1 to 80 characters.
    pub reference: Option<String>,
    /// Who sent it, 1 to 80 characters.
    pub payer: Option<String>,
    /// What the payer wrote, 1 to 80 characters.
    pub note: Option<String>,
    /// When it came in.
    pub received_at: Timestamp,
}

/// Why nothing became of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnmatchedRefusal {
    /// Something else became of it.
    #[error("it is {} already", .0.as_str())]
    NotOpen(UnmatchedStatus),
    /// The account has another currency.
    #[error("it is in {money}, the account in {account}")]
    Currency {
        /// What came in.
        money: kernel::Currency,
        /// What the account is in.
        account: kernel::Currency,
    },
    /// Nobody could tell later why it was done.
    #[error(transparent)]
    Reason(PaymentRefusal),
}

/// Money that fits no account.
#[derive(Debug, Clone, PartialEq)]
pub struct Unmatched {
    data: UnmatchedSnapshot,
    events: Vec<BillingEvent>,
}

impl Unmatched {
    /// Takes money that fits no account.
    ///
    /// # Errors
    /// [`BadPayment`] names the rule that is broken.
    pub fn receive(new: NewUnmatched, now: Timestamp) -> Result<Self, BadPayment> {
        check_amount(new.amount)?;
        check_received_at(new.received_at, now)?;
        let named = |text: Option<String>, refusal| {
            let text = text.map(|it| usable(&it)).transpose();
            text.map_err(|()| refusal)
        };
        let data = UnmatchedSnapshot {
            id: new.id,
            entity: new.entity,
            amount: new.amount,
            method: new.method,
            reference: named(new.reference, BadPayment::Reference)?,
            payer: named(new.payer, BadPayment::Payer)?,
            note: named(new.note, BadPayment::Note)?,
            received_at: new.received_at,
            state: UnmatchedState::Open,
            version: 0,
        };
        let event = BillingEvent::UnmatchedReceived {
            unmatched: data.id,
            amount: data.amount,
        };
        Ok(Self {
            data,
            events: vec![event],
        })
    }

    /// Brings stored money back.
    #[must_use]
    pub const fn restore(data: UnmatchedSnapshot) -> Self {
        Self {
            data,
            events: Vec::new(),
        }
    }

    /// The form to store.
    #[must_use]
    pub fn snapshot(&self) -> UnmatchedSnapshot {
        self.data.clone()
    }

    /// It is a payment of an account from now on.
    ///
    /// # Errors
    /// [`UnmatchedRefusal::NotOpen`] if something became of it before.
    pub fn allocate(
        &mut self,
        account: AccountId,
        payment: PaymentId,
    ) -> Result<(), UnmatchedRefusal> {
        self.must_be_open()?;
        self.data.state = UnmatchedState::Allocated { account, payment };
        self.events.push(BillingEvent::UnmatchedAllocated {
            unmatched: self.data.id,
            account,
            payment,
        });
        Ok(())
    }

    /// It went back to whoever sent it, for 1 to 300 characters of reason, in another way than it came if one is named. Returns
    /// whether this was news.
    ///
    /// # Errors
    /// [`UnmatchedRefusal`] if something else became of it before, or for a reason that is none.
    pub fn give_back(
        &mut self,
        reason: &str,
        paid_out_as: Option<PaymentMethod>,
    ) -> Result<bool, UnmatchedRefusal> {
        let reason = reason_of(reason).map_err(UnmatchedRefusal::Reason)?;
        if self.data.state.status() == UnmatchedStatus::Returned {
            return Ok(false);
        }
        self.must_be_open()?;
        self.events.push(BillingEvent::UnmatchedReturned {
            unmatched: self.data.id,
            amount: self.data.amount,
            reason: reason.clone(),
            paid_out_as,
        });
        self.data.state = UnmatchedState::Returned { reason };
        Ok(true)
    }

    /// What became of it.
    #[must_use]
    pub const fn state(&self) -> &UnmatchedState {
        &self.data.state
    }

    /// How much.
    #[must_use]
    pub const fn amount(&self) -> Money {
        self.data.amount
    }

    /// The money.
    #[must_use]
    pub const fn id(&self) -> UnmatchedId {
        self.data.id
    }

    /// The events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<BillingEvent> {
        std::mem::take(&mut self.events)
    }

    /// For the store: the version that was written.
    pub const fn saved_as(&mut self, version: i64) {
        self.data.version = version;
    }

    const fn must_be_open(&self) -> Result<(), UnmatchedRefusal> {
        match self.data.state.status() {
            UnmatchedStatus::Open => Ok(()),
            other => Err(UnmatchedRefusal::NotOpen(other)),
        }
    }
}

#[cfg(test)]
mod tests;
