//! Claims of jobs, schedules and the wake-up signal on the fake.

use async_trait::async_trait;
use chrono::Duration;
use kernel::{JobId, JobRequest, Lane, Priority, StoreError, TenantId, Timestamp};

use super::{MemoryJobs, Rows, Schedule};
use crate::job::{Job, JobState};
use crate::ports::claims::{ClaimedJob, JobClaims, Outcome, Schedules, WorkSignal};

impl Rows {
    fn claimable(&self, now: Timestamp, least: Priority) -> Vec<(TenantId, JobId)> {
        let mut jobs: Vec<_> = self
            .jobs
            .values()
            .filter(|it| it.is_claimable(now) && it.place_in_queue().0 <= least)
            .collect();
        jobs.sort_by_key(|it| it.place_in_queue());
        jobs.iter().map(|it| (it.tenant(), it.id())).collect()
    }

    /// Whether another job of the lane is held; one whose lease lapsed keeps the lane until it is handed out again.
    fn is_lane_taken(&self, tenant: TenantId, job: JobId) -> bool {
        let lane = self.jobs.get(&(tenant, job)).map(|it| it.lane().clone());
        let Some(lane) = lane.filter(|it| *it != Lane::open()) else {
            return false;
        };
        self.jobs.values().any(|it| {
            let running = matches!(it.state(), JobState::Running { .. });
            it.tenant() == tenant && it.id() != job && running && *it.lane() == lane
        })
    }

    fn give_way_to_twin(&mut self, tenant: TenantId, id: JobId, now: Timestamp) {
        let is_twin = |job: &Job, other: &Job| {
            let waits = *job.state() == JobState::Queued && *other.state() == JobState::Queued;
            let same = job.unique_key().is_some() && job.unique_key() == other.unique_key();
            waits && same && other.tenant() == tenant && other.id() != id
        };
        let Some(job) = self.jobs.get(&(tenant, id)) else {
            return;
        };
        let twin = self.jobs.values().any(|other| is_twin(job, other));
        if let Some(job) = self.jobs.get_mut(&(tenant, id)).filter(|_| twin) {
            job.give_way(now);
        }
    }
}

#[async_trait]
impl JobClaims for MemoryJobs {
    async fn claim(
        &self,
        worker: &str,
        now: Timestamp,
        lease: Duration,
        limit: u16,
        least: Priority,
    ) -> Result<Vec<ClaimedJob>, StoreError> {
        let mut rows = self.lock();
        let mut claimed = Vec::new();
        for (tenant, id) in rows.claimable(now, least) {
            if claimed.len() >= usize::from(limit) {
                break;
            }
            if rows.is_lane_taken(tenant, id) {
                continue;
            }
            let job = rows.jobs.get_mut(&(tenant, id));
            claimed.extend(job.and_then(|it| it.claim(worker, now, lease)));
        }
        Ok(claimed)
    }

    async fn extend(&self, job: &ClaimedJob, until: Timestamp) -> Result<bool, StoreError> {
        let mut rows = self.lock();
        let stored = rows.jobs.get_mut(&(job.tenant, job.id));
        Ok(stored.is_some_and(|it| it.extend(job, until)))
    }

    async fn progress(
        &self,
        job: &ClaimedJob,
        done: u64,
        total: Option<u64>,
    ) -> Result<bool, StoreError> {
        let mut rows = self.lock();
        let stored = rows.jobs.get_mut(&(job.tenant, job.id));
        Ok(stored.is_some_and(|it| it.progress(job, done, total)))
    }

    async fn finish(
        &self,
        job: &ClaimedJob,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut rows = self.lock();
        let stored = rows.jobs.get_mut(&(job.tenant, job.id));
        let held = stored.is_some_and(|it| it.finish(job, outcome, now));
        rows.give_way_to_twin(job.tenant, job.id, now);
        Ok(held)
    }

    async fn release_worker(&self, worker: &str) -> Result<(), StoreError> {
        let mut rows = self.lock();
        let held = |it: &&Job| matches!(it.state(), JobState::Running { worker: holder, .. } if holder == worker);
        let keys: Vec<_> = rows
            .jobs
            .values()
            .filter(held)
            .map(|it| (it.tenant(), it.id()))
            .collect();
        for (tenant, id) in keys {
            if let Some(job) = rows.jobs.get_mut(&(tenant, id)) {
                job.release(worker);
                let now = job.place_in_queue().1;
                rows.give_way_to_twin(tenant, id, now);
            }
        }
        rows.deliveries
            .values_mut()
            .for_each(|it| it.release(worker));
        Ok(())
    }
}

#[async_trait]
impl Schedules for MemoryJobs {
    async fn ensure(
        &self,
        tenant: TenantId,
        name: &str,
        every: Duration,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut rows = self.lock();
        let fresh = Schedule {
            every,
            next_at: now,
        };
        let schedule = rows
            .schedules
            .entry((tenant, name.to_owned()))
            .or_insert(fresh);
        schedule.every = every;
        schedule.next_at = schedule.next_at.min(now.plus(every));
        Ok(())
    }

    async fn fire_due(&self, now: Timestamp, limit: u16) -> Result<u64, StoreError> {
        let mut rows = self.lock();
        let mut due: Vec<_> = rows
            .schedules
            .iter()
            .filter(|(_, it)| it.next_at <= now)
            .map(|(key, it)| (it.next_at, key.clone()))
            .collect();
        due.sort();
        due.truncate(usize::from(limit));
        let count = due.len() as u64;
        for (_, (tenant, name)) in due {
            rows.enqueue(tenant, fired(self.fresh(), &name, now))?;
            if let Some(schedule) = rows.schedules.get_mut(&(tenant, name)) {
                schedule.next_at = now.plus(schedule.every);
            }
        }
        Ok(count)
    }
}

fn fired(id: JobId, name: &str, now: Timestamp) -> JobRequest {
    JobRequest {
        id,
        kind: name.to_owned(),
        lane: Lane::open(),
        priority: Priority::Low,
        run_at: now,
        unique_key: Some(name.to_owned()),
        payload: serde_json::json!({}),
        max_attempts: 5,
        total: None,
    }
}

#[async_trait]
impl WorkSignal for MemoryJobs {
    async fn woken(&self) {
        self.shared.signal.woken().await;
    }

    fn wake(&self) {
        self.shared.signal.wake();
    }
}
