//! The statement of an account, as its customer looks at it.

use kernel::{AccountId, CustomerId, EntityId, LocalDate, Money};
use serde::Serialize;

use crate::report_ports::PostingId;

/// What an account owed, what happened in some days, and what it owes then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementView {
    /// The account.
    pub account: AccountId,
    /// Whose it is.
    pub customer: CustomerId,
    /// Whom it owes.
    pub entity: EntityId,
    /// The first day.
    pub from: LocalDate,
    /// The last day, which counts as well.
    pub to: LocalDate,
    /// What was owed before the first day; below zero what was paid ahead.
    pub opening: Money,
    /// What happened, in order.
    pub entries: Vec<StatementEntry>,
    /// What is owed after the last day.
    pub closing: Money,
}

/// One thing that changed what an account owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementEntry {
    /// Under which posting it is in the books.
    pub posting: PostingId,
    /// The day, in the zone of the legal entity.
    pub on: LocalDate,
    /// What it was.
    pub what: StatementWhat,
    /// The document that caused it: an id as text.
    pub source: String,
    /// The printed number of the document, or the reference of the payment.
    pub number: Option<String>,
    /// How much more is owed; below zero how much less.
    pub amount: Money,
    /// What is owed after it.
    pub balance: Money,
}

/// What changed what an account owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StatementWhat {
    /// Something was invoiced.
    Invoice,
    /// A credit note gave something back, or took an invoice back as a whole.
    CreditNote,
    /// Money came in.
    Payment,
    /// Money was given back.
    Refund,
    /// A provider took money back.
    Reversal,
    /// A provider gave money after all.
    ReversalUndone,
    /// Debt was given up.
    WriteOff,
    /// Debt that was given up is none any more: a credit note has taken back what it was for.
    WriteOffReversed,
    /// Anything else in the books.
    Other,
}

impl StatementWhat {
    /// Everything there is.
    pub const ALL: [Self; 9] = [
        Self::Invoice,
        Self::CreditNote,
        Self::Payment,
        Self::Refund,
        Self::Reversal,
        Self::ReversalUndone,
        Self::WriteOff,
        Self::WriteOffReversed,
        Self::Other,
    ];

    /// The word it is shown as; but for the last, what its posting is called.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::CreditNote => "credit_note",
            Self::Payment => "payment",
            Self::Refund => "refund",
            Self::Reversal => "reversal",
            Self::ReversalUndone => "reversal_undone",
            Self::WriteOff => "write_off",
            Self::WriteOffReversed => "write_off_reversed",
            Self::Other => "other",
        }
    }

    /// What a posting is on a statement.
    #[must_use]
    pub fn of(what: &str) -> Self {
        let found = Self::ALL.into_iter().find(|it| it.as_str() == what);
        found.unwrap_or(Self::Other)
    }
}
