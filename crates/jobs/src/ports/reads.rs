//! The port of readers: jobs, deliveries and events as people look at them.

use async_trait::async_trait;
use kernel::{
    DeliveryId, EventId, EventRow, JobId, Lane, Page, PageRequest, Priority, StoreError, TenantId,
    Timestamp,
};
use serde::Serialize;
use serde_json::Value;

use crate::aggregate_ref::AggregateRef;
use crate::delivery::DeliveryState;
use crate::job::JobStateName;

/// A job as people look at it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobView {
    /// The job.
    pub id: JobId,
    /// Which executor runs it.
    pub kind: String,
    /// What it does not run beside; empty for nothing.
    pub lane: Lane,
    /// How urgent it is.
    pub priority: Priority,
    /// Where it stands.
    pub state: JobStateName,
    /// What the executor needs to know.
    pub payload: Value,
    /// Not before this instant.
    pub run_at: Timestamp,
    /// Attempts begun.
    pub attempts: u16,
    /// Attempts before it is parked.
    pub max_attempts: u16,
    /// Steps done.
    pub done: u64,
    /// Steps in total, if known.
    pub total: Option<u64>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was enqueued.
    pub created_at: Timestamp,
    /// When it was done, parked or cancelled.
    pub finished_at: Option<Timestamp>,
}

/// Which jobs are wanted; what is absent does not filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobFilter {
    /// Only jobs in this state.
    pub state: Option<JobStateName>,
    /// Only jobs of this kind.
    pub kind: Option<String>,
    /// Only jobs of this lane.
    pub lane: Option<Lane>,
}

/// A delivery as people look at it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeliveryView {
    /// The delivery.
    pub id: DeliveryId,
    /// Which handler it is for.
    pub handler: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// The event.
    pub event: EventId,
    /// The type of the event.
    pub event_name: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Attempts begun.
    pub attempts: u16,
    /// When it is due, if it waits.
    pub run_at: Timestamp,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// Which deliveries are wanted; what is absent does not filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveryFilter {
    /// Only deliveries in this state.
    pub state: Option<DeliveryState>,
    /// Only deliveries to this handler.
    pub handler: Option<String>,
}

/// How much work there is, over all tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Backlog {
    /// Jobs that wait, due or not.
    pub jobs_queued: u64,
    /// Jobs held by a worker.
    pub jobs_running: u64,
    /// Jobs that need a person.
    pub jobs_parked: u64,
    /// Deliveries that wait or are held by a worker.
    pub deliveries_waiting: u64,
    /// Deliveries that need a person.
    pub deliveries_parked: u64,
    /// The earliest `run_at` of a job that waits.
    pub oldest_job_at: Option<Timestamp>,
}

/// Reads of one tenant's background work, newest first; only the backlog counts over all tenants.
#[async_trait]
pub trait JobQueries: Send + Sync {
    /// One job.
    async fn job(&self, tenant: TenantId, job: JobId) -> Result<Option<JobView>, StoreError>;

    /// Jobs that pass the filter.
    async fn jobs(
        &self,
        tenant: TenantId,
        filter: JobFilter,
        page: PageRequest,
    ) -> Result<Page<JobView>, StoreError>;

    /// Deliveries that pass the filter. Deliveries that are done may have been pruned.
    async fn deliveries(
        &self,
        tenant: TenantId,
        filter: DeliveryFilter,
        page: PageRequest,
    ) -> Result<Page<DeliveryView>, StoreError>;

    /// The events of one aggregate.
    async fn events_of(
        &self,
        tenant: TenantId,
        aggregate: &AggregateRef,
        page: PageRequest,
    ) -> Result<Page<EventRow>, StoreError>;

    /// How much work there is.
    async fn backlog(&self) -> Result<Backlog, StoreError>;
}
