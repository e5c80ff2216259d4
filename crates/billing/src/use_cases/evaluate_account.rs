//! Evaluates one account: how far behind it is now, and what follows for its subscriptions.

use chrono::Duration;
use kernel::{AccountId, Clock, Scope, StoreError};

use super::account_change::{AccountError, account_with_entity};
use super::standing::{Cutting, Look, reevaluate};
use crate::bill::Unbillable;
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

/// The same for one account of a dunning run that may or may not cut anybody off. Whom it cuts off counts for the share of
/// its entity's day, in the same transaction.
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
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let (mut account, entity) = account_with_entity(&mut *tx, id).await?;
    let look = Look::At(now, cutting);
    let verdict = reevaluate(&mut *tx, &entity, &mut account, look).await?;
    let is_counted = entity.procedure().defined().most_cut_percent.is_some();
    if verdict.cuts && is_counted {
        let day = (entity.id(), entity.today(now));
        tx.dunning_runs().count_cut(day, id).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Parks an account that a dunning run cannot read, on record there, and looks at it again a day later. The others are no
/// concern of it.
///
/// # Errors
/// [`StoreError`] as the store's own.
pub async fn park_unreadable(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: AccountId,
    err: &StoreError,
) -> Result<(), StoreError> {
    let reason = Unbillable::unreadable(err).to_string();
    let again = clock.now().plus(Duration::days(1));
    let mut tx = store.begin(scope).await?;
    match tx.accounts().lock(id).await {
        Ok(None) => return Ok(()),
        Ok(Some(mut account)) => {
            account.park(&reason);
            account.look_again(Some(again));
            tx.accounts().save(&mut account).await?;
        }
        Err(StoreError::Corrupt(_)) => tx.accounts().set_aside(id, &reason, again).await?,
        Err(err) => return Err(err),
    }
    tx.commit().await
}
