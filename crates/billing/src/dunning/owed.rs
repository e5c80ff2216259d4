//! What an evaluation looks at: the debt of an account at a moment, under a procedure.

use kernel::{Currency, LocalDate, Money, MoneyError};

use super::episode::Owed;
use super::{Procedure, WindowState};
use crate::overdue::OpenAmount;

/// What has happened before an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Money has paid something: a payment has settled, or its credit was used.
    Payment,
    /// Anything else: time, a credit note, a void, debt that was given up, another procedure.
    Other,
}

/// What an evaluation looks at besides what the account remembers.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The account's currency.
    pub currency: Currency,
    /// The open invoices.
    pub open: &'a [OpenAmount],
    /// The day, in the entity's zone.
    pub today: LocalDate,
    /// Whether access may be taken away now.
    pub window: WindowState,
    /// What is done about debts.
    pub procedure: &'a Procedure,
    /// What has just happened, by which a debt may have ended.
    pub after: Cause,
}

impl Situation<'_> {
    /// What is past due.
    pub(crate) fn overdue(&self) -> Result<Money, MoneyError> {
        let late = self.open.iter().filter(|it| it.due_on < self.today);
        Money::sum(self.currency, late.map(|it| it.due))
    }

    /// Whether more is past due than is let pass.
    pub(crate) fn is_overdue(&self) -> Result<bool, MoneyError> {
        Ok(self.overdue()?.minor() > self.procedure.defined().tolerance_minor)
    }

    /// The debt as it stands. While more is past due than is let pass, that is what counts, and what is due later does not.
    pub(crate) fn owed(&self) -> Result<Owed, MoneyError> {
        let is_overdue = self.is_overdue()?;
        let total = Money::sum(self.currency, self.open.iter().map(|it| it.due))?;
        let counts = total.minor() > self.procedure.defined().tolerance_minor;
        // A small rest that is let pass keeps nobody from being reminded of the next invoice in time.
        let first = if is_overdue {
            LocalDate::MIN
        } else {
            self.today
        };
        let open = self.open.iter().filter(|it| it.due.is_positive());
        let dates = open.map(|it| it.due_on).filter(|it| *it >= first);
        Ok(Owed {
            oldest_due: dates.min().filter(|_| counts),
            is_overdue,
        })
    }
}
