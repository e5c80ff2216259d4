//! The charges of dunning: they wait, are on one standing invoice, or are let off.

use std::collections::HashMap;

use async_trait::async_trait;
use billing::{Charge, ChargeReason, Fee, FeeRepository, FeeState, InvoiceSnapshot, Waiver};
use kernel::{AccountId, InvoiceId, LocalDate, StoreError};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use uuid::Uuid;

use crate::tx::Tx;
use crate::{row, sql};

/// The columns of a charge on an invoice.
const BILLED_COLUMNS: &str = "episode, step, reason, amount_minor, currency, charged_on";
/// The columns of a charge by what notes have left of it.
const COLUMNS: &str =
    "episode, step, reason, amount_minor - credited_minor AS amount_minor, currency, charged_on";

#[derive(Debug, FromQueryResult)]
struct ChargeRow {
    /// The account it was made to, or the invoice it is on.
    owner_id: Uuid,
    episode: i64,
    step: i64,
    reason: String,
    amount_minor: i64,
    currency: String,
    charged_on: LocalDate,
}

#[derive(Debug, FromQueryResult)]
struct StateRow {
    invoice_id: Option<Uuid>,
    waived: Option<String>,
}

impl ChargeRow {
    fn to_charge(&self) -> Result<Charge, StoreError> {
        let reason = ChargeReason::from_word(&self.reason);
        Ok(Charge {
            episode: row::number("episode", self.episode)?,
            step: row::number("step", self.step)?,
            reason: reason.ok_or_else(|| row::bad("reason", &self.reason))?,
            amount: row::money(self.amount_minor, &self.currency)?,
            on: self.charged_on,
        })
    }
}

#[async_trait]
impl FeeRepository for Tx {
    async fn find(
        &mut self,
        account: AccountId,
        episode: u64,
        step: u16,
    ) -> Result<Option<Fee>, StoreError> {
        let values = || -> Result<[Value; 4], StoreError> {
            Ok([
                self.tenant().into(),
                account.uuid().into(),
                row::column::<i64, _>("episode", episode)?.into(),
                i64::from(step).into(),
            ])
        };
        let text = format!("SELECT account_id AS owner_id, {COLUMNS} {ONE}");
        let charge: Option<ChargeRow> = sql::row(self.connection(), text, values()?).await?;
        let text = format!("SELECT invoice_id, waived {ONE}");
        let state: Option<StateRow> = sql::row(self.connection(), text, values()?).await?;
        let Some((charge, state)) = charge.zip(state) else {
            return Ok(None);
        };
        Ok(Some(Fee {
            charge: charge.to_charge()?,
            state: match (state.invoice_id, state.waived) {
                (Some(invoice), _) => FeeState::Billed {
                    invoice: InvoiceId::from_uuid(invoice),
                },
                (None, Some(reason)) => FeeState::Waived { reason },
                (None, None) => FeeState::Waiting,
            },
        }))
    }

    async fn waiting(&mut self, account: AccountId) -> Result<Vec<Charge>, StoreError> {
        let accounts = [account.uuid()];
        let mut waiting = waiting_of(self.connection(), self.tenant(), &accounts).await?;
        Ok(waiting.remove(&account.uuid()).unwrap_or_default())
    }

    async fn let_go(
        &mut self,
        account: AccountId,
        invoice: InvoiceId,
        fees: &[Charge],
    ) -> Result<(), StoreError> {
        for it in fees {
            let line: [Value; 5] = [
                self.tenant().into(),
                account.uuid().into(),
                row::column::<i64, _>("episode", it.episode)?.into(),
                i64::from(it.step).into(),
                invoice.uuid().into(),
            ];
            let rest = line.clone().into_iter().chain([it.amount.minor().into()]);
            sql::execute(self.connection(), FREE_LINE, line).await?;
            sql::execute(self.connection(), FREE_CHARGE, rest).await?;
        }
        Ok(())
    }
}

/// The charges of accounts that wait for a bill, in the order of debts and steps.
pub(super) async fn waiting_of<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    accounts: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Charge>>, StoreError> {
    let text = format!(
        "SELECT account_id AS owner_id, {COLUMNS} FROM dunning_charges \
         WHERE tenant_id = $1 AND invoice_id IS NULL AND waived IS NULL AND account_id IN ({}) \
         ORDER BY account_id, episode, step",
        sql::list_from(accounts.len(), 2)
    );
    by_owner(connection, tenant, text, accounts).await
}

