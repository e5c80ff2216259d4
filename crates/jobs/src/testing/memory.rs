//! Jobs, deliveries and schedules in maps, behind the same promises as a database.

mod claims;
mod control;
mod deliveries;
mod housekeeping;
mod reads;
mod signal;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::Duration;
use kernel::testing::CountingIds;
use kernel::{
    DeliveryId, EventRow, Id, Ids, JobId, JobRequest, NewEvent, Scope, StoreError, TenantId,
    Timestamp, UnitOfWork,
};

use crate::job::{Job, JobState};
use crate::ports::control::JobsStore;
use deliveries::Delivery;
use signal::Signal;

#[derive(Debug, Default)]
struct Rows {
    jobs: BTreeMap<(TenantId, JobId), Job>,
    events: Vec<EventRow>,
    deliveries: BTreeMap<DeliveryId, Delivery>,
    schedules: BTreeMap<(TenantId, String), Schedule>,
}

#[derive(Debug, Clone, Copy)]
struct Schedule {
    every: Duration,
    next_at: Timestamp,
}

struct Shared {
    rows: Mutex<Rows>,
    ids: CountingIds,
    handlers: Vec<(String, String)>,
    signal: Signal,
}

/// The fake: cloning it clones a handle. Jobs count as enqueued at their `run_at`.
#[derive(Clone)]
pub struct MemoryJobs {
    shared: Arc<Shared>,
}

impl fmt::Debug for MemoryJobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemoryJobs").field(&*self.lock()).finish()
    }
}

impl MemoryJobs {
    /// An empty store that delivers events by name: pairs of event and handler.
    #[must_use]
    pub fn delivering(handlers: &[(&str, &str)]) -> Self {
        let owned = |(event, handler): &(&str, &str)| ((*event).to_owned(), (*handler).to_owned());
        Self {
            shared: Arc::new(Shared {
                rows: Mutex::default(),
                // Far from the ids that tests draw themselves.
                ids: CountingIds::from(1 << 32),
                handlers: handlers.iter().map(owned).collect(),
                signal: Signal::default(),
            }),
        }
    }

    /// An empty store that delivers nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::delivering(&[])
    }

    /// Records an event that happened at an instant, with its deliveries.
    pub fn record(&self, scope: &Scope, event: NewEvent, at: Timestamp) {
        let mut rows = self.lock();
        let row = EventRow {
            position: rows.events.last().map_or(0, |it| it.position + 1),
            id: self.fresh(),
            tenant: scope.tenant,
            aggregate_kind: event.aggregate_kind.to_owned(),
            aggregate_id: event.aggregate_id,
            name: event.name.to_owned(),
            version: event.version,
            body: event.body,
            actor: scope.actor.to_string(),
            correlation: scope.correlation,
            causation: scope.causation,
            trace: scope.trace.clone(),
            occurred_at: at,
        };
        for (_, handler) in self.shared.handlers.iter().filter(|it| it.0 == row.name) {
            let delivery = Delivery::new(self.fresh(), handler.clone(), row.clone());
            rows.deliveries.insert(delivery.id, delivery);
        }
        rows.events.push(row);
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.shared
            .rows
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh<K>(&self) -> Id<K> {
        (&self.shared.ids as &dyn Ids).next()
    }
}

impl Default for MemoryJobs {
    fn default() -> Self {
        Self::new()
    }
}

impl Rows {
    /// The job with this key that waits.
    fn waiting_twin(&mut self, tenant: TenantId, key: &str) -> Option<&mut Job> {
        self.jobs.values_mut().find(|it| {
            let same = it.tenant() == tenant && it.unique_key() == Some(key);
            same && *it.state() == JobState::Queued
        })
    }

    fn enqueue(&mut self, tenant: TenantId, request: JobRequest) -> Result<(), StoreError> {
        if self.jobs.contains_key(&(tenant, request.id)) {
            return Err(StoreError::Duplicate {
                constraint: "jobs_pkey".to_owned(),
            });
        }
        let key = request.unique_key.clone();
        if let Some(twin) = key.and_then(|it| self.waiting_twin(tenant, &it)) {
            twin.absorb(&request);
            return Ok(());
        }
        let now = request.run_at;
        self.jobs
            .insert((tenant, request.id), Job::queued(tenant, request, now));
        Ok(())
    }
}

#[async_trait]
impl JobsStore for MemoryJobs {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn UnitOfWork>, StoreError> {
        Ok(Box::new(MemoryTx {
            store: self.clone(),
            tenant: scope.tenant,
            delivery: scope.delivery,
            jobs: Vec::new(),
        }))
    }
}

struct MemoryTx {
    store: MemoryJobs,
    tenant: TenantId,
    delivery: Option<DeliveryId>,
    jobs: Vec<JobRequest>,
}

#[async_trait]
impl UnitOfWork for MemoryTx {
    async fn enqueue(&mut self, job: JobRequest) -> Result<(), StoreError> {
        self.jobs.push(job);
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let mut rows = self.store.lock();
        if let Some(id) = self.delivery {
            let carried = rows.deliveries.get_mut(&id).ok_or(StoreError::Conflict)?;
            carried.complete()?;
        }
        for job in self.jobs {
            rows.enqueue(self.tenant, job)?;
        }
        drop(rows);
        self.store.shared.signal.wake();
        Ok(())
    }
}
