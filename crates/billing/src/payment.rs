//! A payment: money received or asked for, what it paid, and what went back of it.

mod life;
mod released;
mod returns;
mod uses;

use kernel::{AccountId, Money, PaymentId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::allocation::Allocation;
use crate::events::BillingEvent;
use crate::rounding::MOST_MINOR;

pub use life::{
    Ask, Heard, NewRequest, PaymentRefusal, PaymentState, PaymentStatus, ProviderPaid, ToldLate,
    ToldWhat,
};
pub(crate) use returns::reason_of;
pub use returns::{GivenBack, RefundId, RefundKind, Return, ReturnKind};

/// How money came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    /// Notes and coins.
    Cash,
    /// M-Pesa, GoPay, GCash and their like.
    MobileMoney,
    /// A card.
    Card,
    /// A transfer between banks.
    BankTransfer,
}

impl PaymentMethod {
    /// Every method.
    pub const ALL: [Self; 4] = [
        Self::Cash,
        Self::MobileMoney,
        Self::Card,
        Self::BankTransfer,
    ];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::MobileMoney => "mobile_money",
            Self::Card => "card",
            Self::BankTransfer => "bank_transfer",
        }
    }

    /// The method with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// The stored form of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentSnapshot {
    /// The payment.
    pub id: PaymentId,
    /// Whose debt it pays.
    pub account: AccountId,
    /// How much came in; while nothing did, how much was asked for.
    pub amount: Money,
    /// How.
    pub method: PaymentMethod,
    /// What the payer or provider calls it; unique per method, and known once it is settled.
    pub reference: Option<String>,
    /// When it came in; while it did not, when it was asked for.
    pub received_at: Timestamp,
    /// How far it has come, but for reversals, which are among its returns.
    pub state: PaymentState,
    /// What a provider was asked for; nothing where the money was recorded as it lay there.
    pub ask: Option<Ask>,
    /// What the provider paid out, if in another currency: a fact that is kept, not converted (billing.md, invariant 6).
    pub settled_as: Option<Money>,
    /// What was told after it had resolved otherwise.
    pub told_late: Vec<ToldLate>,
    /// What it paid, in the order it was used; below zero where it was taken off again.
    pub allocations: Vec<Allocation>,
    /// What went back of it, in order.
    pub returns: Vec<Return>,
    /// The stored version; 0 for one that was never saved.
    pub version: i64,
}

/// A payment.
#[derive(Debug, Clone, PartialEq)]
pub struct Payment {
    data: PaymentSnapshot,
    events: Vec<BillingEvent>,
}

/// What is needed to record a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayment {
    /// The id it will have: the same id again is the same payment.
    pub id: PaymentId,
    /// Whose debt it pays.
    pub account: AccountId,
    /// How much came in, above zero.
    pub amount: Money,
    /// How.
    pub method: PaymentMethod,
    /// What the payer or provider calls it, 1 to 80 characters.
    pub reference: Option<String>,
    /// When it came in.
    pub received_at: Timestamp,
}

/// A payment that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPayment {
    /// Nothing or less, or beyond [`MOST_MINOR`].
    #[error("amount must be above zero and at most {MOST_MINOR} minor units")]
    Amount,
    /// Another currency than the account's.
    #[error("amount must be in the currency of the account")]
    Currency,
    /// An unusable reference.
    #[error("reference must be 1 to 80 characters without control characters")]
    Reference,
    /// Received in the future.
    #[error("received_at must not lie ahead")]
    ReceivedAt,
    /// A provider, or what it is asked under, that is not usable.
    #[error("provider and asked_as must be 1 to 80 characters without control characters")]
    Provider,
    /// An unusable name of whoever sent it.
    #[error("payer must be 1 to 80 characters without control characters")]
    Payer,
    /// Unusable words of whoever sent it.
    #[error("note must be 1 to 80 characters without control characters")]
    Note,
    /// Nobody could pay it in time.
    #[error("expires_at must lie ahead")]
    ExpiresAt,
}

impl Payment {
    /// Records money that came in, all of it still unallocated.
    ///
    /// # Errors
    /// [`BadPayment`] names the rule that is broken.
    pub fn record(new: NewPayment, now: Timestamp) -> Result<Self, BadPayment> {
        check_amount(new.amount)?;
        check_received_at(new.received_at, now)?;
        let reference = new.reference.map(|it| usable(&it)).transpose();
        let data = PaymentSnapshot {
            id: new.id,
            account: new.account,
            amount: new.amount,
            method: new.method,
            reference: reference.map_err(|()| BadPayment::Reference)?,
            received_at: new.received_at,
            state: PaymentState::Settled,
            ask: None,
            settled_as: None,
            told_late: Vec::new(),
            allocations: Vec::new(),
            returns: Vec::new(),
            version: 0,
        };
        Ok(Self {
            data,
            events: Vec::new(),
        })
    }

    /// Brings a stored payment back.
    #[must_use]
    pub const fn restore(data: PaymentSnapshot) -> Self {
        Self {
            data,
            events: Vec::new(),
        }
    }

    /// The form to store.
    #[must_use]
    pub fn snapshot(&self) -> PaymentSnapshot {
        self.data.clone()
    }

    /// Whose debt it pays.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.data.account
    }

    /// How it came in.
    #[must_use]
    pub const fn method(&self) -> PaymentMethod {
        self.data.method
    }

    /// Whether something happened to it since it was loaded or saved.
    #[must_use]
    pub const fn has_news(&self) -> bool {
        !self.events.is_empty()
    }

    /// When it came in.
    #[must_use]
    pub const fn received_at(&self) -> Timestamp {
        self.data.received_at
    }

    /// The payment.
    #[must_use]
    pub const fn id(&self) -> PaymentId {
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
}

/// What money must be to be a payment.
pub(crate) fn check_amount(amount: Money) -> Result<(), BadPayment> {
    match (1..=MOST_MINOR).contains(&amount.minor()) {
        true => Ok(()),
        false => Err(BadPayment::Amount),
    }
}

/// Clocks of cashiers and providers may run ahead by five minutes.
pub(crate) fn check_received_at(at: Timestamp, now: Timestamp) -> Result<(), BadPayment> {
    match at > now.plus(chrono::Duration::minutes(5)) {
        true => Err(BadPayment::ReceivedAt),
        false => Ok(()),
    }
}

/// A name of 1 to 80 characters without control characters, trimmed.
pub(crate) fn usable(name: &str) -> Result<String, ()> {
    let name = name.trim();
    let fits = (1..=80).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    match fits {
        true => Ok(name.to_owned()),
        false => Err(()),
    }
}

#[cfg(test)]
mod tests;
