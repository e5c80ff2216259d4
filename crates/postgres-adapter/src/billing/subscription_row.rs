//! A subscription's row.

use billing::{
    Access, Agreement, BillDay, Decisions, Subscription, SubscriptionSnapshot, SubscriptionStatus,
    SubscriptionView, Timing,
};
use kernel::{AccountId, CustomerId, LocalDate, ProfileId, StoreError, SubscriptionId};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value;
use uuid::Uuid;

use super::plan_row::interval;
use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subscriptions")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    account_id: Uuid,
    interval_unit: String,
    interval_count: i64,
    bill_day: Option<i16>,
    started_on: LocalDate,
    /// The base plan as it is now: the truth only where there are no decisions.
    agreements: Value,
    pauses: Value,
    scheduled: Option<Value>,
    decisions: Option<Value>,
    timing: String,
    status: String,
    status_on: Option<LocalDate>,
    status_reason: Option<String>,
    ends_on: Option<LocalDate>,
    charged_until: Option<LocalDate>,
    billed_through: Option<LocalDate>,
    rebill_on: Option<LocalDate>,
    access: String,
    access_profile_id: Uuid,
    access_version: i64,
    /// How long it is paid for; nothing but for what is prepaid.
    prepaid: Option<Value>,
    next_bill_on: Option<LocalDate>,
    next_change_on: Option<LocalDate>,
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an aggregate, with the version it is about to have.
    pub(super) fn of(tenant: Uuid, subscription: &Subscription) -> Result<Self, StoreError> {
        let it = subscription.snapshot();
        let (status_on, status_reason) = match &it.status {
            SubscriptionStatus::Active => (None, None),
            SubscriptionStatus::Suspended { since, reason } => (Some(*since), Some(reason.clone())),
            SubscriptionStatus::Ended { on } => (Some(*on), None),
        };
        let agreements: Vec<_> = subscription.agreement().into_iter().collect();
        let scheduled = subscription.scheduled().map(serde_json::to_value);
        let prepaid = it.prepaid.map(serde_json::to_value).transpose();
        Ok(Self {
            tenant_id: tenant,
            id: it.id.uuid(),
            account_id: it.account.uuid(),
            interval_unit: it.interval.unit().as_str().to_owned(),
            interval_count: i64::from(it.interval.count()),
            bill_day: it.bill_day.map(|it| i16::from(it.day())),
            started_on: it.started_on,
            agreements: serde_json::to_value(agreements).map_err(StoreError::corrupt)?,
            pauses: serde_json::to_value(&it.pauses).map_err(StoreError::corrupt)?,
            scheduled: scheduled.transpose().map_err(StoreError::corrupt)?,
            decisions: Some(serde_json::to_value(&it.decisions).map_err(StoreError::corrupt)?),
            timing: it.timing.as_str().to_owned(),
            status: it.status.as_str().to_owned(),
            status_on,
            status_reason,
            ends_on: it.ends_on,
            charged_until: it.charged_until,
            billed_through: it.billed_through,
            rebill_on: it.rebill_on,
            access: it.access.as_str().to_owned(),
            access_profile_id: it.access_profile.uuid(),
            access_version: row::column("access_version", it.access_version)?,
            prepaid: prepaid.map_err(StoreError::corrupt)?,
            next_bill_on: subscription.next_bill_on(),
            next_change_on: subscription.next_change_on(),
            version: it.version + 1,
        })
    }

    pub(super) fn into_view(self, customer: Uuid) -> Result<SubscriptionView, StoreError> {
        let subscription = self.into_subscription()?;
        let customer = CustomerId::from_uuid(customer);
        SubscriptionView::of(&subscription, customer).map_err(StoreError::corrupt)
    }

    /// The aggregate, or why there can be no such subscription.
    pub(super) fn into_subscription(self) -> Result<Subscription, StoreError> {
        let access = Access::from_word(&self.access);
        let timing = Timing::from_word(&self.timing);
        let prepaid = self.prepaid.map(serde_json::from_value).transpose();
        let snapshot = SubscriptionSnapshot {
            id: SubscriptionId::from_uuid(self.id),
            account: AccountId::from_uuid(self.account_id),
            interval: interval(&self.interval_unit, self.interval_count)?,
            bill_day: bill_day(self.bill_day)?,
            started_on: self.started_on,
            status: status(&self.status, self.status_on, self.status_reason.as_deref())?,
            decisions: decisions(self.decisions, self.agreements, self.scheduled)?,
            timing: timing.ok_or_else(|| row::bad("timing", &self.timing))?,
            pauses: serde_json::from_value(self.pauses).map_err(StoreError::corrupt)?,
            ends_on: self.ends_on,
            charged_until: self.charged_until,
            billed_through: self.billed_through,
            rebill_on: self.rebill_on,
            access: access.ok_or_else(|| row::bad("access", &self.access))?,
            access_profile: ProfileId::from_uuid(self.access_profile_id),
            access_version: row::number("access_version", self.access_version)?,
            prepaid: prepaid.map_err(StoreError::corrupt)?,
            version: self.version,
        };
        Subscription::restore(snapshot).map_err(StoreError::corrupt)
    }
}

/// What was decided, or what a row says that was written before decisions were kept.
fn decisions(
    stored: Option<Value>,
    agreements: Value,
    scheduled: Option<Value>,
) -> Result<Decisions, StoreError> {
    if let Some(stored) = stored {
        return serde_json::from_value(stored).map_err(StoreError::corrupt);
    }
    let agreements: Vec<Agreement> =
        serde_json::from_value(agreements).map_err(StoreError::corrupt)?;
    let scheduled = scheduled.map(serde_json::from_value).transpose();
    let scheduled = scheduled.map_err(StoreError::corrupt)?;
    Ok(Decisions::of_agreements(&agreements, scheduled))
}

/// Three columns as a status.
fn status(
    word: &str,
    on: Option<LocalDate>,
    reason: Option<&str>,
) -> Result<SubscriptionStatus, StoreError> {
    match (word, on, reason) {
        ("active", None, None) => Ok(SubscriptionStatus::Active),
        ("ended", Some(on), None) => Ok(SubscriptionStatus::Ended { on }),
        ("suspended", Some(since), Some(reason)) => {
            let reason = reason.to_owned();
            Ok(SubscriptionStatus::Suspended { since, reason })
        }
        _ => Err(row::bad("status", word)),
    }
}

/// A column as a bill day.
fn bill_day(stored: Option<i16>) -> Result<Option<BillDay>, StoreError> {
    let Some(stored) = stored else {
        return Ok(None);
    };
    let day = row::number("bill_day", stored)?;
    BillDay::new(day).map(Some).map_err(StoreError::corrupt)
}

#[cfg(test)]
mod tests;
