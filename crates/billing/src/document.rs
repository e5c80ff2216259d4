//! An invoice as a document with discounts and taxes: drafted, issued under a number, credited in parts, voided.
//!
//! What was issued never changes; every correction is a document of its own that points to it (billing.md, invariants 23 to
//! 27). How far it is paid is derived from payments and notes, not stored here.

use kernel::{AccountId, EntityId, InvoiceId, LocalDate, Money, MoneyError};

use crate::credit_note::{
    CreditNote, CreditNoteKind, CreditPart, CreditRefusal, CreditRequest, CreditedInvoice,
    PaidSoFar,
};
use crate::events::BillingEvent;
use crate::invoice::printed_number;
use crate::pricing::{
    BrokenIdentity, Identity, PriceError, PriceTerms, Priced, Totals, check_identity, price,
};

/// Where an invoice stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentState {
    /// It has no number and is no debt.
    Draft,
    /// It counts.
    Issued {
        /// Its number: series and place, without gaps.
        number: String,
        /// Its date.
        on: LocalDate,
        /// The last day to pay it without being overdue.
        due_on: LocalDate,
    },
    /// It was taken back as a whole by a credit note; its number stays taken.
    Voided {
        /// The number it was issued under.
        number: String,
        /// The day it was voided.
        on: LocalDate,
        /// Why.
        reason: String,
    },
}

/// Whose invoice it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentOf {
    /// The invoice.
    pub invoice: InvoiceId,
    /// Who owes it.
    pub account: AccountId,
    /// Whom.
    pub entity: EntityId,
}

