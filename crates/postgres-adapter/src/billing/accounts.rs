//! Accounts in a transaction: the row that everything about an account's money locks first.

use async_trait::async_trait;
use billing::{Account, AccountRepository};
use kernel::{AccountId, CustomerId, EntityId, StoreError};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{EntityTrait, QueryFilter, QuerySelect, Select};

use super::account_row::{Entity, Model};
use crate::error::Stored;
use crate::row;
use crate::tx::Tx;

impl Tx {
    async fn locked_account(&self, wanted: Select<Entity>) -> Result<Option<Account>, StoreError> {
        let locked = wanted.lock_exclusive();
        let found = locked.one(self.connection()).await.stored()?;
        found.map(Model::into_account).transpose()
    }
}

#[async_trait]
impl AccountRepository for Tx {
    async fn lock(&mut self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let wanted = Entity::find_by_id((self.tenant(), id.uuid()));
        self.locked_account(wanted).await
    }

    async fn lock_of(
        &mut self,
        customer: CustomerId,
        entity: EntityId,
    ) -> Result<Option<Account>, StoreError> {
        let wanted = Entity::find()
            .filter(Expr::col("tenant_id").eq(self.tenant()))
            .filter(Expr::col("customer_id").eq(customer.uuid()))
            .filter(Expr::col("entity_id").eq(entity.uuid()));
        self.locked_account(wanted).await
    }

    async fn save(&mut self, account: &mut Account) -> Result<(), StoreError> {
        let snapshot = account.snapshot();
        let row = Model::of(self.tenant(), &snapshot);
        let identity = (self.tenant(), snapshot.id.uuid());
        row::save::<Entity, _>(self.connection(), row, identity, snapshot.version).await?;
        self.record(account.id(), account.take_events())?;
        account.saved_as(snapshot.version + 1);
        Ok(())
    }
}
