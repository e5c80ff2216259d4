//! The row of an import.

use access::adoption::{Import, ImportSnapshot, ImportStatus};
use kernel::{ImportId, JobId, RouterId, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, Json, PrimaryKeyTrait, Uuid,
};

use crate::row;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "imports")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: Uuid,
    pub(super) router_id: Uuid,
    pub(super) zone: String,
    pub(super) status: String,
    pub(super) job_id: Option<Uuid>,
    pub(super) status_since: Option<DateTimeUtc>,
    pub(super) digest: Vec<u8>,
    pub(super) unread: Json,
    pub(super) made_at: DateTimeUtc,
    pub(super) version: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The row to write for an import.
pub(super) fn written(
    tenant_id: Uuid,
    it: &ImportSnapshot,
    version: i64,
) -> Result<Model, StoreError> {
    let (job_id, status_since) = match it.status {
        ImportStatus::Previewed => (None, None),
        ImportStatus::Applying { since, job } => (Some(job.uuid()), Some(since.utc())),
        ImportStatus::Applied { at } => (None, Some(at.utc())),
    };
    Ok(Model {
        tenant_id,
        id: it.id.uuid(),
        router_id: it.router.uuid(),
        zone: it.zone.to_string(),
        status: it.status.word().to_owned(),
        job_id,
        status_since,
        digest: it.digest.to_vec(),
        unread: serde_json::to_value(&it.unread).map_err(StoreError::corrupt)?,
        made_at: it.made_at.utc(),
        version,
    })
}

/// Everything a row says about its import.
pub(super) fn snapshot(it: Model) -> Result<ImportSnapshot, StoreError> {
    Ok(ImportSnapshot {
        id: ImportId::from_uuid(it.id),
        router: RouterId::from_uuid(it.router_id),
        zone: row::parse("zone", &it.zone)?,
        status: status(&it)?,
        digest: row::digest("digest", it.digest)?,
        unread: serde_json::from_value(it.unread).map_err(StoreError::corrupt)?,
        made_at: row::instant(it.made_at),
        version: it.version,
    })
}

/// The import a row stands for.
pub(super) fn restore(it: Model) -> Result<Import, StoreError> {
    snapshot(it).map(Import::restore)
}

fn status(it: &Model) -> Result<ImportStatus, StoreError> {
    let since = it.status_since.map(row::instant);
    match (it.status.as_str(), since, it.job_id) {
        ("previewed", None, None) => Ok(ImportStatus::Previewed),
        ("applying", Some(since), Some(job)) => {
            let job = JobId::from_uuid(job);
            Ok(ImportStatus::Applying { since, job })
        }
        ("applied", Some(at), None) => Ok(ImportStatus::Applied { at }),
        _ => Err(row::bad("status", &it.status)),
    }
}
