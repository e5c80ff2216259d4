//! Jobs, deliveries and events as people look at them.

use async_trait::async_trait;
use jobs::{
    AggregateRef, Backlog, DeliveryFilter, DeliveryState, DeliveryView, JobFilter, JobQueries,
    JobStateName, JobView,
};
use kernel::{
    Cursor, DeliveryId, EventId, EventRow, JobId, Lane, Page, PageRequest, Priority, StoreError,
    TenantId, Timestamp,
};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{FromQueryResult, Value};
use uuid::Uuid;

use crate::store::Store;
use crate::{row, sql};

/// The columns of an event.
#[derive(Debug, FromQueryResult)]
pub(crate) struct EventColumns {
    position: i64,
    id: Uuid,
    pub(super) tenant_id: Uuid,
    aggregate_kind: String,
    aggregate_id: Uuid,
    name: String,
    version: i16,
    body: serde_json::Value,
    actor: String,
    correlation: Uuid,
    causation: Option<Uuid>,
    trace: Option<String>,
    occurred_at: DateTimeUtc,
}

impl EventColumns {
    pub(crate) fn into_event(self) -> Result<EventRow, StoreError> {
        Ok(EventRow {
            position: self.position,
            id: EventId::from_uuid(self.id),
            tenant: TenantId::from_uuid(self.tenant_id),
            aggregate_kind: self.aggregate_kind,
            aggregate_id: self.aggregate_id,
            name: self.name,
            version: row::number("version", self.version)?,
            body: self.body,
            actor: self.actor,
            correlation: self.correlation,
            causation: row::optional_id(self.causation),
            trace: self.trace,
            occurred_at: row::instant(self.occurred_at),
        })
    }
}

#[derive(Debug, FromQueryResult)]
struct JobRow {
    id: Uuid,
    kind: String,
    lane: String,
    priority: i16,
    state: String,
    payload: serde_json::Value,
    run_at: DateTimeUtc,
    attempts: i32,
    max_attempts: i32,
    done: i64,
    total: Option<i64>,
    last_error: Option<String>,
    created_at: DateTimeUtc,
    finished_at: Option<DateTimeUtc>,
}

impl JobRow {
    fn into_view(self) -> Result<JobView, StoreError> {
        let priority = Priority::from_rank(self.priority);
        let state = JobStateName::from_word(&self.state);
        Ok(JobView {
            id: JobId::from_uuid(self.id),
            kind: self.kind,
            lane: Lane::named(self.lane),
            priority: priority.ok_or_else(|| row::bad("priority", &self.priority))?,
            state: state.ok_or_else(|| row::bad("state", &self.state))?,
            payload: self.payload,
            run_at: row::instant(self.run_at),
            attempts: row::number("attempts", self.attempts)?,
            max_attempts: row::number("max_attempts", self.max_attempts)?,
            done: row::number("done", self.done)?,
            total: self.total.map(|it| row::number("total", it)).transpose()?,
            last_error: self.last_error,
            created_at: row::instant(self.created_at),
            finished_at: self.finished_at.map(row::instant),
        })
    }
}

#[derive(Debug, FromQueryResult)]
struct DeliveryRow {
    id: Uuid,
    handler: String,
    state: String,
    event_id: Uuid,
    event_name: String,
    occurred_at: DateTimeUtc,
    attempts: i32,
    run_at: DateTimeUtc,
    last_error: Option<String>,
}

impl DeliveryRow {
    fn into_view(self) -> Result<DeliveryView, StoreError> {
        let state = DeliveryState::from_word(&self.state);
        Ok(DeliveryView {
            id: DeliveryId::from_uuid(self.id),
            handler: self.handler,
            state: state.ok_or_else(|| row::bad("state", &self.state))?,
            event: EventId::from_uuid(self.event_id),
            event_name: self.event_name,
            occurred_at: row::instant(self.occurred_at),
            attempts: row::number("attempts", self.attempts)?,
            run_at: row::instant(self.run_at),
            last_error: self.last_error,
        })
    }
}

#[derive(Debug, FromQueryResult)]
struct BacklogRow {
    jobs_queued: i64,
    jobs_running: i64,
    jobs_parked: i64,
    deliveries_waiting: i64,
    deliveries_parked: i64,
    oldest_job_at: Option<DateTimeUtc>,
}

/// Conditions and the values they bind, in order.
struct Conditions {
    text: String,
    values: Vec<Value>,
}

impl Conditions {
    fn of(tenant: TenantId) -> Self {
        Self {
            text: "tenant_id = $1".to_owned(),
            values: vec![tenant.uuid().into()],
        }
    }

    fn and(&mut self, column: &str, wanted: Option<&str>) {
        if let Some(wanted) = wanted {
            self.values.push(wanted.into());
            self.text = format!("{} AND {column} = ${}", self.text, self.values.len());
        }
    }

    /// A literal, so that partial indexes serve.
    fn and_state(&mut self, state: Option<&'static str>) {
        if let Some(state) = state {
            self.text = format!("{} AND state = '{state}'", self.text);
        }
    }

    fn page(&mut self, page: PageRequest) -> String {
        if let Some(after) = page.after() {
            self.values.push(after.uuid().into());
            self.text = format!("{} AND id < ${}", self.text, self.values.len());
        }
        let limit = u32::from(page.limit()) + 1;
        format!("{} ORDER BY id DESC LIMIT {limit}", self.text)
    }
}

