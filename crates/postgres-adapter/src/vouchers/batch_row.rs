//! The row of a voucher batch.

use kernel::{BatchId, PlanId, ProfileId, RouterId, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait, Uuid,
};
use vouchers::{
    Alphabet, Batch, BatchSnapshot, BatchStatus, BatchView, CodeStyle, NewBatch, StateCounts,
    Validity,
};

use crate::row;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "voucher_batches")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) plan_id: Uuid,
    pub(super) profile_id: Uuid,
    pub(super) router_id: Uuid,
    pub(super) count: i32,
    pub(super) generated: i32,
    pub(super) alphabet: String,
    pub(super) length: i16,
    pub(super) prefix: String,
    pub(super) shelf_days: Option<i32>,
    pub(super) first_login_minutes: Option<i64>,
    pub(super) online_s: Option<i64>,
    pub(super) data_bytes: Option<i64>,
    pub(super) price_minor: i64,
    pub(super) currency: String,
    pub(super) status: String,
    pub(super) voided_at: Option<DateTimeUtc>,
    pub(super) voided_reason: Option<String>,
    pub(super) ordered_at: DateTimeUtc,
    pub(super) version: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The row to write for a batch.
pub(super) fn written(
    tenant_id: Uuid,
    it: &BatchSnapshot,
    version: i64,
) -> Result<Model, StoreError> {
    let (order, validity) = (&it.order, it.order.validity);
    let (voided_at, voided_reason) = match &it.status {
        BatchStatus::Generating | BatchStatus::Ready => (None, None),
        BatchStatus::Voided { at, reason } => (Some(at.utc()), Some(reason.clone())),
    };
    let amount = |name, amount: Option<u64>| amount.map(|it| row::column(name, it)).transpose();
    Ok(Model {
        tenant_id,
        id: order.id.uuid(),
        name: order.name.to_string(),
        plan_id: order.plan.uuid(),
        profile_id: order.profile.uuid(),
        router_id: order.router.uuid(),
        count: row::column("count", order.count)?,
        generated: row::column("generated", it.generated)?,
        alphabet: order.style.alphabet().as_str().to_owned(),
        length: i16::from(order.style.length()),
        prefix: order.style.prefix().to_owned(),
        shelf_days: validity.shelf_days.map(i32::from),
        first_login_minutes: validity.from_first_login_minutes.map(i64::from),
        online_s: amount("online_s", validity.online_s)?,
        data_bytes: amount("data_bytes", validity.data_bytes)?,
        price_minor: order.price.minor(),
        currency: order.price.currency().code().to_owned(),
        status: word(&it.status).to_owned(),
        voided_at,
        voided_reason,
        ordered_at: it.ordered_at.utc(),
        version,
    })
}

/// The batch a row stands for.
pub(super) fn restore(it: &Model) -> Result<Batch, StoreError> {
    let order = NewBatch {
        id: BatchId::from_uuid(it.id),
        name: row::parse("name", &it.name)?,
        plan: PlanId::from_uuid(it.plan_id),
        profile: ProfileId::from_uuid(it.profile_id),
        router: RouterId::from_uuid(it.router_id),
        count: row::number("count", it.count)?,
        style: style(it)?,
        validity: validity(it)?,
        price: row::money(it.price_minor, &it.currency)?,
    };
    Ok(Batch::restore(BatchSnapshot {
        order,
        generated: row::number("generated", it.generated)?,
        status: status(it)?,
        ordered_at: row::instant(it.ordered_at),
        version: it.version,
    }))
}

/// What people see of a row.
pub(super) fn view(it: Model, states: StateCounts) -> Result<BatchView, StoreError> {
    let style = style(&it)?;
    Ok(BatchView {
        id: BatchId::from_uuid(it.id),
        name: row::parse("name", &it.name)?,
        plan: PlanId::from_uuid(it.plan_id),
        profile: ProfileId::from_uuid(it.profile_id),
        router: RouterId::from_uuid(it.router_id),
        count: row::number("count", it.count)?,
        generated: row::number("generated", it.generated)?,
        alphabet: style.alphabet(),
        length: style.length(),
        prefix: style.prefix().to_owned(),
        validity: validity(&it)?,
        price: row::money(it.price_minor, &it.currency)?,
        status: word(&status(&it)?),
        voided_reason: it.voided_reason,
        ordered_at: row::instant(it.ordered_at),
        states,
    })
}

fn style(it: &Model) -> Result<CodeStyle, StoreError> {
    let alphabet =
        Alphabet::from_word(&it.alphabet).ok_or_else(|| row::bad("alphabet", &it.alphabet))?;
    let length = row::number("length", it.length)?;
    CodeStyle::new(alphabet, length, &it.prefix).map_err(StoreError::corrupt)
}

fn validity(it: &Model) -> Result<Validity, StoreError> {
    let amount = |name, stored: Option<i64>| stored.map(|it| row::number(name, it)).transpose();
    let minutes = it.first_login_minutes;
    let minutes = minutes.map(|it| row::number("first_login_minutes", it));
    let days = it.shelf_days.map(|it| row::number("shelf_days", it));
    Ok(Validity {
        shelf_days: days.transpose()?,
        from_first_login_minutes: minutes.transpose()?,
        online_s: amount("online_s", it.online_s)?,
        data_bytes: amount("data_bytes", it.data_bytes)?,
    })
}

const fn word(status: &BatchStatus) -> &'static str {
    match status {
        BatchStatus::Generating => "generating",
        BatchStatus::Ready => "ready",
        BatchStatus::Voided { .. } => "voided",
    }
}

fn status(it: &Model) -> Result<BatchStatus, StoreError> {
    let voiding = it.voided_at.zip(it.voided_reason.clone());
    match (it.status.as_str(), voiding) {
        ("generating", None) => Ok(BatchStatus::Generating),
        ("ready", None) => Ok(BatchStatus::Ready),
        ("voided", Some((at, reason))) => {
            let at = row::instant(at);
            Ok(BatchStatus::Voided { at, reason })
        }
        _ => Err(row::bad("status", &it.status)),
    }
}

#[cfg(test)]
mod tests;
