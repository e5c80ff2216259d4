//! Writes the debt of an invoice off: nobody expects it to be paid any more, and nobody is cut off for it.

use kernel::{Clock, InvoiceId, Scope, StoreError};

use super::correcting::{CorrectInvoiceError, open, reason_of};
use crate::ledger::{LedgerAccount, Posting};
use crate::ports::BillingStore;

/// Gives up what is due on an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteOffInvoice {
    /// The invoice.
    pub invoice: InvoiceId,
    /// Why, 1 to 300 characters.
    pub reason: String,
}

/// Writes off what is due on an invoice, and re-derives access in the same transaction.
///
/// # Errors
/// [`CorrectInvoiceError`]; nothing is changed then.
pub async fn write_off_invoice(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: WriteOffInvoice,
) -> Result<(), CorrectInvoiceError> {
    let now = clock.now();
    let reason = reason_of(&command.reason)?;
    let mut tx = store.begin(scope).await?;
    let mut desk = open(&mut *tx, command.invoice).await?;
    let found = tx.invoices().find(command.invoice).await?;
    let mut invoice = found.ok_or(CorrectInvoiceError::NotFound(command.invoice))?;
    let amount = invoice.write_off(&reason)?;
    tx.invoices().save(&mut invoice).await?;
    let posting = Posting::new(
        (desk.entity.id(), desk.account.id()),
        ("write_off", command.invoice.to_string()),
        now,
        (LedgerAccount::BadDebt, LedgerAccount::Receivable),
        amount,
    );
    tx.ledger()
        .post(posting.map_err(StoreError::corrupt)?)
        .await?;
    desk.settle(&mut *tx, now).await?;
    tx.commit().await?;
    Ok(())
}
