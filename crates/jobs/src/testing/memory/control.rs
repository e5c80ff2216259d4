//! What operators do to background work, on the fake.

use async_trait::async_trait;
use kernel::{DeliveryId, JobId, TenantId, Timestamp};

use super::MemoryJobs;
use crate::job::{JobRefusal, JobState};
use crate::ports::control::{ControlError, JobControl};

#[async_trait]
impl JobControl for MemoryJobs {
    async fn cancel(
        &self,
        tenant: TenantId,
        job: JobId,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        let mut rows = self.lock();
        let job = rows.jobs.get_mut(&(tenant, job));
        let job = job.ok_or(ControlError::NotFound)?;
        job.cancel(now).map_err(ControlError::Refused)
    }

    async fn requeue(
        &self,
        tenant: TenantId,
        job: JobId,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        let mut rows = self.lock();
        let stored = rows.jobs.get(&(tenant, job));
        let stored = stored.ok_or(ControlError::NotFound)?;
        let waits = *stored.state() == JobState::Queued;
        let key = stored.unique_key().filter(|_| !waits).map(str::to_owned);
        if key.is_some_and(|it| rows.waiting_twin(tenant, &it).is_some()) {
            return Err(ControlError::Refused(JobRefusal::TwinWaits));
        }
        let stored = rows.jobs.get_mut(&(tenant, job));
        let stored = stored.ok_or(ControlError::NotFound)?;
        stored.requeue(now).map_err(ControlError::Refused)
    }

    async fn requeue_delivery(
        &self,
        tenant: TenantId,
        delivery: DeliveryId,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        let mut rows = self.lock();
        let stored = rows.deliveries.get_mut(&delivery);
        let stored = stored.filter(|it| it.event.tenant == tenant);
        let stored = stored.ok_or(ControlError::NotFound)?;
        stored.requeue(now).map_err(ControlError::Refused)
    }
}
