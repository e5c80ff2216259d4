//! Forgets background work that is over. Whoever else deletes at the same time takes other rows.

use async_trait::async_trait;
use jobs::{Housekeeping, JobKinds};
use kernel::{StoreError, Timestamp};
use sea_orm::Value;

use crate::sql;
use crate::store::Store;

#[async_trait]
impl Housekeeping for Store {
    async fn forget_jobs(
        &self,
        kinds: JobKinds<'_>,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let mut values: Vec<Value> = vec![before.utc().into(), i64::from(limit).into()];
        let meant = match kinds {
            JobKinds::All => String::new(),
            JobKinds::Only([]) => return Ok(0),
            JobKinds::Only(kinds) => {
                values.extend(kinds.iter().map(|it| Value::from(*it)));
                format!("AND kind IN ({})", sql::list_from(kinds.len(), 3))
            }
        };
        let lock = self.db.dialect().skip_locked("jobs");
        let text = FORGET_JOBS.replace("{meant}", &meant);
        sql::execute(self.writer(), text.replace("{lock}", &lock), values).await
    }

    async fn forget_deliveries(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let lock = self.db.dialect().skip_locked("deliveries");
        let text = FORGET_DELIVERIES.replace("{lock}", &lock);
        let values = [before.utc().into(), i64::from(limit).into()];
        sql::execute(self.writer(), text, values).await
    }

    async fn forget_events(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let values = [before.utc().into(), i64::from(limit).into()];
        sql::execute(self.writer(), FORGET_EVENTS, values).await
    }
}

/// States are literals, so that the partial indexes serve.
const FORGET_JOBS: &str = "\
DELETE FROM jobs WHERE (tenant_id, id) IN (
    SELECT tenant_id, id FROM jobs WHERE state IN ('done', 'cancelled') AND finished_at < $1 {meant}
    ORDER BY finished_at LIMIT $2 {lock})";

const FORGET_DELIVERIES: &str = "\
DELETE FROM deliveries WHERE (tenant_id, id) IN (
    SELECT tenant_id, id FROM deliveries WHERE state = 'done' AND finished_at < $1
    ORDER BY finished_at LIMIT $2 {lock})";

/// Looks at the oldest events that nobody waits for, and at no others, however many there are. The newest stays because
/// SQLite counts on from its place.
const FORGET_EVENTS: &str = "\
DELETE FROM events WHERE position < (SELECT max(position) FROM events) AND position IN (
    SELECT position FROM (
        SELECT e.position, e.occurred_at FROM events AS e
        WHERE NOT EXISTS (
            SELECT 1 FROM deliveries AS d WHERE d.position = e.position AND d.state IN ('waiting', 'running'))
        AND NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.position = e.position AND d.state = 'parked')
        ORDER BY e.position LIMIT $2) AS oldest
    WHERE occurred_at < $1)";
