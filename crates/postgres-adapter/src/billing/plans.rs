//! Plans in a transaction.

use async_trait::async_trait;
use billing::{Plan, PlanRepository};
use kernel::{PlanId, StoreError};
use sea_orm::EntityTrait;

use super::plan_row::{Entity, Model};
use crate::error::Stored;
use crate::row;
use crate::tx::Tx;

#[async_trait]
impl PlanRepository for Tx {
    async fn find(&mut self, id: PlanId) -> Result<Option<Plan>, StoreError> {
        let wanted = Entity::find_by_id((self.tenant(), id.uuid()));
        let found = wanted.one(self.connection()).await.stored()?;
        found.map(Model::into_plan).transpose()
    }

    async fn save(&mut self, plan: &mut Plan) -> Result<(), StoreError> {
        let snapshot = plan.snapshot();
        let id = snapshot.defined.id;
        let row = Model::of(self.tenant(), &snapshot);
        let identity = (self.tenant(), id.uuid());
        row::save::<Entity, _>(self.connection(), row, identity, snapshot.version).await?;
        self.record(id, plan.take_events())?;
        plan.saved_as(snapshot.version + 1);
        Ok(())
    }
}
