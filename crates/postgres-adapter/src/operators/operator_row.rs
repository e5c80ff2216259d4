//! An operator's row.

use kernel::{OperatorId, StoreError};
use operators::{Operator, OperatorSnapshot, OperatorStatus, OperatorView, PasswordHash, Role};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait,
};
use uuid::Uuid;

use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operators")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    login: String,
    name: String,
    role: String,
    password: String,
    password_set_at: DateTimeUtc,
    disabled_at: Option<DateTimeUtc>,
    failed_logins: i64,
    locked_until: Option<DateTimeUtc>,
    last_signed_in_at: Option<DateTimeUtc>,
    hired_at: DateTimeUtc,
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an aggregate, with the version it is about to have.
    pub(super) fn of(tenant: Uuid, snapshot: &OperatorSnapshot) -> Self {
        let disabled_at = match snapshot.status {
            OperatorStatus::Active => None,
            OperatorStatus::Disabled { since } => Some(since.utc()),
        };
        Self {
            tenant_id: tenant,
            id: snapshot.id.uuid(),
            login: snapshot.login.to_string(),
            name: snapshot.name.to_string(),
            role: snapshot.role.as_str().to_owned(),
            password: snapshot.password.as_phc().to_owned(),
            password_set_at: snapshot.password_set_at.utc(),
            disabled_at,
            failed_logins: i64::from(snapshot.failed_logins),
            locked_until: snapshot.locked_until.map(|it| it.utc()),
            last_signed_in_at: snapshot.last_signed_in_at.map(|it| it.utc()),
            hired_at: snapshot.hired_at.utc(),
            version: snapshot.version + 1,
        }
    }

    /// The aggregate, or why there can be no such operator.
    pub(super) fn into_operator(self) -> Result<Operator, StoreError> {
        let role = Role::from_word(&self.role).ok_or_else(|| row::bad("role", &self.role))?;
        let status = self
            .disabled_at
            .map(row::instant)
            .map_or(OperatorStatus::Active, |since| OperatorStatus::Disabled { since });
        let snapshot = OperatorSnapshot {
            id: OperatorId::from_uuid(self.id),
            login: row::parse("login", &self.login)?,
            name: row::parse("name", &self.name)?,
            role,
            password: PasswordHash::from_phc(self.password).map_err(StoreError::corrupt)?,
            password_set_at: row::instant(self.password_set_at),
            status,
            failed_logins: row::number("failed_logins", self.failed_logins)?,
            locked_until: self.locked_until.map(row::instant),
            last_signed_in_at: self.last_signed_in_at.map(row::instant),
            hired_at: row::instant(self.hired_at),
            version: self.version,
        };
        Operator::restore(snapshot).map_err(StoreError::corrupt)
    }

    pub(super) fn into_view(self) -> Result<OperatorView, StoreError> {
        Ok(self.into_operator()?.view())
    }
}
