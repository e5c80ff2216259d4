//! What a bill gives back by credit notes: days of issued invoices, and what was paid for them.

use kernel::{InvoiceId, LocalDate, Money};

use super::{BillOrder, Unbillable};
use crate::account::Account;
use crate::correct::{Crediting, Original, credit, requests_of};
use crate::credit::CreditBy;
use crate::credit_note::{CreditNoteKind, CreditedPiece, NoteDraft};
use crate::difference::Due;
use crate::entity::LegalEntity;
use crate::generate::ProposedLine;
use crate::invoice::Invoice;
use crate::ledger::Posting;
use crate::payment::Payment;

/// Why days of an issued invoice are given back by a run.
const REASON: &str = "days that are not used";

/// How a bill gives back. What is taxed or discounted is given back by the document that it was charged with; the rest as
/// the entity wants it, and by credit note where it comes to more than the charges.
pub(super) fn credit_by(entity: &LegalEntity, account: &Account, total: Money) -> CreditBy {
    let pricing = entity.pricing();
    let bare = pricing.is_plain() && !account.has_discounts();
    match pricing.give_back {
        CreditBy::NegativeLines if bare && !total.is_negative() => CreditBy::NegativeLines,
        CreditBy::NegativeLines | CreditBy::CreditNote => CreditBy::CreditNote,
    }
}

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

impl Desk<'_> {
    /// Writes the note that gives back some days of an invoice.
    pub(super) fn give_back(
        &mut self,
        of: InvoiceId,
        lines: &[ProposedLine],
        nth: u16,
    ) -> Result<Option<NoteDraft>, Unbillable> {
        let known = self.originals.iter().find(|it| it.invoice.id() == of);
        let original = known.ok_or(Unbillable::Unread { invoice: of })?;
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
