//! Why something of an invoice cannot be given back, with the figures.

use kernel::{Money, MoneyError};

/// What cannot be given back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreditRefusal {
    /// A line that does not exist.
    #[error("the invoice has no line {line}")]
    NoSuchLine {
        /// The line, counted from 0.
        line: usize,
    },
    /// A line that stands twice in one note.
    #[error("line {line} stands twice")]
    Twice {
        /// The line.
        line: usize,
    },
    /// All of it was given back.
    #[error("line {line} is credited already")]
    AlreadyCredited {
        /// The line.
        line: usize,
    },
    /// More than is left.
    #[error("line {line}: {asked} is more than the {left} that are left")]
    TooMuch {
        /// The line.
        line: usize,
        /// What was asked for.
        asked: Money,
        /// What is left of it.
        left: Money,
    },
    /// Nothing or less.
    #[error("line {line}: {asked} is nothing to give back")]
    NotPositive {
        /// The line.
        line: usize,
        /// What was asked for.
        asked: Money,
    },
    /// Finer than the invoice.
    #[error("line {line}: {asked} is finer than the invoice, a step of {step} minor units")]
    OffScale {
        /// The line.
        line: usize,
        /// What was asked for.
        asked: Money,
        /// The smallest step, in minor units.
        step: i64,
    },
    /// Nothing is asked for, or everything is credited.
    #[error("there is nothing left to credit")]
    NothingLeft,
    /// Stored notes give back more than the invoice.
    #[error("credit notes exceed the invoice: {left} is left")]
    Exceeded {
        /// What is left, on the wrong side of zero.
        left: Money,
    },
    /// Debt that does not exist.
    #[error("{total} cannot be cancelled: {due} is due")]
    NotOwed {
        /// What would be cancelled.
        total: Money,
        /// What is due.
        due: Money,
    },
    /// Something was issued since it was drafted.
    #[error("the credit note must be drafted again")]
    Outdated,
    /// No issued note over debt has this number.
    #[error("credit note {number} cannot be voided")]
    NotVoidable {
        /// The number.
        number: String,
    },
    /// A part of the invoice is not credited.
    #[error("{left} of the invoice is not credited")]
    NotAllCredited {
        /// What is left.
        left: Money,
    },
    /// It was corrected already.
    #[error("the invoice was corrected already")]
    Corrected,
    /// The figures do not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
}
