//! The row of an operator.

use kernel::{OperatorId, StoreError};
use operators::{
    Operator, OperatorSnapshot, OperatorStatus, OperatorStatusName, OperatorView, PasswordHash,
    Role,
};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, Uuid,
};

use crate::row;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operators")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: Uuid,
    pub(super) login: String,
    pub(super) name: String,
    pub(super) role: String,
    pub(super) password: String,
    pub(super) password_set_at: DateTimeUtc,
    pub(super) status: String,
    pub(super) disabled_since: Option<DateTimeUtc>,
    pub(super) failed_logins: i32,
    pub(super) locked_until: Option<DateTimeUtc>,
    pub(super) last_signed_in_at: Option<DateTimeUtc>,
    pub(super) hired_at: DateTimeUtc,
    pub(super) version: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl std::fmt::Debug for Model {
    /// Leaves the password's hash out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The row to write for an operator.
pub(super) fn written(tenant_id: Uuid, it: &OperatorSnapshot, version: i64) -> Model {
    let disabled_since = match it.status {
        OperatorStatus::Active => None,
        OperatorStatus::Disabled { since } => Some(since.utc()),
    };
    Model {
        tenant_id,
        id: it.id.uuid(),
        login: it.login.to_string(),
        name: it.name.to_string(),
        role: it.role.as_str().to_owned(),
        password: it.password.as_phc().to_owned(),
        password_set_at: it.password_set_at.utc(),
        status: it.status.name().as_str().to_owned(),
        disabled_since,
        failed_logins: i32::from(it.failed_logins),
        locked_until: row::utc(it.locked_until),
        last_signed_in_at: row::utc(it.last_signed_in_at),
        hired_at: it.hired_at.utc(),
        version,
    }
}

/// The operator a row stands for.
pub(super) fn restore(it: Model) -> Result<Operator, StoreError> {
    let snapshot = OperatorSnapshot {
        id: OperatorId::from_uuid(it.id),
        login: row::parse("login", &it.login)?,
        name: row::parse("name", &it.name)?,
        role: role(&it.role)?,
        status: status(&it)?,
        password: PasswordHash::from_phc(it.password).map_err(StoreError::corrupt)?,
        password_set_at: row::instant(it.password_set_at),
        failed_logins: row::number("failed_logins", it.failed_logins)?,
        locked_until: it.locked_until.map(row::instant),
        last_signed_in_at: it.last_signed_in_at.map(row::instant),
        hired_at: row::instant(it.hired_at),
        version: it.version,
    };
    Operator::restore(snapshot).map_err(StoreError::corrupt)
}

/// What people see of a row.
pub(super) fn view(it: Model) -> Result<OperatorView, StoreError> {
    Ok(OperatorView {
        id: OperatorId::from_uuid(it.id),
        role: role(&it.role)?,
        status: status(&it)?.name(),
        login: it.login,
        name: it.name,
        locked_until: it.locked_until.map(row::instant),
        last_signed_in_at: it.last_signed_in_at.map(row::instant),
        hired_at: row::instant(it.hired_at),
        version: it.version,
    })
}

fn role(word: &str) -> Result<Role, StoreError> {
    Role::from_word(word).ok_or_else(|| row::bad("role", word))
}

fn status(it: &Model) -> Result<OperatorStatus, StoreError> {
    let name = OperatorStatusName::from_word(&it.status);
    match (name, it.disabled_since.map(row::instant)) {
        (Some(OperatorStatusName::Active), None) => Ok(OperatorStatus::Active),
        (Some(OperatorStatusName::Disabled), Some(since)) => Ok(OperatorStatus::Disabled { since }),
        _ => Err(row::bad("status", &it.status)),
    }
}

#[cfg(test)]
mod tests;
