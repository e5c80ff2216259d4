//! Other work that is due: comparisons and readings of other routers, as the sweeps ask for them.

use anyhow::Result;
use crypto_adapter::{OsRandomness, SystemClock, SystemIds};
use kernel::Ids;
use serde_json::json;
use sqlx::{PgPool, QueryBuilder};
use std::sync::Arc;
use uuid::Uuid;
use workflows::job_kinds::{RECONCILE_ROUTER, WATCH_ROUTER};

use super::house::House;

/// More than asked for, so that some may run before it is looked again.
const SPARE: i64 = 100;
/// How urgent the sweeps' own jobs are.
const LOW: i16 = 3;

/// Keeps so many jobs due.
pub(super) struct Backlog<'a> {
    pool: &'a PgPool,
    tenant: Uuid,
    routers: &'a [String],
    least: i64,
    ids: SystemIds,
}

impl<'a> Backlog<'a> {
    pub(super) fn of(house: &'a House, least: i64) -> Self {
        Self {
            pool: &house.pool,
            tenant: house.tenant,
            routers: &house.others,
            least,
            ids: SystemIds::new(Arc::new(SystemClock), Arc::new(OsRandomness)),
        }
    }

    /// Adds what is missing.
    pub(super) async fn fill(&self) -> Result<()> {
        let due: i64 = sqlx::query_scalar(DUE).fetch_one(self.pool).await?;
        if due >= self.least + SPARE / 2 {
            return Ok(());
        }
        let missing = usize::try_from(self.least + SPARE - due)?;
        let jobs = self.routers.iter().cycle().enumerate().take(missing);
        let mut insert = QueryBuilder::new(INSERT);
        insert.push_values(jobs, |mut row, (number, router)| {
            // Each router's turns are compared and read.
            let turn = number / self.routers.len();
            let (kind, lane) = match turn % 2 {
                0 => (RECONCILE_ROUTER, format!("router:{router}")),
                _ => (WATCH_ROUTER, format!("watch:{router}")),
            };
            row.push_bind(self.tenant).push_bind(self.ids.fresh());
            row.push_bind(kind).push_bind(lane).push_bind(LOW);
            row.push("'queued', now(), now()");
            row.push_bind(json!({ "router": router }));
            row.push("0, 5, 0, now()");
        });
        insert.build().execute(self.pool).await?;
        Ok(())
    }
}

const DUE: &str = "SELECT count(*) FROM jobs WHERE state = 'queued' AND due_at <= now()";

const INSERT: &str = "INSERT INTO jobs (tenant_id, id, kind, lane, priority, state, run_at, due_at, payload, attempts, \
    max_attempts, done, created_at) ";
