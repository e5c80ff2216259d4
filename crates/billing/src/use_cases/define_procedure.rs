//! Defines what is done about debts: by an entity, or about one account.

use kernel::{AccountId, Clock, EntityId, MayConflict, Scope, StoreError};

use super::account_change::{AccountError, changed};
use crate::dunning::{BadProcedure, NewProcedure};
use crate::ports::BillingStore;

/// Why an entity goes on as before.
#[derive(Debug, thiserror::Error)]
pub enum DefineProcedureError {
    /// The tenant has no such entity.
    #[error("there is no legal entity {0}")]
    NotFound(EntityId),
    /// It contradicts itself.
    #[error("the procedure contradicts itself")]
    Refused(#[from] BadProcedure),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for DefineProcedureError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Treats debts by another procedure from now on, under the next number; earlier definitions are kept. What was done about a
/// debt stays done: a step that the new procedure has before the last one taken is not caught up. Its accounts
/// are looked at by the next run. The same one again changes nothing.
///
/// # Errors
/// [`DefineProcedureError`]; nothing is changed then.
pub async fn define_procedure(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: EntityId,
    new: NewProcedure,
) -> Result<(), DefineProcedureError> {
    let mut tx = store.begin(scope).await?;
    let entity = tx.entities().find(id).await?;
    let mut entity = entity.ok_or(DefineProcedureError::NotFound(id))?;
    if entity.define_procedure(new)? {
        tx.entities().save(&mut entity).await?;
        tx.accounts().look_at_all(id, clock.now()).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Treats one account by a procedure of its own from now on, or by its entity's again if `None`; it is re-evaluated at once.
///
/// # Errors
/// [`AccountError`]; nothing is changed then.
pub async fn define_account_procedure(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: AccountId,
    new: Option<NewProcedure>,
) -> Result<(), AccountError> {
    changed(store, clock, scope, id, |account, entity| {
        if let Some(new) = &new {
            new.must_fit(entity.scale().step(entity.currency()))?;
        }
        account.define_procedure(new)
    })
    .await
}
