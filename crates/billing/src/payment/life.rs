//! The life of a payment: pending at a provider, then settled or not, perhaps reversed.
//!
//! What providers tell comes twice, late and out of order. A payment resolves once: whatever is told after that is kept and
//! changes nothing (billing.md, invariants 29 and 30), but for money that comes after it failed or expired, which is money
//! all the same.

use kernel::{AccountId, InvoiceId, Money, PaymentId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{BadPayment, Payment, PaymentMethod, PaymentSnapshot, RefundId, check_amount, usable};
use crate::books::RefundRefusal;
use crate::events::BillingEvent;

/// How far a payment has come, but for reversals, which are among its returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentState {
    /// Asked for; nobody knows yet.
    Pending,
    /// The money was received.
    Settled,
    /// No money came.
    Failed {
        /// Why, in the provider's words.
        reason: String,
    },
    /// Nobody paid in time.
    Expired,
}

/// How far a payment has come, as people look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Asked for; nobody knows yet.
    Pending,
    /// The money is here.
    Settled,
    /// The provider took the money back.
    Reversed,
    /// No money came.
    Failed,
    /// Nobody paid in time.
    Expired,
}

impl PaymentStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Settled,
        Self::Reversed,
        Self::Failed,
        Self::Expired,
    ];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Settled => "settled",
            Self::Reversed => "reversed",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }

    /// The status with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// What a provider was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Whose account at which provider, 1 to 80 characters.
    pub provider: String,
    /// What the payment is called there before there is money, 1 to 80 characters; unique per provider.
    pub asked_as: String,
    /// How much was asked for; what came may be another amount.
    pub amount: Money,
    /// From when on nobody can pay it any more.
    pub expires_at: Option<Timestamp>,
    /// The invoice that it pays before all others.
    pub meant_for: Option<InvoiceId>,
}

/// What is needed to ask a provider for money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// The id the payment will have.
    pub id: PaymentId,
    /// Whose debt it is to pay.
    pub account: AccountId,
    /// How.
    pub method: PaymentMethod,
    /// What is asked for, and of whom.
    pub ask: Ask,
}

/// Money that a provider says is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderPaid {
    /// What the provider calls it, 1 to 80 characters.
    pub reference: String,
    /// How much, in the currency that was asked for: less or more than that is taken as it is.
    pub amount: Money,
    /// What the provider pays out, if in another currency.
    pub settled_as: Option<Money>,
    /// When it came in.
    pub at: Timestamp,
}

/// What a provider's message did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Heard {
    /// It changed the payment.
    News,
    /// It was told before.
    Known,
    /// The payment had resolved otherwise: a person should look.
    TooLate,
}

/// What a provider says has become of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToldWhat {
    /// The money is here.
    Settled,
    /// No money comes.
    Failed,
    /// Nobody paid in time.
    Expired,
}

impl ToldWhat {
    /// The word it is shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}

/// Something that was told after the payment had resolved otherwise. Only money that comes after failing or expiring counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldLate {
    /// What was told.
    pub told: ToldWhat,
    /// What the payment was then.
    pub was: PaymentStatus,
}

