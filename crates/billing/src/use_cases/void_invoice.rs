//! Voids an issued invoice: a credit note over all that is left of it takes it back, and its days are billed again by what
//! holds now.

use kernel::{Clock, CreditNoteId, InvoiceId, Scope, StoreError};

use super::bill_account::original_of;
use super::correcting::{CorrectInvoiceError, open, reason_of};
use crate::invoice::CorrectionRefusal;
use crate::ports::BillingStore;

/// Takes an invoice back as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoidInvoice {
    /// The id of the credit note that does it: the same id again is the same.
    pub id: CreditNoteId,
    /// The invoice: nobody has paid for it.
    pub invoice: InvoiceId,
    /// Why, 1 to 300 characters.
    pub reason: String,
}

/// Voids an invoice. It keeps its number; a credit note points to it, and the next run bills its days by what holds then,
/// with its one-time charges and what notes had left of its fees of dunning (what they gave back stays given back; a fee that
/// nobody is to pay is let off in the open, with a reason); discounts that are good for so many invoices may be used again. What should not be billed again is credited, not voided; where all of it is credited,
/// nothing is left to void.
///
/// # Errors
/// [`CorrectInvoiceError`]; nothing is changed then. An invoice that was voided stays so, and says when that was.
pub async fn void_invoice(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: VoidInvoice,
) -> Result<(), CorrectInvoiceError> {
    let now = clock.now();
    let reason = reason_of(&command.reason)?;
    let mut tx = store.begin(scope).await?;
    let mut desk = open(&mut *tx, command.invoice).await?;
    if let Some(known) = tx.invoices().find_note(command.id).await? {
        return match known.draft.invoice == command.invoice && known.draft.reason == reason {
            true => Ok(()),
            false => Err(CorrectInvoiceError::OtherContent),
        };
    }
    let original = original_of(&mut *tx, command.invoice).await?;
    original.invoice.must_be_voidable()?;
    if !original.taken_back.is_empty() {
        return Err(CorrectionRefusal::Entangled.into());
    }
    let crediting = desk.all_of(&original, (command.id, reason.clone(), now))?;
    for line in original.invoice.lines() {
        let of = |it: &&mut crate::subscription::Subscription| it.id() == line.subscription;
        if let Some(subscription) = desk.subscriptions.iter_mut().find(of) {
            subscription.bill_again(line.cycle.start);
        }
    }
    desk.account.return_discounts(command.invoice);
    desk.credit(&mut *tx, &original, &crediting).await?;
    let fees = original.fees_left().map_err(StoreError::corrupt)?;
    let account = desk.account.id();
    tx.fees().let_go(account, command.invoice, &fees).await?;
    let voided = tx.invoices().find(command.invoice).await?;
    let mut voided = voided.ok_or(CorrectInvoiceError::NotFound(command.invoice))?;
    voided.void(desk.entity.today(now), &reason)?;
    tx.invoices().save(&mut voided).await?;
    desk.settle(&mut *tx, now).await?;
    tx.commit().await?;
    Ok(())
}
