//! Money that fits no account, in a transaction.

use async_trait::async_trait;
use billing::{PaymentMethod, Unmatched, UnmatchedId, UnmatchedRepository, UnmatchedStatus};
use kernel::StoreError;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{EntityTrait, QueryFilter};

use super::unmatched_row::{Entity, Model};
use crate::error::Stored;
use crate::row;
use crate::tx::Tx;

#[async_trait]
impl UnmatchedRepository for Tx {
    async fn find(&mut self, id: UnmatchedId) -> Result<Option<Unmatched>, StoreError> {
        let wanted = Entity::find_by_id((self.tenant(), id.uuid()));
        let found = wanted.one(self.connection()).await.stored()?;
        found.map(Model::into_unmatched).transpose()
    }

    async fn find_open(
        &mut self,
        method: PaymentMethod,
        reference: &str,
    ) -> Result<Option<Unmatched>, StoreError> {
        let found = Entity::find()
            .filter(Expr::col("tenant_id").eq(self.tenant()))
            .filter(Expr::col("reference").eq(reference))
            .filter(Expr::col("method").eq(method.as_str()))
            .filter(Expr::col("status").eq(UnmatchedStatus::Open.as_str()))
            .one(self.connection())
            .await
            .stored()?;
        found.map(Model::into_unmatched).transpose()
    }

    async fn save(&mut self, money: &mut Unmatched) -> Result<(), StoreError> {
        let snapshot = money.snapshot();
        let (id, version) = (snapshot.id, snapshot.version);
        let row = Model::of(self.tenant(), snapshot);
        let identity = (self.tenant(), id.uuid());
        row::save::<Entity, _>(self.connection(), row, identity, version).await?;
        self.record(id, money.take_events())?;
        money.saved_as(version + 1);
        Ok(())
    }
}
