//! Comparisons with providers, in maps.

use async_trait::async_trait;
use kernel::{NewEvent, ReconciliationId, StoreError, TenantId};

use super::{MemoryTx, Rows, Write, check_version};
use crate::gateway::{Reconciliation, ReconciliationRepository, ReconciliationSnapshot};

impl Rows {
    pub(super) fn put_reconciliation(
        &mut self,
        tenant: TenantId,
        mut row: ReconciliationSnapshot,
    ) -> Result<(), StoreError> {
        let key = (tenant, row.id);
        let stored = self.reconciliations.get(&key).map(|it| it.version);
        check_version(stored, row.version)?;
        row.version += 1;
        self.reconciliations.insert(key, row);
        Ok(())
    }
}

#[async_trait]
impl ReconciliationRepository for MemoryTx {
    async fn find(&mut self, id: ReconciliationId) -> Result<Option<Reconciliation>, StoreError> {
        let found = self.rows.reconciliations.get(&(self.tenant, id));
        Ok(found.cloned().map(Reconciliation::restore))
    }

    async fn save(&mut self, reconciliation: &mut Reconciliation) -> Result<(), StoreError> {
        let row = reconciliation.snapshot().clone();
        let (id, version) = (row.id, row.version);
        self.write(Write::Reconciliation(row))?;
        for event in reconciliation.take_events() {
            self.write(Write::Event(NewEvent::of(id, &event)?))?;
        }
        reconciliation.saved_as(version + 1);
        Ok(())
    }
}
