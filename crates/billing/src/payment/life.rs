//! The life of a payment at a provider: pending, then settled or not, perhaps reversed or refunded.
//!
//! What providers tell comes twice, late and out of order. A payment resolves once: whatever is told after that is heard and
//! changes nothing (billing.md, invariants 29 to 31).

use kernel::{AccountId, Id, Kind, Money, PaymentId};

use crate::books::{Refund, RefundRefusal, refund_amount};
use crate::events::BillingEvent;
use crate::payment::BadPayment;
use crate::rounding::MOST_MINOR;

/// Marks the id of a refund.
#[derive(Debug)]
pub enum RefundKind {}

impl Kind for RefundKind {
    const PREFIX: &'static str = "rfd";
    const NAME: &'static str = "refund";
}

/// The id of a refund, chosen and stored by whoever asks for it.
pub type RefundId = Id<RefundKind>;

/// How far a payment has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentStatus {
    /// Asked for; nobody knows yet.
    Pending,
    /// The money is here.
    Settled {
        /// What the provider calls it.
        reference: String,
        /// What the provider paid out, if in another currency.
        settled_as: Option<Money>,
    },
    /// The provider took the money back.
    Reversed {
        /// What the provider calls it.
        reference: String,
        /// What the provider paid out, if in another currency.
        settled_as: Option<Money>,
    },
    /// No money came, and none will.
    Failed {
        /// Why, in the provider's words.
        reason: String,
    },
    /// Nobody paid in time.
    Expired,
}

impl PaymentStatus {
    /// The word it is shown as.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Settled { .. } => "settled",
            Self::Reversed { .. } => "reversed",
            Self::Failed { .. } => "failed",
            Self::Expired => "expired",
        }
    }
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

/// Money given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundMade {
    /// The id it was asked for with.
    pub id: RefundId,
    /// How much.
    pub amount: Money,
    /// What it means for the debt.
    pub kind: Refund,
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
    /// The id of the refund belongs to another one.
    #[error("refund {0} was asked for with other content")]
    OtherContent(RefundId),
    /// The refund breaks a rule.
    #[error(transparent)]
    Refund(#[from] RefundRefusal),
}

/// A payment with its whole life.
#[derive(Debug, Clone, PartialEq)]
pub struct PaymentLife {
    id: PaymentId,
    account: AccountId,
    amount: Money,
    status: PaymentStatus,
    refunds: Vec<RefundMade>,
    events: Vec<BillingEvent>,
}

impl PaymentLife {
    /// Asks a provider for money.
    ///
    /// # Errors
    /// [`BadPayment::Amount`] for nothing or less, or beyond [`MOST_MINOR`].
    pub fn pending(id: PaymentId, account: AccountId, amount: Money) -> Result<Self, BadPayment> {
        if !(1..=MOST_MINOR).contains(&amount.minor()) {
            return Err(BadPayment::Amount);
        }
        let event = BillingEvent::PaymentPending {
            payment: id,
            account,
            amount,
        };
        Ok(Self {
            id,
            account,
            amount,
            status: PaymentStatus::Pending,
            refunds: Vec::new(),
            events: vec![event],
        })
    }

    /// The provider says that the money is here, perhaps in another currency: both amounts are kept, and the payment's own
    /// is what it settles (billing.md, invariant 6). Money that comes after it failed or expired is money all the same; only
    /// after a reversal does a settlement come too late (billing.md, invariant 29).
    ///
    /// # Errors
    /// [`PaymentRefusal::OtherReference`] if it was settled under another reference.
    pub fn settle(
        &mut self,
        reference: &str,
        settled_as: Option<Money>,
    ) -> Result<Heard, PaymentRefusal> {
        match &self.status {
            PaymentStatus::Pending | PaymentStatus::Failed { .. } | PaymentStatus::Expired => {
                self.status = PaymentStatus::Settled {
                    reference: reference.to_owned(),
                    settled_as,
                };
                self.events.push(BillingEvent::PaymentSettled {
                    payment: self.id,
                    amount: self.amount,
                    reference: reference.to_owned(),
                });
                Ok(Heard::News)
            }
            PaymentStatus::Settled {
                reference: known, ..
            }
            | PaymentStatus::Reversed {
                reference: known, ..
            } if known != reference => Err(PaymentRefusal::OtherReference {
                known: known.clone(),
                told: reference.to_owned(),
            }),
            PaymentStatus::Settled { .. } => Ok(Heard::Known),
            PaymentStatus::Reversed { .. } => Ok(Heard::TooLate),
        }
    }

    /// The provider says that no money comes. After settlement this changes nothing.
    pub fn fail(&mut self, reason: &str) -> Heard {
        match &self.status {
            PaymentStatus::Pending => {
                let reason = reason.to_owned();
                self.events.push(BillingEvent::PaymentFailed {
                    payment: self.id,
                    reason: reason.clone(),
                });
                self.status = PaymentStatus::Failed { reason };
                Heard::News
            }
            PaymentStatus::Failed { .. } => Heard::Known,
            _ => Heard::TooLate,
        }
    }

