//! An account's row.

use billing::{Account, AccountSnapshot, Level};
use kernel::{AccountId, CustomerId, EntityId, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value;
use uuid::Uuid;

use crate::row;

/// The columns of a row.
pub(super) const COLUMNS: &str =
    "tenant_id, id, customer_id, entity_id, currency, level, hold, parked, discounts, version";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: Uuid,
    customer_id: Uuid,
    pub(super) entity_id: Uuid,
    currency: String,
    level: String,
    hold: Option<String>,
    parked: Option<String>,
    discounts: Value,
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an aggregate, with the version it is about to have.
    pub(super) fn of(tenant: Uuid, it: &AccountSnapshot) -> Result<Self, StoreError> {
        Ok(Self {
            tenant_id: tenant,
            id: it.id.uuid(),
            customer_id: it.customer.uuid(),
            entity_id: it.entity.uuid(),
            currency: it.currency.code().to_owned(),
            level: it.level.as_str().to_owned(),
            hold: it.hold.clone(),
            parked: it.parked.clone(),
            discounts: serde_json::to_value(&it.discounts).map_err(StoreError::corrupt)?,
            version: it.version + 1,
        })
    }

    /// The aggregate, or why there can be no such account.
    pub(super) fn into_account(self) -> Result<Account, StoreError> {
        Ok(Account::restore(AccountSnapshot {
            id: AccountId::from_uuid(self.id),
            customer: CustomerId::from_uuid(self.customer_id),
            entity: EntityId::from_uuid(self.entity_id),
            currency: row::parse("currency", &self.currency)?,
            level: level(&self.level)?,
            hold: self.hold,
            parked: self.parked,
            discounts: serde_json::from_value(self.discounts).map_err(StoreError::corrupt)?,
            version: self.version,
        }))
    }
}

/// A stored level.
pub(super) fn level(word: &str) -> Result<Level, StoreError> {
    Level::from_word(word).ok_or_else(|| row::bad("level", word))
}
