//! An invoice: lines that add up, a number, a date, and how much of it is paid.

mod corrections;

use kernel::{
    AccountId, EntityId, InvoiceId, LocalDate, Money, MoneyError, PlanId, SubscriptionId,
};

use crate::account::Charge;
use crate::difference::LineRef;
use crate::events::BillingEvent;
use crate::overdue::OpenAmount;
use crate::pricing::Totals;
use crate::schedule::Period;
use crate::segment::{ChargeKind, Terms};

pub use corrections::{CorrectionRefusal, Freed};

/// One line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is for.
    pub subscription: SubscriptionId,
    /// Which component of it; 0 is the base plan.
    pub component: u16,
    /// Whether the charge comes again.
    pub kind: ChargeKind,
    /// On which plan.
    pub plan: PlanId,
    /// How many units, at least one.
    pub quantity: u32,
    /// The days.
    pub period: Period,
    /// The whole cycle whose price is prorated.
    pub cycle: Period,
    /// The price of the whole cycle for one unit.
    pub price: Money,
    /// What it adds to the invoice; below zero if it takes an earlier charge back.
    pub amount: Money,
    /// The charge that it takes back.
    pub repairs: Option<LineRef>,
}

impl Line {
    /// What was agreed: days on the same terms are the same days.
    #[must_use]
    pub const fn terms(&self) -> Terms {
        Terms {
            component: self.component,
            kind: self.kind,
            plan: self.plan,
            rate: self.price,
            quantity: self.quantity,
        }
    }
}

/// How far an invoice is paid: derived from its total and what was allocated to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// Nothing is paid.
    Open,
    /// A part is paid.
    Partly,
    /// All is paid.
    Paid,
}

impl Settlement {
    /// The settlement of a total by an allocated amount, both in minor units.
    #[must_use]
    pub const fn of(total_minor: i64, allocated_minor: i64) -> Self {
        match allocated_minor {
            _ if allocated_minor >= total_minor => Self::Paid,
            0 => Self::Open,
            _ => Self::Partly,
        }
    }

    /// The word it is shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Partly => "partly",
            Self::Paid => "paid",
        }
    }
}

/// The stored form of an invoice; what is settled, and how, is all that changes after issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceSnapshot {
    /// The invoice.
    pub id: InvoiceId,
    /// Who owes it.
    pub account: AccountId,
    /// Whom.
    pub entity: EntityId,
    /// The series of its number.
    pub series: String,
    /// Its place in the series, from 1 without gaps.
    pub number: u64,
    /// Its lines.
    pub lines: Vec<Line>,
    /// What dunning has charged: lines of their own kind, numbered after the others.
    pub fees: Vec<Charge>,
    /// Its discounts, taxes and rounding; without any the lines and their sum are all there is.
    pub figures: Option<Box<Totals>>,
    /// What is asked for: the sum of its lines where nothing else has figures.
    pub total: Money,
    /// Its date.
    pub issued_on: LocalDate,
    /// The last day to pay it without being overdue.
    pub due_on: LocalDate,
    /// How much of it is settled: paid, credited or written off.
    pub allocated: Money,
    /// What credit notes took off it; a part of what is settled.
    pub credited: Money,
    /// What nobody expects to be paid any more; a part of what is settled. Less of it where it was credited later.
    pub written_off: Money,
    /// When and why it was taken back as a whole.
    pub voided: Option<Voided>,
    /// The stored version; 0 for one that was never saved.
    pub version: i64,
}

/// An invoice that was taken back as a whole: its number stays taken, and nothing of it is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voided {
    /// The day.
    pub on: LocalDate,
    /// Why.
    pub reason: String,
}

/// An issued invoice.
#[derive(Debug, Clone, PartialEq)]
pub struct Invoice {
    data: InvoiceSnapshot,
    changed: bool,
    events: Vec<BillingEvent>,
}

/// What is needed to issue an invoice, but for its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceDraft {
    /// The id it will have.
    pub id: InvoiceId,
    /// Who owes it.
    pub account: AccountId,
    /// Whom.
    pub entity: EntityId,
    /// Its lines; at least one, or a fee.
    pub lines: Vec<Line>,
    /// What dunning has charged, numbered after the lines.
    pub fees: Vec<Charge>,
    /// Its discounts, taxes and rounding, if it has any.
    pub figures: Option<Box<Totals>>,
    /// What is asked for, zero or more: the sum of its lines where nothing else has figures.
    pub total: Money,
    /// Its date.
    pub issued_on: LocalDate,
    /// The last day to pay it without being overdue.
    pub due_on: LocalDate,
}

