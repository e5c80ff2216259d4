//! Hands event deliveries of every tenant to workers, one at a time per aggregate and handler.

use async_trait::async_trait;
use chrono::Duration;
use jobs::{ClaimedDelivery, DeliveryClaims, Outcome};
use kernel::{DeliveryId, StoreError, TenantId, Timestamp};
use sea_orm::{FromQueryResult, Value};
use uuid::Uuid;

use super::finish;
use super::reads::EventColumns;
use crate::dialect::Dialect;
use crate::store::Store;
use crate::{row, sql};

#[derive(Debug, FromQueryResult)]
struct PickedRow {
    tenant_id: Uuid,
    id: Uuid,
}

#[derive(Debug, FromQueryResult)]
struct DeliveryColumns {
    delivery_id: Uuid,
    handler: String,
    attempts: i32,
    #[sea_orm(nested)]
    event: EventColumns,
}

impl DeliveryColumns {
    fn into_claim(self, worker: &str) -> Result<ClaimedDelivery, StoreError> {
        Ok(ClaimedDelivery {
            id: DeliveryId::from_uuid(self.delivery_id),
            tenant: TenantId::from_uuid(self.event.tenant_id),
            handler: self.handler,
            event: self.event.into_event()?,
            attempt: row::number("attempts", self.attempts)?,
            worker: worker.to_owned(),
        })
    }
}

#[async_trait]
impl DeliveryClaims for Store {
    async fn claim(
        &self,
        worker: &str,
        now: Timestamp,
        lease: Duration,
        limit: u16,
    ) -> Result<Vec<ClaimedDelivery>, StoreError> {
        let values = [
            now.utc().into(),
            i64::from(limit).into(),
            worker.into(),
            now.plus(lease).utc().into(),
        ];
        let text = claim_text(self.db.dialect());
        let picked: Vec<PickedRow> = sql::rows(self.writer(), text, values).await?;
        self.claimed(picked, worker).await
    }

    async fn finish(
        &self,
        delivery: &ClaimedDelivery,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let current = finish::delivery(self.writer(), delivery, outcome, now).await?;
        // The next one of its aggregate may go now.
        self.surroundings.wakes.wake();
        Ok(current)
    }
}

impl Store {
    /// What was picked, with the events. Read from where it was written, so that nothing is missed.
    async fn claimed(
        &self,
        picked: Vec<PickedRow>,
        worker: &str,
    ) -> Result<Vec<ClaimedDelivery>, StoreError> {
        if picked.is_empty() {
            return Ok(Vec::new());
        }
        let text = format!(
            "{WITH_EVENTS} (VALUES {}) ORDER BY e.position",
            sql::placeholders(self.writer(), picked.len(), 2)
        );
        let values = picked
            .iter()
            .flat_map(|it| [Value::from(it.tenant_id), it.id.into()]);
        let rows: Vec<DeliveryColumns> = sql::rows(self.writer(), text, values).await?;
        rows.into_iter().map(|it| it.into_claim(worker)).collect()
    }
}

/// Of one aggregate and handler only the oldest open delivery is picked; what is parked is not open.
fn claim_text(dialect: Dialect) -> String {
    let lock = dialect.skip_locked("candidate");
    format!(
        "\
WITH picked AS MATERIALIZED (
    SELECT candidate.tenant_id, candidate.id FROM deliveries AS candidate
    WHERE candidate.state IN ('waiting', 'running') AND candidate.due_at <= $1
    AND NOT EXISTS (
        SELECT 1 FROM deliveries AS ahead
        WHERE ahead.tenant_id = candidate.tenant_id AND ahead.handler = candidate.handler
        AND ahead.aggregate_id = candidate.aggregate_id AND ahead.position < candidate.position
        AND ahead.state IN ('waiting', 'running'))
    ORDER BY candidate.position
    LIMIT $2 {lock}
)
UPDATE deliveries SET state = 'running', attempts = attempts + 1, worker = $3, due_at = $4, finished_at = NULL
FROM picked WHERE deliveries.tenant_id = picked.tenant_id AND deliveries.id = picked.id
RETURNING deliveries.tenant_id, deliveries.id"
    )
}

const WITH_EVENTS: &str = "\
SELECT d.id AS delivery_id, d.handler, d.attempts, e.position, e.id, e.tenant_id, e.aggregate_kind, e.aggregate_id,
    e.name, e.version, e.body, e.actor, e.correlation, e.causation, e.trace, e.occurred_at
FROM deliveries AS d JOIN events AS e ON e.tenant_id = d.tenant_id AND e.id = d.event_id
WHERE (d.tenant_id, d.id) IN";
