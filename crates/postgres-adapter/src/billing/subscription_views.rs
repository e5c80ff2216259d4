//! Subscriptions with their customers, as people look at them.

use billing::{Access, Agreement, SubscriptionFilter, SubscriptionStatus, SubscriptionView};
use kernel::{AccountId, CustomerId, LocalDate, PageRequest, StoreError, SubscriptionId, TenantId};
use sea_orm::{FromQueryResult, Value};
use uuid::Uuid;

use super::plan_row::interval;
use super::subscription_row::bill_day;
use crate::row;

#[derive(Debug, FromQueryResult)]
pub(super) struct SubscriptionColumns {
    id: Uuid,
    account_id: Uuid,
    customer_id: Uuid,
    interval_unit: String,
    interval_count: i64,
    bill_day: Option<i16>,
    started_on: LocalDate,
    agreements: serde_json::Value,
    scheduled: Option<serde_json::Value>,
    status: String,
    status_on: Option<LocalDate>,
    status_reason: Option<String>,
    ends_on: Option<LocalDate>,
    billed_through: Option<LocalDate>,
    next_bill_on: Option<LocalDate>,
    access: String,
    access_version: i64,
}

impl SubscriptionColumns {
    pub(super) fn into_view(self) -> Result<SubscriptionView, StoreError> {
        let agreements: Vec<Agreement> =
            serde_json::from_value(self.agreements).map_err(StoreError::corrupt)?;
        let scheduled = self.scheduled.map(serde_json::from_value).transpose();
        let status = super::subscription_row::status(
            &self.status,
            self.status_on,
            self.status_reason.as_deref(),
        )?;
        let access = Access::from_word(&self.access);
        Ok(SubscriptionView {
            id: SubscriptionId::from_uuid(self.id),
            account: AccountId::from_uuid(self.account_id),
            customer: CustomerId::from_uuid(self.customer_id),
            agreement: *agreements
                .last()
                .ok_or_else(|| row::bad("agreements", "nothing"))?,
            scheduled: scheduled.map_err(StoreError::corrupt)?,
            interval: interval(&self.interval_unit, self.interval_count)?,
            bill_day: bill_day(self.bill_day)?,
            started_on: self.started_on,
            status: status.as_str(),
            suspended_reason: suspended_reason(status),
            ends_on: self.ends_on,
            billed_through: self.billed_through,
            next_bill_on: self.next_bill_on,
            access: access.ok_or_else(|| row::bad("access", &self.access))?,
            access_version: row::number("access_version", self.access_version)?,
        })
    }
}

fn suspended_reason(status: SubscriptionStatus) -> Option<String> {
    match status {
        SubscriptionStatus::Suspended { reason, .. } => Some(reason),
        SubscriptionStatus::Active | SubscriptionStatus::Ended { .. } => None,
    }
}

/// One subscription: $1 tenant, $2 subscription.
pub(super) fn one() -> String {
    format!("{SUBSCRIPTIONS} AND s.id = $2")
}

/// A page of those that pass, newest first, and what the text binds.
pub(super) fn page(
    tenant: TenantId,
    filter: SubscriptionFilter,
    page: PageRequest,
) -> (String, Vec<Value>) {
    let mut text = SUBSCRIPTIONS.to_owned();
    let mut values: Vec<Value> = vec![tenant.uuid().into()];
    let mut and = |condition: &str, value: Option<Value>| {
        if let Some(value) = value {
            values.push(value);
            text = format!("{text} AND {condition} ${}", values.len());
        }
    };
    and(
        "a.customer_id =",
        filter.customer.map(|it| it.uuid().into()),
    );
    and("s.account_id =", filter.account.map(|it| it.uuid().into()));
    and("s.status =", filter.status.map(Into::into));
    and("s.id <", page.after().map(|it| it.uuid().into()));
    let limit = u32::from(page.limit()) + 1;
    (format!("{text} ORDER BY s.id DESC LIMIT {limit}"), values)
}

const SUBSCRIPTIONS: &str = "\
SELECT s.id, s.account_id, a.customer_id, s.interval_unit, s.interval_count, s.bill_day, s.started_on, s.agreements,
    s.scheduled, s.status, s.status_on, s.status_reason, s.ends_on, s.billed_through, s.next_bill_on, s.access,
    s.access_version
FROM subscriptions AS s JOIN accounts AS a ON a.tenant_id = s.tenant_id AND a.id = s.account_id
WHERE s.tenant_id = $1";
