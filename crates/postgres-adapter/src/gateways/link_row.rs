//! A payment link's row.

use billing::gateway::{LinkStatus, PaymentLinkSnapshot};
use kernel::{AccountId, GatewayAccountId, PaymentId, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, Uuid,
};

use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_links")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    account_id: Uuid,
    gateway_account_id: Uuid,
    amount_minor: i64,
    currency: String,
    description: String,
    return_url: String,
    email: Option<String>,
    attempt: i64,
    reference: Option<String>,
    pay_url: Option<String>,
    status: String,
    note: Option<String>,
    opened_at: DateTimeUtc,
    expires_at: DateTimeUtc,
    next_poll_at: Option<DateTimeUtc>,
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a link, with the version it is about to have.
    pub(super) fn of(tenant: Uuid, it: &PaymentLinkSnapshot) -> Self {
        Self {
            tenant_id: tenant,
            id: it.id.uuid(),
            account_id: it.account.uuid(),
            gateway_account_id: it.gateway_account.uuid(),
            amount_minor: it.amount.minor(),
            currency: it.amount.currency().code().to_owned(),
            description: it.description.clone(),
            return_url: it.return_url.clone(),
            email: it.email.clone(),
            attempt: i64::from(it.attempt),
            reference: row::text(it.reference.as_ref()),
            pay_url: it.pay_url.clone(),
            status: it.status.as_str().to_owned(),
            note: it.note.clone(),
            opened_at: it.opened_at.utc(),
            expires_at: it.expires_at.utc(),
            next_poll_at: row::utc(it.next_poll_at),
            version: it.version + 1,
        }
    }

    /// The link, or why there can be no such one.
    pub(super) fn into_snapshot(self) -> Result<PaymentLinkSnapshot, StoreError> {
        let status = LinkStatus::from_word(&self.status);
        Ok(PaymentLinkSnapshot {
            id: PaymentId::from_uuid(self.id),
            account: AccountId::from_uuid(self.account_id),
            gateway_account: GatewayAccountId::from_uuid(self.gateway_account_id),
            amount: row::money(self.amount_minor, &self.currency)?,
            description: self.description,
            return_url: self.return_url,
            email: self.email,
            attempt: row::number("attempt", self.attempt)?,
            reference: row::parse_optional("reference", self.reference.as_deref())?,
            pay_url: self.pay_url,
            status: status.ok_or_else(|| row::bad("status", &self.status))?,
            note: self.note,
            opened_at: row::instant(self.opened_at),
            expires_at: row::instant(self.expires_at),
            next_poll_at: self.next_poll_at.map(row::instant),
            version: self.version,
        })
    }
}
