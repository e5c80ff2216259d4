//! Which invoices money pays: the oldest first, or in another agreed order.

use std::cmp::Reverse;

use kernel::{InvoiceId, LocalDate, Money, MoneyError};
use serde::{Deserialize, Serialize};

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
    /// How much, above zero; below zero on a payment that was taken off it again.
    pub amount: Money,
}

/// Which open invoice money pays first. Among equals the oldest date and then the lowest number decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayOrder {
    /// By date, then by number (billing.md, invariant 32).
    #[default]
    OldestFirst,
    /// The latest date first.
    NewestFirst,
    /// The least due first: closes as many invoices as it can.
    SmallestFirst,
    /// The most due first.
    LargestFirst,
}

impl PayOrder {
    fn sort(self, open: &mut [&Payable]) {
        open.sort_by_key(|it| (it.issued_on, it.number));
        match self {
            Self::OldestFirst => {}
            Self::NewestFirst => open.sort_by_key(|it| Reverse(it.issued_on)),
            Self::SmallestFirst => open.sort_by_key(|it| it.due.minor()),
            Self::LargestFirst => open.sort_by_key(|it| Reverse(it.due.minor())),
        }
    }
}

/// Spreads money over open invoices, oldest date and then lowest number first; returns what is left over.
///
/// The allocations and the rest always sum to the money (billing.md, invariant 28).
///
/// # Errors
/// [`MoneyError`] if an invoice is in another currency.
pub fn allocate(money: Money, open: &[Payable]) -> Result<(Vec<Allocation>, Money), MoneyError> {
    allocate_by(PayOrder::OldestFirst, money, open)
}

/// Spreads money over open invoices in an agreed order; returns what is left over.
///
/// # Errors
/// [`MoneyError`] if an invoice is in another currency.
pub fn allocate_by(
    order: PayOrder,
    money: Money,
    open: &[Payable],
) -> Result<(Vec<Allocation>, Money), MoneyError> {
    let mut sorted: Vec<&Payable> = open.iter().filter(|it| it.due.is_positive()).collect();
    order.sort(&mut sorted);
    let mut left = money;
    let mut allocations = Vec::new();
    for payable in sorted {
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
