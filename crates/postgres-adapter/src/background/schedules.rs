//! Repeats work at intervals, for every tenant.

use async_trait::async_trait;
use chrono::Duration;
use jobs::Schedules;
use kernel::{JobRequest, Lane, Priority, StoreError, TenantId, Timestamp};
use sea_orm::FromQueryResult;
use serde_json::json;
use uuid::Uuid;

use crate::error::Stored;
use crate::store::Store;
use crate::tx::enqueue;
use crate::{row, sql};

/// Attempts of a job that a schedule enqueues; the next firing makes up for what failed.
const ATTEMPTS: u16 = 5;

#[derive(Debug, FromQueryResult)]
struct DueRow {
    tenant_id: Uuid,
    name: String,
    every_us: i64,
}

#[async_trait]
impl Schedules for Store {
    async fn ensure(
        &self,
        tenant: TenantId,
        name: &str,
        every: Duration,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let every_us = every.num_microseconds().filter(|it| *it > 0);
        let every_us = every_us.ok_or_else(|| row::bad("every_us", &every))?;
        let values = [
            tenant.uuid().into(),
            name.into(),
            every_us.into(),
            now.utc().into(),
            now.plus(every).utc().into(),
        ];
        sql::execute(self.writer(), ENSURE, values).await?;
        Ok(())
    }

    async fn fire_due(&self, now: Timestamp, limit: u16) -> Result<u64, StoreError> {
        // Every poll asks; most find nothing and need no transaction.
        let first: Option<DueRow> = sql::row(self.reader(), FIRST, [now.utc().into()]).await?;
        if first.is_none() {
            return Ok(0);
        }
        let tx = self.db.begin().await?;
        let dialect = self.db.dialect();
        let text = format!("{DUE} {}", dialect.skip_locked("schedules"));
        let values = [now.utc().into(), i64::from(limit).into()];
        let due: Vec<DueRow> = sql::rows(&tx, text, values).await?;
        if due.is_empty() {
            return Ok(0);
        }
        for schedule in &due {
            let next = now.plus(Duration::microseconds(schedule.every_us));
            let values = [
                schedule.tenant_id.into(),
                schedule.name.as_str().into(),
                next.utc().into(),
            ];
            sql::execute(&tx, ADVANCE, values).await?;
            enqueue(&tx, schedule.tenant_id, &self.job_of(schedule, now), now).await?;
        }
        tx.commit().await.stored()?;
        self.surroundings.wakes.wake_everybody();
        u64::try_from(due.len()).map_err(StoreError::corrupt)
    }
}

impl Store {
    fn job_of(&self, schedule: &DueRow, now: Timestamp) -> JobRequest {
        JobRequest {
            id: self.surroundings.ids.next(),
            kind: schedule.name.clone(),
            lane: Lane::open(),
            priority: Priority::Low,
            run_at: now,
            unique_key: Some(schedule.name.clone()),
            payload: json!({}),
            max_attempts: ATTEMPTS,
            total: None,
        }
    }
}

/// Writes nothing if nothing would change, so that every start may ask.
const ENSURE: &str = "\
INSERT INTO schedules (tenant_id, name, every_us, next_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, name) DO UPDATE SET
    every_us = excluded.every_us,
    next_at = CASE WHEN schedules.next_at > $5 THEN $5 ELSE schedules.next_at END
WHERE schedules.every_us <> excluded.every_us OR schedules.next_at > $5";

const DUE: &str = "\
SELECT tenant_id, name, every_us FROM schedules WHERE next_at <= $1 ORDER BY next_at, tenant_id, name LIMIT $2";

const FIRST: &str = "SELECT tenant_id, name, every_us FROM schedules WHERE next_at <= $1 LIMIT 1";

const ADVANCE: &str = "UPDATE schedules SET next_at = $3 WHERE tenant_id = $1 AND name = $2";
