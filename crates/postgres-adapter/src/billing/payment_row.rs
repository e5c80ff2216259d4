//! A payment's row and the rows of its allocations.

use std::collections::HashMap;

use billing::{
    Allocation, Ask, Payment, PaymentFilter, PaymentMethod, PaymentSnapshot, PaymentState,
    PaymentStatus, PaymentView,
};
use kernel::{AccountId, InvoiceId, PaymentId, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryFilter, Select};
use serde::Serialize;
use serde::de::DeserializeOwned;
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
    status: String,
    failure: Option<String>,
    provider: Option<String>,
    asked_as: Option<String>,
    asked_minor: Option<i64>,
    expires_at: Option<DateTimeUtc>,
    meant_for: Option<Uuid>,
    settled_as: Option<Value>,
    told_late: Value,
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an aggregate, with the version it is about to have.
    pub(super) fn of(tenant: Uuid, payment: &Payment) -> Result<Self, StoreError> {
        let left = payment.unallocated().map_err(StoreError::corrupt)?;
        let status = payment.status();
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
            returns: json(&it.returns)?,
            status: status.as_str().to_owned(),
            failure: match it.state {
                PaymentState::Failed { reason } => Some(reason),
                PaymentState::Pending | PaymentState::Settled | PaymentState::Expired => None,
            },
            asked_minor: it.ask.as_ref().map(|it| it.amount.minor()),
            expires_at: row::utc(it.ask.as_ref().and_then(|it| it.expires_at)),
            meant_for: it
                .ask
                .as_ref()
                .and_then(|it| it.meant_for)
                .map(InvoiceId::uuid),
            provider: it.ask.as_ref().map(|it| it.provider.clone()),
            asked_as: it.ask.map(|it| it.asked_as),
            settled_as: it.settled_as.as_ref().map(json).transpose()?,
            told_late: json(&it.told_late)?,
            version: it.version + 1,
        })
    }

    /// The aggregate with its allocations.
    pub(super) fn into_payment(self, allocations: Vec<Allocation>) -> Result<Payment, StoreError> {
        let method = PaymentMethod::from_word(&self.method);
        let (state, ask) = (self.state()?, self.ask()?);
        Ok(Payment::restore(PaymentSnapshot {
            id: PaymentId::from_uuid(self.id),
            account: AccountId::from_uuid(self.account_id),
            amount: row::money(self.amount_minor, &self.currency)?,
            method: method.ok_or_else(|| row::bad("method", &self.method))?,
            reference: self.reference,
            received_at: row::instant(self.received_at),
            state,
            ask,
            settled_as: self.settled_as.map(parsed).transpose()?,
            told_late: parsed(self.told_late)?,
            allocations,
            returns: parsed(self.returns)?,
            version: self.version,
        }))
    }

    /// The view with its allocations.
    pub(super) fn into_view(self, allocations: Vec<Allocation>) -> Result<PaymentView, StoreError> {
        let payment = self.into_payment(allocations)?;
        PaymentView::of(&payment).map_err(StoreError::corrupt)
    }

    /// A reversed payment was settled: what went back of it says the rest.
    fn state(&self) -> Result<PaymentState, StoreError> {
        let status = PaymentStatus::from_word(&self.status);
        Ok(
            match status.ok_or_else(|| row::bad("status", &self.status))? {
                PaymentStatus::Pending => PaymentState::Pending,
                PaymentStatus::Settled | PaymentStatus::Reversed => PaymentState::Settled,
                PaymentStatus::Failed => PaymentState::Failed {
                    reason: self.failure.clone().unwrap_or_default(),
                },
                PaymentStatus::Expired => PaymentState::Expired,
            },
        )
    }

    fn ask(&self) -> Result<Option<Ask>, StoreError> {
        let (Some(provider), Some(asked_as), Some(minor)) =
            (&self.provider, &self.asked_as, self.asked_minor)
        else {
            return Ok(None);
        };
        Ok(Some(Ask {
            provider: provider.clone(),
            asked_as: asked_as.clone(),
            amount: row::money(minor, &self.currency)?,
            expires_at: self.expires_at.map(row::instant),
            meant_for: row::optional_id(self.meant_for),
        }))
    }
}

/// The payments that pass a filter.
pub(super) fn wanted(filter: PaymentFilter) -> Select<Entity> {
    let columns = [
        ("status", filter.status.map(|it| it.as_str().to_owned())),
        ("method", filter.method.map(|it| it.as_str().to_owned())),
        ("reference", filter.reference),
        ("provider", filter.provider),
    ];
    let mut wanted = Entity::find();
    if let Some(account) = filter.account {
        wanted = wanted.filter(Expr::col("account_id").eq(account.uuid()));
    }
    for (column, value) in columns {
        if let Some(value) = value {
            wanted = wanted.filter(Expr::col(column).eq(value));
        }
    }
    wanted
}

fn json<T: Serialize>(value: &T) -> Result<Value, StoreError> {
    serde_json::to_value(value).map_err(StoreError::corrupt)
}

fn parsed<T: DeserializeOwned>(value: Value) -> Result<T, StoreError> {
    serde_json::from_value(value).map_err(StoreError::corrupt)
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
