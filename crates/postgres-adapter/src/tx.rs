//! One transaction, as every context sees it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use billing::BillLimits;
use kernel::{DomainEvent, Id, JobRequest, Kind, NewEvent, Scope, StoreError, UnitOfWork};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use crate::dialect::Dialect;
use crate::error::Stored;
use crate::store::Surroundings;

mod deliveries;
mod events;
mod jobs;
mod receipt;

pub(crate) use jobs::enqueue;

/// The constraint named by the [`StoreError::Duplicate`] of a commit whose delivery had been handled already.
///
/// Nothing of such a transaction is applied. Running it again cannot help, so it is no conflict; whoever dispatches
/// deliveries treats it as done.
pub const DELIVERY_DONE_ALREADY: &str = "deliveries_done_once";

/// A database transaction with what commits along: events and their deliveries, jobs, the handled delivery, the
/// receipt. Implements the transaction view and the repositories of every context.
pub(crate) struct Tx {
    inner: DatabaseTransaction,
    dialect: Dialect,
    scope: Scope,
    surroundings: Arc<Surroundings>,
    bill_limits: BillLimits,
    events: Vec<NewEvent>,
    jobs: Vec<JobRequest>,
}

impl Tx {
    pub(crate) const fn new(
        inner: DatabaseTransaction,
        dialect: Dialect,
        scope: Scope,
        surroundings: Arc<Surroundings>,
        bill_limits: BillLimits,
    ) -> Self {
        Self {
            inner,
            dialect,
            scope,
            surroundings,
            bill_limits,
            events: Vec::new(),
            jobs: Vec::new(),
        }
    }

    /// Where statements run.
    pub(crate) const fn connection(&self) -> &DatabaseTransaction {
        &self.inner
    }

    /// Which words its database understands.
    pub(crate) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The tenant that confines every statement.
    pub(crate) const fn tenant(&self) -> Uuid {
        self.scope.tenant.uuid()
    }

    /// How far a bill may reach.
    pub(crate) const fn bill_limits(&self) -> BillLimits {
        self.bill_limits
    }

    /// An id that no row has.
    pub(crate) fn fresh_id(&self) -> Uuid {
        self.surroundings.ids.fresh()
    }

    /// Puts what an aggregate recorded among the events of this transaction.
    pub(crate) fn record<K: Kind, E: DomainEvent>(
        &mut self,
        aggregate: Id<K>,
        events: impl IntoIterator<Item = E>,
    ) -> Result<(), StoreError> {
        for event in events {
            self.events.push(NewEvent::of(aggregate, &event)?);
        }
        Ok(())
    }

    /// Puts events that no aggregate recorded among those of this transaction.
    pub(crate) fn record_raw(&mut self, events: impl IntoIterator<Item = NewEvent>) {
        self.events.extend(events);
    }

    /// Writes what commits along; `true` if a worker has something to do afterwards.
    async fn write_outbox(&mut self) -> Result<bool, StoreError> {
        let delivered = self.write_events().await?;
        let enqueued = self.write_jobs().await?;
        self.finish_delivery().await?;
        self.write_receipt().await?;
        Ok(delivered || enqueued)
    }
}

#[async_trait]
impl UnitOfWork for Tx {
    async fn enqueue(&mut self, job: JobRequest) -> Result<(), StoreError> {
        self.jobs.push(job);
        Ok(())
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        let work = self.write_outbox().await?;
        let Self {
            inner,
            surroundings,
            ..
        } = *self;
        surroundings.probe.reached("store.before_commit");
        inner.commit().await.stored()?;
        surroundings.probe.reached("store.after_commit");
        if work {
            surroundings.wakes.wake_everybody();
        }
        Ok(())
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx")
            .field("tenant", &self.scope.tenant)
            .finish_non_exhaustive()
    }
}
