//! What is known of an account once a bill is written: how a look ahead goes from one run to the next (billing.md,
//! invariant 22).

use kernel::{Money, MoneyError, SubscriptionId};

use crate::bill::{AccountFacts, Bill, Papers, Unbillable};
use crate::correct::Original;
use crate::credit_note::{IssuedNote, NoteDraft};
use crate::difference::{Billed, Inconsistent, LineRef};
use crate::invoice::{Invoice, InvoiceDraft, Line};
use crate::payment::Payment;
use crate::run::PreparedBill;

/// The facts after a bill that was prepared from them, if everybody pays what is asked for: nobody looks ahead to what
/// debt would do.
///
/// # Errors
/// [`Unbillable`] if the bill takes something back that the facts do not know of.
pub(crate) fn after(before: AccountFacts, done: PreparedBill) -> Result<AccountFacts, Unbillable> {
    let mut papers = before.papers;
    papers.open.clear();
    for note in &done.bill.notes {
        papers.take_back(note)?;
    }
    papers.move_money(&done.bill)?;
    for note in done.bill.notes {
        let of = papers.originals.iter_mut();
        if let Some(original) = of.into_iter().find(|it| it.invoice.id() == note.invoice) {
            let number = u64::try_from(original.notes.len()).unwrap_or(u64::MAX);
            let note = IssuedNote::restore(note, done.series.clone(), number);
            original.notes.push(note);
        }
    }
    if let Some(draft) = done.bill.draft {
        papers.write_down(&draft)?;
        papers.fees.retain(|it| !draft.fees.contains(it));
        papers.file(draft, done.bill.paid, &done.series, &done.bill.spent)?;
    }
    Ok(AccountFacts {
        account: done.account,
        subscriptions: done.subscriptions,
        papers,
    })
}

impl Papers {
    /// What is left of every payment: the credit of the account.
    ///
    /// # Errors
    /// [`MoneyError`] if the stored amounts contradict each other.
    pub(crate) fn credit(&self, nothing: Money) -> Result<Money, MoneyError> {
        let mut credit = nothing;
        for payment in &self.credits {
            credit = credit.checked_add(payment.unallocated()?)?;
        }
        Ok(credit)
    }

    fn billed_line(
        &mut self,
        subscription: SubscriptionId,
        line: LineRef,
    ) -> Result<&mut Billed, Inconsistent> {
        let book = self.billed.entry(subscription).or_default();
        let found = book.iter_mut().find(|it| it.line == line);
        found.ok_or(Inconsistent::NothingToRepair { line })
    }

    fn take_back(&mut self, note: &NoteDraft) -> Result<(), Inconsistent> {
        let invoice = note.invoice;
        for piece in &note.pieces {
            let line = piece.line;
            let item = self.billed_line(piece.subscription, LineRef { invoice, line })?;
            match piece.days {
                Some(days) => item.repaired.push((days, piece.amount)),
                None => item.adjusted = item.adjusted.checked_add(piece.amount)?,
            }
        }
        Ok(())
    }

    fn write_down(&mut self, draft: &InvoiceDraft) -> Result<(), Inconsistent> {
        let invoice = draft.id;
        for (line, it) in (0_u16..).zip(&draft.lines) {
            let Some(of) = it.repairs else {
                let book = self.billed.entry(it.subscription).or_default();
                book.push(charged(LineRef { invoice, line }, it));
                continue;
            };
            let back = it.amount.checked_neg()?;
            let item = self.billed_line(it.subscription, of)?;
            item.repaired.push((it.period, back));
            let originals = self.originals.iter_mut();
            if let Some(it) = originals
                .into_iter()
                .find(|it| it.invoice.id() == of.invoice)
            {
                it.taken_back.push((of.line, back));
            }
        }
        Ok(())
    }

    /// Payments and invoices as they are now, wherever they stand.
    fn move_money(&mut self, bill: &Bill) -> Result<(), MoneyError> {
        for payment in &bill.spent {
            self.credits.retain(|it| it.id() != payment.id());
            self.credits.push(payment.clone());
        }
        let mut credits = Vec::new();
        for payment in self.credits.drain(..) {
            if payment.unallocated()?.is_positive() {
                credits.push(payment);
            }
        }
        credits.sort_by_key(|it| (it.received_at(), it.id()));
        self.credits = credits;
        for original in &mut self.originals {
            let id = original.invoice.id();
            if let Some(now) = bill.open.iter().find(|it| it.id() == id) {
                original.invoice = now.clone();
            }
            let known = std::mem::take(&mut original.payers);
            let changed = |it: &Payment| bill.spent.iter().any(|now| now.id() == it.id());
            let kept = known.into_iter().filter(|it| !changed(it));
            original.payers = payers_of(&original.invoice, kept.chain(bill.spent.iter().cloned()))?;
        }
        Ok(())
    }

    /// The new invoice joins those of which something may be given back.
    fn file(
        &mut self,
        draft: InvoiceDraft,
        paid: Option<Money>,
        series: &str,
        spent: &[Payment],
    ) -> Result<(), Unbillable> {
        let mut invoice = Invoice::issue(draft, series, u64::MAX);
        if let Some(paid) = paid {
            invoice.settle(paid).map_err(|_| Unbillable::Unpriced)?;
        }
        self.originals.push(Original {
            payers: payers_of(&invoice, spent.iter().cloned())?,
            invoice,
            notes: Vec::new(),
            taken_back: Vec::new(),
        });
        Ok(())
    }
}

fn payers_of(
    invoice: &Invoice,
    payments: impl Iterator<Item = Payment>,
) -> Result<Vec<Payment>, MoneyError> {
    let mut payers = Vec::new();
    for payment in payments {
        if payment.uses()?.iter().any(|it| it.invoice == invoice.id()) {
            payers.push(payment);
        }
    }
    payers.sort_by_key(|it| (it.received_at(), it.id()));
    Ok(payers)
}

fn charged(line: LineRef, it: &Line) -> Billed {
    Billed {
        line,
        terms: it.terms(),
        period: it.period,
        cycle: it.cycle,
        price: it.price,
        amount: it.amount,
        adjusted: Money::zero(it.amount.currency()),
        repaired: Vec::new(),
    }
}
