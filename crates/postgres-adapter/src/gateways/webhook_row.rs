//! The row of a provider's message.

use billing::gateway::{WebhookSnapshot, WebhookStatus};
use kernel::{GatewayAccountId, StoreError, WebhookId};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, Uuid,
};

use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_inbox")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    gateway_account_id: Uuid,
    event: String,
    payment: String,
    order_reference: Option<String>,
    body: Vec<u8>,
    received_at: DateTimeUtc,
    status: String,
    note: Option<String>,
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a message, with the version it is about to have.
    pub(super) fn of(tenant: Uuid, it: &WebhookSnapshot) -> Self {
        Self {
            tenant_id: tenant,
            id: it.id.uuid(),
            gateway_account_id: it.gateway_account.uuid(),
            event: it.event.clone(),
            payment: it.payment.to_string(),
            order_reference: row::text(it.order.as_ref()),
            body: it.body.clone(),
            received_at: it.received_at.utc(),
            status: it.status.as_str().to_owned(),
            note: it.note.clone(),
            version: it.version + 1,
        }
    }

    /// The message, or why there can be no such one.
    pub(super) fn into_snapshot(self) -> Result<WebhookSnapshot, StoreError> {
        let status = WebhookStatus::from_word(&self.status);
        Ok(WebhookSnapshot {
            id: WebhookId::from_uuid(self.id),
            gateway_account: GatewayAccountId::from_uuid(self.gateway_account_id),
            event: self.event,
            payment: row::parse("payment", &self.payment)?,
            order: row::parse_optional("order_reference", self.order_reference.as_deref())?,
            body: self.body,
            received_at: row::instant(self.received_at),
            status: status.ok_or_else(|| row::bad("status", &self.status))?,
            note: self.note,
            version: self.version,
        })
    }
}
