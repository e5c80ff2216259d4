//! The queue of the fake, whose claims and renewals fail while a test says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use async_trait::async_trait;
use chrono::Duration;
use jobs::testing::MemoryJobs;
use jobs::{ClaimedDelivery, ClaimedJob, DeliveryClaims, JobClaims, Outcome};
use kernel::{Priority, StoreError, Timestamp};
use tokio::sync::{Mutex, Notify};

/// The one connection that writes, as on SQLite.
#[derive(Default)]
pub(super) struct Writer {
    place: Mutex<()>,
    wanted: Notify,
}

impl Writer {
    pub(super) async fn hold_until_wanted(&self) {
        let _place = self.place.lock().await;
        self.wanted.notified().await;
    }

    async fn write(&self) {
        self.wanted.notify_one();
        let _place = self.place.lock().await;
    }
}

pub(super) struct Ports {
    jobs: MemoryJobs,
    writer: Arc<Writer>,
    pub(super) no_job_claims: AtomicBool,
    pub(super) no_delivery_claims: AtomicBool,
    pub(super) no_renewals: AtomicBool,
    pub(super) renewals: AtomicU32,
}

impl Ports {
    pub(super) fn of(jobs: MemoryJobs, writer: Arc<Writer>) -> Self {
        Self {
            jobs,
            writer,
            no_job_claims: AtomicBool::new(false),
            no_delivery_claims: AtomicBool::new(false),
            no_renewals: AtomicBool::new(false),
            renewals: AtomicU32::new(0),
        }
    }
}

fn unless(broken: &AtomicBool) -> Result<(), StoreError> {
    if broken.load(Ordering::SeqCst) {
        return Err(StoreError::corrupt("broken by the test"));
    }
    Ok(())
}

#[async_trait]
impl JobClaims for Ports {
    async fn claim(
        &self,
        worker: &str,
        now: Timestamp,
        lease: Duration,
        limit: u16,
        least: Priority,
    ) -> Result<Vec<ClaimedJob>, StoreError> {
        unless(&self.no_job_claims)?;
        JobClaims::claim(&self.jobs, worker, now, lease, limit, least).await
    }

    async fn extend(&self, job: &ClaimedJob, until: Timestamp) -> Result<bool, StoreError> {
        unless(&self.no_renewals)?;
        self.writer.write().await;
        self.renewals.fetch_add(1, Ordering::SeqCst);
        self.jobs.extend(job, until).await
    }

    async fn progress(
        &self,
        job: &ClaimedJob,
        done: u64,
        total: Option<u64>,
    ) -> Result<bool, StoreError> {
        self.jobs.progress(job, done, total).await
    }

    async fn finish(
        &self,
        job: &ClaimedJob,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        JobClaims::finish(&self.jobs, job, outcome, now).await
    }

    async fn release_worker(&self, worker: &str) -> Result<(), StoreError> {
        self.jobs.release_worker(worker).await
    }
}

#[async_trait]
impl DeliveryClaims for Ports {
    async fn claim(
        &self,
        worker: &str,
        now: Timestamp,
        lease: Duration,
        limit: u16,
    ) -> Result<Vec<ClaimedDelivery>, StoreError> {
        unless(&self.no_delivery_claims)?;
        DeliveryClaims::claim(&self.jobs, worker, now, lease, limit).await
    }

    async fn finish(
        &self,
        delivery: &ClaimedDelivery,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        DeliveryClaims::finish(&self.jobs, delivery, outcome, now).await
    }
}
