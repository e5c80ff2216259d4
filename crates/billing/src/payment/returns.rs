//! Money of a payment that goes back: refunds, reversals by the provider, and reversals that were undone.

use kernel::{Id, Kind, Money, MoneyError, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Payment, PaymentMethod, PaymentRefusal, PaymentState, PaymentStatus};
use crate::allocation::Allocation;
use crate::books::{RefundRefusal, refund_amount};
use crate::events::BillingEvent;

/// Marks the id of a refund.
#[derive(Debug)]
pub enum RefundKind {}

impl Kind for RefundKind {
    const PREFIX: &'static str = "rfd";
    const NAME: &'static str = "refund";
}

/// The id of a refund, chosen and stored by whoever asks for it.
pub type RefundId = Id<RefundKind>;

/// Why money went back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnKind {
    /// An operator gave it back.
    Refund {
        /// The id it was asked for with.
        id: RefundId,
    },
    /// The provider took it back.
    Reversal,
    /// The provider gave it after all.
    Undone,
}

impl ReturnKind {
    /// The word it is shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refund { .. } => "refund",
            Self::Reversal => "reversal",
            Self::Undone => "reversal_undone",
        }
    }
}

/// Money that went back, or, below zero, came again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// What it was.
    pub why: ReturnKind,
    /// How much: below zero where a reversal was undone.
    pub amount: Money,
    /// When.
    pub at: Timestamp,
    /// Why, in somebody's words; nobody was asked before reasons were kept.
    #[serde(default)]
    pub reason: Option<String>,
    /// How it left, if not the way the payment came; nobody was asked before that was kept.
    #[serde(default)]
    pub paid_out_as: Option<PaymentMethod>,
}

/// What follows from money that went back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenBack {
    /// How much; nothing if it was known.
    pub amount: Money,
    /// What it had paid and does not pay any more, above zero.
    pub released: Vec<Allocation>,
}

