//! Imports and historical sales of the store in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kernel::{
    Cursor, HistoricalSaleId, ImportId, ImportRowId, Page, PageRequest, RouterId, StoreError,
    TenantId, Timestamp,
};

use super::memory_access::{MemoryAccess, MemoryTx};
use super::memory_tables::next_version;
use crate::adoption::{
    HistoricalSale, Import, ImportQueries, ImportRepository, ImportRow, ImportRowFilter,
    ImportSnapshot, ImportStatus, ImportView, RowCount, Settled,
};

/// What one tenant has.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ImportTables {
    imports: BTreeMap<ImportId, ImportSnapshot>,
    rows: BTreeMap<ImportRowId, (ImportId, ImportRow)>,
    sales: BTreeMap<HistoricalSaleId, HistoricalSale>,
}

impl ImportTables {
    fn rows_of(&self, import: ImportId) -> impl Iterator<Item = &ImportRow> {
        let rows = self.rows.values();
        rows.filter(move |it| it.0 == import).map(|it| &it.1)
    }

    /// Forgets up to so many previews made before an instant; returns how many.
    fn forget_previews(&mut self, before: Timestamp, most: u64) -> u64 {
        let old =
            |it: &&ImportSnapshot| it.status == ImportStatus::Previewed && it.made_at < before;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let old = self.imports.values().filter(old).map(|it| it.id);
        let old: Vec<ImportId> = old.take(most).collect();
        for id in &old {
            self.imports.remove(id);
        }
        self.rows.retain(|_, it| !old.contains(&it.0));
        u64::try_from(old.len()).unwrap_or(u64::MAX)
    }

    fn counts(&self, import: ImportId) -> Vec<RowCount> {
        let mut counts = BTreeMap::new();
        for it in self.rows_of(import) {
            *counts
                .entry((it.proposal.kind(), it.state))
                .or_insert(0_u64) += 1;
        }
        let count = |((kind, state), count)| RowCount { kind, state, count };
        counts.into_iter().map(count).collect()
    }
}

impl MemoryAccess {
    /// Forgets up to `limit` previews of every tenant; returns how many.
    pub(super) fn drop_previews(&self, before: Timestamp, limit: u32) -> u64 {
        let (mut all, mut forgotten) = (self.lock(), 0);
        for tables in all.values_mut() {
            let room = u64::from(limit).saturating_sub(forgotten);
            forgotten += tables.imports.forget_previews(before, room);
        }
        forgotten
    }
}

#[async_trait]
impl ImportRepository for MemoryTx {
    async fn find(&mut self, id: ImportId) -> Result<Option<Import>, StoreError> {
        let found = self.tables.imports.imports.get(&id).cloned();
        Ok(found.map(Import::restore))
    }

    async fn save(&mut self, import: &mut Import) -> Result<(), StoreError> {
        let new = import.snapshot();
        let imports = &mut self.tables.imports.imports;
        let stored = imports.get(&new.id).map(|it| it.version);
        import.saved_as(next_version(new.version, stored)?);
        imports.insert(new.id, import.snapshot());
        self.tables.record(new.id, import.take_events())
    }

    async fn insert_rows(
        &mut self,
        import: ImportId,
        rows: Vec<ImportRow>,
    ) -> Result<(), StoreError> {
        let rows = rows.into_iter().map(|it| (it.id, (import, it)));
        self.tables.imports.rows.extend(rows);
        Ok(())
    }

    async fn open_rows(
        &mut self,
        import: ImportId,
        after: Option<ImportRowId>,
        limit: u16,
    ) -> Result<Vec<ImportRow>, StoreError> {
        let rows = self.tables.imports.rows_of(import);
        let open = rows.filter(|it| it.state.is_open() && after.is_none_or(|after| it.id > after));
        Ok(open.take(usize::from(limit)).cloned().collect())
    }

    async fn settle(&mut self, import: ImportId, settled: &[Settled]) -> Result<(), StoreError> {
        for it in settled {
            let row = self.tables.imports.rows.get_mut(&it.row);
            if let Some((_, row)) = row.filter(|row| row.0 == import && row.1.state.is_open()) {
                row.state = it.state;
                row.reason.clone_from(&it.reason);
            }
        }
        Ok(())
    }

    async fn count_rows(&mut self, import: ImportId) -> Result<Vec<RowCount>, StoreError> {
        Ok(self.tables.imports.counts(import))
    }

    async fn insert_sales(&mut self, sales: Vec<HistoricalSale>) -> Result<u64, StoreError> {
        let known = &mut self.tables.imports.sales;
        let mut new = 0;
        for sale in sales {
            let same = |it: &HistoricalSale| (it.router, it.digest) == (sale.router, sale.digest);
            if !known.values().any(same) {
                known.insert(sale.id, sale);
                new += 1;
            }
        }
        Ok(new)
    }
}

#[async_trait]
impl ImportQueries for MemoryAccess {
    async fn import(
        &self,
        tenant: TenantId,
        id: ImportId,
    ) -> Result<Option<ImportView>, StoreError> {
        let tables = self.tables(tenant).imports;
        let found = tables.imports.get(&id).cloned();
        Ok(found.map(|import| ImportView {
            import,
            counts: tables.counts(id),
        }))
    }

    async fn import_rows(
        &self,
        tenant: TenantId,
        id: ImportId,
        filter: ImportRowFilter,
        page: PageRequest,
    ) -> Result<Page<ImportRow>, StoreError> {
        let tables = self.tables(tenant).imports;
        let wanted = |it: &&ImportRow| {
            filter.kind.is_none_or(|kind| it.proposal.kind() == kind)
                && filter.state.is_none_or(|state| it.state == state)
                && page.after().is_none_or(|after| it.id.uuid() > after.uuid())
        };
        let rows = tables.rows_of(id).filter(wanted).cloned();
        let rows = rows.take(usize::from(page.limit()) + 1).collect();
        Ok(Page::from_overfetch(rows, page, |it| Cursor::after(it.id)))
    }

    async fn historical_sales(
        &self,
        tenant: TenantId,
        router: RouterId,
        page: PageRequest,
    ) -> Result<Page<HistoricalSale>, StoreError> {
        let tables = self.tables(tenant).imports;
        let wanted = |it: &&HistoricalSale| {
            let before = page.after().is_none_or(|after| it.id.uuid() < after.uuid());
            it.router == router && before
        };
        let sales = tables.sales.values().rev().filter(wanted).cloned();
        let sales = sales.take(usize::from(page.limit()) + 1).collect();
        Ok(Page::from_overfetch(sales, page, |it| Cursor::after(it.id)))
    }
}
