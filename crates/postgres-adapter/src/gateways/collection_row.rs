//! The row of what a provider has collected.

use billing::gateway::CollectionSnapshot;
use kernel::{GatewayAccountId, PaymentId, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, Uuid,
};

use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_collections")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    gateway_account_id: Uuid,
    link_id: Uuid,
    reference: String,
    transaction_id: String,
    amount_minor: i64,
    given_back_minor: i64,
    currency: String,
    is_taken_back: bool,
    received_at: DateTimeUtc,
    next_poll_at: Option<DateTimeUtc>,
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a collection, with the version it is about to have.
    pub(super) fn of(tenant: Uuid, it: &CollectionSnapshot) -> Self {
        Self {
            tenant_id: tenant,
            id: it.payment.uuid(),
            gateway_account_id: it.gateway_account.uuid(),
            link_id: it.link.uuid(),
            reference: it.reference.to_string(),
            transaction_id: it.transaction.clone(),
            amount_minor: it.amount.minor(),
            given_back_minor: it.given_back.minor(),
            currency: it.amount.currency().code().to_owned(),
            is_taken_back: it.is_taken_back,
            received_at: it.received_at.utc(),
            next_poll_at: row::utc(it.next_poll_at),
            version: it.version + 1,
        }
    }

    /// The collection, or why there can be no such one.
    pub(super) fn into_snapshot(self) -> Result<CollectionSnapshot, StoreError> {
        Ok(CollectionSnapshot {
            payment: PaymentId::from_uuid(self.id),
            gateway_account: GatewayAccountId::from_uuid(self.gateway_account_id),
            link: PaymentId::from_uuid(self.link_id),
            reference: row::parse("reference", &self.reference)?,
            transaction: self.transaction_id,
            amount: row::money(self.amount_minor, &self.currency)?,
            given_back: row::money(self.given_back_minor, &self.currency)?,
            is_taken_back: self.is_taken_back,
            received_at: row::instant(self.received_at),
            next_poll_at: self.next_poll_at.map(row::instant),
            version: self.version,
        })
    }
}
