//! What a provider says of a payment, and what can go wrong with asking.

use kernel::{Money, Timestamp};

use super::reference::{OrderReference, ProviderReference};

/// Money that arrived at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The provider's id of the transaction: the same money is credited once, by this (messaging-payments.md, 0.4).
    pub transaction: String,
    /// How much came, which may be more or less than was asked for.
    pub amount: Money,
    /// How much of it was given back since.
    pub refunded: Money,
    /// When, if the provider says it.
    pub at: Option<Timestamp>,
}

/// What became of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderStatus {
    /// Nobody knows yet.
    Pending,
    /// The provider holds it back until somebody there has looked at it.
    Review,
    /// The money is there.
    Paid(Received),
    /// No money came.
    Failed {
        /// Why, in the provider's words.
        reason: String,
    },
    /// Nobody paid in time.
    Expired,
    /// It was called off.
    Cancelled,
    /// The money was there and was taken back by the payer's bank.
    ChargedBack(Received),
    /// The payer's bank took a part of the money back, and the provider does not say how much.
    PartlyChargedBack(Received),
}

/// How far a provider has come with giving money back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundProgress {
    /// It went back.
    Done,
    /// The provider has taken it on, and may still fail.
    Pending,
    /// It did not go back, and will not.
    Failed {
        /// Why, in the provider's words.
        reason: String,
    },
}

/// A payment as its provider knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderPayment {
    /// The provider's name for it.
    pub reference: ProviderReference,
    /// Our name for it; `None` if it was not begun here.
    pub order: Option<OrderReference>,
    /// How much was asked for.
    pub asked: Money,
    /// What became of it.
    pub status: ProviderStatus,
}

/// Why a provider will not do something, whenever it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The key is wrong or has too few rights: nothing works until somebody changes it.
    Credentials,
    /// It does not know the payment.
    NotFound,
    /// It does not take this amount or currency.
    Amount,
    /// It had an order of this name before.
    Duplicate,
    /// The payment is past that.
    State,
    /// It cannot do such a thing at all.
    NotSupported,
    /// Anything else.
    Other,
}

/// What went wrong, by what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// Nothing happened; the same may pass later.
    #[error("the provider cannot do it now: {reason}")]
    Retry {
        /// Seconds to wait, if the provider says it.
        after_s: Option<u32>,
        /// In words, without secrets.
        reason: String,
    },
    /// Nothing happened, and the same will never pass.
    #[error("the provider refused: {message}")]
    Refused {
        /// By what can be done about it.
        refusal: Refusal,
        /// In words, the provider's own where it said something.
        message: String,
    },
    /// It may or may not have happened: ask before doing it again.
    #[error("nobody knows whether the provider did it: {reason}")]
    Unknown {
        /// In words, without secrets.
        reason: String,
    },
}

impl ProviderError {
    /// A refusal.
    pub fn refused(refusal: Refusal, message: impl Into<String>) -> Self {
        Self::Refused {
            refusal,
            message: message.into(),
        }
    }

    /// Why it was refused, if it was.
    #[must_use]
    pub const fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(*refusal),
            Self::Retry { .. } | Self::Unknown { .. } => None,
        }
    }
}
