//! Money of a payment that does not pay an invoice any more, because the invoice was credited: it is unallocated again.

use kernel::{InvoiceId, Money, MoneyError};

use super::Payment;
use crate::allocation::Allocation;
use crate::events::BillingEvent;

impl Payment {
    /// Takes off an invoice what it pays there, at most so much. Returns how much that was; it is left to use from now on.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub fn release(&mut self, invoice: InvoiceId, most: Money) -> Result<Money, MoneyError> {
        let none = Money::zero(most.currency());
        let used = self.uses()?.into_iter().find(|it| it.invoice == invoice);
        let amount = used.map_or(Ok(none), |it| it.amount.min(most))?;
        if !amount.is_positive() {
            return Ok(none);
        }
        self.data.allocations.push(Allocation {
            invoice,
            amount: amount.checked_neg()?,
        });
        self.events.push(BillingEvent::CreditAdded {
            payment: self.data.id,
            invoice,
            amount,
        });
        Ok(amount)
    }
}
