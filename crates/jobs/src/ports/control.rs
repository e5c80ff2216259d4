//! The ports of operators and use cases: put work in, take it out, try it again.

use async_trait::async_trait;
use kernel::{DeliveryId, JobId, MayConflict, Scope, StoreError, TenantId, Timestamp, UnitOfWork};

use crate::job::JobRefusal;

/// Opens a transaction that only enqueues, for work that no change of a context causes.
#[async_trait]
pub trait JobsStore: Send + Sync {
    /// Begins a transaction.
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn UnitOfWork>, StoreError>;
}

/// Why a job or delivery stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The tenant has no such job or delivery.
    #[error("there is no such job or delivery")]
    NotFound,
    /// Its state does not allow it.
    #[error("the job refuses it")]
    Refused(#[source] JobRefusal),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for ControlError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// What an operator may do to background work.
#[async_trait]
pub trait JobControl: Send + Sync {
    /// Cancels a job that waits, runs or is parked; twice is harmless. A running one is told at its next report;
    /// steps that are done stay done.
    async fn cancel(
        &self,
        tenant: TenantId,
        job: JobId,
        now: Timestamp,
    ) -> Result<(), ControlError>;

    /// Puts a parked or cancelled job back into the queue, due at once, with all its attempts; one that waits already
    /// is left alone.
    async fn requeue(
        &self,
        tenant: TenantId,
        job: JobId,
        now: Timestamp,
    ) -> Result<(), ControlError>;

    /// Puts a parked delivery back, due at once, with all its attempts; one that waits already is left alone.
    async fn requeue_delivery(
        &self,
        tenant: TenantId,
        delivery: DeliveryId,
        now: Timestamp,
    ) -> Result<(), ControlError>;
}
