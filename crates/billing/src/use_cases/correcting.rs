//! What every correction of an invoice begins and ends with, its account locked.

use kernel::{InvoiceId, MayConflict, StoreError, Timestamp};

use super::settlement::spend;
use super::standing::restate;
use crate::account::Account;
use crate::correct::NotCredited;
use crate::entity::LegalEntity;
use crate::invoice::{CorrectionRefusal, Invoice};
use crate::ports::BillingTx;
use crate::subscription::Subscription;

/// Why an invoice is not corrected.
#[derive(Debug, thiserror::Error)]
pub enum CorrectInvoiceError {
    /// The tenant has no such invoice.
    #[error("there is no invoice {0}")]
    NotFound(InvoiceId),
    /// It cannot be credited like that.
    #[error("the credit note is refused")]
    NotCredited(#[from] NotCredited),
    /// It does not allow it.
    #[error("the invoice refuses it")]
    Refused(#[from] CorrectionRefusal),
    /// The id belongs to another correction.
    #[error("the id belongs to another correction")]
    OtherContent,
    /// An unusable reason.
    #[error("the reason must be 1 to 300 characters without control characters, not {length}")]
    Reason {
        /// How many characters it has.
        length: usize,
    },
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for CorrectInvoiceError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// A reason without the blanks around it.
pub(super) fn reason_of(text: &str) -> Result<String, CorrectInvoiceError> {
    let text = text.trim();
    let length = text.chars().count();
    if !(1..=300).contains(&length) || text.chars().any(char::is_control) {
        return Err(CorrectInvoiceError::Reason { length });
    }
    Ok(text.to_owned())
}

/// An invoice that is to be corrected, with its account.
pub(super) struct Desk {
    pub(super) entity: LegalEntity,
    pub(super) account: Account,
    pub(super) subscriptions: Vec<Subscription>,
}

/// Locks the account of an invoice; the invoice is to be read after that.
pub(super) async fn open(
    tx: &mut dyn BillingTx,
    id: InvoiceId,
) -> Result<Desk, CorrectInvoiceError> {
    let found = tx.invoices().find(id).await?;
    let account = found.ok_or(CorrectInvoiceError::NotFound(id))?.account();
    let account = tx.accounts().lock(account).await?;
    let account = account.ok_or_else(|| StoreError::corrupt("an invoice without its account"))?;
    let entity = tx.entities().find(account.entity()).await?;
    let entity = entity.ok_or_else(|| StoreError::corrupt("an account without its entity"))?;
    let subscriptions = tx.subscriptions().of_account(account.id()).await?;
    Ok(Desk {
        entity,
        account,
        subscriptions,
    })
}

impl Desk {
    /// Lets every credit pay what is open, oldest first, and re-derives access: in the same transaction (billing.md,
    /// invariants 32 and 36). What was corrected is saved before.
    pub(super) async fn settle(
        &mut self,
        tx: &mut dyn BillingTx,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut open = tx.invoices().open_of(self.account.id()).await?;
        for mut credit in tx.payments().with_credit(self.account.id()).await? {
            if spend(tx, &self.account, &mut credit, &mut open, now).await? {
                tx.payments().save(&mut credit).await?;
            }
        }
        for invoice in open.iter_mut().filter(|it| Invoice::is_changed(it)) {
            tx.invoices().save(invoice).await?;
        }
        let today = self.entity.today(now);
        // What became credit may reach for a period that is over.
        for subscription in &mut self.subscriptions {
            subscription.ask_for_renewal(today);
        }
        let (entity, account) = (&self.entity, &mut self.account);
        restate(tx, entity, account, &mut self.subscriptions, &open, today).await
    }
}
