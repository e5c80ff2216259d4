//! Reads of background work on the fake.

use async_trait::async_trait;
use kernel::{Cursor, EventRow, JobId, Page, PageRequest, StoreError, TenantId};

use super::MemoryJobs;
use crate::aggregate_ref::AggregateRef;
use crate::delivery::DeliveryState;
use crate::job::{Job, JobStateName};
use crate::ports::reads::{Backlog, DeliveryFilter, DeliveryView, JobFilter, JobQueries, JobView};

#[async_trait]
impl JobQueries for MemoryJobs {
    async fn job(&self, tenant: TenantId, job: JobId) -> Result<Option<JobView>, StoreError> {
        Ok(self.lock().jobs.get(&(tenant, job)).map(Job::view))
    }

    async fn jobs(
        &self,
        tenant: TenantId,
        filter: JobFilter,
        page: PageRequest,
    ) -> Result<Page<JobView>, StoreError> {
        let rows = self.lock();
        let items = rows
            .jobs
            .values()
            .rev()
            .filter(|it| it.tenant() == tenant)
            .map(Job::view)
            .filter(|it| filter.state.is_none_or(|state| it.state == state))
            .filter(|it| filter.kind.as_ref().is_none_or(|kind| it.kind == *kind))
            .filter(|it| filter.lane.as_ref().is_none_or(|lane| it.lane == *lane))
            .filter(|it| page.after().is_none_or(|place| it.id.uuid() < place.uuid()))
            .take(usize::from(page.limit()) + 1)
            .collect();
        Ok(Page::from_overfetch(items, page, |it| Cursor::after(it.id)))
    }

    async fn deliveries(
        &self,
        tenant: TenantId,
        filter: DeliveryFilter,
        page: PageRequest,
    ) -> Result<Page<DeliveryView>, StoreError> {
        let rows = self.lock();
        let items = rows
            .deliveries
            .values()
            .rev()
            .filter(|it| it.event.tenant == tenant)
            .map(super::Delivery::view)
            .filter(|it| filter.state.is_none_or(|state| it.state == state))
            .filter(|it| {
                filter
                    .handler
                    .as_ref()
                    .is_none_or(|name| it.handler == *name)
            })
            .filter(|it| page.after().is_none_or(|place| it.id.uuid() < place.uuid()))
            .take(usize::from(page.limit()) + 1)
            .collect();
        Ok(Page::from_overfetch(items, page, |it| Cursor::after(it.id)))
    }

    async fn events_of(
        &self,
        tenant: TenantId,
        aggregate: &AggregateRef,
        page: PageRequest,
    ) -> Result<Page<EventRow>, StoreError> {
        let rows = self.lock();
        let items = rows
            .events
            .iter()
            .rev()
            .filter(|it| it.tenant == tenant)
            .filter(|it| it.aggregate_kind == aggregate.kind())
            .filter(|it| it.aggregate_id == aggregate.id().uuid())
            .filter(|it| page.after().is_none_or(|place| it.id.uuid() < place.uuid()))
            .take(usize::from(page.limit()) + 1)
            .cloned()
            .collect();
        Ok(Page::from_overfetch(items, page, |it| Cursor::after(it.id)))
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        let rows = self.lock();
        let jobs: Vec<_> = rows.jobs.values().map(Job::view).collect();
        let in_state = |state| jobs.iter().filter(|it| it.state == state).count() as u64;
        let deliveries = |states: &[DeliveryState]| {
            let wanted = rows
                .deliveries
                .values()
                .filter(|it| states.contains(&it.state));
            wanted.count() as u64
        };
        let queued = jobs.iter().filter(|it| it.state == JobStateName::Queued);
        Ok(Backlog {
            jobs_queued: in_state(JobStateName::Queued),
            jobs_running: in_state(JobStateName::Running),
            jobs_parked: in_state(JobStateName::Parked),
            deliveries_waiting: deliveries(&[DeliveryState::Waiting, DeliveryState::Running]),
            deliveries_parked: deliveries(&[DeliveryState::Parked]),
            oldest_job_at: queued.map(|it| it.run_at).min(),
        })
    }
}
