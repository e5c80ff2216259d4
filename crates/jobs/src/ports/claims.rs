//! The ports of a worker: it claims, works, and says how it ended. They are the only ones that see every tenant.

use async_trait::async_trait;
use chrono::Duration;
use kernel::{DeliveryId, EventRow, JobId, Lane, Priority, StoreError, TenantId, Timestamp};
use serde_json::Value;

/// A job handed to one worker until its lease ends.
///
/// The pair of worker and attempt is the fence: a report with a pair that is no longer current changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedJob {
    /// The job.
    pub id: JobId,
    /// The tenant it belongs to.
    pub tenant: TenantId,
    /// Which executor runs it.
    pub kind: String,
    /// What it does not run beside.
    pub lane: Lane,
    /// How urgent it is.
    pub priority: Priority,
    /// What the executor needs to know.
    pub payload: Value,
    /// Which attempt this is, counted from 1. Beyond `max_attempts` after a crash during the last attempt.
    pub attempt: u16,
    /// Attempts before it is parked.
    pub max_attempts: u16,
    /// Steps that earlier attempts reported as done.
    pub done: u64,
    /// Steps in total, if known.
    pub total: Option<u64>,
    /// Who holds the lease.
    pub worker: String,
}

impl ClaimedJob {
    /// Whether a crash used up the last attempt: such a job is parked without running it again.
    #[must_use]
    pub const fn is_exhausted(&self) -> bool {
        self.attempt > self.max_attempts
    }
}

/// An event on its way to one handler, handed to one worker until its lease ends.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedDelivery {
    /// The delivery; it goes into the [`kernel::Scope`] of the handler's transaction.
    pub id: DeliveryId,
    /// The tenant it belongs to.
    pub tenant: TenantId,
    /// Which handler it is for.
    pub handler: String,
    /// What happened.
    pub event: EventRow,
    /// Which attempt this is, counted from 1.
    pub attempt: u16,
    /// Who holds the lease.
    pub worker: String,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The work is done.
    Done,
    /// It failed and is tried again at an instant.
    Retry {
        /// Not before this instant.
        at: Timestamp,
        /// Why it failed, for people.
        error: String,
    },
    /// It could not start for a reason that says nothing about the work itself, such as a router that is away: it is
    /// tried again at an instant and the attempt does not count.
    Later {
        /// Not before this instant.
        at: Timestamp,
        /// What it waits for, for people.
        error: String,
    },
    /// It failed for good, until a person looks at it.
    Parked {
        /// Why it failed, for people.
        error: String,
    },
}

/// Claims jobs of every tenant.
#[async_trait]
pub trait JobClaims: Send + Sync {
    /// Takes up to `limit` due jobs for a worker until `now + lease`: the most urgent first, then the earliest
    /// `run_at`, then the oldest. Those that are less urgent than `least` are left; [`Priority::Low`] takes all.
    ///
    /// At most one job of a tenant's named lane is claimed at a time, across all workers. A job whose lease has lapsed
    /// is handed out again. Every claim counts as an attempt. No job is ever held by two workers with live leases.
    async fn claim(
        &self,
        worker: &str,
        now: Timestamp,
        lease: Duration,
        limit: u16,
        least: Priority,
    ) -> Result<Vec<ClaimedJob>, StoreError>;

    /// Moves the end of the lease to `until`. `false`: the lease is lost or the job was cancelled; stop working.
    async fn extend(&self, job: &ClaimedJob, until: Timestamp) -> Result<bool, StoreError>;

    /// Records how far it is; `total` replaces the known total if given. `false`: as in [`extend`](Self::extend).
    async fn progress(
        &self,
        job: &ClaimedJob,
        done: u64,
        total: Option<u64>,
    ) -> Result<bool, StoreError>;

    /// Records how the attempt ended. `false`: the lease was lost or the job cancelled, and nothing changed.
    ///
    /// A job that goes back to the queue while another with its unique key waits there is cancelled instead: the other
    /// one does the work.
    async fn finish(
        &self,
        job: &ClaimedJob,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Gives back everything a worker holds, jobs and deliveries, without counting the attempts: a clean stop.
    async fn release_worker(&self, worker: &str) -> Result<(), StoreError>;
}

/// Claims event deliveries of every tenant.
#[async_trait]
pub trait DeliveryClaims: Send + Sync {
    /// Takes up to `limit` due deliveries for a worker until `now + lease`, the oldest event first.
    ///
    /// The deliveries of one aggregate to one handler are handed out in the order of their events and one at a time: a
    /// delivery that waits for its retry holds back the later ones, a parked one is skipped. A delivery whose lease
    /// has lapsed is handed out again. Every claim counts as an attempt.
    async fn claim(
        &self,
        worker: &str,
        now: Timestamp,
        lease: Duration,
        limit: u16,
    ) -> Result<Vec<ClaimedDelivery>, StoreError>;

    /// Records how the attempt ended; [`Outcome::Done`] only where the handler's own transaction did not carry the
    /// delivery. `false`: the lease was lost, or the delivery is done already, and nothing changed.
    async fn finish(
        &self,
        delivery: &ClaimedDelivery,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// Repeats work at intervals, for every tenant.
#[async_trait]
pub trait Schedules: Send + Sync {
    /// Makes sure that a tenant's schedule exists with this interval (above zero); a new one is due at once, and a
    /// shorter interval than before never waits longer than itself.
    async fn ensure(
        &self,
        tenant: TenantId,
        name: &str,
        every: Duration,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Enqueues a job for each of up to `limit` due schedules and moves them to `now` plus their interval, in one
    /// transaction. Returns how many were due.
    ///
    /// The job's kind and unique key are the schedule's name, its lane is open, its priority low, its payload an empty
    /// object, with 5 attempts. However late it comes, a schedule fires once.
    async fn fire_due(&self, now: Timestamp, limit: u16) -> Result<u64, StoreError>;
}

/// Tells workers that new work may exist, so that they need not wait for the next poll.
#[async_trait]
pub trait WorkSignal: Send + Sync {
    /// Returns when new work may exist; a wake-up that came since the last return counts.
    async fn woken(&self);

    /// Wakes whoever waits, in this process and, where the store can, in others.
    fn wake(&self);
}
