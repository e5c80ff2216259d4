//! Puts requested jobs into the queue; one that waits already under the same key absorbs the request.

use kernel::{JobRequest, StoreError, Timestamp};
use sea_orm::{ConnectionTrait, Value};
use uuid::Uuid;

use super::Tx;
use crate::{row, sql};

impl Tx {
    /// `true` if there was one.
    pub(super) async fn write_jobs(&mut self) -> Result<bool, StoreError> {
        let mut jobs = std::mem::take(&mut self.jobs);
        // Two transactions that ask for the same jobs must lock them in the same order.
        jobs.sort_by(|one, other| one.unique_key.cmp(&other.unique_key));
        let now = self.surroundings.clock.now();
        for job in &jobs {
            enqueue(&self.inner, self.tenant(), job, now).await?;
        }
        Ok(!jobs.is_empty())
    }
}

/// Writes one request.
pub(crate) async fn enqueue<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    job: &JobRequest,
    now: Timestamp,
) -> Result<(), StoreError> {
    let values: [Value; 13] = [
        tenant.into(),
        job.id.uuid().into(),
        job.kind.as_str().into(),
        job.lane.as_str().into(),
        job.priority.rank().into(),
        job.run_at.utc().into(),
        job.unique_key.clone().into(),
        job.payload.clone().into(),
        row::column::<i32, _>("max_attempts", job.max_attempts)?.into(),
        job.total
            .map(|it| row::column::<i64, _>("total", it))
            .transpose()?
            .into(),
        now.utc().into(),
        0_i16.into(),
        0_i64.into(),
    ];
    sql::execute(connection, ENQUEUE, values).await?;
    Ok(())
}

const ENQUEUE: &str = "\
INSERT INTO jobs (tenant_id, id, kind, lane, priority, state, run_at, due_at, unique_key, payload, max_attempts, total,
    created_at, attempts, done)
VALUES ($1, $2, $3, $4, $5, 'queued', $6, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (tenant_id, unique_key) WHERE state = 'queued' AND unique_key IS NOT NULL DO UPDATE SET
    priority = CASE WHEN excluded.priority < jobs.priority THEN excluded.priority ELSE jobs.priority END,
    run_at = CASE WHEN excluded.run_at < jobs.run_at THEN excluded.run_at ELSE jobs.run_at END,
    due_at = CASE WHEN excluded.run_at < jobs.run_at THEN excluded.run_at ELSE jobs.run_at END";
