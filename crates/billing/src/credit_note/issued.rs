//! A credit note as a document of its own: a number, a date, a reason, and what it takes off which line.

use kernel::{
    AccountId, CreditNoteId, EntityId, InvoiceId, LocalDate, Money, MoneyError, SubscriptionId,
};
use serde::{Deserialize, Serialize};

use super::{
    CreditLine, CreditNote, CreditNoteKind, CreditNoteState, CreditPart, CreditRequest, CreditTax,
};
use crate::events::BillingEvent;
use crate::invoice::printed_number;
use crate::ratio::Ratio;
use crate::schedule::Period;

/// What a note takes off one line of its invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditedPiece {
    /// The line, counted from 0.
    pub line: u16,
    /// What the line is for.
    pub subscription: SubscriptionId,
    /// The end of the line's cycle.
    pub cycle_end: LocalDate,
    /// The days that are taken back; without any the amount alone is adjusted, and the days stay billed.
    pub days: Option<Period>,
    /// What of the listed amount is given back, zero or more.
    pub amount: Money,
}

/// A credit note but for its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteDraft {
    /// The id it will have.
    pub id: CreditNoteId,
    /// Whose debt it takes off.
    pub account: AccountId,
    /// Who gives back.
    pub entity: EntityId,
    /// The invoice of which something is given back.
    pub invoice: InvoiceId,
    /// Its figures.
    pub note: CreditNote,
    /// The share of the invoice's rounding that goes with it: what is given back less what its figures come to.
    pub rounding: Money,
    /// What it takes off which line.
    pub pieces: Vec<CreditedPiece>,
    /// Why, 1 to 300 characters.
    pub reason: String,
    /// Its date.
    pub issued_on: LocalDate,
}

impl NoteDraft {
    /// What is given back in all.
    ///
    /// # Errors
    /// [`MoneyError`] if the figures do not fit.
    pub fn total(&self) -> Result<Money, MoneyError> {
        self.note.total.checked_add(self.rounding)
    }
}

/// An issued credit note: nothing about it ever changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedNote {
    /// What was drafted; its figures say that they are issued.
    pub draft: NoteDraft,
    /// The series of its number.
    pub series: String,
    /// Its place in the series, from 1 without gaps.
    pub number: u64,
}

/// The series of the credit notes of an entity whose invoices have another.
#[must_use]
pub fn note_series(invoices: &str) -> String {
    format!("{invoices}-CN")
}

impl IssuedNote {
    /// Issues a draft under a number; says so as an event.
    ///
    /// # Errors
    /// [`MoneyError`] if the figures do not fit.
    pub fn issue(
        draft: NoteDraft,
        series: &str,
        number: u64,
    ) -> Result<(Self, BillingEvent), MoneyError> {
        let told = BillingEvent::CreditNoteIssued {
            invoice: draft.invoice,
            account: draft.account,
            number: printed_number(series, number),
            total: draft.total()?,
            reason: draft.reason.clone(),
        };
        let note = Self::restore(draft, series.to_owned(), number);
        Ok((note, told))
    }

    /// Brings a stored note back.
    #[must_use]
    pub fn restore(mut draft: NoteDraft, series: String, number: u64) -> Self {
        draft.note.state = CreditNoteState::Issued {
            number: printed_number(&series, number),
            on: draft.issued_on,
        };
        // What was asked for in words is an amount now, whatever the words were.
        draft.note.requests = draft.note.lines.iter().map(CreditLine::request).collect();
        Self {
            draft,
            series,
            number,
        }
    }
}

impl CreditLine {
    fn request(&self) -> CreditRequest {
        (self.line, CreditPart::Amount(self.amount)).into()
    }
}

impl CreditNoteKind {
    const ALL: [Self; 3] = [Self::ToAccount, Self::Refund, Self::DebtCancellation];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ToAccount => "to_account",
            Self::Refund => "refund",
            Self::DebtCancellation => "debt_cancellation",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// The figures of a note in the form they are stored: whole minor units and exact ratios, without a currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteRecord {
    lines: Vec<LineRecord>,
    /// Group, exact tax, tax.
    taxes: Vec<(usize, Ratio, i64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LineRecord {
    line: usize,
    amount: i64,
    discount: i64,
    net: i64,
    /// Group, tax.
    taxes: Vec<(usize, i64)>,
}

impl CreditNote {
    /// The form to store.
    #[must_use]
    pub fn record(&self) -> NoteRecord {
        let line = |it: &CreditLine| LineRecord {
            line: it.line,
            amount: it.amount.minor(),
            discount: it.discount.minor(),
            net: it.net.minor(),
            taxes: it.by_group.clone(),
        };
        let tax = |it: &CreditTax| (it.group, it.precise, it.tax.minor());
        NoteRecord {
            lines: self.lines.iter().map(line).collect(),
            taxes: self.taxes.iter().map(tax).collect(),
        }
    }

    /// A note as it was stored, in the currency of `zero`; it is a draft until somebody says that it was issued.
    ///
    /// # Errors
    /// [`MoneyError`] if its figures cannot be summed.
    pub fn of_record(
        kind: CreditNoteKind,
        record: NoteRecord,
        zero: Money,
    ) -> Result<Self, MoneyError> {
        let currency = zero.currency();
        let money = |minor: i64| Money::from_minor(minor, currency);
        let mut lines = Vec::new();
        for it in record.lines {
            lines.push(CreditLine {
                line: it.line,
                amount: money(it.amount),
                discount: money(it.discount),
                net: money(it.net),
                tax: Money::sum(currency, it.taxes.iter().map(|(_, tax)| money(*tax)))?,
                by_group: it.taxes,
            });
        }
        let taxes = record
            .taxes
            .into_iter()
            .map(|(group, precise, tax)| CreditTax {
                group,
                precise,
                tax: money(tax),
            });
        let taxes: Vec<CreditTax> = taxes.collect();
        let net = Money::sum(currency, lines.iter().map(|it| it.net))?;
        let tax = Money::sum(currency, taxes.iter().map(|it| it.tax))?;
        Ok(Self {
            kind,
            state: CreditNoteState::Draft,
            requests: lines.iter().map(CreditLine::request).collect(),
            discount: Money::sum(currency, lines.iter().map(|it| it.discount))?,
            net,
            total: net.checked_add(tax)?,
            lines,
            taxes,
        })
    }
}
