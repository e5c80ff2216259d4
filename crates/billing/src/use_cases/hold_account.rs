//! Keeps the consequences of debt away from an account, and lets them come again.

use kernel::{AccountId, Clock, MayConflict, Scope, StoreError};

use super::standing::restate;
use crate::account::{Account, BadHold};
use crate::ports::BillingStore;

/// Why a hold was neither placed nor lifted.
#[derive(Debug, thiserror::Error)]
pub enum HoldAccountError {
    /// The tenant has no such account.
    #[error("there is no account {0}")]
    NotFound(AccountId),
    /// The hold breaks a rule.
    #[error("the hold breaks a rule")]
    Refused(#[from] BadHold),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for HoldAccountError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Holds an account, for 1 to 200 characters of reason: it is clear from now on, and access comes back in the same transaction.
/// The same hold again changes nothing.
///
/// # Errors
/// [`HoldAccountError`]; nothing is changed then.
pub async fn place_hold(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: AccountId,
    reason: &str,
) -> Result<(), HoldAccountError> {
    changed(store, clock, scope, id, |it| it.place_hold(reason)).await
}

/// Treats an account like any other again: its level is what its debt says, in the same transaction. On one that is not held
/// this changes nothing.
///
/// # Errors
/// [`HoldAccountError`]; nothing is changed then.
pub async fn lift_hold(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: AccountId,
) -> Result<(), HoldAccountError> {
    changed(store, clock, scope, id, |it| Ok(it.lift_hold())).await
}

async fn changed(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: AccountId,
    change: impl FnOnce(&mut Account) -> Result<bool, BadHold> + Send,
) -> Result<(), HoldAccountError> {
    let mut tx = store.begin(scope).await?;
    let account = tx.accounts().lock(id).await?;
    let mut account = account.ok_or(HoldAccountError::NotFound(id))?;
    if !change(&mut account)? {
        return Ok(());
    }
    tx.accounts().save(&mut account).await?;
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
