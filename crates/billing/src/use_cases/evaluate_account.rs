//! Evaluates one account: how far behind it is now, and what follows for its subscriptions.

use kernel::{AccountId, Clock, Scope};

use super::account_change::{AccountError, account_with_entity};
use super::standing::{Cutting, Look, reevaluate};
use crate::ports::BillingStore;

/// Brings an account and its subscriptions to where they belong now: the steps that are due are taken. Running it again at
/// the same time changes nothing.
///
/// # Errors
/// [`AccountError`].
pub async fn evaluate_account(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: AccountId,
) -> Result<(), AccountError> {
    dun_account(store, clock, scope, id, Cutting::Allowed).await
}

/// The same for one account of a dunning run that may or may not cut anybody off.
///
/// # Errors
/// [`AccountError`].
pub async fn dun_account(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: AccountId,
    cutting: Cutting,
) -> Result<(), AccountError> {
    let mut tx = store.begin(scope).await?;
    let (mut account, entity) = account_with_entity(&mut *tx, id).await?;
    let look = Look::At(clock.now(), cutting);
    reevaluate(&mut *tx, &entity, &mut account, look).await?;
    tx.commit().await?;
    Ok(())
}
