//! What a store of letterheads and logos promises.

use async_trait::async_trait;
use kernel::{EntityId, StoreError, TenantId};

use crate::letterhead::DatedLetterhead;

/// Letterheads and logos of the scope's tenant.
#[async_trait]
pub trait LetterheadRepository: Send {
    /// Keeps a letterhead; it takes the place of one from the same day.
    async fn keep(&mut self, entity: EntityId, dated: &DatedLetterhead) -> Result<(), StoreError>;

    /// Keeps a file as the entity's logo, or takes away what there is.
    async fn keep_logo(
        &mut self,
        entity: EntityId,
        file: Option<Vec<u8>>,
    ) -> Result<(), StoreError>;
}

/// Reads of letterheads and logos.
#[async_trait]
pub trait LetterheadQueries: Send + Sync {
    /// Every letterhead an entity ever had, the earliest first.
    async fn letterheads(
        &self,
        tenant: TenantId,
        entity: EntityId,
    ) -> Result<Vec<DatedLetterhead>, StoreError>;

    /// The file of an entity's logo, if it has one.
    async fn logo(&self, tenant: TenantId, entity: EntityId)
    -> Result<Option<Vec<u8>>, StoreError>;
}