/// Why an invoice cannot be drafted, issued, credited or voided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentRefusal {
    /// It has no lines: nothing to bill is no invoice (billing.md, invariant 19).
    #[error("an invoice needs at least one line")]
    Empty,
    /// It cannot be priced.
    #[error(transparent)]
    Price(#[from] PriceError),
    /// Its totals contradict each other.
    #[error("totals are wrong: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Totals(Vec<BrokenIdentity>),
    /// It comes to less than nothing: that is a credit note.
    #[error("an invoice of {total} is a credit note")]
    Negative {
        /// What it comes to.
        total: Money,
    },
    /// It is due before its date.
    #[error("an invoice of {on} cannot be due on {due_on}")]
    DueBefore {
        /// Its date.
        on: LocalDate,
        /// The day it would be due.
        due_on: LocalDate,
    },
    /// Only a draft can be changed or issued.
    #[error("invoice {number} was issued and cannot be changed")]
    Issued {
        /// Its number.
        number: String,
    },
    /// A draft has no effect that could be taken back.
    #[error("the invoice is a draft")]
    Draft,
    /// It was voided.
    #[error("invoice {number} was voided on {on}")]
    Voided {
        /// Its number.
        number: String,
        /// The day.
        on: LocalDate,
    },
    /// Money was taken for it: what is given back is a refund.
    #[error("{paid} was paid for the invoice: it can be credited, not voided")]
    Paid {
        /// How much.
        paid: Money,
    },
    /// The credit note cannot be.
    #[error(transparent)]
    Credit(#[from] CreditRefusal),
    /// The figures do not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// An invoice as a document.
#[derive(Debug, Clone, PartialEq)]
pub struct InvoiceDocument {
    of: DocumentOf,
    corrects: Option<InvoiceId>,
    state: DocumentState,
    credited: CreditedInvoice,
    events: Vec<BillingEvent>,
}

impl InvoiceDocument {
    /// Drafts an invoice.
    ///
    /// # Errors
    /// [`DocumentRefusal`] for no lines, or what cannot be priced.
    pub fn draft(
        of: DocumentOf,
        priced: Priced<'_>,
        terms: PriceTerms,
    ) -> Result<Self, DocumentRefusal> {
        let totals = totals(priced, terms)?;
        let drafted = BillingEvent::InvoiceDrafted {
            invoice: of.invoice,
            account: of.account,
            total: totals.tax_inclusive,
        };
        Ok(Self {
            of,
            corrects: None,
            state: DocumentState::Draft,
            credited: CreditedInvoice::of(totals),
            events: vec![drafted],
        })
    }

    /// Prices a draft again, with other lines or terms.
    ///
    /// # Errors
    /// [`DocumentRefusal::Issued`] once it has a number, or as for [`InvoiceDocument::draft`].
    pub fn redraft(
        &mut self,
        priced: Priced<'_>,
        terms: PriceTerms,
    ) -> Result<(), DocumentRefusal> {
        self.must_be_draft()?;
        self.credited = CreditedInvoice::of(totals(priced, terms)?);
        Ok(())
    }

    fn must_be_draft(&self) -> Result<(), DocumentRefusal> {
        match &self.state {
            DocumentState::Draft => Ok(()),
            DocumentState::Issued { number, .. } | DocumentState::Voided { number, .. } => {
                let number = number.clone();
                Err(DocumentRefusal::Issued { number })
            }
        }
    }

    /// Issues it as the next of its series: the number is taken now, and never before.
    ///
    /// # Errors
    /// [`DocumentRefusal`] if it is no draft, comes to less than nothing, or is due before its date.
    pub fn issue(
        &mut self,
        (series, place): (&str, u64),
        on: LocalDate,
        due_on: LocalDate,
    ) -> Result<(), DocumentRefusal> {
        self.must_be_draft()?;
        let total = self.totals().tax_inclusive;
        if total.is_negative() {
            return Err(DocumentRefusal::Negative { total });
        }
        if due_on < on {
            return Err(DocumentRefusal::DueBefore { on, due_on });
        }
        let number = printed_number(series, place);
        self.events.push(BillingEvent::InvoiceIssued {
            invoice: self.of.invoice,
            account: self.of.account,
            number: number.clone(),
            total,
            due_on,
        });
        self.state = DocumentState::Issued { number, on, due_on };
        Ok(())
    }

    /// Gives back parts of it in a credit note under a number.
    ///
    /// # Errors
    /// [`DocumentRefusal`] if it is not issued, or [`CreditRefusal`] for what cannot be given back.
    pub fn credit(
        &mut self,
        kind: CreditNoteKind,
        requests: &[CreditRequest],
        number: &str,
        on: LocalDate,
    ) -> Result<CreditNote, DocumentRefusal> {
        self.must_be_issued()?;
        let note = self.credited.draft(kind, requests)?;
        self.issue_note(note, number, on)
    }

    /// Takes an amount off one line, in a credit note of its own.
    ///
    /// # Errors
    /// As for [`InvoiceDocument::credit`].
    pub fn adjust_line(
        &mut self,
        line: usize,
        amount: Money,
        number: &str,
        on: LocalDate,
    ) -> Result<CreditNote, DocumentRefusal> {
        let part = [(line, CreditPart::Amount(amount)).into()];
        let note = self.credit(CreditNoteKind::ToAccount, &part, number, on)?;
        self.events.push(BillingEvent::ItemAdjusted {
            invoice: self.of.invoice,
            line,
            amount,
        });
        Ok(note)
    }

    /// Voids it: a credit note over all that is left of it cancels the debt, and nothing can be done with it any more.
    ///
    /// # Errors
    /// [`DocumentRefusal`] if it is not issued, or something was paid for it.
    pub fn void(
        &mut self,
        note_number: &str,
        on: LocalDate,
        reason: &str,
    ) -> Result<CreditNote, DocumentRefusal> {
        let number = self.must_be_issued()?.to_owned();
        let paid = self.credited.settled()?;
        if !paid.is_zero() {
            return Err(DocumentRefusal::Paid { paid });
        }
        let note = self.credited.draft_rest(CreditNoteKind::DebtCancellation)?;
        let note = self.issue_note(note, note_number, on)?;
        self.events.push(BillingEvent::InvoiceVoided {
            invoice: self.of.invoice,
            number: number.clone(),
            reason: reason.to_owned(),
        });
        let reason = reason.to_owned();
        self.state = DocumentState::Voided { number, on, reason };
        Ok(note)
    }

    /// Voids a note that cancelled debt: the debt is back.
    ///
    /// # Errors
    /// [`DocumentRefusal`] if the invoice is not issued, or [`CreditRefusal::NotVoidable`].
    pub fn void_note(&mut self, number: &str, on: LocalDate) -> Result<(), DocumentRefusal> {
        self.must_be_issued()?;
        self.credited.void(number, on)?;
        self.events.push(BillingEvent::CreditNoteVoided {
            invoice: self.of.invoice,
            number: number.to_owned(),
        });
        Ok(())
    }

    fn issue_note(
        &mut self,
        note: CreditNote,
        number: &str,
        on: LocalDate,
    ) -> Result<CreditNote, DocumentRefusal> {
        let note = self.credited.issue(note, number, on)?.clone();
        self.events.push(BillingEvent::CreditNoteIssued {
            invoice: self.of.invoice,
            account: self.of.account,
            number: number.to_owned(),
            total: note.total,
            reason: String::new(),
        });
        Ok(note)
    }

    fn must_be_issued(&self) -> Result<&str, DocumentRefusal> {
        match &self.state {
            DocumentState::Draft => Err(DocumentRefusal::Draft),
            DocumentState::Issued { number, .. } => Ok(number),
            DocumentState::Voided { number, on, .. } => {
                let (number, on) = (number.clone(), *on);
                Err(DocumentRefusal::Voided { number, on })
            }
        }
    }

    /// Drafts the invoice that corrects this one and points to it: once, and when all of this one is credited.
    ///
    /// # Errors
    /// [`CreditRefusal::NotAllCredited`], [`CreditRefusal::Corrected`], or as for [`InvoiceDocument::draft`].
    pub fn correct(
        &mut self,
        invoice: InvoiceId,
        priced: Priced<'_>,
        terms: PriceTerms,
    ) -> Result<Self, DocumentRefusal> {
        if self.state == DocumentState::Draft {
            return Err(DocumentRefusal::Draft);
        }
        let mut corrected = Self::draft(DocumentOf { invoice, ..self.of }, priced, terms)?;
        self.credited.correct()?;
        corrected.corrects = Some(self.of.invoice);
        Ok(corrected)
    }

    /// The same document, paid so far like this.
    #[must_use]
    pub fn paid(self, paid: PaidSoFar) -> Self {
        let credited = self.credited.paid(paid);
        Self { credited, ..self }
    }

    /// What is still asked for; nothing of a draft (billing.md, invariant 27) or of what was voided.
    ///
    /// # Errors
    /// [`MoneyError`] if the figures do not fit.
    pub fn due(&self) -> Result<Money, MoneyError> {
        match self.state {
            DocumentState::Issued { .. } => self.credited.due(),
            _ => Ok(Money::zero(self.totals().currency())),
        }
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> &DocumentState {
        &self.state
    }

    /// The invoice that this one corrects.
    #[must_use]
    pub const fn corrects(&self) -> Option<InvoiceId> {
        self.corrects
    }

    /// Its figures.
    #[must_use]
    pub const fn totals(&self) -> &Totals {
        self.credited.totals()
    }

    /// Its credit notes, in the order they were issued.
    #[must_use]
    pub fn notes(&self) -> &[CreditNote] {
        self.credited.notes()
    }

    /// The events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<BillingEvent> {
        std::mem::take(&mut self.events)
    }
}

/// Prices a document and holds the sums of EN 16931 against the result.
fn totals(priced: Priced<'_>, terms: PriceTerms) -> Result<Totals, DocumentRefusal> {
    if priced.lines.is_empty() {
        return Err(DocumentRefusal::Empty);
    }
    let totals = price(priced, terms)?;
    let stated = totals.stated();
    let sums = [
        Identity::LineSum,
        Identity::AllowanceSum,
        Identity::ChargeSum,
        Identity::TaxExclusive,
        Identity::TaxSum,
        Identity::TaxInclusive,
        Identity::Payable,
    ];
    let broken = sums
        .into_iter()
        .filter_map(|it| check_identity(it, &stated).err());
    let broken: Vec<_> = broken.collect();
    match broken.is_empty() {
        true => Ok(totals),
        false => Err(DocumentRefusal::Totals(broken)),
    }
}

#[cfg(test)]
mod tests;
