//! Reads of customers.

use async_trait::async_trait;
use customers::{Addressee, CustomerFilter, CustomerQueries, CustomerView, IssuedDocument, Search};
use kernel::{Cursor, CustomerId, Page, PageRequest, StoreError, TenantId};
use sea_orm::sea_query::LikeExpr;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QueryResult, QueryTrait,
};

use super::customer_row::{Column, Entity, Model, view};
use crate::dialect::Dialect;
use crate::error::Stored;
use crate::row;
use crate::store::Store;

#[async_trait]
impl CustomerQueries for Store {
    /// The hottest read of the product: one prepared statement, straight to the pool.
    async fn customer(
        &self,
        tenant: TenantId,
        id: CustomerId,
    ) -> Result<Option<CustomerView>, StoreError> {
        let (tenant, id) = (tenant.uuid(), id.uuid());
        let found: Option<QueryResult> = match self.db.dialect() {
            Dialect::Postgres => {
                let pool = self.reader().get_postgres_connection_pool();
                let query = sqlx::query(CUSTOMER).bind(tenant).bind(id);
                query.fetch_optional(pool).await.stored()?.map(Into::into)
            }
            Dialect::Sqlite => {
                let pool = self.reader().get_sqlite_connection_pool();
                let query = sqlx::query(CUSTOMER).bind(tenant).bind(id);
                query.fetch_optional(pool).await.stored()?.map(Into::into)
            }
        };
        found
            .map(|it| view(Model::from_query_result(&it, "").stored()?))
            .transpose()
    }

    async fn addressee_of(
        &self,
        tenant: TenantId,
        document: IssuedDocument,
    ) -> Result<Option<Addressee>, StoreError> {
        self.addressee(tenant, document).await
    }

    async fn customers(
        &self,
        tenant: TenantId,
        filter: CustomerFilter,
        page: PageRequest,
    ) -> Result<Page<CustomerView>, StoreError> {
        let rows = Entity::find()
            .apply_if(filter.status, |rows, it| {
                rows.filter(Column::Status.eq(it.as_str()))
            })
            .apply_if(filter.search, |rows, it| rows.filter(begins_with(&it)));
        let rows = row::newest(self.reader(), rows, tenant.uuid(), page).await?;
        let items = rows.into_iter().map(view).collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(items, page, |it| Cursor::after(it.id)))
    }
}

fn begins_with(search: &Search) -> Condition {
    let plain = |it: char| match it {
        '%' | '_' | '!' => format!("!{it}"),
        _ => it.to_string(),
    };
    let escaped: String = search.as_str().chars().map(plain).collect();
    let pattern = LikeExpr::new(format!("{escaped}%")).escape('!');
    Condition::any()
        .add(Column::FoldedName.like(pattern.clone()))
        .add(Column::Phone.like(pattern))
}

const CUSTOMER: &str = "\
SELECT tenant_id, id, kind, name, folded_name, phone, email, address, note, status, status_since, blocked_reason,
    registered_at, version
FROM customers WHERE tenant_id = $1 AND id = $2";
