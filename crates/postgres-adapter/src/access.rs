//! Stores service profiles, routers and grants.

use access::adoption::ImportRepository;
use access::{
    AccessStore, AccessTx, GrantRepository, ProfileRepository, Router, RouterRepository,
    ServiceProfile, SetupRepository,
};
use async_trait::async_trait;
use kernel::{ProfileId, RouterId, Scope, StoreError, Timestamp};
use sea_orm::{EntityTrait, FromQueryResult};
use uuid::Uuid;

use crate::error::Stored;
use crate::store::Store;
use crate::tx::Tx;
use crate::{row, sql};

mod grant_row;
mod grants;
mod import_row;
mod import_rows;
mod imports;
mod previews;
mod profile_row;
mod queries;
mod router_row;
mod sales;
mod setups;
mod usage;
mod usage_queries;
mod usage_rows;

#[async_trait]
impl AccessStore for Store {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn AccessTx>, StoreError> {
        Ok(Box::new(self.transaction(scope).await?))
    }

    async fn forget_previews(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        previews::forget(self, before, limit).await
    }
}

impl AccessTx for Tx {
    fn profiles(&mut self) -> &mut dyn ProfileRepository {
        self
    }

    fn routers(&mut self) -> &mut dyn RouterRepository {
        self
    }

    fn grants(&mut self) -> &mut dyn GrantRepository {
        self
    }

    fn setups(&mut self) -> &mut dyn SetupRepository {
        self
    }

    fn imports(&mut self) -> &mut dyn ImportRepository {
        self
    }
}

#[async_trait]
impl ProfileRepository for Tx {
    async fn find(&mut self, id: ProfileId) -> Result<Option<ServiceProfile>, StoreError> {
        let found = profile_row::Entity::find_by_id((self.tenant(), id.uuid()))
            .one(self.connection())
            .await
            .stored()?;
        found.map(profile_row::restore).transpose()
    }

    async fn used_on(&mut self, router: RouterId) -> Result<Vec<ServiceProfile>, StoreError> {
        let values = [self.tenant().into(), router.uuid().into()];
        let used = sql::rows(self.connection(), PROFILES_USED_ON, values).await?;
        used.into_iter().map(profile_row::restore).collect()
    }

    async fn save(&mut self, profile: &mut ServiceProfile) -> Result<(), StoreError> {
        let (id, snapshot) = (profile.id(), profile.snapshot());
        let stored = snapshot.version;
        let written = profile_row::written(self.tenant(), &snapshot, stored + 1)?;
        let identity = (self.tenant(), id.uuid());
        row::save::<profile_row::Entity, _>(self.connection(), written, identity, stored).await?;
        self.record(id, profile.take_events())?;
        profile.saved_as(stored + 1);
        Ok(())
    }

    async fn adopted_on(&mut self, router: RouterId) -> Result<Vec<ServiceProfile>, StoreError> {
        let values = [self.tenant().into(), router.uuid().into()];
        let found = sql::rows(self.connection(), PROFILES_ADOPTED_ON, values).await?;
        found.into_iter().map(profile_row::restore).collect()
    }
}

#[derive(Debug, FromQueryResult)]
struct RouterKey {
    id: Uuid,
}

#[async_trait]
impl RouterRepository for Tx {
    async fn find(&mut self, id: RouterId) -> Result<Option<Router>, StoreError> {
        let found = router_row::Entity::find_by_id((self.tenant(), id.uuid()))
            .one(self.connection())
            .await
            .stored()?;
        found.map(router_row::restore).transpose()
    }

    async fn using(&mut self, profile: ProfileId) -> Result<Vec<RouterId>, StoreError> {
        let values = [self.tenant().into(), profile.uuid().into()];
        let keys: Vec<RouterKey> = sql::rows(self.connection(), ROUTERS_USING, values).await?;
        Ok(keys.iter().map(|it| RouterId::from_uuid(it.id)).collect())
    }

    async fn in_service(&mut self) -> Result<Vec<RouterId>, StoreError> {
        let values = [self.tenant().into()];
        let keys: Vec<RouterKey> = sql::rows(self.connection(), IN_SERVICE, values).await?;
        Ok(keys.iter().map(|it| RouterId::from_uuid(it.id)).collect())
    }

    async fn save(&mut self, router: &mut Router) -> Result<(), StoreError> {
        let (id, snapshot) = (router.id(), router.snapshot());
        let stored = snapshot.version;
        let written = router_row::written(self.tenant(), &snapshot, stored + 1)?;
        let identity = (self.tenant(), id.uuid());
        row::save::<router_row::Entity, _>(self.connection(), written, identity, stored).await?;
        self.record(id, router.take_events())?;
        router.saved_as(stored + 1);
        Ok(())
    }
}

const PROFILES_USED_ON: &str = "\
SELECT * FROM service_profiles AS used WHERE tenant_id = $1 AND EXISTS (
    SELECT 1 FROM grants WHERE grants.tenant_id = $1 AND profile_id = used.id AND router_id = $2 AND state <> 'ended')
ORDER BY id";

const PROFILES_ADOPTED_ON: &str =
    "SELECT * FROM service_profiles WHERE tenant_id = $1 AND adopted_router = $2 ORDER BY id";

const ROUTERS_USING: &str = "\
SELECT DISTINCT router_id AS id FROM grants WHERE tenant_id = $1 AND profile_id = $2 AND state <> 'ended' ORDER BY id";

const IN_SERVICE: &str =
    "SELECT id FROM routers WHERE tenant_id = $1 AND status <> 'retired' ORDER BY id";
