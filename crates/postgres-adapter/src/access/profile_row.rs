//! The row of a service profile.

use access::{
    AdoptedRow, ProfileStatus, ProfileView, ServiceProfile, ServiceProfileSnapshot, Terms,
};
use kernel::{ProfileId, RouterId, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, Json, PrimaryKeyTrait, Uuid,
};

use crate::row;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_profiles")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) service: String,
    pub(super) terms: Json,
    pub(super) status: String,
    pub(super) revision: i64,
    pub(super) adopted_router: Option<Uuid>,
    pub(super) adopted_name: Option<String>,
    pub(super) version: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The row to write for a profile.
pub(super) fn written(
    tenant_id: Uuid,
    it: &ServiceProfileSnapshot,
    version: i64,
) -> Result<Model, StoreError> {
    Ok(Model {
        tenant_id,
        id: it.id.uuid(),
        name: it.name.to_string(),
        service: it.service.as_str().to_owned(),
        terms: serde_json::to_value(&it.terms).map_err(StoreError::corrupt)?,
        status: word(it.status).to_owned(),
        revision: i64::from(it.revision),
        adopted_router: it.adopted.as_ref().map(|it| it.router.uuid()),
        adopted_name: it.adopted.as_ref().map(|it| it.name.clone()),
        version,
    })
}

/// The profile a row stands for.
pub(super) fn restore(it: Model) -> Result<ServiceProfile, StoreError> {
    let snapshot = ServiceProfileSnapshot {
        id: ProfileId::from_uuid(it.id),
        name: row::parse("name", &it.name)?,
        service: row::parse("service", &it.service)?,
        status: status(&it.status)?,
        revision: row::number("revision", it.revision)?,
        terms: terms(it.terms)?,
        adopted: adopted(it.adopted_router, it.adopted_name)?,
        version: it.version,
    };
    ServiceProfile::restore(snapshot).map_err(StoreError::corrupt)
}

/// What people see of a row.
pub(super) fn view(it: Model) -> Result<ProfileView, StoreError> {
    Ok(ProfileView {
        id: ProfileId::from_uuid(it.id),
        service: row::parse("service", &it.service)?,
        status: status(&it.status)?,
        revision: row::number("revision", it.revision)?,
        terms: terms(it.terms)?,
        name: it.name,
    })
}

fn adopted(router: Option<Uuid>, name: Option<String>) -> Result<Option<AdoptedRow>, StoreError> {
    match (router, name) {
        (None, None) => Ok(None),
        (Some(router), Some(name)) => Ok(Some(AdoptedRow {
            router: RouterId::from_uuid(router),
            name,
        })),
        (_, name) => Err(row::bad("adopted_name", &name.unwrap_or_default())),
    }
}

fn terms(stored: Json) -> Result<Terms, StoreError> {
    serde_json::from_value(stored).map_err(StoreError::corrupt)
}

const fn word(status: ProfileStatus) -> &'static str {
    match status {
        ProfileStatus::Offered => "offered",
        ProfileStatus::Retired => "retired",
    }
}

fn status(stored: &str) -> Result<ProfileStatus, StoreError> {
    [ProfileStatus::Offered, ProfileStatus::Retired]
        .into_iter()
        .find(|it| word(*it) == stored)
        .ok_or_else(|| row::bad("status", stored))
}
