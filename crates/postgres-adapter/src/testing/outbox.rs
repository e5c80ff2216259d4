//! What a store has committed for others to carry on, and its books: for a history that carries everything itself.

use std::collections::BTreeMap;

use kernel::{
    AccountId, DeliveryId, EventRow, JobId, JobRequest, Lane, Priority, StoreError, TenantId,
};
use sea_orm::FromQueryResult;
use sea_orm::prelude::DateTimeUtc;
use uuid::Uuid;

use crate::background::reads::EventColumns;
use crate::store::Store;
use crate::{row, sql};

#[derive(Debug, FromQueryResult)]
struct Addressed {
    event_id: Uuid,
    id: Uuid,
    handler: String,
}

#[derive(Debug, FromQueryResult)]
struct Asked {
    id: Uuid,
    kind: String,
    lane: String,
    priority: i16,
    run_at: DateTimeUtc,
    unique_key: Option<String>,
    payload: serde_json::Value,
    max_attempts: i32,
    total: Option<i64>,
}

#[derive(Debug, FromQueryResult)]
struct Side {
    posting_id: Uuid,
    ledger_account: String,
    amount_minor: i64,
}

impl Store {
    /// Every event after a position, in order, with the handlers it is for and their deliveries.
    ///
    /// # Errors
    /// [`StoreError`] as of any read.
    pub async fn told_after(
        &self,
        tenant: TenantId,
        position: i64,
    ) -> Result<Vec<(EventRow, Vec<(String, DeliveryId)>)>, StoreError> {
        let values = || [tenant.uuid().into(), position.into()];
        let events: Vec<EventColumns> = sql::rows(self.writer(), EVENTS, values()).await?;
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let addressed: Vec<Addressed> = sql::rows(self.writer(), DELIVERIES, values()).await?;
        let mut handlers = BTreeMap::<Uuid, Vec<(String, DeliveryId)>>::new();
        for it in addressed {
            let known = handlers.entry(it.event_id).or_default();
            known.push((it.handler, DeliveryId::from_uuid(it.id)));
        }
        let with_handlers = |it: EventColumns| {
            let event = it.into_event()?;
            let handlers = handlers.remove(&event.id.uuid()).unwrap_or_default();
            Ok((event, handlers))
        };
        events.into_iter().map(with_handlers).collect()
    }

    /// Takes every job that waits out of the queue.
    ///
    /// # Errors
    /// [`StoreError`] as of any write.
    pub async fn take_jobs(&self, tenant: TenantId) -> Result<Vec<JobRequest>, StoreError> {
        let taken: Vec<Asked> = sql::rows(self.writer(), JOBS, [tenant.uuid().into()]).await?;
        taken.into_iter().map(request).collect()
    }

    /// The sides of every posting of an account, oldest first: the ledger account and minor units.
    ///
    /// # Errors
    /// [`StoreError`] as of any read.
    pub async fn sides_of(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Vec<Vec<(String, i64)>>, StoreError> {
        let values = [tenant.uuid().into(), account.uuid().into()];
        let sides: Vec<Side> = sql::rows(self.writer(), SIDES, values).await?;
        let postings = sides.chunk_by(|one, other| one.posting_id == other.posting_id);
        let side = |it: &Side| (it.ledger_account.clone(), it.amount_minor);
        Ok(postings.map(|it| it.iter().map(side).collect()).collect())
    }
}

fn request(asked: Asked) -> Result<JobRequest, StoreError> {
    let priority = Priority::from_rank(asked.priority);
    Ok(JobRequest {
        id: JobId::from_uuid(asked.id),
        kind: asked.kind,
        lane: Lane::named(asked.lane),
        priority: priority.ok_or_else(|| row::bad("priority", &asked.priority))?,
        run_at: row::instant(asked.run_at),
        unique_key: asked.unique_key,
        payload: asked.payload,
        max_attempts: row::number("max_attempts", asked.max_attempts)?,
        total: asked.total.map(|it| row::number("total", it)).transpose()?,
    })
}

const EVENTS: &str = "\
SELECT position, id, tenant_id, aggregate_kind, aggregate_id, name, version, body, actor, correlation, causation, trace,
    occurred_at
FROM events WHERE tenant_id = $1 AND position > $2 ORDER BY position";

const DELIVERIES: &str = "\
SELECT event_id, id, handler FROM deliveries WHERE tenant_id = $1 AND position > $2 ORDER BY position, id";

const JOBS: &str = "\
UPDATE jobs SET state = 'done', finished_at = run_at WHERE tenant_id = $1 AND state = 'queued'
RETURNING id, kind, lane, priority, run_at, unique_key, payload, max_attempts, total";

const SIDES: &str = "\
SELECT posting_id, ledger_account, amount_minor FROM ledger_entries WHERE tenant_id = $1 AND account_id = $2
ORDER BY posting_id, side";
