//! Credit notes: what of an issued invoice is given back, in parts, never more than the invoice.
//!
//! A credit note is a document of its own that points to the invoice; nothing that was issued changes (billing.md, invariant
//! 23). Amounts on a note are printed as what is given back; [`CreditNote::effect`] is what it does to the account.

mod issued;
mod parts;
mod refusal;
mod taxes;

use kernel::{LocalDate, Money, MoneyError};

pub use issued::{CreditedPiece, IssuedNote, NoteDraft, NoteRecord, note_series};
pub use parts::{CreditLine, CreditPart, CreditRequest, CreditTax};
pub use refusal::CreditRefusal;

use crate::pricing::Totals;
use crate::ratio::Ratio;
use crate::rounding::Rounding;

/// What a credit note is for. On an unpaid invoice every note takes off the debt first; the kind says what becomes of the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CreditNoteKind {
    /// What was paid becomes credit of the account.
    ToAccount,
    /// What was paid in money is paid back; what was paid with credit becomes credit again.
    Refund,
    /// An unpaid invoice, or the unpaid rest of one, is not asked for any more.
    DebtCancellation,
}

/// Where a credit note stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreditNoteState {
    /// It has no number and no effect.
    Draft,
    /// It counts.
    Issued {
        /// Its number in its series, without gaps.
        number: String,
        /// Its date.
        on: LocalDate,
    },
    /// It does not count any more; its number stays taken.
    Voided {
        /// The number it was issued under.
        number: String,
        /// Its date.
        on: LocalDate,
        /// The day it was voided.
        voided_on: LocalDate,
    },
}

/// A credit note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditNote {
    /// What it is for.
    pub kind: CreditNoteKind,
    /// Where it stands.
    pub state: CreditNoteState,
    /// What was asked for.
    pub requests: Vec<CreditRequest>,
    /// Its lines.
    pub lines: Vec<CreditLine>,
    /// Its taxes by rule.
    pub taxes: Vec<CreditTax>,
    /// What of the discounts follows its lines.
    pub discount: Money,
    /// The sum without tax.
    pub net: Money,
    /// The sum with tax.
    pub total: Money,
}

impl CreditNote {
    /// Whether it counts.
    #[must_use]
    pub const fn is_issued(&self) -> bool {
        matches!(self.state, CreditNoteState::Issued { .. })
    }

    /// All its taxes.
    ///
    /// # Errors
    /// [`MoneyError`] if they do not fit.
    pub fn tax(&self) -> Result<Money, MoneyError> {
        self.total.checked_sub(self.net)
    }

    /// What it does to what the account owes: its total with the other sign.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] for the one amount without a mirror image.
    pub fn effect(&self) -> Result<Money, MoneyError> {
        self.total.checked_neg()
    }
}

/// What of a credited total goes back in money, and what becomes credit of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundSplit {
    /// In money.
    pub refunded: Money,
    /// As credit.
    pub credited: Money,
}

/// How an issued invoice was paid so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaidSoFar {
    /// In money.
    pub money: Money,
    /// With credit of the account.
    pub credit: Money,
    /// Of the money, what was already paid back.
    pub refunded: Money,
}

impl PaidSoFar {
    /// Splits a credited total: no more than the money that was paid and is still here goes back in money, the rest is credit
    /// (billing.md, invariant 31).
    ///
    /// # Errors
    /// [`MoneyError`] on mixed currencies or overflow.
    pub fn split(self, credited: Money) -> Result<RefundSplit, MoneyError> {
        let here = self.money.checked_sub(self.refunded)?;
        let zero = Money::zero(here.currency());
        let refunded = if here.is_negative() {
            zero
        } else {
            credited.min(here)?
        };
        Ok(RefundSplit {
            refunded,
            credited: credited.checked_sub(refunded)?,
        })
    }
}

/// An issued invoice with its credit notes: the boundary in which they never exceed it (billing.md, invariant 25).
///
/// ```
/// use billing::{
///     CreditNoteKind, CreditPart, CreditedInvoice, InvoiceScale, PriceTerms, Priced, TaxRule, Taxable, price,
/// };
/// use kernel::Money;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let eur = "EUR".parse()?;
/// let vat = [TaxRule::new("VAT", "20%".parse()?)?];
/// let line = Taxable { amount: Money::from_minor(6833, eur), taxes: &vat };
/// let document = Priced { lines: &[line, line], ..Priced::default() };
/// let totals = price(document, PriceTerms::of(eur, InvoiceScale::new(2, eur)?))?;
/// let mut invoice = CreditedInvoice::of(totals);
///
/// let first = invoice.draft(CreditNoteKind::ToAccount, &[(0, CreditPart::Whole).into()])?;
/// invoice.issue(first, "CN-000001", "2026-11-21".parse()?)?;
/// let second = invoice.draft(CreditNoteKind::ToAccount, &[(1, CreditPart::Whole).into()])?;
/// assert_eq!(second.total.to_string(), "EUR 81.99", "one cent less than the first: it takes what is left");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditedInvoice {
    totals: Totals,
    rounding: Rounding,
    paid: Option<PaidSoFar>,
    notes: Vec<CreditNote>,
    corrected: bool,
}

