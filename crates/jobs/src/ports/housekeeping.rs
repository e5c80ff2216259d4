//! The port of housekeeping: forgets background work that is long over, of every tenant.

use async_trait::async_trait;
use kernel::{StoreError, Timestamp};

/// Which jobs are forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKinds<'a> {
    /// Jobs of every kind.
    All,
    /// Only jobs of these kinds.
    Only(&'a [&'a str]),
}

/// Deletes in bounded batches, so that nobody waits for it: each call deletes up to `limit` rows and returns how many.
/// What waits, runs or needs a person stays, however old it is.
#[async_trait]
pub trait Housekeeping: Send + Sync {
    /// Jobs that were done or cancelled before an instant, the longest first.
    async fn forget_jobs(
        &self,
        kinds: JobKinds<'_>,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError>;

    /// Deliveries that were done before an instant, the longest first.
    async fn forget_deliveries(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Events that happened before an instant, the oldest first: never one that a delivery which is not done still
    /// needs, and never the newest of all.
    async fn forget_events(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