/// Why money does not fit an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettleRefusal {
    /// More than is due.
    #[error("only {due} is due")]
    TooMuch {
        /// What is due.
        due: Money,
    },
    /// More goes back than was paid.
    #[error("only {paid} is paid")]
    NotPaid {
        /// What is paid.
        paid: Money,
    },
    /// Nothing or less.
    #[error("amount must be above zero")]
    NotPositive,
    /// The amounts do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// The number as printed: series and six digits or more.
#[must_use]
pub fn printed_number(series: &str, number: u64) -> String {
    format!("{series}-{number:06}")
}

impl Invoice {
    /// Issues a draft under a number.
    #[must_use]
    pub fn issue(draft: InvoiceDraft, series: &str, number: u64) -> Self {
        let event = BillingEvent::InvoiceIssued {
            invoice: draft.id,
            account: draft.account,
            number: printed_number(series, number),
            total: draft.total,
            due_on: draft.due_on,
        };
        let data = InvoiceSnapshot {
            id: draft.id,
            account: draft.account,
            entity: draft.entity,
            series: series.to_owned(),
            number,
            lines: draft.lines,
            fees: draft.fees,
            figures: draft.figures,
            total: draft.total,
            issued_on: draft.issued_on,
            due_on: draft.due_on,
            allocated: Money::zero(draft.total.currency()),
            credited: Money::zero(draft.total.currency()),
            written_off: Money::zero(draft.total.currency()),
            voided: None,
            version: 0,
        };
        Self {
            data,
            changed: false,
            events: vec![event],
        }
    }

    /// Brings a stored invoice back.
    #[must_use]
    pub const fn restore(data: InvoiceSnapshot) -> Self {
        Self {
            data,
            changed: false,
            events: Vec::new(),
        }
    }

    /// The form to store.
    #[must_use]
    pub fn snapshot(&self) -> InvoiceSnapshot {
        self.data.clone()
    }

    /// What is still due.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub fn due(&self) -> Result<Money, MoneyError> {
        self.data.total.checked_sub(self.data.allocated)
    }

    /// The same with its due date, as dunning looks at it.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub fn owed(&self) -> Result<OpenAmount, MoneyError> {
        Ok(OpenAmount {
            due_on: self.data.due_on,
            due: self.due()?,
        })
    }

    /// Takes money for it.
    ///
    /// # Errors
    /// [`SettleRefusal`] for more than is due or nothing.
    pub fn settle(&mut self, amount: Money) -> Result<(), SettleRefusal> {
        let due = self.due()?;
        if !amount.is_positive() {
            return Err(SettleRefusal::NotPositive);
        }
        let left = due.checked_sub(amount)?;
        if left.is_negative() {
            return Err(SettleRefusal::TooMuch { due });
        }
        self.data.allocated = self.data.allocated.checked_add(amount)?;
        self.changed = true;
        if left.is_zero() {
            self.events.push(BillingEvent::InvoicePaid {
                invoice: self.data.id,
            });
        }
        Ok(())
    }

    /// Money that paid it goes back: so much is due again.
    ///
    /// # Errors
    /// [`SettleRefusal`] for more than was paid or nothing.
    pub fn reopen(&mut self, amount: Money) -> Result<(), SettleRefusal> {
        let paid = self.paid()?;
        if !amount.is_positive() {
            return Err(SettleRefusal::NotPositive);
        }
        let left = paid.checked_sub(amount)?;
        if left.is_negative() {
            return Err(SettleRefusal::NotPaid { paid });
        }
        self.data.allocated = self.data.allocated.checked_sub(amount)?;
        self.changed = true;
        self.events.push(BillingEvent::InvoiceReopened {
            invoice: self.data.id,
            due: self.due()?,
        });
        Ok(())
    }

    /// The invoice.
    #[must_use]
    pub const fn id(&self) -> InvoiceId {
        self.data.id
    }

    /// Its date.
    #[must_use]
    pub const fn issued_on(&self) -> LocalDate {
        self.data.issued_on
    }

    /// Its place in its series.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.data.number
    }

    /// Who owes it.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.data.account
    }

    /// Its lines.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.data.lines
    }

    /// What dunning has charged on it; the first is numbered after its last line.
    #[must_use]
    pub fn fees(&self) -> &[Charge] {
        &self.data.fees
    }

    /// The last day to pay it without being overdue.
    #[must_use]
    pub const fn due_on(&self) -> LocalDate {
        self.data.due_on
    }

    /// Whether anything about it changed since it was loaded or saved.
    #[must_use]
    pub const fn is_changed(&self) -> bool {
        self.changed
    }

    /// The events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<BillingEvent> {
        std::mem::take(&mut self.events)
    }

    /// For the store: the version that was written.
    pub const fn saved_as(&mut self, version: i64) {
        self.changed = false;
        self.data.version = version;
    }
}

#[cfg(test)]
mod tests;
