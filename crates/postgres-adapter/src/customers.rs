//! Customers on the database.

use async_trait::async_trait;
use customers::{
    Customer, CustomerFilter, CustomerQueries, CustomerRepository, CustomerView, CustomersStore,
    CustomersTx, Search,
};
use kernel::{Cursor, CustomerId, Page, PageRequest, Scope, StoreError, TenantId};
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr};
use sea_orm::{Condition, EntityTrait, QueryFilter};

use crate::dialect::Dialect;
use crate::error::Stored;
use crate::store::Store;
use crate::tx::Tx;

mod row;

#[async_trait]
impl CustomersStore for Store {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn CustomersTx>, StoreError> {
        Ok(Box::new(self.transaction(scope).await?))
    }
}

impl CustomersTx for Tx {
    fn customers(&mut self) -> &mut dyn CustomerRepository {
        self
    }
}

#[async_trait]
impl CustomerRepository for Tx {
    async fn find(&mut self, id: CustomerId) -> Result<Option<Customer>, StoreError> {
        let found = row::Entity::find_by_id((self.tenant(), id.uuid()))
            .one(self.connection())
            .await
            .stored()?;
        found.map(row::Model::into_customer).transpose()
    }

    async fn save(&mut self, customer: &mut Customer) -> Result<(), StoreError> {
        let snapshot = customer.snapshot();
        let row = row::Model::of(self.tenant(), &snapshot);
        let identity = (self.tenant(), snapshot.id.uuid());
        let (stored, next) = (snapshot.version, snapshot.version + 1);
        crate::row::save::<row::Entity, _>(self.connection(), row, identity, stored).await?;
        self.record(customer.id(), customer.take_events())?;
        customer.saved_as(next);
        Ok(())
    }
}

#[async_trait]
impl CustomerQueries for Store {
    async fn customer(
        &self,
        tenant: TenantId,
        id: CustomerId,
    ) -> Result<Option<CustomerView>, StoreError> {
        // The hottest read of the API: one prepared statement, straight on the pool.
        let (tenant, id) = (tenant.uuid(), id.uuid());
        let found: Option<row::Model> = match self.db.dialect() {
            Dialect::Postgres => {
                let pool = self.reader().get_postgres_connection_pool();
                let query = sqlx::query_as(BY_ID).bind(tenant).bind(id);
                query.fetch_optional(pool).await.stored()?
            }
            Dialect::Sqlite => {
                let pool = self.reader().get_sqlite_connection_pool();
                let query = sqlx::query_as(BY_ID).bind(tenant).bind(id);
                query.fetch_optional(pool).await.stored()?
            }
        };
        found.map(row::Model::into_view).transpose()
    }

    async fn customers(
        &self,
        tenant: TenantId,
        filter: CustomerFilter,
        page: PageRequest,
    ) -> Result<Page<CustomerView>, StoreError> {
        let mut wanted = row::Entity::find();
        if let Some(status) = filter.status {
            wanted = wanted.filter(Expr::col("status").eq(status.as_str()));
        }
        if let Some(search) = &filter.search {
            wanted = wanted.filter(begins_with(search));
        }
        let rows = crate::row::newest(self.reader(), wanted, tenant.uuid(), page).await?;
        let views: Result<Vec<_>, _> = rows.into_iter().map(row::Model::into_view).collect();
        Ok(Page::from_overfetch(views?, page, |it| Cursor::after(it.id)))
    }
}

fn begins_with(search: &Search) -> Condition {
    let typed = search.as_str();
    let escaped = typed.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    let pattern = || LikeExpr::new(format!("{escaped}%")).escape('!');
    Condition::any()
        .add(Expr::col("search_name").like(pattern()))
        .add(Expr::col("phone").like(pattern()))
}

const BY_ID: &str = "\
SELECT tenant_id, id, kind, name, search_name, phone, email, address, note, status, status_since, blocked_reason,
    registered_at, version
FROM customers WHERE tenant_id = $1 AND id = $2";
