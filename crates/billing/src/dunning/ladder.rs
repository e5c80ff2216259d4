//! Policies as ladders: what is measured, and from which value on each rung is reached.

use kernel::{LocalDate, Money, MoneyError};
use serde::{Deserialize, Serialize};

/// An invoice that is not settled, as dunning looks at it. Drafts are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Debt {
    /// Its date.
    pub issued_on: LocalDate,
    /// The last day to pay without being overdue.
    pub due_on: LocalDate,
    /// What is still due; nothing counts as settled.
    pub due: Money,
}

/// What a policy looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Days since the due date of the oldest open invoice that is past it.
    #[default]
    DaysSinceDue,
    /// Days since the date of the oldest open invoice, whenever it is due.
    DaysSinceIssue,
    /// How many invoices are open.
    OpenInvoices,
    /// How much is open, in minor units.
    OpenBalance,
}

/// From which value on each rung is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    measure: Measure,
    rungs: Vec<i64>,
    tolerance_minor: i64,
}

/// A ladder nobody can climb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLadder {
    /// No rung at all.
    #[error("a ladder needs a rung")]
    Empty,
    /// A rung below the one before it, or below zero.
    #[error("rung {rung} follows {before}: rungs must not go down, nor below zero")]
    Order {
        /// The rung before, or 0.
        before: i64,
        /// The rung.
        rung: i64,
    },
    /// The tolerance is below zero.
    #[error("tolerance must not be negative, but is {0} minor units")]
    Tolerance(i64),
}

impl Ladder {
    /// A ladder. Debts up to `tolerance_minor` minor units in all are let pass.
    ///
    /// # Errors
    /// [`BadLadder`] names what is out of order.
    pub fn new(measure: Measure, rungs: Vec<i64>, tolerance_minor: i64) -> Result<Self, BadLadder> {
        if rungs.is_empty() {
            return Err(BadLadder::Empty);
        }
        let before = std::iter::once(0).chain(rungs.iter().copied());
        let mut pairs = before.zip(&rungs);
        if let Some((before, &rung)) = pairs.find(|(before, rung)| **rung < *before) {
            return Err(BadLadder::Order { before, rung });
        }
        if tolerance_minor < 0 {
            return Err(BadLadder::Tolerance(tolerance_minor));
        }
        Ok(Self {
            measure,
            rungs,
            tolerance_minor,
        })
    }

    /// How many rungs are reached on a day: 0 is clear.
    ///
    /// # Errors
    /// [`MoneyError`] if the debts cannot be summed.
    pub fn reached(&self, open: &[Debt], today: LocalDate) -> Result<usize, MoneyError> {
        reached(
            (self.measure, self.tolerance_minor),
            &self.rungs,
            open,
            today,
        )
    }
}

/// How many of these rungs are reached on a day.
pub(crate) fn reached(
    (measure, tolerance_minor): (Measure, i64),
    rungs: &[i64],
    open: &[Debt],
    today: LocalDate,
) -> Result<usize, MoneyError> {
    let counts = |it: &&Debt| {
        let began = match measure {
            Measure::DaysSinceDue => it.due_on < today,
            _ => it.issued_on <= today,
        };
        began && it.due.is_positive()
    };
    let debts: Vec<&Debt> = open.iter().filter(counts).collect();
    let Some(first) = debts.first() else {
        return Ok(0);
    };
    let total = Money::sum(first.due.currency(), debts.iter().map(|it| it.due))?.minor();
    if total <= tolerance_minor {
        return Ok(0);
    }
    let value = match measure {
        Measure::DaysSinceDue => days_since(debts.iter().map(|it| it.due_on), today),
        Measure::DaysSinceIssue => days_since(debts.iter().map(|it| it.issued_on), today),
        Measure::OpenInvoices => i64::try_from(debts.len()).unwrap_or(i64::MAX),
        Measure::OpenBalance => total,
    };
    Ok(rungs.iter().take_while(|it| **it <= value).count())
}

fn days_since(dates: impl Iterator<Item = LocalDate>, today: LocalDate) -> i64 {
    let oldest = dates.min().unwrap_or(today);
    today.signed_duration_since(oldest).num_days()
}
