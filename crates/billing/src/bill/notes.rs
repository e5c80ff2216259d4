//! What a bill gives back by credit notes: days of issued invoices, and what was paid for them.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{InvoiceId, LocalDate};

use super::{BillOrder, Unbillable};
use crate::account::Account;
use crate::correct::{Crediting, Original, Turned, credit, to_undo};
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

    /// Writes the notes that give back some days of invoices, each with what follows for earlier ones. Returns with them what
    /// a note is not written for: days that cost nothing.
    pub(super) fn give_back(
        &mut self,
        papers: Vec<(InvoiceId, Vec<ProposedLine>)>,
    ) -> Result<(Vec<NoteDraft>, Vec<ProposedLine>), Unbillable> {
        let mut orders = BTreeMap::new();
        let mut for_nothing = Vec::new();
        for (of, lines) in papers {
            let order = self.order_of(lines.iter().map(piece).collect::<Result<_, _>>()?);
            match order.of_days()?.is_empty() {
                true => for_nothing.extend(lines),
                false => drop(orders.insert(of, order)),
            }
        }
        self.turn(&mut orders)?;
        let mut notes = Vec::new();
        for (nth, (of, mut order)) in (0_u16..).zip(orders) {
            // Its ids follow from that of the invoice: the same order gives the same bill.
            order.id = self.order.invoice.child(nth);
            order.requests = order.of_days()?;
            notes.push(self.write(of, &order)?);
        }
        Ok((notes, for_nothing))
    }

    fn order_of(&self, days: Vec<CreditedPiece>) -> Crediting {
        Crediting {
            id: self.order.invoice.child(0),
            kind: CreditNoteKind::ToAccount,
            requests: Vec::new(),
            days,
            turned: Turned::default(),
            reason: REASON.to_owned(),
            on: self.today(),
            at: self.order.now,
            step: self.entity.scale().step(self.entity.currency()),
        }
    }

    /// Where more is given back of an invoice than it came to, because what an earlier one gave back had lowered it, the
    /// rest is given back of the earlier one; the latest first, so that each is looked at once.
    fn turn(&self, orders: &mut BTreeMap<InvoiceId, Crediting>) -> Result<(), Unbillable> {
        let mut done = BTreeSet::new();
        loop {
            let mut next = None;
            for of in orders.keys().filter(|it| !done.contains(*it)) {
                let invoice = &self.original(*of)?.invoice;
                next = next.max(Some((invoice.issued_on(), invoice.number(), *of)));
            }
            let Some((_, _, of)) = next else {
                return Ok(());
            };
            done.insert(of);
            let Some(order) = orders.get(&of) else {
                return Ok(());
            };
            let refused = |_| Unbillable::NotCredited { invoice: of };
            for (line, earlier, amount) in to_undo(self.original(of)?, order).map_err(refused)? {
                if let Some(order) = orders.get_mut(&of) {
                    order.turned.undone.push((line, amount));
                }
                let order = orders.entry(earlier.invoice);
                let order = order.or_insert_with(|| self.order_of(Vec::new()));
                order.turned.instead.push((earlier.line, amount));
            }
        }
    }

    /// Writes a note over an invoice.
    fn write(&mut self, of: InvoiceId, order: &Crediting) -> Result<NoteDraft, Unbillable> {
        let original = self.original(of)?;
        self.take_up(original);
        let refused = |_| Unbillable::NotCredited { invoice: of };
        let invoice = self.open.iter_mut().find(|it| it.id() == of);
        let invoice = invoice.ok_or(Unbillable::Unread { invoice: of })?;
        let pays = |it: &Payment| original.payers.iter().any(|that| that.id() == it.id());
        let mut payers: Vec<&mut Payment> =
            self.payments.iter_mut().filter(|it| pays(it)).collect();
        let (note, moved) = credit(invoice, original, &mut payers, order).map_err(refused)?;
        self.postings.extend(moved);
        Ok(note)
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
