//! Tenants: the one table that is read across tenants, because somebody must find the tenant first.

use async_trait::async_trait;
use kernel::{Slug, StoreError, TenantId};
use operators::{Tenant, TenantDirectory, TenantRepository, TenantSnapshot};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use crate::store::Store;
use crate::tx::Tx;
use crate::{row, sql};

#[derive(Debug, FromQueryResult)]
struct TenantRow {
    tenant_id: Uuid,
    slug: String,
    name: String,
    founded_at: DateTimeUtc,
    version: i64,
}

impl TenantRow {
    fn into_tenant(self) -> Result<Tenant, StoreError> {
        let snapshot = TenantSnapshot {
            id: TenantId::from_uuid(self.tenant_id),
            slug: row::parse("slug", &self.slug)?,
            name: row::parse("name", &self.name)?,
            founded_at: row::instant(self.founded_at),
            version: self.version,
        };
        Tenant::restore(snapshot).map_err(StoreError::corrupt)
    }
}

/// The tenant must be the scope's own.
#[derive(Debug, thiserror::Error)]
#[error("a transaction of one tenant cannot save another")]
struct ForeignTenant;

/// The tenant itself.
pub(super) async fn find<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
) -> Result<Option<Tenant>, StoreError> {
    let found: Option<TenantRow> = sql::row(connection, FIND, [tenant.into()]).await?;
    found.map(TenantRow::into_tenant).transpose()
}

#[async_trait]
impl TenantRepository for Tx {
    async fn find(&mut self) -> Result<Option<Tenant>, StoreError> {
        find(self.connection(), self.tenant()).await
    }

    async fn save(&mut self, tenant: &mut Tenant) -> Result<(), StoreError> {
        let snapshot = tenant.snapshot();
        if snapshot.id.uuid() != self.tenant() {
            return Err(StoreError::corrupt(ForeignTenant));
        }
        let next = snapshot.version + 1;
        let values = [
            snapshot.id.uuid().into(),
            snapshot.slug.as_str().into(),
            snapshot.name.as_str().into(),
            snapshot.founded_at.utc().into(),
            next.into(),
        ];
        let text = if snapshot.version == 0 {
            INSERT
        } else {
            UPDATE
        };
        if sql::execute(self.connection(), text, values).await? == 0 {
            return Err(StoreError::Conflict);
        }
        self.record(tenant.id(), tenant.take_events())?;
        tenant.saved_as(next);
        Ok(())
    }
}

#[derive(Debug, FromQueryResult)]
struct IdRow {
    tenant_id: Uuid,
}

impl IdRow {
    const fn into_id(self) -> TenantId {
        TenantId::from_uuid(self.tenant_id)
    }
}

#[async_trait]
impl TenantDirectory for Store {
    async fn by_slug(&self, slug: &Slug) -> Result<Option<TenantId>, StoreError> {
        let text = "SELECT tenant_id FROM tenants WHERE slug = $1";
        let found: Option<IdRow> = sql::row(self.reader(), text, [slug.as_str().into()]).await?;
        Ok(found.map(IdRow::into_id))
    }

    async fn all(&self) -> Result<Vec<TenantId>, StoreError> {
        let text = "SELECT tenant_id FROM tenants ORDER BY founded_at, tenant_id";
        let found: Vec<IdRow> = sql::rows(self.reader(), text, []).await?;
        Ok(found.into_iter().map(IdRow::into_id).collect())
    }
}

const FIND: &str =
    "SELECT tenant_id, slug, name, founded_at, version FROM tenants WHERE tenant_id = $1";

const INSERT: &str =
    "INSERT INTO tenants (tenant_id, slug, name, founded_at, version) VALUES ($1, $2, $3, $4, $5)";

const UPDATE: &str = "\
UPDATE tenants SET slug = $2, name = $3, founded_at = $4, version = $5 WHERE tenant_id = $1 AND version = $5 - 1";
