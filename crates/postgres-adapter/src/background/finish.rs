//! Records how attempts ended, or takes them back: only while the claim is current.

use jobs::{ClaimedDelivery, ClaimedJob, Outcome};
use kernel::{StoreError, Timestamp};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use uuid::Uuid;

use super::jobs::CURRENT;
use crate::{row, sql};

/// A twin may start to wait between our look and our update; then we look again, this often at most.
const LOOKS: u8 = 3;

/// Tenant, job, worker, attempt: what [`CURRENT`] binds.
pub(super) fn job_fence(job: &ClaimedJob) -> Result<[Value; 4], StoreError> {
    fence(job.tenant.uuid(), job.id.uuid(), &job.worker, job.attempt)
}

fn delivery_fence(delivery: &ClaimedDelivery) -> Result<[Value; 4], StoreError> {
    let id = delivery.id.uuid();
    fence(
        delivery.tenant.uuid(),
        id,
        &delivery.worker,
        delivery.attempt,
    )
}

fn fence(tenant: Uuid, id: Uuid, worker: &str, attempt: u16) -> Result<[Value; 4], StoreError> {
    let attempt: i32 = row::column("attempts", attempt)?;
    Ok([tenant.into(), id.into(), worker.into(), attempt.into()])
}

/// Ends an attempt at a job; `false` if the claim is no longer current.
pub(super) async fn job<C: ConnectionTrait>(
    connection: &C,
    job: &ClaimedJob,
    outcome: Outcome,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let fence = job_fence(job)?;
    let now = Value::from(now.utc());
    match outcome {
        Outcome::Done => end(connection, "jobs", fence, [now, "done".into(), none()]).await,
        Outcome::Parked { error } => {
            end(
                connection,
                "jobs",
                fence,
                [now, "parked".into(), error.into()],
            )
            .await
        }
        Outcome::Retry { at, error } => {
            let tail = [now, at.utc().into(), error.into(), 0_i32.into()];
            requeue(connection, fence, tail).await
        }
        Outcome::Later { at, error } => {
            let tail = [now, at.utc().into(), error.into(), 1_i32.into()];
            requeue(connection, fence, tail).await
        }
    }
}

/// Ends an attempt at a delivery; `false` if the claim is no longer current.
pub(super) async fn delivery<C: ConnectionTrait>(
    connection: &C,
    delivery: &ClaimedDelivery,
    outcome: Outcome,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let fence = delivery_fence(delivery)?;
    let now = Value::from(now.utc());
    let table = "deliveries";
    match outcome {
        Outcome::Done => end(connection, table, fence, [now, "done".into(), none()]).await,
        Outcome::Parked { error } => {
            end(
                connection,
                table,
                fence,
                [now, "parked".into(), error.into()],
            )
            .await
        }
        Outcome::Retry { at, error } => {
            wait(
                connection,
                fence,
                [at.utc().into(), error.into(), 0_i32.into()],
            )
            .await
        }
        Outcome::Later { at, error } => {
            wait(
                connection,
                fence,
                [at.utc().into(), error.into(), 1_i32.into()],
            )
            .await
        }
    }
}

/// Takes back everything a worker holds, without counting the attempts. Jobs go one by one, because each may find
/// that another one with its key waits already.
pub(super) async fn release<C: ConnectionTrait>(
    connection: &C,
    worker: &str,
) -> Result<(), StoreError> {
    let held: Vec<HeldRow> = sql::rows(connection, HELD, [worker.into()]).await?;
    for job in held {
        let fence = [
            job.tenant_id.into(),
            job.id.into(),
            worker.into(),
            job.attempts.into(),
        ];
        let tail = [
            job.due_at.into(),
            job.run_at.into(),
            job.last_error.into(),
            1_i32.into(),
        ];
        requeue(connection, fence, tail).await?;
    }
    sql::execute(connection, RELEASE_DELIVERIES, [worker.into()]).await?;
    Ok(())
}

#[derive(Debug, FromQueryResult)]
struct HeldRow {
    tenant_id: Uuid,
    id: Uuid,
    attempts: i32,
    run_at: sea_orm::prelude::DateTimeUtc,
    due_at: sea_orm::prelude::DateTimeUtc,
    last_error: Option<String>,
}

fn none() -> Value {
    Value::String(None)
}

async fn end<C: ConnectionTrait>(
    connection: &C,
    table: &str,
    fence: [Value; 4],
    tail: [Value; 3],
) -> Result<bool, StoreError> {
    let text = format!(
        "UPDATE {table} SET finished_at = $5, state = $6, last_error = $7, worker = NULL {CURRENT}"
    );
    let values = fence.into_iter().chain(tail);
    Ok(sql::execute(connection, text, values).await? > 0)
}

async fn wait<C: ConnectionTrait>(
    connection: &C,
    fence: [Value; 4],
    tail: [Value; 3],
) -> Result<bool, StoreError> {
    let text = format!(
        "UPDATE deliveries SET state = 'waiting', run_at = $5, due_at = $5, last_error = $6, \
         attempts = attempts - $7, worker = NULL {CURRENT}"
    );
    let values = fence.into_iter().chain(tail);
    Ok(sql::execute(connection, text, values).await? > 0)
}

/// $5 the present, $6 when it runs again, $7 why it failed, $8 attempts given back.
async fn requeue<C: ConnectionTrait>(
    connection: &C,
    fence: [Value; 4],
    tail: [Value; 4],
) -> Result<bool, StoreError> {
    let text = format!("{REQUEUE} {CURRENT}");
    for look in 1.. {
        let values = fence.iter().chain(&tail).cloned();
        match sql::execute(connection, text.as_str(), values).await {
            Err(err) if err.is_duplicate_of("jobs_unique_key_key") && look < LOOKS => {}
            outcome => return outcome.map(|rows| rows > 0),
        }
    }
    Err(StoreError::Conflict)
}

const REQUEUE: &str = "\
UPDATE jobs SET run_at = $6, due_at = $6, last_error = $7, attempts = attempts - $8, worker = NULL,
    (state, finished_at) = (
        SELECT CASE WHEN count(*) = 0 THEN 'queued' ELSE 'cancelled' END,
            CASE WHEN count(*) = 0 THEN NULL ELSE $5 END
        FROM jobs AS twin
        WHERE twin.tenant_id = jobs.tenant_id AND twin.unique_key = jobs.unique_key AND twin.state = 'queued'
        AND twin.unique_key IS NOT NULL)";

const HELD: &str = "\
SELECT tenant_id, id, attempts, run_at, due_at, last_error FROM jobs WHERE worker = $1 AND state = 'running'";

const RELEASE_DELIVERIES: &str = "\
UPDATE deliveries SET state = 'waiting', due_at = run_at, attempts = attempts - 1, worker = NULL
WHERE worker = $1 AND state = 'running'";
