//! Forgetting on the fake.

use async_trait::async_trait;
use kernel::{StoreError, Timestamp};

use super::MemoryJobs;
use crate::delivery::DeliveryState;
use crate::job::{Job, JobState};
use crate::ports::housekeeping::{Housekeeping, JobKinds};

#[async_trait]
impl Housekeeping for MemoryJobs {
    async fn forget_jobs(
        &self,
        kinds: JobKinds<'_>,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let mut rows = self.lock();
        let over = |job: &Job| match job.state() {
            JobState::Done { at } | JobState::Cancelled { at } if *at < before => Some(*at),
            _ => None,
        };
        let is_meant = |job: &Job| match kinds {
            JobKinds::All => true,
            JobKinds::Only(kinds) => kinds.contains(&job.view().kind.as_str()),
        };
        let mut old: Vec<_> = rows
            .jobs
            .iter()
            .filter(|(_, job)| is_meant(job))
            .filter_map(|(key, job)| over(job).map(|at| (at, *key)))
            .collect();
        old.sort();
        old.truncate(at_most(limit));
        old.iter().for_each(|(_, key)| drop(rows.jobs.remove(key)));
        Ok(old.len() as u64)
    }

    async fn forget_deliveries(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut rows = self.lock();
        let old = rows.deliveries.values();
        let old = old.filter(|it| it.was_done_before(before)).map(|it| it.id);
        let old: Vec<_> = old.take(at_most(limit)).collect();
        old.iter().for_each(|id| drop(rows.deliveries.remove(id)));
        Ok(old.len() as u64)
    }

    async fn forget_events(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut rows = self.lock();
        let needed: Vec<_> = rows
            .deliveries
            .values()
            .filter(|it| it.state != DeliveryState::Done)
            .map(|it| it.event.id)
            .collect();
        let newest = rows.events.last().map(|it| it.id);
        let old = rows.events.iter().filter(|it| {
            it.occurred_at < before && !needed.contains(&it.id) && Some(it.id) != newest
        });
        let old: Vec<_> = old.take(at_most(limit)).map(|it| it.id).collect();
        rows.events.retain(|it| !old.contains(&it.id));
        Ok(old.len() as u64)
    }
}

fn at_most(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
