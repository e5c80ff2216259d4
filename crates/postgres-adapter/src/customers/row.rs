//! A customer's row.

use customers::{
    Customer, CustomerKind, CustomerSnapshot, CustomerStatus, CustomerView, StatusName,
};
use kernel::{CustomerId, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait,
};
use uuid::Uuid;

use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, sqlx::FromRow)]
#[sea_orm(table_name = "customers")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    kind: String,
    name: String,
    search_name: String,
    phone: Option<String>,
    email: Option<String>,
    address: Option<String>,
    note: Option<String>,
    status: String,
    status_since: Option<DateTimeUtc>,
    blocked_reason: Option<String>,
    registered_at: DateTimeUtc,
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an aggregate, with the version it is about to have.
    pub(super) fn of(tenant: Uuid, snapshot: &CustomerSnapshot) -> Self {
        let (status_since, blocked_reason) = match &snapshot.status {
            CustomerStatus::Prospect | CustomerStatus::Active => (None, None),
            CustomerStatus::Left { since } => (Some(since.utc()), None),
            CustomerStatus::Blocked { since, reason } => {
                (Some(since.utc()), Some(reason.to_string()))
            }
        };
        Self {
            tenant_id: tenant,
            id: snapshot.id.uuid(),
            kind: snapshot.kind.as_str().to_owned(),
            name: snapshot.name.to_string(),
            search_name: snapshot.name.as_str().to_lowercase(),
            phone: snapshot.phone.as_ref().map(ToString::to_string),
            email: snapshot.email.as_ref().map(ToString::to_string),
            address: snapshot.address.as_ref().map(ToString::to_string),
            note: snapshot.note.as_ref().map(ToString::to_string),
            status: snapshot.status.name().as_str().to_owned(),
            status_since,
            blocked_reason,
            registered_at: snapshot.registered_at.utc(),
            version: snapshot.version + 1,
        }
    }

    /// The aggregate, or why there can be no such customer.
    pub(super) fn into_customer(self) -> Result<Customer, StoreError> {
        let status = self.customer_status()?;
        let snapshot = CustomerSnapshot {
            id: CustomerId::from_uuid(self.id),
            kind: self.customer_kind()?,
            name: row::parse("name", &self.name)?,
            phone: row::parse_optional("phone", self.phone.as_deref())?,
            email: row::parse_optional("email", self.email.as_deref())?,
            address: row::parse_optional("address", self.address.as_deref())?,
            note: row::parse_optional("note", self.note.as_deref())?,
            status,
            registered_at: row::instant(self.registered_at),
            version: self.version,
        };
        Customer::restore(snapshot).map_err(StoreError::corrupt)
    }

    /// The view, without building the aggregate: what is shown was checked when it was written.
    pub(super) fn into_view(self) -> Result<CustomerView, StoreError> {
        let status = StatusName::from_word(&self.status);
        Ok(CustomerView {
            id: CustomerId::from_uuid(self.id),
            kind: self.customer_kind()?,
            status: status.ok_or_else(|| row::bad("status", &self.status))?,
            name: self.name,
            phone: self.phone,
            email: self.email,
            address: self.address,
            note: self.note,
            status_since: self.status_since.map(row::instant),
            blocked_reason: self.blocked_reason,
            registered_at: row::instant(self.registered_at),
            version: self.version,
        })
    }

    fn customer_kind(&self) -> Result<CustomerKind, StoreError> {
        CustomerKind::from_word(&self.kind).ok_or_else(|| row::bad("kind", &self.kind))
    }

    fn customer_status(&self) -> Result<CustomerStatus, StoreError> {
        let since = self.status_since.map(row::instant);
        match (self.status.as_str(), since, self.blocked_reason.as_deref()) {
            ("prospect", None, None) => Ok(CustomerStatus::Prospect),
            ("active", None, None) => Ok(CustomerStatus::Active),
            ("left", Some(since), None) => Ok(CustomerStatus::Left { since }),
            ("blocked", Some(since), Some(reason)) => {
                let reason = row::parse("blocked_reason", reason)?;
                Ok(CustomerStatus::Blocked { since, reason })
            }
            _ => Err(row::bad("status", &self.status)),
        }
    }
}
