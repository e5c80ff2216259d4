//! Hands jobs of every tenant to workers.

use async_trait::async_trait;
use chrono::Duration;
use jobs::{ClaimedJob, JobClaims, Outcome};
use kernel::{JobId, Lane, Priority, StoreError, TenantId, Timestamp};
use sea_orm::FromQueryResult;
use sea_orm::prelude::DateTimeUtc;
use serde_json::Value;
use uuid::Uuid;

use super::finish;
use crate::dialect::Dialect;
use crate::error::Stored;
use crate::store::Store;
use crate::{row, sql};

/// Another worker may take a lane between our look and our update; then we look again, this often at most.
const LOOKS: u8 = 3;

#[derive(Debug, FromQueryResult)]
struct ClaimedRow {
    tenant_id: Uuid,
    id: Uuid,
    kind: String,
    lane: String,
    priority: i16,
    run_at: DateTimeUtc,
    payload: Value,
    attempts: i32,
    max_attempts: i32,
    done: i64,
    total: Option<i64>,
}

impl ClaimedRow {
    fn into_claim(self, worker: &str) -> Result<ClaimedJob, StoreError> {
        let priority = Priority::from_rank(self.priority);
        Ok(ClaimedJob {
            id: JobId::from_uuid(self.id),
            tenant: TenantId::from_uuid(self.tenant_id),
            kind: self.kind,
            lane: Lane::named(self.lane),
            priority: priority.ok_or_else(|| row::bad("priority", &self.priority))?,
            payload: self.payload,
            attempt: row::number("attempts", self.attempts)?,
            max_attempts: row::number("max_attempts", self.max_attempts)?,
            done: row::number("done", self.done)?,
            total: self.total.map(|it| row::number("total", it)).transpose()?,
            worker: worker.to_owned(),
        })
    }
}

#[async_trait]
impl JobClaims for Store {
    async fn claim(
        &self,
        worker: &str,
        now: Timestamp,
        lease: Duration,
        limit: u16,
        least: Priority,
    ) -> Result<Vec<ClaimedJob>, StoreError> {
        let text = claim_text(self.db.dialect());
        for _ in 0..LOOKS {
            let values = [
                now.utc().into(),
                i64::from(limit).into(),
                worker.into(),
                now.plus(lease).utc().into(),
                least.rank().into(),
            ];
            match sql::rows::<ClaimedRow, _>(self.writer(), text.as_str(), values).await {
                Err(err) if err.is_duplicate_of("jobs_lane_key") => {}
                Err(err) => return Err(err),
                Ok(rows) => return in_order(rows, worker),
            }
        }
        Ok(Vec::new())
    }

    async fn extend(&self, job: &ClaimedJob, until: Timestamp) -> Result<bool, StoreError> {
        let text = format!("UPDATE jobs SET due_at = $5 {CURRENT}");
        let fence = finish::job_fence(job)?;
        let values = fence.into_iter().chain([until.utc().into()]);
        Ok(sql::execute(self.writer(), text, values).await? > 0)
    }

    async fn progress(
        &self,
        job: &ClaimedJob,
        done: u64,
        total: Option<u64>,
    ) -> Result<bool, StoreError> {
        let text = format!("UPDATE jobs SET done = $5, total = COALESCE($6, total) {CURRENT}");
        let done: i64 = row::column("done", done)?;
        let total: Option<i64> = total.map(|it| row::column("total", it)).transpose()?;
        let fence = finish::job_fence(job)?;
        let values = fence.into_iter().chain([done.into(), total.into()]);
        Ok(sql::execute(self.writer(), text, values).await? > 0)
    }

    async fn finish(
        &self,
        job: &ClaimedJob,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let current = finish::job(self.writer(), job, outcome, now).await?;
        // Its lane is free now.
        self.surroundings.wakes.wake();
        Ok(current)
    }

    async fn release_worker(&self, worker: &str) -> Result<(), StoreError> {
        let tx = self.db.begin().await?;
        finish::release(&tx, worker).await?;
        tx.commit().await.stored()?;
        self.surroundings.wakes.wake();
        Ok(())
    }
}

fn in_order(mut rows: Vec<ClaimedRow>, worker: &str) -> Result<Vec<ClaimedJob>, StoreError> {
    rows.sort_by_key(|it| (it.priority, it.run_at, it.id));
    rows.into_iter().map(|it| it.into_claim(worker)).collect()
}

/// The claim is current: $1 tenant, $2 job, $3 worker, $4 attempt.
pub(super) const CURRENT: &str =
    "WHERE tenant_id = $1 AND id = $2 AND state = 'running' AND worker = $3 AND attempts = $4";

/// The states are literals, so that the partial indexes serve every plan. Of a named lane only the first in the queue
/// is picked, and only while none of the lane runs.
fn claim_text(dialect: Dialect) -> String {
    let lock = dialect.skip_locked("candidate");
    format!(
        "\
WITH picked AS MATERIALIZED (
    SELECT candidate.tenant_id, candidate.id FROM jobs AS candidate
    WHERE candidate.state IN ('queued', 'running') AND candidate.due_at <= $1 AND candidate.priority <= $5
    AND (candidate.state = 'running' OR candidate.lane = '' OR (
        NOT EXISTS (
            SELECT 1 FROM jobs AS running
            WHERE running.tenant_id = candidate.tenant_id AND running.lane = candidate.lane
            AND running.state = 'running' AND running.lane <> '')
        AND NOT EXISTS (
            SELECT 1 FROM jobs AS ahead
            WHERE ahead.tenant_id = candidate.tenant_id AND ahead.lane = candidate.lane
            AND ahead.state = 'queued' AND ahead.lane <> '' AND ahead.run_at <= $1
            AND (ahead.priority, ahead.run_at, ahead.id) < (candidate.priority, candidate.run_at, candidate.id))))
    ORDER BY candidate.priority, candidate.run_at, candidate.id
    LIMIT $2 {lock}
)
UPDATE jobs SET state = 'running', attempts = attempts + 1, worker = $3, due_at = $4, finished_at = NULL
FROM picked WHERE jobs.tenant_id = picked.tenant_id AND jobs.id = picked.id
RETURNING jobs.tenant_id, jobs.id, jobs.kind, jobs.lane, jobs.priority, jobs.run_at, jobs.payload, jobs.attempts,
    jobs.max_attempts, jobs.done, jobs.total"
    )
}
