//! What dunning did, written along with the account or entity it did it to.

use billing::{BillingEvent, Charge, NewProcedure, TakenStep};
use kernel::{AccountId, StoreError};
use sea_orm::Value;
use uuid::Uuid;

use crate::tx::Tx;
use crate::{row, sql};

/// Writes the steps that were taken; each can be once.
pub(super) async fn keep_steps(
    tx: &Tx,
    account: AccountId,
    steps: &[TakenStep],
) -> Result<(), StoreError> {
    if steps.is_empty() {
        return Ok(());
    }
    let mut values: Vec<Value> = Vec::new();
    for it in steps {
        values.extend::<[Value; 8]>([
            tx.tenant().into(),
            account.uuid().into(),
            row::column::<i64, _>("episode", it.episode)?.into(),
            i64::from(it.step).into(),
            it.of.kind.as_str().into(),
            it.of.day.into(),
            it.on.into(),
            it.merged.into(),
        ]);
    }
    let places = sql::placeholders(tx.connection(), steps.len(), 8);
    sql::execute(tx.connection(), format!("{STEPS} {places}"), values).await?;
    Ok(())
}

/// Writes the charges that were made; they wait for the next bill.
pub(super) async fn keep_charges(
    tx: &Tx,
    account: AccountId,
    charges: &[Charge],
) -> Result<(), StoreError> {
    for it in charges {
        let values = [
            tx.tenant().into(),
            account.uuid().into(),
            row::column::<i64, _>("episode", it.episode)?.into(),
            i64::from(it.step).into(),
            it.reason.as_str().into(),
            it.amount.minor().into(),
            it.amount.currency().code().into(),
            it.on.into(),
        ];
        sql::execute(tx.connection(), CHARGE, values).await?;
    }
    Ok(())
}

/// Keeps the definitions of procedures that events tell of.
pub(super) async fn keep_procedures(
    tx: &Tx,
    owner: Uuid,
    events: &[BillingEvent],
) -> Result<(), StoreError> {
    for (version, procedure) in events.iter().filter_map(defined) {
        let values = [
            tx.tenant().into(),
            owner.into(),
            row::column::<i64, _>("version", version)?.into(),
            serde_json::to_value(procedure)
                .map_err(StoreError::corrupt)?
                .into(),
        ];
        sql::execute(tx.connection(), PROCEDURE, values).await?;
    }
    Ok(())
}

fn defined(event: &BillingEvent) -> Option<(u64, &NewProcedure)> {
    match event {
        BillingEvent::ProcedureDefined {
            version, procedure, ..
        } => Some((*version, procedure)),
        BillingEvent::AccountProcedureDefined {
            version: Some(version),
            procedure: Some(procedure),
            ..
        } => Some((*version, procedure)),
        _ => None,
    }
}

const STEPS: &str = "\
INSERT INTO dunning_steps (tenant_id, account_id, episode, step, kind, day, taken_on, merged) VALUES";

const CHARGE: &str = "\
INSERT INTO dunning_charges (tenant_id, account_id, episode, step, reason, amount_minor, currency, charged_on)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

const PROCEDURE: &str = "\
INSERT INTO dunning_procedures (tenant_id, owner_id, version, procedure) VALUES ($1, $2, $3, $4)";