impl Payment {
    /// What was received and did not go back; nothing before it is settled.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub fn received(&self) -> Result<Money, MoneyError> {
        match self.data.state {
            PaymentState::Settled => self.data.amount.checked_sub(self.returned()?),
            PaymentState::Pending | PaymentState::Failed { .. } | PaymentState::Expired => {
                Ok(Money::zero(self.data.amount.currency()))
            }
        }
    }

    /// What went back in all.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub fn returned(&self) -> Result<Money, MoneyError> {
        let returned = self.data.returns.iter().map(|it| it.amount);
        Money::sum(self.data.amount.currency(), returned)
    }

    /// Whether the provider took it back and did not give it again.
    #[must_use]
    pub fn is_reversed(&self) -> bool {
        let decisive = self.data.returns.iter().rev();
        let mut decisive = decisive.filter(|it| !matches!(it.why, ReturnKind::Refund { .. }));
        decisive
            .next()
            .is_some_and(|it| it.why == ReturnKind::Reversal)
    }

    /// Whether money of it can be given back at all.
    ///
    /// # Errors
    /// [`PaymentRefusal::Status`] unless it is settled and not reversed.
    pub fn check_refundable(&self) -> Result<(), PaymentRefusal> {
        self.must_be(PaymentStatus::Settled, "refunded")
    }

    /// Whether a refund of this id is among what went back.
    #[must_use]
    pub fn knows_refund(&self, id: RefundId) -> bool {
        let why = ReturnKind::Refund { id };
        self.data.returns.iter().any(|it| it.why == why)
    }

    /// What was given back on purpose, whoever did it.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub fn refunded(&self) -> Result<Money, MoneyError> {
        let refunds = self.data.returns.iter();
        let refunds = refunds.filter(|it| matches!(it.why, ReturnKind::Refund { .. }));
        Money::sum(self.data.amount.currency(), refunds.map(|it| it.amount))
    }

    /// Gives money back: `None` for all of it, and in another way than it came if one is named. What pays nothing goes first, then what it paid last, which is owed again
    /// (billing.md, invariant 31). The same id again changes nothing.
    ///
    /// # Errors
    /// [`PaymentRefusal`] for more than was received, a payment that is not settled, a reason that is not 1 to 300
    /// characters, or an id with other content.
    pub fn refund(
        &mut self,
        id: RefundId,
        (requested, paid_out_as): (Option<Money>, Option<PaymentMethod>),
        reason: &str,
        at: Timestamp,
    ) -> Result<GivenBack, PaymentRefusal> {
        let reason = reason_of(reason)?;
        let why = ReturnKind::Refund { id };
        if let Some(known) = self.data.returns.iter().find(|it| it.why == why) {
            let same = requested.is_none_or(|it| it == known.amount)
                && known.paid_out_as == paid_out_as
                && known.reason.as_ref().is_none_or(|it| *it == reason);
            return match same {
                true => Ok(self.nothing_given()),
                false => Err(PaymentRefusal::OtherContent(id)),
            };
        }
        self.check_refundable()?;
        let received = self.received().map_err(RefundRefusal::Money)?;
        let amount = refund_amount(received, requested, &[])?;
        let back = Return {
            why,
            amount,
            at,
            reason: Some(reason.clone()),
            paid_out_as,
        };
        let given = self.give(back).map_err(RefundRefusal::Money)?;
        self.events.push(BillingEvent::Refunded {
            payment: self.data.id,
            amount,
            reopens: !given.released.is_empty(),
            reason,
            paid_out_as,
        });
        Ok(given)
    }

    /// The provider takes it back: everything it paid is owed again. A second time changes nothing. Nobody can take cash out of
    /// a till from afar: it is refunded, and the till counts it.
    ///
    /// # Errors
    /// [`PaymentRefusal`] if it came in cash, if there is nothing to take, or for a reason that is not 1 to 300 characters.
    pub fn reverse(&mut self, reason: &str, at: Timestamp) -> Result<GivenBack, PaymentRefusal> {
        let reason = reason_of(reason)?;
        if self.is_reversed() {
            return Ok(self.nothing_given());
        }
        self.must_be(PaymentStatus::Settled, "reversed")?;
        // What a provider was asked for was never in a till, whatever it is called.
        if self.data.method == PaymentMethod::Cash && self.data.ask.is_none() {
            return Err(PaymentRefusal::CashIsRefunded);
        }
        let amount = self.received().map_err(RefundRefusal::Money)?;
        let back = Return {
            why: ReturnKind::Reversal,
            amount,
            at,
            reason: Some(reason.clone()),
            paid_out_as: None,
        };
        let given = self.give(back).map_err(RefundRefusal::Money)?;
        self.events.push(BillingEvent::PaymentReversed {
            payment: self.data.id,
            amount,
            reason,
        });
        Ok(given)
    }

    /// The provider gives it again: a dispute was won. Returns how much there is to use now: nothing if it was not reversed.
    ///
    /// # Errors
    /// [`PaymentRefusal`] if it was never settled, or for a reason that is not 1 to 300 characters.
    pub fn undo_reversal(&mut self, reason: &str, at: Timestamp) -> Result<Money, PaymentRefusal> {
        let reason = reason_of(reason)?;
        let none = Money::zero(self.data.amount.currency());
        if !self.is_reversed() {
            self.must_be(PaymentStatus::Settled, "given again")?;
            return Ok(none);
        }
        let taken = self.data.returns.iter().rev();
        let mut taken = taken.filter(|it| it.why == ReturnKind::Reversal);
        let amount = taken.next().map_or(none, |it| it.amount);
        self.data.returns.push(Return {
            why: ReturnKind::Undone,
            amount: amount.checked_neg().map_err(RefundRefusal::Money)?,
            at,
            reason: Some(reason.clone()),
            paid_out_as: None,
        });
        self.events.push(BillingEvent::ReversalUndone {
            payment: self.data.id,
            amount,
            reason,
        });
        Ok(amount)
    }

    const fn nothing_given(&self) -> GivenBack {
        GivenBack {
            amount: Money::zero(self.data.amount.currency()),
            released: Vec::new(),
        }
    }

    fn give(&mut self, back: Return) -> Result<GivenBack, MoneyError> {
        let amount = back.amount;
        let to_release = amount.checked_sub(self.unallocated()?.min(amount)?)?;
        let released = self.take_off(to_release, None)?;
        self.data.returns.push(back);
        Ok(GivenBack { amount, released })
    }
}

/// Why somebody moved money, in 1 to 300 characters without control characters, trimmed.
pub(crate) fn reason_of(reason: &str) -> Result<String, PaymentRefusal> {
    let reason = reason.trim();
    let fits = (1..=300).contains(&reason.chars().count()) && !reason.chars().any(char::is_control);
    match fits {
        true => Ok(reason.to_owned()),
        false => Err(PaymentRefusal::Reason),
    }
}

#[cfg(test)]
mod tests;
