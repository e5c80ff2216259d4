//! What routers hold besides customers: one row per router, made when there is something to say.

use access::{RouterSetup, RouterSetupSnapshot, SetupRepository};
use async_trait::async_trait;
use kernel::{RouterId, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, Json, PrimaryKeyTrait, Uuid,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Stored;
use crate::row;
use crate::tx::Tx;

/// The id is the router's.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "router_setups")]
struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    pools: Json,
    walled_garden: Json,
    exceptions: Json,
    version: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

#[async_trait]
impl SetupRepository for Tx {
    async fn of(&mut self, router: RouterId) -> Result<RouterSetup, StoreError> {
        let found = Entity::find_by_id((self.tenant(), router.uuid()))
            .one(self.connection())
            .await
            .stored()?;
        found.map_or_else(|| Ok(RouterSetup::empty(router)), restore)
    }

    async fn save(&mut self, setup: &mut RouterSetup) -> Result<(), StoreError> {
        let (router, snapshot) = (setup.router(), setup.snapshot());
        let stored = snapshot.version;
        let written = written(self.tenant(), &snapshot, stored + 1)?;
        let identity = (self.tenant(), router.uuid());
        row::save::<Entity, _>(self.connection(), written, identity, stored).await?;
        self.record(router, setup.take_events())?;
        setup.saved_as(stored + 1);
        Ok(())
    }
}

fn written(tenant_id: Uuid, it: &RouterSetupSnapshot, version: i64) -> Result<Model, StoreError> {
    Ok(Model {
        tenant_id,
        id: it.router.uuid(),
        pools: json(&it.pools)?,
        walled_garden: json(&it.walled_garden)?,
        exceptions: json(&it.exceptions)?,
        version,
    })
}

fn restore(it: Model) -> Result<RouterSetup, StoreError> {
    Ok(RouterSetup::restore(RouterSetupSnapshot {
        router: RouterId::from_uuid(it.id),
        pools: list(it.pools)?,
        walled_garden: list(it.walled_garden)?,
        exceptions: list(it.exceptions)?,
        version: it.version,
    }))
}

fn json<T: Serialize>(rows: &[T]) -> Result<Json, StoreError> {
    serde_json::to_value(rows).map_err(StoreError::corrupt)
}

fn list<T: DeserializeOwned>(stored: Json) -> Result<Vec<T>, StoreError> {
    serde_json::from_value(stored).map_err(StoreError::corrupt)
}
