//! A change of how an account is treated: what each begins with, and that it is re-evaluated in the same transaction.

use kernel::{AccountId, Clock, MayConflict, Scope, StoreError};

use super::standing::{Cutting, Look, reevaluate};
use crate::account::{Account, ArrearsRefusal};
use crate::entity::LegalEntity;
use crate::ports::{BillingStore, BillingTx};

/// Why an account is treated as before.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The tenant has no such account.
    #[error("there is no account {0}")]
    NotFound(AccountId),
    /// A rule refuses it.
    #[error("the account refuses it")]
    Refused(#[from] ArrearsRefusal),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for AccountError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Locks an account and loads whom it owes.
pub(super) async fn account_with_entity(
    tx: &mut dyn BillingTx,
    id: AccountId,
) -> Result<(Account, LegalEntity), AccountError> {
    let account = tx.accounts().lock(id).await?;
    let account = account.ok_or(AccountError::NotFound(id))?;
    let entity = tx.entities().find(account.entity()).await?;
    let entity = entity.ok_or_else(|| StoreError::corrupt("an account without its entity"))?;
    Ok((account, entity))
}

/// Changes an account and re-evaluates it in the same transaction. One that is as before is left alone.
///
/// Access that the change gives back comes at once; what it takes waits for the dunning run where hours are set.
pub(super) async fn changed(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: AccountId,
    change: impl FnOnce(&mut Account, &LegalEntity) -> Result<(), ArrearsRefusal> + Send,
) -> Result<(), AccountError> {
    let mut tx = store.begin(scope).await?;
    let (mut account, entity) = account_with_entity(&mut *tx, id).await?;
    change(&mut account, &entity)?;
    if !account.has_changed() {
        return Ok(());
    }
    let limited = entity.procedure().defined().most_cut_percent.is_some();
    let cutting = if limited {
        Cutting::Withheld
    } else {
        Cutting::Allowed
    };
    let look = Look::At(clock.now(), cutting);
    reevaluate(&mut *tx, &entity, &mut account, look).await?;
    tx.commit().await?;
    Ok(())
}