#[async_trait]
impl JobQueries for Store {
    async fn job(&self, tenant: TenantId, job: JobId) -> Result<Option<JobView>, StoreError> {
        let text = format!("SELECT {JOB} FROM jobs WHERE tenant_id = $1 AND id = $2");
        let values = [tenant.uuid().into(), job.uuid().into()];
        let found: Option<JobRow> = sql::row(self.reader(), text, values).await?;
        found.map(JobRow::into_view).transpose()
    }

    async fn jobs(
        &self,
        tenant: TenantId,
        filter: JobFilter,
        page: PageRequest,
    ) -> Result<Page<JobView>, StoreError> {
        let mut wanted = Conditions::of(tenant);
        wanted.and_state(filter.state.map(JobStateName::as_str));
        wanted.and("kind", filter.kind.as_deref());
        if let Some(lane) = &filter.lane {
            wanted.and("lane", Some(lane.as_str()));
        }
        let text = format!("SELECT {JOB} FROM jobs WHERE {}", wanted.page(page));
        let rows: Vec<JobRow> = sql::rows(self.reader(), text, wanted.values).await?;
        let views: Result<Vec<_>, _> = rows.into_iter().map(JobRow::into_view).collect();
        Ok(Page::from_overfetch(views?, page, |it| {
            Cursor::after(it.id)
        }))
    }

    async fn deliveries(
        &self,
        tenant: TenantId,
        filter: DeliveryFilter,
        page: PageRequest,
    ) -> Result<Page<DeliveryView>, StoreError> {
        let mut wanted = Conditions::of(tenant);
        wanted.and_state(filter.state.map(DeliveryState::as_str));
        wanted.and("handler", filter.handler.as_deref());
        let text = format!("{DELIVERIES} WHERE {}) AS d {ITS_EVENT}", wanted.page(page));
        let rows: Vec<DeliveryRow> = sql::rows(self.reader(), text, wanted.values).await?;
        let views: Result<Vec<_>, _> = rows.into_iter().map(DeliveryRow::into_view).collect();
        Ok(Page::from_overfetch(views?, page, |it| {
            Cursor::after(it.id)
        }))
    }

    async fn events_of(
        &self,
        tenant: TenantId,
        aggregate: &AggregateRef,
        page: PageRequest,
    ) -> Result<Page<EventRow>, StoreError> {
        let values = [
            tenant.uuid().into(),
            aggregate.id().uuid().into(),
            aggregate.kind().into(),
            page.after().map(Cursor::uuid).into(),
            (i64::from(page.limit()) + 1).into(),
        ];
        let rows: Vec<EventColumns> = sql::rows(self.reader(), EVENTS_OF, values).await?;
        let events: Result<Vec<_>, _> = rows.into_iter().map(EventColumns::into_event).collect();
        Ok(Page::from_overfetch(events?, page, |it| {
            Cursor::after(it.id)
        }))
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        let counted: Option<BacklogRow> = sql::row(self.reader(), BACKLOG, []).await?;
        let Some(counted) = counted else {
            return Ok(Backlog::default());
        };
        Ok(Backlog {
            jobs_queued: row::number("jobs", counted.jobs_queued)?,
            jobs_running: row::number("jobs", counted.jobs_running)?,
            jobs_parked: row::number("jobs", counted.jobs_parked)?,
            deliveries_waiting: row::number("deliveries", counted.deliveries_waiting)?,
            deliveries_parked: row::number("deliveries", counted.deliveries_parked)?,
            oldest_job_at: counted.oldest_job_at.map(Timestamp::from_utc),
        })
    }
}

const JOB: &str = "id, kind, lane, priority, state, payload, run_at, attempts, max_attempts, done, total, last_error, \
    created_at, finished_at";

const DELIVERIES: &str = "\
SELECT d.id, d.handler, d.state, d.event_id, e.name AS event_name, e.occurred_at, d.attempts, d.run_at, d.last_error
FROM (SELECT * FROM deliveries";

const ITS_EVENT: &str =
    "JOIN events AS e ON e.tenant_id = d.tenant_id AND e.id = d.event_id ORDER BY d.id DESC";

/// Ordered by place and not by id, because the clocks of two processes may differ.
const EVENTS_OF: &str = "\
SELECT position, id, tenant_id, aggregate_kind, aggregate_id, name, version, body, actor, correlation, causation, trace,
    occurred_at
FROM events
WHERE tenant_id = $1 AND aggregate_id = $2 AND aggregate_kind = $3
AND ($4 IS NULL OR position < (SELECT after.position FROM events AS after WHERE after.tenant_id = $1 AND after.id = $4))
ORDER BY position DESC LIMIT $5";

const BACKLOG: &str = "\
SELECT
    (SELECT count(*) FROM jobs WHERE state IN ('queued', 'running') AND state = 'queued') AS jobs_queued,
    (SELECT count(*) FROM jobs WHERE state = 'running') AS jobs_running,
    (SELECT count(*) FROM jobs WHERE state = 'parked') AS jobs_parked,
    (SELECT count(*) FROM deliveries WHERE state IN ('waiting', 'running')) AS deliveries_waiting,
    (SELECT count(*) FROM deliveries WHERE state = 'parked') AS deliveries_parked,
    (SELECT min(run_at) FROM jobs WHERE state IN ('queued', 'running') AND state = 'queued') AS oldest_job_at";
