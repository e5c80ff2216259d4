//! A payment's row and the rows of its allocations.

use std::collections::HashMap;

use billing::{Allocation, AllocationView, Payment, PaymentMethod, PaymentSnapshot, PaymentView};
use kernel::{AccountId, InvoiceId, PaymentId, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::Value;
use uuid::Uuid;

use crate::{row, sql};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: Uuid,
    account_id: Uuid,
    amount_minor: i64,
    allocated_minor: i64,
    currency: String,
    method: String,
    reference: Option<String>,
    received_at: DateTimeUtc,
    returns: Value,
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an aggregate, with the version it is about to have.
    pub(super) fn of(tenant: Uuid, payment: &Payment) -> Result<Self, StoreError> {
        let left = payment.unallocated().map_err(StoreError::corrupt)?;
        let it = payment.snapshot();
        let allocated = it.amount.checked_sub(left).map_err(StoreError::corrupt)?;
        Ok(Self {
            tenant_id: tenant,
            id: it.id.uuid(),
            account_id: it.account.uuid(),
            amount_minor: it.amount.minor(),
            allocated_minor: allocated.minor(),
            currency: it.amount.currency().code().to_owned(),
            method: it.method.as_str().to_owned(),
            reference: it.reference,
            received_at: it.received_at.utc(),
            returns: serde_json::to_value(&it.returns).map_err(StoreError::corrupt)?,
            version: it.version + 1,
        })
    }

    /// The aggregate with its allocations.
    pub(super) fn into_payment(self, allocations: Vec<Allocation>) -> Result<Payment, StoreError> {
        let method = PaymentMethod::from_word(&self.method);
        Ok(Payment::restore(PaymentSnapshot {
            id: PaymentId::from_uuid(self.id),
            account: AccountId::from_uuid(self.account_id),
            amount: row::money(self.amount_minor, &self.currency)?,
            method: method.ok_or_else(|| row::bad("method", &self.method))?,
            reference: self.reference,
            received_at: row::instant(self.received_at),
            allocations,
            returns: serde_json::from_value(self.returns).map_err(StoreError::corrupt)?,
            version: self.version,
        }))
    }

    /// The view with its allocations.
    pub(super) fn into_view(self, allocations: Vec<Allocation>) -> Result<PaymentView, StoreError> {
        let payment = self.into_payment(allocations)?;
        let unallocated = payment.unallocated().map_err(StoreError::corrupt)?;
        let received = payment.received().map_err(StoreError::corrupt)?;
        let uses = payment.uses().map_err(StoreError::corrupt)?;
        let it = payment.snapshot();
        let part = |it: &Allocation| AllocationView {
            invoice: it.invoice,
            amount: it.amount,
        };
        Ok(PaymentView {
            id: it.id,
            account: it.account,
            amount: it.amount,
            method: it.method,
            reference: it.reference,
            received_at: it.received_at,
            allocations: uses.iter().map(part).collect(),
            unallocated,
            returned: it
                .amount
                .checked_sub(received)
                .map_err(StoreError::corrupt)?,
        })
    }
}

#[derive(Debug, FromQueryResult)]
struct AllocationRow {
    payment_id: Uuid,
    invoice_id: Uuid,
    amount_minor: i64,
    currency: String,
}

/// The allocations of many payments, in one statement.
pub(super) async fn allocations_of<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    payments: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Allocation>>, StoreError> {
    let mut allocations = HashMap::<Uuid, Vec<Allocation>>::new();
    if payments.is_empty() {
        return Ok(allocations);
    }
    let places: Vec<String> = (2..2 + payments.len()).map(|it| format!("${it}")).collect();
    let text = format!(
        "{OF_PAYMENTS} ({}) ORDER BY payment_id, place",
        places.join(", ")
    );
    let ids = payments.iter().map(|it| sea_orm::Value::from(*it));
    let values = std::iter::once(tenant.into()).chain(ids);
    for row in sql::rows::<AllocationRow, _>(connection, text, values).await? {
        let allocation = Allocation {
            invoice: InvoiceId::from_uuid(row.invoice_id),
            amount: row::money(row.amount_minor, &row.currency)?,
        };
        allocations
            .entry(row.payment_id)
            .or_default()
            .push(allocation);
    }
    Ok(allocations)
}

const OF_PAYMENTS: &str = "\
SELECT payment_id, invoice_id, amount_minor, currency FROM allocations WHERE tenant_id = $1 AND payment_id IN";
