//! Lets billing go on for an account that was parked.

use kernel::{AccountId, MayConflict, Scope, StoreError};

use crate::ports::BillingStore;

/// Why an account was not released.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseAccountError {
    /// The tenant has no such account.
    #[error("there is no account {0}")]
    NotFound(AccountId),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for ReleaseAccountError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Lets billing go on, after a person has looked at why it stopped; an account that is not parked stays as it is. The
/// next run bills what is due, or parks it again if nothing was put right.
///
/// # Errors
/// [`ReleaseAccountError`]; nothing has changed then.
pub async fn release_account(
    store: &dyn BillingStore,
    scope: &Scope,
    id: AccountId,
) -> Result<(), ReleaseAccountError> {
    let mut tx = store.begin(scope).await?;
    let account = tx.accounts().lock(id).await?;
    let mut account = account.ok_or(ReleaseAccountError::NotFound(id))?;
    if account.release() {
        tx.accounts().save(&mut account).await?;
        tx.commit().await?;
    }
    Ok(())
}
