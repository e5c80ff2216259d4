//! Imports: the repository, and what is shown of them.

use access::adoption::{
    HistoricalSale, Import, ImportQueries, ImportRepository, ImportRow, ImportRowFilter,
    ImportView, RowCount, Settled,
};
use async_trait::async_trait;
use kernel::{Cursor, ImportId, ImportRowId, Page, PageRequest, RouterId, StoreError, TenantId};
use sea_orm::{EntityTrait, Value};
use uuid::Uuid;

use super::{import_row, import_rows, sales};
use crate::error::Stored;
use crate::store::Store;
use crate::tx::Tx;
use crate::{row, sql};

#[async_trait]
impl ImportRepository for Tx {
    async fn find(&mut self, id: ImportId) -> Result<Option<Import>, StoreError> {
        let found = import_row::Entity::find_by_id((self.tenant(), id.uuid()))
            .one(self.connection())
            .await
            .stored()?;
        found.map(import_row::restore).transpose()
    }

    async fn save(&mut self, import: &mut Import) -> Result<(), StoreError> {
        let (id, snapshot) = (import.id(), import.snapshot());
        let stored = snapshot.version;
        let written = import_row::written(self.tenant(), &snapshot, stored + 1)?;
        let identity = (self.tenant(), id.uuid());
        row::save::<import_row::Entity, _>(self.connection(), written, identity, stored).await?;
        self.record(id, import.take_events())?;
        import.saved_as(stored + 1);
        Ok(())
    }

    async fn insert_rows(
        &mut self,
        import: ImportId,
        rows: Vec<ImportRow>,
    ) -> Result<(), StoreError> {
        import_rows::insert(self, import, &rows).await
    }

    async fn open_rows(
        &mut self,
        import: ImportId,
        after: Option<ImportRowId>,
        limit: u16,
    ) -> Result<Vec<ImportRow>, StoreError> {
        import_rows::open(self, import, after, limit).await
    }

    async fn settle(&mut self, import: ImportId, settled: &[Settled]) -> Result<(), StoreError> {
        import_rows::settle(self, import, settled).await
    }

    async fn count_rows(&mut self, import: ImportId) -> Result<Vec<RowCount>, StoreError> {
        import_rows::counts(self.connection(), self.tenant(), import).await
    }

    async fn insert_sales(&mut self, sales: Vec<HistoricalSale>) -> Result<u64, StoreError> {
        sales::insert(self, &sales).await
    }
}

#[async_trait]
impl ImportQueries for Store {
    async fn import(
        &self,
        tenant: TenantId,
        id: ImportId,
    ) -> Result<Option<ImportView>, StoreError> {
        let found = import_row::Entity::find_by_id((tenant.uuid(), id.uuid()))
            .one(self.reader())
            .await
            .stored()?;
        let Some(found) = found else {
            return Ok(None);
        };
        Ok(Some(ImportView {
            import: import_row::snapshot(found)?,
            counts: import_rows::counts(self.reader(), tenant.uuid(), id).await?,
        }))
    }

    async fn import_rows(
        &self,
        tenant: TenantId,
        id: ImportId,
        filter: ImportRowFilter,
        page: PageRequest,
    ) -> Result<Page<ImportRow>, StoreError> {
        let after = page.after().map_or(Uuid::nil(), |it| it.uuid());
        let mut values: Vec<Value> = vec![tenant.uuid().into(), id.uuid().into(), after.into()];
        let mut text = import_rows::SELECT.to_owned();
        let mut only = |column: &str, word: &'static str| {
            values.push(word.into());
            text.push_str(&format!(" AND {column} = ${}", values.len()));
        };
        if let Some(kind) = filter.kind {
            only("kind", kind.as_str());
        }
        if let Some(state) = filter.state {
            only("state", state.as_str());
        }
        values.push((i64::from(page.limit()) + 1).into());
        text.push_str(&format!(" ORDER BY id LIMIT ${}", values.len()));
        let rows = sql::rows(self.reader(), text, values).await?;
        let rows: Result<Vec<_>, _> = rows.into_iter().map(import_rows::restore).collect();
        Ok(Page::from_overfetch(rows?, page, |it| Cursor::after(it.id)))
    }

    async fn historical_sales(
        &self,
        tenant: TenantId,
        router: RouterId,
        page: PageRequest,
    ) -> Result<Page<HistoricalSale>, StoreError> {
        let sales = sales::page(self.reader(), tenant.uuid(), router, page).await?;
        Ok(Page::from_overfetch(sales, page, |it| Cursor::after(it.id)))
    }
}
