//! Evaluates one account: how far behind it is today, and what follows for its subscriptions.

use kernel::{AccountId, Clock, MayConflict, Scope, StoreError};

use super::standing::restate;
use crate::ports::BillingStore;

/// Why an account was not evaluated.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateAccountError {
    /// The tenant has no such account.
    #[error("there is no account {0}")]
    NotFound(AccountId),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for EvaluateAccountError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Brings an account and its subscriptions to where they belong today. Running it again the same day changes nothing.
///
/// # Errors
/// [`EvaluateAccountError`].
pub async fn evaluate_account(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: AccountId,
) -> Result<(), EvaluateAccountError> {
    let mut tx = store.begin(scope).await?;
    let account = tx.accounts().lock(id).await?;
    let mut account = account.ok_or(EvaluateAccountError::NotFound(id))?;
    let entity = tx.entities().find(account.entity()).await?;
    let entity = entity.ok_or_else(|| StoreError::corrupt("an account without its entity"))?;
    let open = tx.invoices().open_of(id).await?;
    let mut subscriptions = tx.subscriptions().of_account(id).await?;
    let today = entity.today(clock.now());
    restate(
        &mut *tx,
        &entity,
        &mut account,
        &mut subscriptions,
        &open,
        today,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}
