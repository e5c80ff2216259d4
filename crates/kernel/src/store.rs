//! What every store promises: a unit of work that commits whole or not at all.

use std::error::Error;

use async_trait::async_trait;

use crate::job_request::JobRequest;

type Source = Box<dyn Error + Send + Sync>;

/// Why a store could not do it, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else changed it first: reload and run again.
    #[error("changed by somebody else meanwhile")]
    Conflict,
    /// A uniqueness rule refused it; running again will not help.
    #[error("already exists ({constraint})")]
    Duplicate {
        /// The constraint that refused, by name.
        constraint: String,
    },
    /// The database cannot be reached or is restarting: later may work.
    #[error("the database is unavailable")]
    Unavailable(#[source] Source),
    /// What is stored, or was to be stored, makes no sense.
    #[error("stored data is inconsistent")]
    Corrupt(#[source] Source),
}

impl StoreError {
    /// Wraps the reason why data makes no sense.
    pub fn corrupt(source: impl Into<Source>) -> Self {
        Self::Corrupt(source.into())
    }

    /// Wraps the reason why the database cannot be reached.
    pub fn unavailable(source: impl Into<Source>) -> Self {
        Self::Unavailable(source.into())
    }

    /// Whether a constraint of this name refused the write.
    #[must_use]
    pub fn is_duplicate_of(&self, name: &str) -> bool {
        matches!(self, Self::Duplicate { constraint } if constraint.contains(name))
    }
}

/// One transaction, as every context sees it.
///
/// A context's own transaction trait adds its repositories. Dropping it rolls back.
#[async_trait]
pub trait UnitOfWork: Send {
    /// Puts a job in the queue if this transaction commits. While a job with the same unique key waits, nothing is
    /// added, but the waiting one takes the more urgent priority and the earlier time.
    async fn enqueue(&mut self, job: JobRequest) -> Result<(), StoreError>;

    /// Commits everything, including recorded events, the scope's delivery and the scope's receipt.
    ///
    /// Fails with [`StoreError::Conflict`] if the database could not serialise it with others.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// Errors that may carry a [`StoreError::Conflict`].
pub trait MayConflict {
    /// Whether the whole use case should run again.
    fn is_conflict(&self) -> bool;
}

impl MayConflict for StoreError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict)
    }
}

/// Runs a use case, again on a conflict, three times at most.
///
/// # Errors
/// The error of the last attempt.
pub async fn rerun_on_conflict<T, E, F, Fut>(mut work: F) -> Result<T, E>
where
    E: MayConflict,
    F: FnMut() -> Fut + Send,
    Fut: Future<Output = Result<T, E>> + Send,
{
    for _ in 0..2 {
        match work().await {
            Err(err) if err.is_conflict() => {}
            outcome => return outcome,
        }
    }
    work().await
}

#[cfg(test)]
mod tests;
