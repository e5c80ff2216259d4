//! Why the books do not change.

use kernel::{InvoiceId, Money, MoneyError};

use super::{Fund, RefundRefusal};
use crate::ledger::Unbalanced;

/// Why a command was refused; nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BooksRefusal {
    /// No such invoice.
    #[error("there is no invoice {0}")]
    UnknownInvoice(InvoiceId),
    /// No such payment or credit.
    #[error("there is no such fund: {0:?}")]
    UnknownFund(Fund),
    /// A draft takes no money, and what is voided is over.
    #[error("invoice {0} is not issued")]
    NotIssued(InvoiceId),
    /// The id belongs to something else (billing.md, invariant 42).
    #[error("this id belongs to other content")]
    OtherContent,
    /// Nothing or less.
    #[error("amount must be above zero, but is {amount}")]
    NotPositive {
        /// What it was.
        amount: Money,
    },
    /// More than is left of the fund.
    #[error("only {left} is left, not {asked}")]
    OverAllocated {
        /// What is left.
        left: Money,
        /// What was asked for.
        asked: Money,
    },
    /// More than is due on the invoice: the rest would be credit, never negative debt.
    #[error("only {due} is due, not {asked}")]
    BeyondDue {
        /// What is due.
        due: Money,
        /// What was asked for.
        asked: Money,
    },
    /// Credit notes would exceed the invoice (billing.md, invariant 25).
    #[error("only {remaining} of the invoice is not credited yet, not {asked}")]
    BeyondInvoice {
        /// What can still be credited.
        remaining: Money,
        /// What was asked for.
        asked: Money,
    },
    /// The fund pays this invoice already.
    #[error("it was applied to invoice {0} already")]
    AlreadyApplied(InvoiceId),
    /// The payment was reversed.
    #[error("the payment was reversed")]
    Reversed,
    /// The payment was not reversed.
    #[error("the payment was not reversed")]
    NotReversed,
    /// Credit notes stay: they are documents. Only credit given for nothing is taken back.
    #[error("only credit that was given for nothing can be taken back")]
    NotGiven,
    /// The refund breaks a rule.
    #[error(transparent)]
    Refund(#[from] RefundRefusal),
    /// The entries do not balance.
    #[error(transparent)]
    Unbalanced(#[from] Unbalanced),
    /// The amounts do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
}
