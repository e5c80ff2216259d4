//! Says how a legal entity prices its documents: taxes by category and day, prices with or without them.

use kernel::{EntityId, MayConflict, Scope, StoreError};

use crate::entity::{BadPricing, EntityPricing};
use crate::ports::BillingStore;

/// Why an entity prices as before.
#[derive(Debug, thiserror::Error)]
pub enum DefineTaxesError {
    /// The tenant has no such entity.
    #[error("there is no legal entity {0}")]
    NotFound(EntityId),
    /// It breaks a rule.
    #[error("the taxes break a rule")]
    Refused(#[from] BadPricing),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for DefineTaxesError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Prices the entity's documents like this from now on; what was issued stays as it is. The same again changes nothing.
///
/// # Errors
/// [`DefineTaxesError`]; nothing is changed then.
pub async fn define_taxes(
    store: &dyn BillingStore,
    scope: &Scope,
    id: EntityId,
    pricing: EntityPricing,
) -> Result<(), DefineTaxesError> {
    let mut tx = store.begin(scope).await?;
    let entity = tx.entities().find(id).await?;
    let mut entity = entity.ok_or(DefineTaxesError::NotFound(id))?;
    if !entity.price_with(pricing)? {
        return Ok(());
    }
    tx.entities().save(&mut entity).await?;
    tx.commit().await?;
    Ok(())
}