/// The fees of invoices, in the order of their lines.
pub(super) async fn of_invoices<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    invoices: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Charge>>, StoreError> {
    let text = format!(
        "SELECT invoice_id AS owner_id, {BILLED_COLUMNS} FROM invoice_fees \
         WHERE tenant_id = $1 AND invoice_id IN ({}) ORDER BY invoice_id, line",
        sql::list_from(invoices.len(), 2)
    );
    by_owner(connection, tenant, text, invoices).await
}

async fn by_owner<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    text: String,
    owners: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Charge>>, StoreError> {
    let mut found = HashMap::<Uuid, Vec<Charge>>::new();
    if owners.is_empty() {
        return Ok(found);
    }
    let ids = owners.iter().map(|it| Value::from(*it));
    let values = std::iter::once(Value::from(tenant)).chain(ids);
    for it in sql::rows::<ChargeRow, _>(connection, text, values).await? {
        found.entry(it.owner_id).or_default().push(it.to_charge()?);
    }
    Ok(found)
}

/// Writes the fees of a new invoice, whose lines come before them: each waits no more.
pub(super) async fn bill(tx: &Tx, invoice: &InvoiceSnapshot) -> Result<(), StoreError> {
    let first = row::column::<i64, _>("line", invoice.lines.len())?;
    for (line, it) in (first..).zip(&invoice.fees) {
        let key: [Value; 5] = [
            tx.tenant().into(),
            invoice.account.uuid().into(),
            row::column::<i64, _>("episode", it.episode)?.into(),
            i64::from(it.step).into(),
            invoice.id.uuid().into(),
        ];
        let line: [Value; 5] = [
            line.into(),
            it.reason.as_str().into(),
            it.amount.minor().into(),
            it.amount.currency().code().into(),
            it.on.into(),
        ];
        let values = key.clone().into_iter().chain(line);
        sql::execute(tx.connection(), LINE, values).await?;
        if sql::execute(tx.connection(), BILLED, key).await? == 0 {
            return Err(StoreError::Conflict);
        }
    }
    Ok(())
}

/// Writes that charges were let off.
pub(super) async fn waive(
    tx: &Tx,
    account: AccountId,
    waivers: &[Waiver],
) -> Result<(), StoreError> {
    for it in waivers {
        let values: [Value; 5] = [
            tx.tenant().into(),
            account.uuid().into(),
            row::column::<i64, _>("episode", it.episode)?.into(),
            i64::from(it.step).into(),
            it.reason.as_str().into(),
        ];
        if sql::execute(tx.connection(), WAIVED, values).await? == 0 {
            return Err(StoreError::Conflict);
        }
    }
    Ok(())
}

/// $1 tenant, $2 account, $3 episode, $4 step.
const ONE: &str =
    "FROM dunning_charges WHERE tenant_id = $1 AND account_id = $2 AND episode = $3 AND step = $4";

const LINE: &str = "\
INSERT INTO invoice_fees (tenant_id, account_id, episode, step, invoice_id, line, reason, amount_minor, currency,
    charged_on, standing) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, TRUE)";

const BILLED: &str = "\
UPDATE dunning_charges SET invoice_id = $5 WHERE tenant_id = $1 AND account_id = $2 AND episode = $3 AND step = $4
AND invoice_id IS NULL AND waived IS NULL";

const WAIVED: &str = "\
UPDATE dunning_charges SET waived = $5 WHERE tenant_id = $1 AND account_id = $2 AND episode = $3 AND step = $4
AND invoice_id IS NULL AND waived IS NULL";

const FREE_LINE: &str = "\
UPDATE invoice_fees SET standing = FALSE
WHERE tenant_id = $1 AND account_id = $2 AND episode = $3 AND step = $4 AND invoice_id = $5";

const FREE_CHARGE: &str = "\
UPDATE dunning_charges SET invoice_id = NULL, credited_minor = amount_minor - $6
WHERE tenant_id = $1 AND account_id = $2 AND episode = $3 AND step = $4 AND invoice_id = $5";
