//! Stores customers.

use async_trait::async_trait;
use customers::{AddresseeRepository, Customer, CustomerRepository, CustomersStore, CustomersTx};
use kernel::{CustomerId, Scope, StoreError};
use sea_orm::{EntityTrait, FromQueryResult, IntoActiveModel};
use uuid::Uuid;

use crate::error::Stored;
use crate::store::Store;
use crate::tx::Tx;
use crate::{row, sql};

mod addressees;
mod customer_row;
mod queries;

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

    fn addressees(&mut self) -> &mut dyn AddresseeRepository {
        self
    }
}

#[async_trait]
impl CustomerRepository for Tx {
    async fn find(&mut self, id: CustomerId) -> Result<Option<Customer>, StoreError> {
        let found = customer_row::Entity::find_by_id((self.tenant(), id.uuid()))
            .one(self.connection())
            .await
            .stored()?;
        found.as_ref().map(customer_row::restore).transpose()
    }

    async fn save(&mut self, customer: &mut Customer) -> Result<(), StoreError> {
        let (id, stored) = (customer.id(), customer.version());
        let written = customer_row::written(self.tenant(), &customer.snapshot(), stored + 1);
        let identity = (self.tenant(), id.uuid());
        row::save::<customer_row::Entity, _>(self.connection(), written, identity, stored).await?;
        self.record(id, customer.take_events())?;
        customer.saved_as(stored + 1);
        Ok(())
    }

    async fn known_among(&mut self, ids: &[CustomerId]) -> Result<Vec<CustomerId>, StoreError> {
        let mut known = Vec::new();
        for chunk in ids.chunks(CHUNK) {
            let text = KNOWN.replace("{ids}", &sql::list_from(chunk.len(), 2));
            let ids = chunk.iter().map(|it| it.uuid().into());
            let values = std::iter::once(self.tenant().into()).chain(ids);
            let rows: Vec<Known> = sql::rows(self.connection(), text, values).await?;
            known.extend(rows.iter().map(|it| CustomerId::from_uuid(it.id)));
        }
        Ok(known)
    }

    async fn insert_many(&mut self, mut customers: Vec<Customer>) -> Result<(), StoreError> {
        for chunk in customers.chunks_mut(CHUNK) {
            let (tenant, mut rows) = (self.tenant(), Vec::with_capacity(chunk.len()));
            for customer in chunk {
                let row = customer_row::written(tenant, &customer.snapshot(), 1);
                rows.push(row.into_active_model());
                self.record(customer.id(), customer.take_events())?;
            }
            let insert = customer_row::Entity::insert_many(rows);
            let done = insert.exec_without_returning(self.connection()).await;
            done.stored()?;
        }
        Ok(())
    }
}

/// Customers per statement: within the bind limit of either database, even with every column of a row.
const CHUNK: usize = 1_000;

#[derive(Debug, FromQueryResult)]
struct Known {
    id: Uuid,
}

const KNOWN: &str = "SELECT id FROM customers WHERE tenant_id = $1 AND id IN ({ids})";
