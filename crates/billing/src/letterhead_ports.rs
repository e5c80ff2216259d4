//! What a store of letterheads and logos promises.

use async_trait::async_trait;
use kernel::{EntityId, LocalDate, StoreError, TenantId};

use crate::letterhead::DatedLetterhead;

/// Letterheads and logos of the scope's tenant.
#[async_trait]
pub trait LetterheadRepository: Send {
    /// Keeps a letterhead; it takes the place of one from the same day.
    async fn keep(&mut self, entity: EntityId, dated: &DatedLetterhead) -> Result<(), StoreError>;

    /// Keeps a file as the entity's logo from a day on, or that it has none from then on; it takes the place of what was kept
    /// for the same day.
    async fn keep_logo(
        &mut self,
        entity: EntityId,
        from: LocalDate,
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

    /// The file of the logo that an entity had on a day, if it had one: what was kept last for that day or before.
    async fn logo(
        &self,
        tenant: TenantId,
        entity: EntityId,
        on: LocalDate,
    ) -> Result<Option<Vec<u8>>, StoreError>;
}
