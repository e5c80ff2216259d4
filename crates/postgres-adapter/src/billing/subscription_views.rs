//! Subscriptions with their customers, as people look at them.

use billing::{SubscriptionFilter, SubscriptionView};
use kernel::{PageRequest, StoreError, TenantId};
use sea_orm::{DbErr, FromQueryResult, QueryResult, Value};
use uuid::Uuid;

use super::subscription_row::Model;

/// A subscription with its customer.
#[derive(Debug)]
pub(super) struct SubscriptionColumns {
    subscription: Model,
    customer_id: Uuid,
}

impl FromQueryResult for SubscriptionColumns {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Self {
            subscription: Model::from_query_result(row, prefix)?,
            customer_id: row.try_get(prefix, "customer_id")?,
        })
    }
}

impl SubscriptionColumns {
    pub(super) fn into_view(self) -> Result<SubscriptionView, StoreError> {
        self.subscription.into_view(self.customer_id)
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
SELECT s.*, a.customer_id
FROM subscriptions AS s JOIN accounts AS a ON a.tenant_id = s.tenant_id AND a.id = s.account_id
WHERE s.tenant_id = $1";
