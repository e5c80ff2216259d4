//! Which invoices money pays: the oldest first.

use kernel::{InvoiceId, LocalDate, Money, MoneyError};

/// An invoice that can take money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payable {
    /// The invoice.
    pub invoice: InvoiceId,
    /// Its date.
    pub issued_on: LocalDate,
    /// Its number in its series.
    pub number: u64,
    /// What is still due, above zero.
    pub due: Money,
}

/// A part of a payment that pays a part of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allocation {
    /// The invoice.
    pub invoice: InvoiceId,
    /// How much, above zero.
    pub amount: Money,
}

/// Spreads money over open invoices, oldest date and then lowest number first; returns what is left over.
///
/// The allocations and the rest always sum to the money (billing.md, invariant 28).
///
/// # Errors
/// [`MoneyError`] if an invoice is in another currency.
pub fn allocate(money: Money, open: &[Payable]) -> Result<(Vec<Allocation>, Money), MoneyError> {
    let mut order: Vec<&Payable> = open.iter().filter(|it| it.due.is_positive()).collect();
    order.sort_by_key(|it| (it.issued_on, it.number));
    let mut left = money;
    let mut allocations = Vec::new();
    for payable in order {
        let amount = payable.due.min(left)?;
        if !amount.is_positive() {
            break;
        }
        left = left.checked_sub(amount)?;
        allocations.push(Allocation {
            invoice: payable.invoice,
            amount,
        });
    }
    Ok((allocations, left))
}

#[cfg(test)]
mod tests;
