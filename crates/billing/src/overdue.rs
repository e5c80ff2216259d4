//! How far behind an account is: a pure function of its open invoices and the date.

use kernel::{LocalDate, Money, MoneyError};
use serde::{Deserialize, Serialize};

use crate::dunning::{Debt, Measure, Procedure, reached};

/// What happens to whoever does not pay, in days past the due date of the oldest open invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DunningPolicy {
    /// Days past due without any consequence, 0 to 365.
    pub grace_days: u16,
    /// Days past due after which access is cut off; at least the grace, at most 365. Between grace and this it is slow.
    pub suspend_after_days: u16,
    /// Overdue amounts up to this many minor units are let pass.
    pub tolerance_minor: i64,
}

/// A policy that contradicts itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPolicy {
    /// Days out of range or out of order.
    #[error(
        "grace days must be 0 to 365 and not above suspend-after days, which must be at most 365"
    )]
    Days,
    /// The tolerance is below zero.
    #[error("tolerance must not be negative")]
    Tolerance,
}

impl DunningPolicy {
    /// Three days of grace, slow until the seventh day, then cut off.
    pub const STANDARD: Self = Self {
        grace_days: 3,
        suspend_after_days: 7,
        tolerance_minor: 0,
    };

    /// Refuses a policy that contradicts itself.
    ///
    /// # Errors
    /// [`BadPolicy`] names the rule.
    pub const fn check(self) -> Result<Self, BadPolicy> {
        if self.grace_days > self.suspend_after_days || self.suspend_after_days > 365 {
            return Err(BadPolicy::Days);
        }
        if self.tolerance_minor < 0 {
            return Err(BadPolicy::Tolerance);
        }
        Ok(self)
    }
}

/// How far behind an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing is overdue.
    Clear,
    /// Overdue, within the grace.
    Overdue,
    /// Overdue beyond the grace: slow access.
    Restricted,
    /// Overdue for too long: no access.
    Suspended,
}

impl Level {
    /// Every level, from good to bad.
    pub const ALL: [Self; 4] = [
        Self::Clear,
        Self::Overdue,
        Self::Restricted,
        Self::Suspended,
    ];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Overdue => "overdue",
            Self::Restricted => "restricted",
            Self::Suspended => "suspended",
        }
    }

    /// The level with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// An invoice that is not settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenAmount {
    /// The last day to pay without being overdue.
    pub due_on: LocalDate,
    /// What is still due, above zero.
    pub due: Money,
}

/// The level of an account on a local date under a procedure, however much of it was carried out.
///
/// Nothing is remembered: paying the oldest invoice moves the count of days to the next one at once (billing.md, invariant
/// 34).
///
/// # Errors
/// [`MoneyError`] if the amounts cannot be summed.
pub fn level_of(
    open: &[OpenAmount],
    today: LocalDate,
    procedure: &Procedure,
) -> Result<Level, MoneyError> {
    let debts: Vec<Debt> = open.iter().map(debt).collect();
    let looked_at = (Measure::DaysSinceDue, procedure.defined().tolerance_minor);
    let rung = reached(looked_at, &procedure.rungs(), &debts, today)?;
    Ok(Level::ALL.into_iter().nth(rung).unwrap_or(Level::Suspended))
}

const fn debt(open: &OpenAmount) -> Debt {
    Debt {
        issued_on: open.due_on,
        due_on: open.due_on,
        due: open.due,
    }
}

#[cfg(test)]
mod tests;
