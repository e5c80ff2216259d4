//! Uses a payment for an invoice that somebody names, instead of the oldest.

use kernel::{Clock, InvoiceId, MayConflict, Money, PaymentId, Scope, StoreError};

use super::paid::{Spoken, locked, reopen};
use super::settlement::{posting, use_credit};
use crate::invoice::SettleRefusal;
use crate::ledger::LedgerAccount;
use crate::payment::PaymentRefusal;
use crate::ports::BillingStore;

/// Uses a payment for an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllocatePayment {
    /// The payment.
    pub payment: PaymentId,
    /// The invoice; one of the same account's.
    pub invoice: InvoiceId,
    /// How much, above zero.
    pub amount: Money,
}

/// Why nothing was allocated.
#[derive(Debug, thiserror::Error)]
pub enum AllocatePaymentError {
    /// The tenant has no such payment.
    #[error("there is no payment {0}")]
    NotFound(PaymentId),
    /// The account of the payment has no such invoice.
    #[error("the account of the payment has no invoice {0}")]
    NoInvoice(InvoiceId),
    /// The payment does not have it.
    #[error("the payment refuses it")]
    Refused(#[from] PaymentRefusal),
    /// The invoice does not ask for it.
    #[error("the invoice refuses it")]
    NotDue(#[from] SettleRefusal),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for AllocatePaymentError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Uses an amount of a payment for an invoice: what is left of it first, then what it paid last elsewhere, which is owed
/// again. Access follows in the same transaction.
///
/// # Errors
/// [`AllocatePaymentError`] for more than the payment has or than is due; nothing is changed then.
pub async fn allocate_payment(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: AllocatePayment,
) -> Result<(), AllocatePaymentError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let found = locked(&mut *tx, &Spoken::Payment(command.payment)).await?;
    let (mut account, mut payment) =
        found.ok_or(AllocatePaymentError::NotFound(command.payment))?;
    let invoice = tx.invoices().find(command.invoice).await?;
    let own = invoice.filter(|it| it.account() == account.id());
    let mut invoice = own.ok_or(AllocatePaymentError::NoInvoice(command.invoice))?;
    let released = payment.allocate(command.invoice, command.amount)?;
    invoice.settle(command.amount)?;
    reopen(&mut *tx, (&account, &payment), &released, now).await?;
    let sides = (LedgerAccount::CustomerCredit, LedgerAccount::Receivable);
    let posting = posting(
        &account,
        &payment,
        "allocation",
        (sides, command.amount),
        now,
    )?;
    tx.ledger().post(posting).await?;
    tx.invoices().save(&mut invoice).await?;
    tx.payments().save(&mut payment).await?;
    use_credit(&mut *tx, &mut account, now).await?;
    tx.commit().await?;
    Ok(())
}
