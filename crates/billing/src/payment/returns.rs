//! Money of a payment that goes back: refunds, reversals by the provider, and reversals that were undone.

use kernel::{Money, MoneyError, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Payment, PaymentRefusal, RefundId};
use crate::allocation::Allocation;
use crate::books::{RefundRefusal, refund_amount};
use crate::events::BillingEvent;

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

/// Money that went back, or, below zero, came again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// Why.
    pub why: ReturnKind,
    /// How much: below zero where a reversal was undone.
    pub amount: Money,
    /// When.
    pub at: Timestamp,
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
    /// What it pays now: parts that were taken off again do not count.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub fn uses(&self) -> Result<Vec<Allocation>, MoneyError> {
        let mut uses: Vec<Allocation> = Vec::new();
        for part in &self.data.allocations {
            match uses.iter_mut().find(|it| it.invoice == part.invoice) {
                Some(known) => known.amount = known.amount.checked_add(part.amount)?,
                None => uses.push(*part),
            }
        }
        uses.retain(|it| it.amount.is_positive());
        Ok(uses)
    }

    /// What was received and did not go back.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub fn received(&self) -> Result<Money, MoneyError> {
        let returned = self.data.returns.iter().map(|it| it.amount);
        let returned = Money::sum(self.data.amount.currency(), returned)?;
        self.data.amount.checked_sub(returned)
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

    /// Gives money back: `None` for all of it. What pays nothing goes first, then what it paid last, which is owed again
    /// (billing.md, invariant 31). The same id again changes nothing.
    ///
    /// # Errors
    /// [`PaymentRefusal`] for more than was received, a reversed payment, or an id with another amount.
    pub fn refund(
        &mut self,
        id: RefundId,
        requested: Option<Money>,
        at: Timestamp,
    ) -> Result<GivenBack, PaymentRefusal> {
        let why = ReturnKind::Refund { id };
        if let Some(known) = self.data.returns.iter().find(|it| it.why == why) {
            return match requested.is_none_or(|it| it == known.amount) {
                true => Ok(self.nothing_given()),
                false => Err(PaymentRefusal::OtherContent(id)),
            };
        }
        if self.is_reversed() {
            return Err(PaymentRefusal::Status {
                status: "reversed",
                wanted: "refunded",
            });
        }
        let received = self.received().map_err(RefundRefusal::Money)?;
        let amount = refund_amount(received, requested, &[])?;
        let given = self.give(why, amount, at).map_err(RefundRefusal::Money)?;
        self.events.push(BillingEvent::Refunded {
            payment: self.data.id,
            amount,
            reopens: !given.released.is_empty(),
        });
        Ok(given)
    }

    /// The provider takes it back: everything it paid is owed again. A second time changes nothing.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub fn reverse(&mut self, at: Timestamp) -> Result<GivenBack, MoneyError> {
        if self.is_reversed() {
            return Ok(self.nothing_given());
        }
        let amount = self.received()?;
        let given = self.give(ReturnKind::Reversal, amount, at)?;
        self.events.push(BillingEvent::PaymentReversed {
            payment: self.data.id,
            amount,
        });
        Ok(given)
    }

    /// The provider gives it again. Returns how much there is to use now: nothing if it was not reversed.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub fn undo_reversal(&mut self, at: Timestamp) -> Result<Money, MoneyError> {
        let none = Money::zero(self.data.amount.currency());
        if !self.is_reversed() {
            return Ok(none);
        }
        let taken = self.data.returns.iter().rev();
        let mut taken = taken.filter(|it| it.why == ReturnKind::Reversal);
        let amount = taken.next().map_or(none, |it| it.amount);
        self.data.returns.push(Return {
            why: ReturnKind::Undone,
            amount: amount.checked_neg()?,
            at,
        });
        self.events.push(BillingEvent::PaymentSettled {
            payment: self.data.id,
            amount,
            reference: self.data.reference.clone().unwrap_or_default(),
        });
        Ok(amount)
    }

    const fn nothing_given(&self) -> GivenBack {
        GivenBack {
            amount: Money::zero(self.data.amount.currency()),
            released: Vec::new(),
        }
    }

    fn give(
        &mut self,
        why: ReturnKind,
        amount: Money,
        at: Timestamp,
    ) -> Result<GivenBack, MoneyError> {
        let mut to_release = amount.checked_sub(self.unallocated()?.min(amount)?)?;
        let mut released = Vec::new();
        let mut taken_off = Vec::new();
        for used in self.uses()?.into_iter().rev() {
            let part = Allocation {
                amount: used.amount.min(to_release)?,
                ..used
            };
            if !part.amount.is_positive() {
                break;
            }
            to_release = to_release.checked_sub(part.amount)?;
            taken_off.push(Allocation {
                amount: part.amount.checked_neg()?,
                ..part
            });
            released.push(part);
        }
        self.data.allocations.extend(taken_off);
        self.data.returns.push(Return { why, amount, at });
        Ok(GivenBack { amount, released })
    }
}

#[cfg(test)]
mod tests;