impl CreditedInvoice {
    /// An invoice as it was issued: unpaid, and nothing of it credited.
    #[must_use]
    pub fn of(totals: Totals) -> Self {
        Self {
            totals,
            rounding: Rounding::default(),
            paid: None,
            notes: Vec::new(),
            corrected: false,
        }
    }

    /// The same invoice, paid so far like this.
    #[must_use]
    pub const fn paid(mut self, paid: PaidSoFar) -> Self {
        self.paid = Some(paid);
        self
    }

    /// The same invoice with the notes that were stored.
    ///
    /// # Errors
    /// [`CreditRefusal::Exceeded`] if they give back more than the invoice: nothing can be credited until somebody has looked.
    pub fn with_notes(mut self, notes: Vec<CreditNote>) -> Result<Self, CreditRefusal> {
        self.notes = notes;
        let left = self.creditable()?;
        let own = self.totals.tax_inclusive.minor().signum();
        if left.minor().signum() * own < 0 {
            return Err(CreditRefusal::Exceeded { left });
        }
        Ok(self)
    }

    /// Its figures.
    #[must_use]
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Its notes, in the order they were issued.
    #[must_use]
    pub fn notes(&self) -> &[CreditNote] {
        &self.notes
    }

    /// The notes that count.
    pub(crate) fn counting(&self) -> impl Iterator<Item = &CreditNote> {
        self.notes.iter().filter(|it| it.is_issued())
    }

    /// What of its total is not credited.
    ///
    /// # Errors
    /// [`MoneyError`] if the figures do not fit.
    pub fn creditable(&self) -> Result<Money, MoneyError> {
        let credited = Money::sum(self.totals.currency(), self.counting().map(|it| it.total))?;
        self.totals.tax_inclusive.checked_sub(credited)
    }

    /// What of the listed amount of a line is not credited: of a negative line zero or less.
    ///
    /// # Errors
    /// [`CreditRefusal::NoSuchLine`], or [`MoneyError`] if the figures do not fit.
    pub(crate) fn left_of(&self, line: usize) -> Result<Money, CreditRefusal> {
        let entry = self.totals.entries().nth(line);
        let entry = entry.ok_or(CreditRefusal::NoSuchLine { line })?;
        let rest = parts::rest_of(self, line, entry)?;
        Ok(Money::from_minor(rest.amount, self.totals.currency()))
    }

    /// What is still asked for: the total less what was paid and what was credited, or nothing.
    ///
    /// # Errors
    /// [`MoneyError`] if the figures do not fit.
    pub fn due(&self) -> Result<Money, MoneyError> {
        let open = self.creditable()?.checked_sub(self.settled()?)?;
        Ok(if open.is_negative() {
            Money::zero(open.currency())
        } else {
            open
        })
    }

    /// What was paid for something that is credited: it goes back, in money or as credit (see [`PaidSoFar::split`]).
    ///
    /// # Errors
    /// [`MoneyError`] if the figures do not fit.
    pub fn surplus(&self) -> Result<Money, MoneyError> {
        let over = self.settled()?.checked_sub(self.creditable()?)?;
        Ok(if over.is_negative() {
            Money::zero(over.currency())
        } else {
            over
        })
    }

    /// What was paid, in money and with credit, and not paid back.
    ///
    /// # Errors
    /// [`MoneyError`] if the figures do not fit.
    pub fn settled(&self) -> Result<Money, MoneyError> {
        match self.paid {
            Some(paid) => paid
                .money
                .checked_add(paid.credit)?
                .checked_sub(paid.refunded),
            None => Ok(Money::zero(self.totals.currency())),
        }
    }

    /// Drafts a note over parts of the invoice. Nothing changes before it is issued.
    ///
    /// # Errors
    /// [`CreditRefusal`] names what cannot be given back.
    pub fn draft(
        &self,
        kind: CreditNoteKind,
        requests: &[CreditRequest],
    ) -> Result<CreditNote, CreditRefusal> {
        let note = parts::draft(self, kind, requests)?;
        let due = self.due()?;
        if kind == CreditNoteKind::DebtCancellation && note.total.minor() > due.minor() {
            let total = note.total;
            return Err(CreditRefusal::NotOwed { total, due });
        }
        Ok(note)
    }

