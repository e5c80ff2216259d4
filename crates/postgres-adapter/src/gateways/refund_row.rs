//! The row of a refund through a provider.

use billing::RefundId;
use billing::gateway::{ProviderRefundSnapshot, ProviderRefundStatus, RefundOrigin};
use kernel::{PaymentId, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, Uuid,
};

use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_refunds")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    payment_id: Uuid,
    amount_minor: i64,
    currency: String,
    reason: String,
    origin: String,
    status: String,
    note: Option<String>,
    asked_at: DateTimeUtc,
    told_at: Option<DateTimeUtc>,
    ended_at: Option<DateTimeUtc>,
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a refund, with the version it is about to have.
    pub(super) fn of(tenant: Uuid, it: &ProviderRefundSnapshot) -> Self {
        Self {
            tenant_id: tenant,
            id: it.id.uuid(),
            payment_id: it.payment.uuid(),
            amount_minor: it.amount.minor(),
            currency: it.amount.currency().code().to_owned(),
            reason: it.reason.clone(),
            origin: it.origin.as_str().to_owned(),
            status: it.status.as_str().to_owned(),
            note: it.note.clone(),
            asked_at: it.asked_at.utc(),
            told_at: row::utc(it.told_at),
            ended_at: row::utc(it.ended_at),
            version: it.version + 1,
        }
    }

    /// The refund, or why there can be no such one.
    pub(super) fn into_snapshot(self) -> Result<ProviderRefundSnapshot, StoreError> {
        let origin = RefundOrigin::from_word(&self.origin);
        let status = ProviderRefundStatus::from_word(&self.status);
        Ok(ProviderRefundSnapshot {
            id: RefundId::from_uuid(self.id),
            payment: PaymentId::from_uuid(self.payment_id),
            amount: row::money(self.amount_minor, &self.currency)?,
            reason: self.reason,
            origin: origin.ok_or_else(|| row::bad("origin", &self.origin))?,
            status: status.ok_or_else(|| row::bad("status", &self.status))?,
            note: self.note,
            asked_at: row::instant(self.asked_at),
            told_at: self.told_at.map(row::instant),
            ended_at: self.ended_at.map(row::instant),
            version: self.version,
        })
    }
}
