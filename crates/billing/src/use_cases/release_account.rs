//! Lets billing go on for an account that was parked.

use kernel::{AccountId, Clock, MayConflict, Scope, StoreError};

use super::locked::load_account;
use super::standing::save_news;
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
/// next run bills what is due, or parks it again if nothing was put right; what is prepaid asks for the renewal that had to
/// wait.
///
/// # Errors
/// [`ReleaseAccountError`]; nothing has changed then.
pub async fn release_account(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: AccountId,
) -> Result<(), ReleaseAccountError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let locked = load_account(&mut *tx, id).await?;
    let mut locked = locked.ok_or(ReleaseAccountError::NotFound(id))?;
    if locked.account.release() {
        let today = locked.entity.today(now);
        for subscription in &mut locked.subscriptions {
            subscription.ask_for_renewal(today);
        }
        save_news(&mut *tx, &mut locked.account, &mut locked.subscriptions).await?;
        tx.commit().await?;
    }
    Ok(())
}
