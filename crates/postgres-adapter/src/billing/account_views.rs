//! Accounts with their balances, as people look at them.

use billing::AccountView;
use kernel::{AccountId, CustomerId, EntityId, LocalDate, StoreError};
use sea_orm::FromQueryResult;
use serde_json::Value;
use uuid::Uuid;

use super::account_row::{hold, level, stored, terms_days};
use crate::row;

#[derive(Debug, FromQueryResult)]
pub(super) struct AccountColumns {
    id: Uuid,
    customer_id: Uuid,
    entity_id: Uuid,
    currency: String,
    level: String,
    parked: Option<String>,
    terms_days: Option<i64>,
    hold: Option<String>,
    hold_until: Option<LocalDate>,
    promise: Option<Value>,
    dunning_procedure: Option<Value>,
    due_minor: i64,
    credit_minor: i64,
    oldest_due_on: Option<LocalDate>,
}

impl AccountColumns {
    pub(super) fn into_view(self) -> Result<AccountView, StoreError> {
        Ok(AccountView {
            id: AccountId::from_uuid(self.id),
            customer: CustomerId::from_uuid(self.customer_id),
            entity: EntityId::from_uuid(self.entity_id),
            level: level(&self.level)?,
            due: row::money(self.due_minor, &self.currency)?,
            credit: row::money(self.credit_minor, &self.currency)?,
            oldest_due_on: self.oldest_due_on,
            parked: self.parked,
            terms_days: terms_days(self.terms_days)?,
            hold: hold(self.hold, self.hold_until),
            promise: stored(self.promise)?,
            procedure: stored(self.dunning_procedure)?,
        })
    }
}

/// One account: $1 tenant, $2 account.
pub(super) fn one() -> String {
    format!("{ACCOUNTS} AND a.id = $2")
}

/// The accounts of a customer, oldest first: $1 tenant, $2 customer.
pub(super) fn of_customer() -> String {
    format!("{ACCOUNTS} AND a.customer_id = $2 ORDER BY a.id")
}

/// The parked accounts, newest first: $1 tenant, $2 how many, $3 after, where there is a place to begin after.
pub(super) fn parked(after: bool) -> String {
    let beyond = if after { "AND a.id < $3" } else { "" };
    format!("{ACCOUNTS} AND a.parked IS NOT NULL {beyond} ORDER BY a.id DESC LIMIT $2")
}

/// PostgreSQL sums whole numbers to decimals, hence the casts.
const ACCOUNTS: &str = "\
SELECT a.id, a.customer_id, a.entity_id, a.currency, a.level, a.parked,
    a.terms_days, a.hold, a.hold_until, a.promise, a.dunning_procedure,
    CAST(COALESCE((
        SELECT sum(i.total_minor - i.allocated_minor) FROM invoices AS i
        WHERE i.tenant_id = a.tenant_id AND i.account_id = a.id AND i.allocated_minor < i.total_minor), 0) AS BIGINT)
        AS due_minor,
    CAST(COALESCE((
        SELECT sum(p.amount_minor - p.allocated_minor) FROM payments AS p
        WHERE p.tenant_id = a.tenant_id AND p.account_id = a.id AND p.allocated_minor < p.amount_minor), 0) AS BIGINT)
        AS credit_minor,
    (SELECT min(i.due_on) FROM invoices AS i
        WHERE i.tenant_id = a.tenant_id AND i.account_id = a.id AND i.allocated_minor < i.total_minor)
        AS oldest_due_on
FROM accounts AS a WHERE a.tenant_id = $1";
