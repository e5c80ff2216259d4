//! What a payment pays: invoices, oldest first unless somebody says otherwise; what pays nothing is credit.
//!
//! This credit is the wallet of the account: topping up is a payment, and a debit is an allocation, which is refused above
//! what is left. So the wallet's floor is zero, and whoever changes it holds the lock of the account (billing.md,
//! invariants 7 and 28).

use kernel::{InvoiceId, Money, MoneyError};

use super::{Payment, PaymentRefusal};
use crate::allocation::Allocation;
use crate::books::RefundRefusal;
use crate::events::BillingEvent;

impl Payment {
    /// What pays nothing and did not go back.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub fn unallocated(&self) -> Result<Money, MoneyError> {
        let used = self.data.allocations.iter().map(|it| it.amount);
        let used = Money::sum(self.data.amount.currency(), used)?;
        self.received()?.checked_sub(used)
    }

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

    /// Uses an amount of it for one invoice because somebody says so: what is left of it first, then what it paid last
    /// elsewhere. Returns what is owed again.
    ///
    /// # Errors
    /// [`PaymentRefusal`] for nothing or less, or for more than it has beside what it pays there already.
    pub fn allocate(
        &mut self,
        invoice: InvoiceId,
        amount: Money,
    ) -> Result<Vec<Allocation>, PaymentRefusal> {
        if !amount.is_positive() {
            return Err(RefundRefusal::NotPositive { asked: amount }.into());
        }
        let money = RefundRefusal::Money;
        let uses = self.uses().map_err(money)?;
        let there = uses.iter().find(|it| it.invoice == invoice);
        let mut left = self.received().map_err(money)?;
        if let Some(there) = there {
            left = left.checked_sub(there.amount).map_err(money)?;
        }
        if left.checked_sub(amount).map_err(money)?.is_negative() {
            return Err(PaymentRefusal::NotLeft {
                left,
                asked: amount,
            });
        }
        let free = self.unallocated().and_then(|it| it.min(amount));
        let short = free.and_then(|it| amount.checked_sub(it)).map_err(money)?;
        let released = self.take_off(short, Some(invoice)).map_err(money)?;
        self.data.allocations.push(Allocation { invoice, amount });
        self.events.push(BillingEvent::CreditUsed {
            payment: self.data.id,
            invoice,
            amount,
        });
        Ok(released)
    }

    /// Takes an amount off what it pays, the latest first, but for one invoice. Returns what is owed again.
    pub(super) fn take_off(
        &mut self,
        amount: Money,
        but: Option<InvoiceId>,
    ) -> Result<Vec<Allocation>, MoneyError> {
        let mut left = amount;
        let (mut released, mut taken_off) = (Vec::new(), Vec::new());
        for used in self.uses()?.into_iter().rev() {
            let part = Allocation {
                amount: used.amount.min(left)?,
                ..used
            };
            if !part.amount.is_positive() {
                break;
            }
            if but == Some(used.invoice) {
                continue;
            }
            left = left.checked_sub(part.amount)?;
            taken_off.push(Allocation {
                amount: part.amount.checked_neg()?,
                ..part
            });
            released.push(part);
        }
        self.data.allocations.extend(taken_off);
        Ok(released)
    }
}

#[cfg(test)]
mod tests;
