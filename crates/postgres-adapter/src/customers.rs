//! Stores customers.

use async_trait::async_trait;
use customers::{Customer, CustomerRepository, CustomersStore, CustomersTx};
use kernel::{CustomerId, Scope, StoreError};
use sea_orm::EntityTrait;

use crate::error::Stored;
use crate::row;
use crate::store::Store;
use crate::tx::Tx;

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
}