/// Why a payment does not change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaymentRefusal {
    /// Nobody knows yet whether the money comes: no second charge is tried (billing.md, invariant 30).
    #[error("the payment is still pending: another charge could be paid twice")]
    StillPending,
    /// It is not in the state this needs.
    #[error("a {status} payment cannot be {wanted}")]
    Status {
        /// The state it is in.
        status: &'static str,
        /// What was wanted.
        wanted: &'static str,
    },
    /// Settled under another reference before: two payments are being taken for one.
    #[error("the payment was settled as {known}, not as {told}")]
    OtherReference {
        /// The reference it was settled under.
        known: String,
        /// The reference that was told.
        told: String,
    },
    /// What came is no money of this payment.
    #[error(transparent)]
    Bad(#[from] BadPayment),
    /// The id of the refund belongs to another one.
    #[error("refund {0} was asked for with other content")]
    OtherContent(RefundId),
    /// Nobody could tell later why it was done.
    #[error("reason must be 1 to 300 characters without control characters")]
    Reason,
    /// More than the payment has.
    #[error("only {left} of the payment can be used there, not {asked}")]
    NotLeft {
        /// What can be used.
        left: Money,
        /// What was asked for.
        asked: Money,
    },
    /// Nobody can take cash out of a till from afar.
    #[error("cash is refunded, not reversed: what leaves the till is counted then")]
    CashIsRefunded,
    /// The refund breaks a rule.
    #[error(transparent)]
    Refund(#[from] RefundRefusal),
}

impl Payment {
    /// Asks a provider for money: it counts nowhere before it is settled.
    ///
    /// # Errors
    /// [`BadPayment`] names the rule that is broken.
    pub fn request(new: NewRequest, now: Timestamp) -> Result<Self, BadPayment> {
        let ask = new.ask;
        check_amount(ask.amount)?;
        if ask.expires_at.is_some_and(|it| it <= now) {
            return Err(BadPayment::ExpiresAt);
        }
        let named = |name: &str| usable(name).map_err(|()| BadPayment::Provider);
        let ask = Ask {
            provider: named(&ask.provider)?,
            asked_as: named(&ask.asked_as)?,
            ..ask
        };
        let event = BillingEvent::PaymentPending {
            payment: new.id,
            account: new.account,
            amount: ask.amount,
        };
        let data = PaymentSnapshot {
            id: new.id,
            account: new.account,
            amount: ask.amount,
            method: new.method,
            reference: None,
            received_at: now,
            state: PaymentState::Pending,
            ask: Some(ask),
            settled_as: None,
            told_late: Vec::new(),
            allocations: Vec::new(),
            returns: Vec::new(),
            version: 0,
        };
        Ok(Self {
            data,
            events: vec![event],
        })
    }

    /// The provider says that the money is here. After it failed or expired it is money all the same, but for no invoice in
    /// particular; only after a reversal does a settlement come too late (billing.md, invariant 29).
    ///
    /// # Errors
    /// [`PaymentRefusal`] if it was settled under another reference, or for money that cannot be its own.
    pub fn settle(&mut self, paid: &ProviderPaid) -> Result<Heard, PaymentRefusal> {
        let reference = usable(&paid.reference).map_err(|()| BadPayment::Reference)?;
        if self.data.state == PaymentState::Settled {
            return self.settle_again(reference);
        }
        check_amount(paid.amount)?;
        if paid.amount.currency() != self.data.amount.currency() {
            return Err(BadPayment::Currency.into());
        }
        if self.data.state != PaymentState::Pending {
            self.keep_late(ToldWhat::Settled);
        }
        self.data.state = PaymentState::Settled;
        self.data.amount = paid.amount;
        self.data.settled_as = paid.settled_as;
        self.data.reference = Some(reference.clone());
        self.data.received_at = paid.at;
        self.events.push(BillingEvent::PaymentSettled {
            payment: self.data.id,
            amount: paid.amount,
            reference,
        });
        Ok(Heard::News)
    }

    fn settle_again(&mut self, told: String) -> Result<Heard, PaymentRefusal> {
        if self.data.reference.as_ref() != Some(&told) {
            return Err(PaymentRefusal::OtherReference {
                known: self.data.reference.clone().unwrap_or_default(),
                told,
            });
        }
        if self.is_reversed() {
            return Ok(self.too_late(ToldWhat::Settled));
        }
        Ok(Heard::Known)
    }

    /// The provider says, in 1 to 300 characters, that no money comes. After settlement this changes nothing.
    ///
    /// # Errors
    /// [`PaymentRefusal::Reason`].
    pub fn fail(&mut self, reason: &str) -> Result<Heard, PaymentRefusal> {
        let reason = super::reason_of(reason)?;
        Ok(match self.data.state {
            PaymentState::Pending => {
                self.events.push(BillingEvent::PaymentFailed {
                    payment: self.data.id,
                    reason: reason.clone(),
                });
                self.data.state = PaymentState::Failed { reason };
                Heard::News
            }
            PaymentState::Failed { .. } => Heard::Known,
            PaymentState::Settled | PaymentState::Expired => self.too_late(ToldWhat::Failed),
        })
    }

    /// Nobody paid in time.
    pub fn expire(&mut self) -> Heard {
        match self.data.state {
            PaymentState::Pending => {
                self.data.state = PaymentState::Expired;
                self.events.push(BillingEvent::PaymentExpired {
                    payment: self.data.id,
                });
                Heard::News
            }
            PaymentState::Expired => Heard::Known,
            PaymentState::Settled | PaymentState::Failed { .. } => self.too_late(ToldWhat::Expired),
        }
    }

    /// Whether the same debt may be charged again.
    ///
    /// # Errors
    /// [`PaymentRefusal`] while nobody knows whether the money comes, and when it is here.
    pub fn check_retry(&self) -> Result<(), PaymentRefusal> {
        match self.status() {
            PaymentStatus::Pending => Err(PaymentRefusal::StillPending),
            PaymentStatus::Settled => Err(self.refused("charged again")),
            PaymentStatus::Failed | PaymentStatus::Expired | PaymentStatus::Reversed => Ok(()),
        }
    }

    /// How far it has come.
    #[must_use]
    pub fn status(&self) -> PaymentStatus {
        match self.data.state {
            PaymentState::Pending => PaymentStatus::Pending,
            PaymentState::Settled if self.is_reversed() => PaymentStatus::Reversed,
            PaymentState::Settled => PaymentStatus::Settled,
            PaymentState::Failed { .. } => PaymentStatus::Failed,
            PaymentState::Expired => PaymentStatus::Expired,
        }
    }

    /// The invoice that it pays before all others: none any more once the money came too late.
    #[must_use]
    pub fn meant_for(&self) -> Option<InvoiceId> {
        let late = |it: &ToldLate| it.told == ToldWhat::Settled;
        if self.data.told_late.iter().any(late) {
            return None;
        }
        self.data.ask.as_ref().and_then(|it| it.meant_for)
    }

    /// Refuses what only a payment of that status allows.
    pub(super) fn must_be(
        &self,
        wanted: PaymentStatus,
        done: &'static str,
    ) -> Result<(), PaymentRefusal> {
        match self.status() == wanted {
            true => Ok(()),
            false => Err(self.refused(done)),
        }
    }

    fn refused(&self, wanted: &'static str) -> PaymentRefusal {
        PaymentRefusal::Status {
            status: self.status().as_str(),
            wanted,
        }
    }

    fn too_late(&mut self, told: ToldWhat) -> Heard {
        self.keep_late(told);
        Heard::TooLate
    }

    /// Kept once, however often it is told.
    fn keep_late(&mut self, told: ToldWhat) {
        let was = self.status();
        let late = ToldLate { told, was };
        if self.data.told_late.contains(&late) {
            return;
        }
        self.data.told_late.push(late);
        self.events.push(BillingEvent::PaymentToldLate {
            payment: self.data.id,
            told: told.as_str(),
            was: was.as_str(),
        });
    }
}

#[cfg(test)]
mod tests;
