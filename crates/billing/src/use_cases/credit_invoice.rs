//! Credits an issued invoice: a document of its own takes off it what is due first, and what was paid is credit again.

use kernel::{Clock, CreditNoteId, InvoiceId, Scope, StoreError, Timestamp};

use super::bill_account::original_of;
pub use super::correcting::CorrectInvoiceError;
use super::correcting::{Desk, open, reason_of};
use crate::correct::{Crediting, Original, Turned, credit};
use crate::credit_note::{CreditNoteKind, CreditRequest, CreditedPiece, IssuedNote, note_series};
use crate::payment::Payment;
use crate::ports::{BillingStore, BillingTx};

/// Credits lines of an invoice, or all that is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditInvoice {
    /// The id of the note: the same id again is the same note.
    pub id: CreditNoteId,
    /// The invoice.
    pub invoice: InvoiceId,
    /// Which lines, and how much of each; everything that is left if empty. The days of the lines stay billed.
    pub requests: Vec<CreditRequest>,
    /// Why, 1 to 300 characters.
    pub reason: String,
}

/// Issues a credit note. Money that was paid for what is credited is credit of the account, and pays what is open.
///
/// # Errors
/// [`CorrectInvoiceError`]; nothing is changed then.
pub async fn credit_invoice(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: CreditInvoice,
) -> Result<(), CorrectInvoiceError> {
    let now = clock.now();
    let reason = reason_of(&command.reason)?;
    let mut tx = store.begin(scope).await?;
    let mut desk = open(&mut *tx, command.invoice).await?;
    if let Some(known) = tx.invoices().find_note(command.id).await? {
        return same(&known, &command, &reason);
    }
    let original = original_of(&mut *tx, command.invoice).await?;
    let crediting = Crediting {
        id: command.id,
        kind: CreditNoteKind::ToAccount,
        requests: command.requests,
        days: Vec::new(),
        turned: Turned::default(),
        reason,
        on: desk.entity.today(now),
        at: now,
        step: desk.entity.scale().step(desk.entity.currency()),
    };
    desk.credit(&mut *tx, &original, &crediting).await?;
    desk.settle(&mut *tx, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The same id with the same content is the first note; with other content it is refused (billing.md, invariant 42).
fn same(
    known: &IssuedNote,
    command: &CreditInvoice,
    reason: &str,
) -> Result<(), CorrectInvoiceError> {
    let own = known.draft.invoice == command.invoice && known.draft.reason == reason;
    match own {
        true => Ok(()),
        false => Err(CorrectInvoiceError::OtherContent),
    }
}

impl Desk {
    /// Writes a credit note over an invoice, in the caller's transaction; what was paid for is credit of its payments then,
    /// which nobody has used yet.
    pub(super) async fn credit(
        &mut self,
        tx: &mut dyn BillingTx,
        original: &Original,
        crediting: &Crediting,
    ) -> Result<(), CorrectInvoiceError> {
        let mut invoice = original.invoice.clone();
        let mut payers = original.payers.clone();
        let mut paying: Vec<&mut Payment> = payers.iter_mut().collect();
        let (note, postings) = credit(&mut invoice, original, &mut paying, crediting)?;
        tx.invoices().save(&mut invoice).await?;
        for payer in payers.iter_mut().filter(|it| it.has_news()) {
            tx.payments().save(payer).await?;
        }
        for posting in postings {
            tx.ledger().post(posting).await?;
        }
        let series = note_series(self.entity.series());
        tx.invoices().issue_note(note, &series).await?;
        Ok(())
    }

    /// What takes every line of an invoice back, with the days that stand billed of it.
    pub(super) fn all_of(
        &self,
        original: &Original,
        (id, reason, at): (CreditNoteId, String, Timestamp),
    ) -> Result<Crediting, StoreError> {
        let mut days = Vec::new();
        for (number, line) in (0_u16..).zip(original.invoice.lines()) {
            let earlier = original.notes.iter().flat_map(|it| &it.draft.pieces);
            let earlier: Vec<CreditedPiece> =
                earlier.filter(|it| it.line == number).copied().collect();
            let mut left = line.amount;
            for piece in &earlier {
                left = left
                    .checked_sub(piece.amount)
                    .map_err(StoreError::corrupt)?;
            }
            let gone = earlier.iter().filter_map(|it| it.days);
            for period in crate::days::without(line.period, gone) {
                days.push(CreditedPiece {
                    line: number,
                    subscription: line.subscription,
                    cycle_end: line.cycle.end,
                    days: Some(period),
                    amount: left,
                });
                left = kernel::Money::zero(left.currency());
            }
        }
        Ok(Crediting {
            id,
            kind: CreditNoteKind::DebtCancellation,
            requests: Vec::new(),
            days,
            turned: Turned::default(),
            reason,
            on: self.entity.today(at),
            at,
            step: self.entity.scale().step(self.entity.currency()),
        })
    }
}
