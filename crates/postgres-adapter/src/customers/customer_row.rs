//! The row of a customer.

use customers::{
    Customer, CustomerKind, CustomerSnapshot, CustomerStatus, CustomerView, StatusName,
};
use kernel::{CustomerId, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, Uuid,
};

use crate::row;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customers")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: Uuid,
    pub(super) kind: String,
    pub(super) name: String,
    /// The name in lower case, so that both databases search it alike in every alphabet.
    pub(super) folded_name: String,
    pub(super) phone: Option<String>,
    pub(super) email: Option<String>,
    pub(super) address: Option<String>,
    pub(super) note: Option<String>,
    pub(super) status: String,
    pub(super) status_since: Option<DateTimeUtc>,
    pub(super) blocked_reason: Option<String>,
    pub(super) registered_at: DateTimeUtc,
    pub(super) version: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The row to write for a customer.
pub(super) fn written(tenant_id: Uuid, it: &CustomerSnapshot, version: i64) -> Model {
    let (status_since, blocked_reason) = match &it.status {
        CustomerStatus::Prospect | CustomerStatus::Active => (None, None),
        CustomerStatus::Blocked { since, reason } => (Some(*since), Some(reason.to_string())),
        CustomerStatus::Left { since } => (Some(*since), None),
    };
    Model {
        tenant_id,
        id: it.id.uuid(),
        kind: it.kind.as_str().to_owned(),
        name: it.name.to_string(),
        folded_name: it.name.as_str().to_lowercase(),
        phone: row::text(it.phone.as_ref()),
        email: row::text(it.email.as_ref()),
        address: row::text(it.address.as_ref()),
        note: row::text(it.note.as_ref()),
        status: it.status.name().as_str().to_owned(),
        status_since: row::utc(status_since),
        blocked_reason,
        registered_at: it.registered_at.utc(),
        version,
    }
}

/// The customer a row stands for.
pub(super) fn restore(it: &Model) -> Result<Customer, StoreError> {
    let snapshot = CustomerSnapshot {
        id: CustomerId::from_uuid(it.id),
        kind: kind(&it.kind)?,
        name: row::parse("name", &it.name)?,
        phone: row::parse_optional("phone", it.phone.as_deref())?,
        email: row::parse_optional("email", it.email.as_deref())?,
        address: row::parse_optional("address", it.address.as_deref())?,
        note: row::parse_optional("note", it.note.as_deref())?,
        status: status(it)?,
        registered_at: row::instant(it.registered_at),
        version: it.version,
    };
    Customer::restore(snapshot).map_err(StoreError::corrupt)
}

/// What people see of a row.
pub(super) fn view(it: Model) -> Result<CustomerView, StoreError> {
    Ok(CustomerView {
        id: CustomerId::from_uuid(it.id),
        kind: kind(&it.kind)?,
        name: it.name,
        phone: it.phone,
        email: it.email,
        address: it.address,
        note: it.note,
        status: status_name(&it.status)?,
        status_since: it.status_since.map(row::instant),
        blocked_reason: it.blocked_reason,
        registered_at: row::instant(it.registered_at),
        version: it.version,
    })
}

fn kind(word: &str) -> Result<CustomerKind, StoreError> {
    CustomerKind::from_word(word).ok_or_else(|| row::bad("kind", word))
}

fn status_name(word: &str) -> Result<StatusName, StoreError> {
    StatusName::from_word(word).ok_or_else(|| row::bad("status", word))
}

fn status(it: &Model) -> Result<CustomerStatus, StoreError> {
    let name = status_name(&it.status)?;
    let since = it.status_since.map(row::instant);
    match (name, since, it.blocked_reason.as_deref()) {
        (StatusName::Prospect, None, None) => Ok(CustomerStatus::Prospect),
        (StatusName::Active, None, None) => Ok(CustomerStatus::Active),
        (StatusName::Left, Some(since), None) => Ok(CustomerStatus::Left { since }),
        (StatusName::Blocked, Some(since), Some(reason)) => {
            let reason = row::parse("blocked_reason", reason)?;
            Ok(CustomerStatus::Blocked { since, reason })
        }
        _ => Err(row::bad("status", &it.status)),
    }
}

#[cfg(test)]
mod tests;
