//! What a bill gives back by credit notes: days of issued invoices, and what was paid for them.

use kernel::{InvoiceId, LocalDate};

use super::{BillOrder, Unbillable};
use crate::account::Account;
use crate::correct::{Crediting, Original, credit, requests_of};
use crate::credit::CreditBy;
use crate::credit_note::{CreditNoteKind, CreditedPiece, NoteDraft};
use crate::difference::Due;
use crate::entity::LegalEntity;
use crate::generate::{Proposal, ProposedLine};
use crate::invoice::Invoice;
use crate::ledger::Posting;
use crate::payment::Payment;

/// Why days of an issued invoice are given back by a run.
const REASON: &str = "days that are not used";

/// What is known of the papers that are corrected, as far as the bill has come.
pub(super) struct Desk<'a> {
    pub(super) entity: &'a LegalEntity,
    pub(super) originals: &'a [Original],
    /// The invoices that may change.
    pub(super) open: &'a mut Vec<Invoice>,
    /// The payments that may change, the earliest received first.
    pub(super) payments: &'a mut Vec<Payment>,
    pub(super) postings: &'a mut Vec<Posting>,
    pub(super) order: BillOrder,
}

impl<'a> Desk<'a> {
    /// How a bill gives back. What is taxed, discounted or written off is given back by the document that it was charged
    /// with; the rest as the entity wants it, and by credit note where it comes to more than the charges.
    pub(super) fn credit_by(
        &self,
        account: &Account,
        proposal: &Proposal,
    ) -> Result<CreditBy, Unbillable> {
        let pricing = self.entity.pricing();
        let bare = pricing.is_plain() && !account.has_discounts();
        if pricing.give_back == CreditBy::CreditNote || !bare || proposal.total.is_negative() {
            return Ok(CreditBy::CreditNote);
        }
        for line in &proposal.lines {
            let Due::Repair { of, .. } = line.due else {
                continue;
            };
            let original = &self.original(of.invoice)?.invoice;
            // A negative line would give back in full what nobody has paid, or what was charged with more than its lines.
            if original.written_off().is_positive() || original.has_figures() {
                return Ok(CreditBy::CreditNote);
            }
        }
        Ok(CreditBy::NegativeLines)
    }

    fn original(&self, of: InvoiceId) -> Result<&'a Original, Unbillable> {
        let known = self.originals.iter().find(|it| it.invoice.id() == of);
        known.ok_or(Unbillable::Unread { invoice: of })
    }

    /// Writes the note that gives back some days of an invoice.
    pub(super) fn give_back(
        &mut self,
        of: InvoiceId,
        lines: &[ProposedLine],
        nth: u16,
    ) -> Result<Option<NoteDraft>, Unbillable> {
        let original = self.original(of)?;
        let days: Vec<CreditedPiece> = lines.iter().map(piece).collect::<Result<_, _>>()?;
        let requests = requests_of(&days)?;
        if requests.is_empty() {
            return Ok(None);
        }
        self.take_up(original);
        let crediting = Crediting {
            // Its ids follow from that of the invoice: the same order gives the same bill.
            id: self.order.invoice.child(nth),
            kind: CreditNoteKind::ToAccount,
            requests,
            days,
            reason: REASON.to_owned(),
            on: self.today(),
            at: self.order.now,
            step: self.entity.scale().step(self.entity.currency()),
        };
        let refused = |_| Unbillable::NotCredited { invoice: of };
        let invoice = self.open.iter_mut().find(|it| it.id() == of);
        let invoice = invoice.ok_or(Unbillable::Unread { invoice: of })?;
        let pays = |it: &Payment| original.payers.iter().any(|that| that.id() == it.id());
        let mut payers: Vec<&mut Payment> =
            self.payments.iter_mut().filter(|it| pays(it)).collect();
        let (note, moved) = credit(invoice, original, &mut payers, &crediting).map_err(refused)?;
        self.postings.extend(moved);
        Ok(Some(note))
    }

    /// The invoice and its payments join those that may change.
    fn take_up(&mut self, original: &Original) {
        if !self.open.iter().any(|it| it.id() == original.invoice.id()) {
            self.open.push(original.invoice.clone());
            self.open.sort_by_key(|it| (it.issued_on(), it.number()));
        }
        for payer in &original.payers {
            if !self.payments.iter().any(|it| it.id() == payer.id()) {
                self.payments.push(payer.clone());
            }
        }
        self.payments.sort_by_key(|it| (it.received_at(), it.id()));
    }

    fn today(&self) -> LocalDate {
        self.entity.today(self.order.now)
    }
}

fn piece(it: &ProposedLine) -> Result<CreditedPiece, Unbillable> {
    let Due::Repair {
        of,
        segment,
        amount,
    } = it.due
    else {
        return Err(Unbillable::Unpriced);
    };
    Ok(CreditedPiece {
        line: of.line,
        subscription: it.subscription,
        cycle_end: segment.cycle.end,
        days: Some(segment.period),
        amount: amount.checked_neg()?,
    })
}
