//! Reads of tenants and operators.

use async_trait::async_trait;
use kernel::{Cursor, OperatorId, Page, PageRequest, StoreError, TenantId};
use operators::{OperatorFilter, OperatorQueries, OperatorView, TenantView};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait};

use super::{operator_row, tenants};
use crate::error::Stored;
use crate::row;
use crate::store::Store;

#[async_trait]
impl OperatorQueries for Store {
    async fn tenant(&self, tenant: TenantId) -> Result<Option<TenantView>, StoreError> {
        let found = tenants::find(self.reader(), tenant.uuid()).await?;
        Ok(found.map(|it| it.view()))
    }

    async fn operator(
        &self,
        tenant: TenantId,
        id: OperatorId,
    ) -> Result<Option<OperatorView>, StoreError> {
        let found = operator_row::Entity::find_by_id((tenant.uuid(), id.uuid()))
            .one(self.reader())
            .await
            .stored()?;
        found.map(operator_row::view).transpose()
    }

    async fn operators(
        &self,
        tenant: TenantId,
        filter: OperatorFilter,
        page: PageRequest,
    ) -> Result<Page<OperatorView>, StoreError> {
        let rows = operator_row::Entity::find()
            .apply_if(filter.role, |rows, it| {
                rows.filter(operator_row::Column::Role.eq(it.as_str()))
            })
            .apply_if(filter.status, |rows, it| {
                rows.filter(operator_row::Column::Status.eq(it.as_str()))
            });
        let rows = row::newest(self.reader(), rows, tenant.uuid(), page).await?;
        let items = rows.into_iter().map(operator_row::view);
        let items = items.collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(items, page, |it| Cursor::after(it.id)))
    }
}
