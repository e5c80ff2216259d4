//! The row of money that fits no account.

use billing::{
    PaymentMethod, Unmatched, UnmatchedId, UnmatchedSnapshot, UnmatchedState, UnmatchedStatus,
    UnmatchedView,
};
use kernel::{AccountId, EntityId, PaymentId, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait,
};
use uuid::Uuid;

use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unmatched_money")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    entity_id: Uuid,
    amount_minor: i64,
    currency: String,
    method: String,
    reference: Option<String>,
    payer: Option<String>,
    note: Option<String>,
    received_at: DateTimeUtc,
    status: String,
    account_id: Option<Uuid>,
    payment_id: Option<Uuid>,
    reason: Option<String>,
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an aggregate, with the version it is about to have.
    pub(super) fn of(tenant: Uuid, it: UnmatchedSnapshot) -> Self {
        let status = it.state.status().as_str().to_owned();
        let (account, payment, reason) = match it.state {
            UnmatchedState::Open => (None, None, None),
            UnmatchedState::Allocated { account, payment } => (Some(account), Some(payment), None),
            UnmatchedState::Returned { reason } => (None, None, Some(reason)),
        };
        Self {
            tenant_id: tenant,
            id: it.id.uuid(),
            entity_id: it.entity.uuid(),
            amount_minor: it.amount.minor(),
            currency: it.amount.currency().code().to_owned(),
            method: it.method.as_str().to_owned(),
            reference: it.reference,
            payer: it.payer,
            note: it.note,
            received_at: it.received_at.utc(),
            status,
            account_id: account.map(AccountId::uuid),
            payment_id: payment.map(PaymentId::uuid),
            reason,
            version: it.version + 1,
        }
    }

    /// The aggregate, or why there can be no such money.
    pub(super) fn into_unmatched(self) -> Result<Unmatched, StoreError> {
        self.into_snapshot().map(Unmatched::restore)
    }

    /// What people see of it.
    pub(super) fn into_view(self) -> Result<UnmatchedView, StoreError> {
        self.into_snapshot().map(UnmatchedView::from)
    }

    fn into_snapshot(self) -> Result<UnmatchedSnapshot, StoreError> {
        let state = self.state()?;
        let method = PaymentMethod::from_word(&self.method);
        Ok(UnmatchedSnapshot {
            id: UnmatchedId::from_uuid(self.id),
            entity: EntityId::from_uuid(self.entity_id),
            amount: row::money(self.amount_minor, &self.currency)?,
            method: method.ok_or_else(|| row::bad("method", &self.method))?,
            reference: self.reference,
            payer: self.payer,
            note: self.note,
            received_at: row::instant(self.received_at),
            state,
            version: self.version,
        })
    }

    fn state(&self) -> Result<UnmatchedState, StoreError> {
        let bad = || row::bad("status", &self.status);
        let status = UnmatchedStatus::from_word(&self.status).ok_or_else(bad)?;
        match (status, self.account_id, self.payment_id, &self.reason) {
            (UnmatchedStatus::Open, None, None, None) => Ok(UnmatchedState::Open),
            (UnmatchedStatus::Allocated, Some(account), Some(payment), None) => {
                Ok(UnmatchedState::Allocated {
                    account: AccountId::from_uuid(account),
                    payment: PaymentId::from_uuid(payment),
                })
            }
            (UnmatchedStatus::Returned, None, None, Some(reason)) => Ok(UnmatchedState::Returned {
                reason: reason.clone(),
            }),
            _ => Err(bad()),
        }
    }
}
