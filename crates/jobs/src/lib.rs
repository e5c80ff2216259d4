//! Jobs, retry policy, lanes and event deliveries.
//!
//! A job is work with a lane, a priority, a time and a bounded number of attempts; a delivery is one recorded event
//! on its way to one handler. Both are claimed with a lease, retried with backoff and parked in the end, never lost.
//! What a job does is not known here: executors live in `workflows`.
//!
//! ```
//! use chrono::Duration;
//! use jobs::testing::MemoryJobs;
//! use jobs::{JobClaims, JobsStore, Outcome, RetryPolicy};
//! use kernel::testing::{CountingIds, SeededRandomness};
//! use kernel::{Ids, JobRequest, Lane, Priority, Scope, Timestamp};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = MemoryJobs::new();
//! let ids: &dyn Ids = &CountingIds::from(1);
//! let now = Timestamp::from_utc("2026-11-21T12:00:00Z".parse()?);
//! let scope = Scope::system(ids.next(), "example", ids.fresh());
//!
//! let mut tx = store.begin(&scope).await?;
//! let request = JobRequest {
//!     id: ids.next(),
//!     kind: "sync_router".to_owned(),
//!     lane: Lane::named("router:a"),
//!     priority: Priority::Critical,
//!     run_at: now,
//!     unique_key: None,
//!     payload: serde_json::json!({}),
//!     max_attempts: 8,
//!     total: None,
//! };
//! tx.enqueue(request).await?;
//! tx.commit().await?;
//!
//! let lease = Duration::minutes(1);
//! let job = JobClaims::claim(&store, "worker-1", now, lease, 10, Priority::Low).await?.remove(0);
//! let policy = RetryPolicy::new(Duration::seconds(1), Duration::minutes(5), job.max_attempts)?;
//! let error = "the router hung up".to_owned();
//! let outcome = match policy.next_attempt_at(job.attempt, now, &SeededRandomness::from(1)) {
//!     Some(at) => Outcome::Retry { at, error },
//!     None => Outcome::Parked { error },
//! };
//! assert!(JobClaims::finish(&store, &job, outcome, now).await?);
//! assert!(JobClaims::claim(&store, "worker-1", now, lease, 10, Priority::Low).await?.is_empty());
//! # Ok(())
//! # }
//! ```

mod aggregate_ref;
mod delivery;
mod job;
mod ports;
mod retry_policy;
#[cfg(feature = "testing")]
pub mod testing;

pub use aggregate_ref::{AggregateRef, AnyKind, BadAggregateRef};
pub use delivery::DeliveryState;
pub use job::{ImpossibleJob, Job, JobRefusal, JobSnapshot, JobState, JobStateName};
pub use ports::claims::{
    ClaimedDelivery, ClaimedJob, DeliveryClaims, JobClaims, Outcome, Schedules, WorkSignal,
};
pub use ports::control::{ControlError, JobControl, JobsStore};
pub use ports::housekeeping::{Housekeeping, JobKinds};
pub use ports::reads::{Backlog, DeliveryFilter, DeliveryView, JobFilter, JobQueries, JobView};
pub use retry_policy::{BadRetryPolicy, RetryPolicy};
