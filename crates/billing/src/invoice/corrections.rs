//! What happens to an issued invoice besides payment: credited, written off, voided. Its figures never change.

use kernel::{LocalDate, Money, MoneyError};

use super::{Invoice, Voided};
use crate::events::BillingEvent;
use crate::pricing::Totals;

/// Why an issued invoice cannot be corrected like that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionRefusal {
    /// It was taken back as a whole before.
    #[error("the invoice was voided on {on}")]
    Voided {
        /// The day.
        on: LocalDate,
    },
    /// More would be credited than is left of it.
    #[error("{asked} cannot be credited: {left} of the invoice is left")]
    BeyondInvoice {
        /// What was asked for.
        asked: Money,
        /// What is not credited.
        left: Money,
    },
    /// It takes charges of others back, or others take its charges back.
    #[error("the invoice and another take charges of each other back: credit its lines one by one")]
    Entangled,
    /// Money was taken for it: what is given back is a credit.
    #[error("{paid} was paid for the invoice: it can be credited, not voided")]
    Paid {
        /// How much.
        paid: Money,
    },
    /// Nothing is owed that could be given up.
    #[error("nothing is due on the invoice")]
    NothingDue,
    /// The stored amounts contradict each other.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Where a credit note takes its amount from, beside what is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freed {
    /// Debt that was given up and is no debt any more: the loss is smaller by it. Zero or more.
    pub written_off: Money,
    /// What was paid for what is credited, and pays it no more. Zero or more.
    pub paid: Money,
}

impl Invoice {
    /// What was paid for it, in money or with credit: what is settled but neither credited nor written off.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub fn paid(&self) -> Result<Money, MoneyError> {
        let data = &self.data;
        let paid = data.allocated.checked_sub(data.credited)?;
        paid.checked_sub(data.written_off)
    }

    /// Its figures: the lines and their sum where it has no others; `step` is the smallest step of the entity's amounts in
    /// minor units.
    ///
    /// # Errors
    /// [`MoneyError`] if the lines cannot be summed.
    pub fn totals(&self, step: i64) -> Result<Totals, MoneyError> {
        match &self.data.figures {
            Some(figures) => Ok(Totals::clone(figures)),
            None => {
                let amounts = self.data.lines.iter().map(|it| it.amount);
                let amounts = amounts.chain(self.data.fees.iter().map(|it| it.amount));
                Totals::plain(amounts, Money::zero(self.data.total.currency()), step)
            }
        }
    }

    /// What nobody expects to be paid any more.
    #[must_use]
    pub const fn written_off(&self) -> Money {
        self.data.written_off
    }

    /// Whether it was charged with more than its lines: discounts, taxes or rounding.
    #[must_use]
    pub const fn has_figures(&self) -> bool {
        self.data.figures.is_some()
    }

    /// What is asked for.
    #[must_use]
    pub const fn total(&self) -> Money {
        self.data.total
    }

    /// A credit note takes an amount off it, zero or more: first what nobody has paid, be it due or given up, then what was
    /// paid. So nobody has credit for days that nobody paid (billing.md, invariant 31).
    ///
    /// # Errors
    /// [`CorrectionRefusal`] once it is voided, or for more than is left of it.
    pub fn credit(&mut self, amount: Money) -> Result<Freed, CorrectionRefusal> {
        self.must_stand()?;
        let data = &self.data;
        let left = data.total.checked_sub(data.credited)?;
        if amount.is_negative() || left.checked_sub(amount)?.is_negative() {
            let asked = amount;
            return Err(CorrectionRefusal::BeyondInvoice { asked, left });
        }
        let against_debt = self.due()?.min(amount)?;
        let beyond = amount.checked_sub(against_debt)?;
        let written_off = data.written_off.min(beyond)?;
        let freed = Freed {
            written_off,
            paid: beyond.checked_sub(written_off)?,
        };
        self.data.allocated = self.data.allocated.checked_add(against_debt)?;
        self.data.written_off = self.data.written_off.checked_sub(written_off)?;
        self.data.credited = self.data.credited.checked_add(amount)?;
        self.changed = true;
        Ok(freed)
    }

    /// Gives its debt up. Returns how much that was.
    ///
    /// # Errors
    /// [`CorrectionRefusal`] once it is voided, or if nothing is due.
    pub fn write_off(&mut self, reason: &str) -> Result<Money, CorrectionRefusal> {
        self.must_stand()?;
        let due = self.due()?;
        if !due.is_positive() {
            return Err(CorrectionRefusal::NothingDue);
        }
        self.data.allocated = self.data.allocated.checked_add(due)?;
        self.data.written_off = self.data.written_off.checked_add(due)?;
        self.changed = true;
        self.events.push(BillingEvent::DebtWrittenOff {
            invoice: self.data.id,
            account: self.data.account,
            amount: due,
            reason: reason.to_owned(),
        });
        Ok(due)
    }

    /// Whether it can be taken back as a whole: nobody has paid for it, and it takes nothing back itself.
    ///
    /// # Errors
    /// [`CorrectionRefusal`] says why not.
    pub fn must_be_voidable(&self) -> Result<(), CorrectionRefusal> {
        self.must_stand()?;
        let paid = self.paid()?;
        if !paid.is_zero() {
            return Err(CorrectionRefusal::Paid { paid });
        }
        match self.data.lines.iter().any(|it| it.repairs.is_some()) {
            true => Err(CorrectionRefusal::Entangled),
            false => Ok(()),
        }
    }

    /// Takes it back as a whole, once a credit note over all that was left of it is written.
    ///
    /// # Errors
    /// [`CorrectionRefusal`] as [`must_be_voidable`](Self::must_be_voidable).
    pub fn void(&mut self, on: LocalDate, reason: &str) -> Result<(), CorrectionRefusal> {
        self.must_be_voidable()?;
        self.changed = true;
        self.events.push(BillingEvent::InvoiceVoided {
            invoice: self.data.id,
            number: super::printed_number(&self.data.series, self.data.number),
            reason: reason.to_owned(),
        });
        let reason = reason.to_owned();
        self.data.voided = Some(Voided { on, reason });
        Ok(())
    }

    /// Refuses to do anything with an invoice that was voided.
    ///
    /// # Errors
    /// [`CorrectionRefusal::Voided`].
    pub fn must_stand(&self) -> Result<(), CorrectionRefusal> {
        match &self.data.voided {
            Some(it) => Err(CorrectionRefusal::Voided { on: it.on }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
