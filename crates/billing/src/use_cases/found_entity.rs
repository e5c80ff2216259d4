//! Founds a legal entity: the tenant's first, with currency, zone and number series.

use kernel::{MayConflict, Scope, StoreError};

use crate::entity::{BadEntity, LegalEntity, NewEntity};
use crate::ports::BillingStore;

/// Why there is no new entity.
#[derive(Debug, thiserror::Error)]
pub enum FoundEntityError {
    /// The entity breaks a rule.
    #[error("the entity breaks a rule")]
    Refused(#[from] BadEntity),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for FoundEntityError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Founds the tenant's entity; a tenant that has one keeps it.
///
/// # Errors
/// [`FoundEntityError`].
pub async fn found_entity(
    store: &dyn BillingStore,
    scope: &Scope,
    new: NewEntity,
) -> Result<(), FoundEntityError> {
    let mut entity = LegalEntity::found(new)?;
    let mut tx = store.begin(scope).await?;
    if tx.entities().first().await?.is_some() {
        return Ok(());
    }
    tx.entities().save(&mut entity).await?;
    tx.commit().await?;
    Ok(())
}
