//! A statement of account as plain data: what was owed, what happened, what is owed.

use kernel::{LocalDate, Money};

use crate::document::{Paper, Party};

/// What happened to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// An invoice was issued.
    Invoice,
    /// A credit note was issued.
    CreditNote,
    /// Money came in.
    Payment,
    /// Money went back to the customer.
    Refund,
    /// A payment was taken back by its provider.
    Reversal,
    /// Debt was given up.
    WriteOff,
    /// Debt that was given up was credited, and is no loss any more.
    WriteOffReversed,
    /// Anything else.
    Other,
}

/// One line of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The day.
    pub on: LocalDate,
    /// What happened.
    pub movement: Movement,
    /// The number or reference that people know it by.
    pub number: Option<String>,
    /// What it adds to the debt; below zero for what takes off it.
    pub amount: Money,
    /// What is owed after it.
    pub balance: Money,
}

/// What happened to an account between two days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The first day.
    pub from: LocalDate,
    /// The last day.
    pub through: LocalDate,
    /// Who is owed.
    pub seller: Party,
    /// Who owes.
    pub buyer: Party,
    /// What was owed before.
    pub opening: Money,
    /// What happened, the earliest first.
    pub entries: Vec<Entry>,
    /// What is owed after it.
    pub closing: Money,
    /// How it is written down.
    pub paper: Paper,
}