    /// Nobody paid in time.
    pub fn expire(&mut self) -> Heard {
        match self.status {
            PaymentStatus::Pending => {
                self.status = PaymentStatus::Expired;
                self.events
                    .push(BillingEvent::PaymentExpired { payment: self.id });
                Heard::News
            }
            PaymentStatus::Expired => Heard::Known,
            _ => Heard::TooLate,
        }
    }

    /// The provider takes the money back.
    ///
    /// # Errors
    /// [`PaymentRefusal::Status`] if there is none to take.
    pub fn reverse(&mut self) -> Result<Heard, PaymentRefusal> {
        match self.status.clone() {
            PaymentStatus::Settled {
                reference,
                settled_as,
            } => {
                self.status = PaymentStatus::Reversed {
                    reference,
                    settled_as,
                };
                let amount = self.amount;
                self.events.push(BillingEvent::PaymentReversed {
                    payment: self.id,
                    amount,
                });
                Ok(Heard::News)
            }
            PaymentStatus::Reversed { .. } => Ok(Heard::Known),
            other => Err(refused(&other, "reversed")),
        }
    }

    /// The provider gives the money back after all: a dispute was won.
    ///
    /// # Errors
    /// [`PaymentRefusal::Status`] if it was not reversed.
    pub fn undo_reversal(&mut self) -> Result<Heard, PaymentRefusal> {
        match self.status.clone() {
            PaymentStatus::Reversed {
                reference,
                settled_as,
            } => {
                self.events.push(BillingEvent::PaymentSettled {
                    payment: self.id,
                    amount: self.amount,
                    reference: reference.clone(),
                });
                self.status = PaymentStatus::Settled {
                    reference,
                    settled_as,
                };
                Ok(Heard::News)
            }
            PaymentStatus::Settled { .. } => Ok(Heard::Known),
            other => Err(refused(&other, "given back")),
        }
    }

    /// Gives money back: what was requested, else the sum of the adjusted items, else all that is left. The same id again
    /// returns the first result.
    ///
    /// # Errors
    /// [`PaymentRefusal`] names the rule.
    pub fn refund(
        &mut self,
        id: RefundId,
        requested: Option<Money>,
        adjusted_items: &[Money],
        kind: Refund,
    ) -> Result<Money, PaymentRefusal> {
        if let Some(known) = self.refunds.iter().find(|it| it.id == id) {
            let same = known.kind == kind && requested.is_none_or(|it| it == known.amount);
            return if same {
                Ok(known.amount)
            } else {
                Err(PaymentRefusal::OtherContent(id))
            };
        }
        if !matches!(self.status, PaymentStatus::Settled { .. }) {
            return Err(refused(&self.status, "refunded"));
        }
        let amount = refund_amount(self.refundable()?, requested, adjusted_items)?;
        self.refunds.push(RefundMade { id, amount, kind });
        self.events.push(BillingEvent::Refunded {
            payment: self.id,
            amount,
            reopens: kind == Refund::Reopening,
        });
        Ok(amount)
    }

    /// What was received and not given back.
    ///
    /// # Errors
    /// [`RefundRefusal::Money`] if the refunds do not add up.
    pub fn refundable(&self) -> Result<Money, RefundRefusal> {
        let given = self.refunds.iter().map(|it| it.amount);
        let given = Money::sum(self.amount.currency(), given)?;
        Ok(self.amount.checked_sub(given)?)
    }

    /// Whether the same debt may be charged again.
    ///
    /// # Errors
    /// [`PaymentRefusal`] while nobody knows whether the money comes, and when it is here.
    pub fn check_retry(&self) -> Result<(), PaymentRefusal> {
        match &self.status {
            PaymentStatus::Pending => Err(PaymentRefusal::StillPending),
            settled @ PaymentStatus::Settled { .. } => Err(refused(settled, "charged again")),
            PaymentStatus::Failed { .. }
            | PaymentStatus::Expired
            | PaymentStatus::Reversed { .. } => Ok(()),
        }
    }

    /// How far it has come.
    #[must_use]
    pub const fn status(&self) -> &PaymentStatus {
        &self.status
    }

    /// Whose debt it pays.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// What was given back.
    #[must_use]
    pub fn refunds(&self) -> &[RefundMade] {
        &self.refunds
    }

    /// The events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<BillingEvent> {
        std::mem::take(&mut self.events)
    }
}

const fn refused(status: &PaymentStatus, wanted: &'static str) -> PaymentRefusal {
    PaymentRefusal::Status {
        status: status.as_str(),
        wanted,
    }
}

#[cfg(test)]
mod tests;