    /// Drafts a note over everything that is not credited yet: what voids the invoice.
    ///
    /// # Errors
    /// [`CreditRefusal::NothingLeft`] when all of it is credited.
    pub fn draft_rest(&self, kind: CreditNoteKind) -> Result<CreditNote, CreditRefusal> {
        let rest = parts::open_entries(self)?;
        if rest.is_empty() {
            return Err(CreditRefusal::NothingLeft);
        }
        let requests: Vec<_> = rest
            .into_iter()
            .map(|it| (it, CreditPart::Whole).into())
            .collect();
        self.draft(kind, &requests)
    }

    /// Issues a draft under a number. Of two drafts over the same part one can be issued.
    ///
    /// # Errors
    /// [`CreditRefusal`] if it is no draft, or would come out otherwise after what was issued since it was drafted.
    pub fn issue(
        &mut self,
        note: CreditNote,
        number: &str,
        on: LocalDate,
    ) -> Result<&CreditNote, CreditRefusal> {
        if self.draft(note.kind, &note.requests)? != note {
            return Err(CreditRefusal::Outdated);
        }
        let number = number.to_owned();
        let state = CreditNoteState::Issued { number, on };
        self.notes.push(CreditNote { state, ..note });
        self.notes.last().ok_or(CreditRefusal::Outdated)
    }

    /// Voids an issued note that cancelled debt: the debt is back. What was paid out or became credit cannot be taken back
    /// so; that is a new invoice.
    ///
    /// # Errors
    /// [`CreditRefusal::NotVoidable`] for any other note.
    pub fn void(&mut self, number: &str, voided_on: LocalDate) -> Result<(), CreditRefusal> {
        for note in &mut self.notes {
            let CreditNoteState::Issued { number: own, on } = &note.state else {
                continue;
            };
            if own == number && note.kind == CreditNoteKind::DebtCancellation && !self.corrected {
                note.state = CreditNoteState::Voided {
                    number: own.clone(),
                    on: *on,
                    voided_on,
                };
                return Ok(());
            }
        }
        let number = number.to_owned();
        Err(CreditRefusal::NotVoidable { number })
    }

    /// Allows the invoice that corrects this one: once, and only when all of this one is credited.
    ///
    /// # Errors
    /// [`CreditRefusal::NotAllCredited`] or [`CreditRefusal::Corrected`].
    pub fn correct(&mut self) -> Result<(), CreditRefusal> {
        let left = self.creditable()?;
        if !parts::open_entries(self)?.is_empty() {
            return Err(CreditRefusal::NotAllCredited { left });
        }
        if self.corrected {
            return Err(CreditRefusal::Corrected);
        }
        self.corrected = true;
        Ok(())
    }
}

/// The units of a credited line as they are printed beside its amount: the amount stays the truth and the quantity of the
/// invoice's line whole; the price of one unit follows, however fine it is.
///
/// ```
/// use billing::CreditedUnits;
/// use kernel::Money;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Of three at 32.00 each, 64.00 are given back.
/// let units = CreditedUnits::of(Money::from_minor(6_400, "EUR".parse()?), 3).ok_or("no units")?;
/// assert_eq!((units.quantity(), units.unit_price().to_string()), (3, "6400/3".to_owned()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditedUnits {
    quantity: u32,
    unit_price: Ratio,
}

impl CreditedUnits {
    /// The units of an amount of which the invoice's line has so many; `None` for a line without any.
    #[must_use]
    pub fn of(amount: Money, quantity: u32) -> Option<Self> {
        let unit_price = Ratio::new(i128::from(amount.minor()), i128::from(quantity))?;
        Some(Self {
            quantity,
            unit_price,
        })
    }

    /// How many, 1 or more: as many as the line of the invoice has.
    #[must_use]
    pub const fn quantity(&self) -> u32 {
        self.quantity
    }

    /// The price of one, in minor units.
    #[must_use]
    pub const fn unit_price(&self) -> Ratio {
        self.unit_price
    }

    /// What all of them come to, in minor units: the amount they were made of. `None` if it does not fit.
    #[must_use]
    pub fn amount(&self) -> Option<Ratio> {
        self.unit_price
            .checked_mul(Ratio::whole(i64::from(self.quantity)))
    }
}

#[cfg(test)]
mod tests;
