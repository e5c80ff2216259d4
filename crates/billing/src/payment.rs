//! A payment: money received, and what it paid.

mod life;
mod released;
mod returns;

use kernel::{AccountId, Money, MoneyError, PaymentId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::allocation::Allocation;
use crate::events::BillingEvent;
use crate::rounding::MOST_MINOR;

pub use life::{
    Heard, PaymentLife, PaymentRefusal, PaymentStatus, RefundId, RefundKind, RefundMade,
};
pub use returns::{GivenBack, Return, ReturnKind};

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
    /// How much came in.
    pub amount: Money,
    /// How.
    pub method: PaymentMethod,
    /// What the payer or provider calls it; unique per method.
    pub reference: Option<String>,
    /// When it came in.
    pub received_at: Timestamp,
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
}

impl Payment {
    /// Records money that came in, all of it still unallocated.
    ///
    /// # Errors
    /// [`BadPayment`] names the rule that is broken.
    pub fn record(new: NewPayment, now: Timestamp) -> Result<Self, BadPayment> {
        if !(1..=MOST_MINOR).contains(&new.amount.minor()) {
            return Err(BadPayment::Amount);
        }
        if new.received_at > now.plus(chrono::Duration::minutes(5)) {
            return Err(BadPayment::ReceivedAt);
        }
        let reference = new.reference.as_deref().map(str::trim);
        let usable =
            |it: &str| (1..=80).contains(&it.chars().count()) && !it.chars().any(char::is_control);
        if reference.is_some_and(|it| !usable(it)) {
            return Err(BadPayment::Reference);
        }
        let data = PaymentSnapshot {
            id: new.id,
            account: new.account,
            amount: new.amount,
            method: new.method,
            reference: new.reference.map(|it| it.trim().to_owned()),
            received_at: new.received_at,
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

    /// What pays nothing and did not go back.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub fn unallocated(&self) -> Result<Money, MoneyError> {
        let used = self.data.allocations.iter().map(|it| it.amount);
        let used = Money::sum(self.data.amount.currency(), used)?;
        self.received()?.checked_sub(used)
    }

    /// Uses a part of it for invoices; on a new payment this is what it was received for.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] for more than is left.
    pub fn use_for(&mut self, allocations: &[Allocation]) -> Result<(), MoneyError> {
        let used = allocations.iter().map(|it| it.amount);
        let used = Money::sum(self.data.amount.currency(), used)?;
        let left = self.unallocated()?.checked_sub(used)?;
        if left.is_negative() {
            return Err(MoneyError::Overflow);
        }
        self.data.allocations.extend_from_slice(allocations);
        if self.data.version == 0 {
            self.events.push(BillingEvent::PaymentRecorded {
                payment: self.data.id,
                account: self.data.account,
                amount: self.data.amount,
                unallocated: left,
            });
            return Ok(());
        }
        let used = allocations.iter().map(|it| BillingEvent::CreditUsed {
            payment: self.data.id,
            invoice: it.invoice,
            amount: it.amount,
        });
        self.events.extend(used);
        Ok(())
    }

    /// Whose debt it pays.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.data.account
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

#[cfg(test)]
mod tests;
