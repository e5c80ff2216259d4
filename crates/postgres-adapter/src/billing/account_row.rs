//! An account's row.

use billing::{Account, AccountSnapshot, Hold, Level, NewProcedure};
use kernel::{AccountId, CustomerId, EntityId, LocalDate, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use sea_orm::prelude::DateTimeUtc;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::row;

/// The columns of a row.
pub(super) const COLUMNS: &str = "tenant_id, id, customer_id, entity_id, currency, level, terms_days, hold, hold_until, \
promise, episode, dunning_procedure, dunning_procedure_version, look_at, parked, discounts, version";

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
    terms_days: Option<i64>,
    hold: Option<String>,
    hold_until: Option<LocalDate>,
    promise: Option<Value>,
    episode: Value,
    dunning_procedure: Option<Value>,
    dunning_procedure_version: Option<i64>,
    pub(super) look_at: Option<DateTimeUtc>,
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
        let procedure = it.procedure.as_deref();
        let defined = procedure.map(|(defined, _)| serde_json::to_value(defined));
        let version = procedure.map(|(_, version)| row::column("version", *version));
        Ok(Self {
            tenant_id: tenant,
            id: it.id.uuid(),
            customer_id: it.customer.uuid(),
            entity_id: it.entity.uuid(),
            currency: it.currency.code().to_owned(),
            level: it.level.as_str().to_owned(),
            terms_days: it.terms_days.map(i64::from),
            hold: it.hold.as_ref().map(|it| it.reason.clone()),
            hold_until: it.hold.as_ref().and_then(|it| it.until),
            promise: json(it.promise.map(serde_json::to_value))?,
            episode: serde_json::to_value(&it.episode).map_err(StoreError::corrupt)?,
            dunning_procedure: json(defined)?,
            dunning_procedure_version: version.transpose()?,
            look_at: row::utc(it.look_at),
            parked: it.parked.clone(),
            discounts: serde_json::to_value(&it.discounts).map_err(StoreError::corrupt)?,
            version: it.version + 1,
        })
    }

    /// The aggregate, or why there can be no such account.
    pub(super) fn into_account(self) -> Result<Account, StoreError> {
        let procedure = procedure(self.dunning_procedure, self.dunning_procedure_version)?;
        Ok(Account::restore(AccountSnapshot {
            id: AccountId::from_uuid(self.id),
            customer: CustomerId::from_uuid(self.customer_id),
            entity: EntityId::from_uuid(self.entity_id),
            currency: row::parse("currency", &self.currency)?,
            level: level(&self.level)?,
            terms_days: terms_days(self.terms_days)?,
            hold: hold(self.hold, self.hold_until),
            promise: stored(self.promise)?,
            episode: serde_json::from_value(self.episode).map_err(StoreError::corrupt)?,
            procedure: procedure.map(Box::new),
            look_at: self.look_at.map(row::instant),
            parked: self.parked,
            discounts: serde_json::from_value(self.discounts).map_err(StoreError::corrupt)?,
            version: self.version,
        }))
    }
}

fn json(value: Option<Result<Value, serde_json::Error>>) -> Result<Option<Value>, StoreError> {
    value.transpose().map_err(StoreError::corrupt)
}

/// A stored value that may be absent.
pub(super) fn stored<T: DeserializeOwned>(value: Option<Value>) -> Result<Option<T>, StoreError> {
    let read = value.map(serde_json::from_value).transpose();
    read.map_err(StoreError::corrupt)
}

/// Stored terms.
pub(super) fn terms_days(days: Option<i64>) -> Result<Option<u16>, StoreError> {
    days.map(|it| row::number("terms_days", it)).transpose()
}

/// A stored hold; one of before holds could end has no end.
pub(super) fn hold(reason: Option<String>, until: Option<LocalDate>) -> Option<Hold> {
    reason.map(|reason| Hold { reason, until })
}

fn procedure(
    defined: Option<Value>,
    version: Option<i64>,
) -> Result<Option<(NewProcedure, u64)>, StoreError> {
    let version = version.map(|it| row::number("dunning_procedure_version", it));
    let defined = stored(defined)?;
    Ok(defined.zip(version.transpose()?))
}

/// A stored level.
pub(super) fn level(word: &str) -> Result<Level, StoreError> {
    Level::from_word(word).ok_or_else(|| row::bad("level", word))
}
