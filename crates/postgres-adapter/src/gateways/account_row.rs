//! A gateway account's row.

use billing::PaymentMethod;
use billing::gateway::{GatewayAccountSnapshot, GatewayMode};
use kernel::{GatewayAccountId, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, Uuid,
};

use crate::row;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "gateway_accounts")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    gateway: String,
    name: String,
    mode: String,
    method: String,
    api_key: Vec<u8>,
    webhook_secrets: Vec<u8>,
    token_digest: Vec<u8>,
    is_enabled: bool,
    created_at: DateTimeUtc,
    version: i64,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an account, with the version it is about to have.
    pub(super) fn of(tenant: Uuid, it: &GatewayAccountSnapshot) -> Self {
        Self {
            tenant_id: tenant,
            id: it.id.uuid(),
            gateway: it.gateway.clone(),
            name: it.name.to_string(),
            mode: it.mode.as_str().to_owned(),
            method: it.method.as_str().to_owned(),
            api_key: it.api_key.as_bytes().to_vec(),
            webhook_secrets: it.webhook_secrets.as_bytes().to_vec(),
            token_digest: it.token_digest.to_vec(),
            is_enabled: it.is_enabled,
            created_at: it.created_at.utc(),
            version: it.version + 1,
        }
    }

    /// The account, or why there can be no such one.
    pub(super) fn into_snapshot(self) -> Result<GatewayAccountSnapshot, StoreError> {
        let mode = GatewayMode::from_word(&self.mode);
        let method = PaymentMethod::from_word(&self.method);
        Ok(GatewayAccountSnapshot {
            id: GatewayAccountId::from_uuid(self.id),
            name: row::parse("name", &self.name)?,
            mode: mode.ok_or_else(|| row::bad("mode", &self.mode))?,
            method: method.ok_or_else(|| row::bad("method", &self.method))?,
            api_key: row::sealed(self.api_key),
            webhook_secrets: row::sealed(self.webhook_secrets),
            token_digest: row::digest("token_digest", self.token_digest)?,
            gateway: self.gateway,
            is_enabled: self.is_enabled,
            created_at: row::instant(self.created_at),
            version: self.version,
        })
    }
}
