//! Letterheads and logos in memory.

use async_trait::async_trait;
use kernel::{EntityId, LocalDate, StoreError, TenantId};

use super::rows::Write;
use super::{MemoryBilling, MemoryTx};
use crate::letterhead::DatedLetterhead;
use crate::letterhead_ports::{LetterheadQueries, LetterheadRepository};

#[async_trait]
impl LetterheadRepository for MemoryTx {
    async fn keep(&mut self, entity: EntityId, dated: &DatedLetterhead) -> Result<(), StoreError> {
        self.write(Write::Letterhead(entity, Box::new(dated.clone())))
    }

    async fn keep_logo(
        &mut self,
        entity: EntityId,
        from: LocalDate,
        file: Option<Vec<u8>>,
    ) -> Result<(), StoreError> {
        self.write(Write::Logo(entity, from, file))
    }
}

#[async_trait]
impl LetterheadQueries for MemoryBilling {
    async fn letterheads(
        &self,
        tenant: TenantId,
        entity: EntityId,
    ) -> Result<Vec<DatedLetterhead>, StoreError> {
        let kept = self.lock().letterheads.get(&(tenant, entity)).cloned();
        let mut kept = kept.unwrap_or_default();
        kept.sort_by_key(|it| it.from);
        Ok(kept)
    }

    async fn logo(
        &self,
        tenant: TenantId,
        entity: EntityId,
        on: LocalDate,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let kept = self.lock().logos.get(&(tenant, entity)).cloned();
        let last = kept.and_then(|it| it.range(..=on).next_back().map(|it| it.1.clone()));
        Ok(last.flatten())
    }
}
