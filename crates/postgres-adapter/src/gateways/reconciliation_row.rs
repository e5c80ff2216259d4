//! The row of a comparison with a provider.

use billing::gateway::{ReconciliationSnapshot, ReconciliationStatus};
use kernel::{GatewayAccountId, LocalDate, ReconciliationId, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, Json, PrimaryKeyTrait, Uuid,
};

use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "gateway_reconciliations")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    gateway_account_id: Uuid,
    first_on: LocalDate,
    last_on: LocalDate,
    status: String,
    compared: i64,
    is_complete: bool,
    differences: Json,
    note: Option<String>,
    asked_at: DateTimeUtc,
    ended_at: Option<DateTimeUtc>,
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a comparison, with the version it is about to have.
    pub(super) fn of(tenant: Uuid, it: &ReconciliationSnapshot) -> Result<Self, StoreError> {
        let differences = serde_json::to_value(&it.differences);
        Ok(Self {
            tenant_id: tenant,
            id: it.id.uuid(),
            gateway_account_id: it.gateway_account.uuid(),
            first_on: it.first_on,
            last_on: it.last_on,
            status: it.status.as_str().to_owned(),
            compared: i64::from(it.compared),
            is_complete: it.is_complete,
            differences: differences.map_err(StoreError::corrupt)?,
            note: it.note.clone(),
            asked_at: it.asked_at.utc(),
            ended_at: row::utc(it.ended_at),
            version: it.version + 1,
        })
    }

    /// The comparison, or why there can be no such one.
    pub(super) fn into_snapshot(self) -> Result<ReconciliationSnapshot, StoreError> {
        let status = ReconciliationStatus::from_word(&self.status);
        let differences = serde_json::from_value(self.differences);
        Ok(ReconciliationSnapshot {
            id: ReconciliationId::from_uuid(self.id),
            gateway_account: GatewayAccountId::from_uuid(self.gateway_account_id),
            first_on: self.first_on,
            last_on: self.last_on,
            status: status.ok_or_else(|| row::bad("status", &self.status))?,
            compared: row::number("compared", self.compared)?,
            is_complete: self.is_complete,
            differences: differences.map_err(StoreError::corrupt)?,
            note: self.note,
            asked_at: row::instant(self.asked_at),
            ended_at: self.ended_at.map(row::instant),
            version: self.version,
        })
    }
}
