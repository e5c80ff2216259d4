//! Legal entities in a transaction.

use async_trait::async_trait;
use billing::{EntityRepository, LegalEntity};
use kernel::{EntityId, StoreError};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity_row::{Entity, Model};
use crate::error::Stored;
use crate::row;
use crate::tx::Tx;

#[async_trait]
impl EntityRepository for Tx {
    async fn find(&mut self, id: EntityId) -> Result<Option<LegalEntity>, StoreError> {
        let wanted = Entity::find_by_id((self.tenant(), id.uuid()));
        let found = wanted.one(self.connection()).await.stored()?;
        found.map(Model::into_entity).transpose()
    }

    async fn first(&mut self) -> Result<Option<LegalEntity>, StoreError> {
        let found = Entity::find()
            .filter(Expr::col("tenant_id").eq(self.tenant()))
            .order_by_asc(Expr::col("id"))
            .limit(1)
            .one(self.connection())
            .await
            .stored()?;
        found.map(Model::into_entity).transpose()
    }

    async fn save(&mut self, entity: &mut LegalEntity) -> Result<(), StoreError> {
        let snapshot = entity.snapshot();
        let row = Model::of(self.tenant(), &snapshot)?;
        let identity = (self.tenant(), entity.id().uuid());
        row::save::<Entity, _>(self.connection(), row, identity, snapshot.version).await?;
        self.record(entity.id(), entity.take_events())?;
        entity.saved_as(snapshot.version + 1);
        Ok(())
    }
}
