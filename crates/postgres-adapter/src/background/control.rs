//! What operators do to background work.

use async_trait::async_trait;
use jobs::{ControlError, DeliveryState, JobControl, JobRefusal, JobStateName, JobsStore};
use kernel::{DeliveryId, JobId, Scope, StoreError, TenantId, Timestamp, UnitOfWork};
use sea_orm::{FromQueryResult, Value};

use crate::store::Store;
use crate::{row, sql};

#[derive(Debug, FromQueryResult)]
struct StateRow {
    state: String,
}

#[async_trait]
impl JobsStore for Store {
    async fn begin(&self, scope: &Scope) -> Result<Box<dyn UnitOfWork>, StoreError> {
        Ok(Box::new(self.transaction(scope).await?))
    }
}

#[async_trait]
impl JobControl for Store {
    async fn cancel(
        &self,
        tenant: TenantId,
        job: JobId,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        let values = [tenant.uuid().into(), job.uuid().into(), now.utc().into()];
        if sql::execute(self.writer(), CANCEL, values).await? > 0 {
            self.surroundings.wakes.wake();
            return Ok(());
        }
        match self.job_state(tenant, job).await? {
            JobStateName::Done => Err(ControlError::Refused(JobRefusal::Done)),
            JobStateName::Cancelled => Ok(()),
            // It changed between the two looks: the caller runs again.
            JobStateName::Queued | JobStateName::Running | JobStateName::Parked => {
                Err(StoreError::Conflict.into())
            }
        }
    }

    async fn requeue(
        &self,
        tenant: TenantId,
        job: JobId,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        let values = [tenant.uuid().into(), job.uuid().into(), now.utc().into()];
        match self.put_back(REQUEUE, values).await {
            Err(err) if err.is_duplicate_of("jobs_unique_key_key") => {
                return Err(ControlError::Refused(JobRefusal::TwinWaits));
            }
            Err(err) => return Err(err.into()),
            Ok(0) => {}
            Ok(_) => return Ok(()),
        }
        match self.job_state(tenant, job).await? {
            JobStateName::Queued => Ok(()),
            JobStateName::Running | JobStateName::Done => {
                Err(ControlError::Refused(JobRefusal::NotStopped))
            }
            JobStateName::Parked | JobStateName::Cancelled => Err(StoreError::Conflict.into()),
        }
    }

    async fn requeue_delivery(
        &self,
        tenant: TenantId,
        delivery: DeliveryId,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        let values = [
            tenant.uuid().into(),
            delivery.uuid().into(),
            now.utc().into(),
        ];
        if self.put_back(REQUEUE_DELIVERY, values).await? > 0 {
            return Ok(());
        }
        match self.delivery_state(tenant, delivery).await? {
            DeliveryState::Waiting => Ok(()),
            DeliveryState::Running | DeliveryState::Done => {
                Err(ControlError::Refused(JobRefusal::NotStopped))
            }
            DeliveryState::Parked => Err(StoreError::Conflict.into()),
        }
    }
}

impl Store {
    async fn put_back(&self, text: &str, values: [Value; 3]) -> Result<u64, StoreError> {
        let changed = sql::execute(self.writer(), text, values).await?;
        if changed > 0 {
            self.surroundings.wakes.wake_everybody();
        }
        Ok(changed)
    }

    async fn job_state(&self, tenant: TenantId, job: JobId) -> Result<JobStateName, ControlError> {
        let text = "SELECT state FROM jobs WHERE tenant_id = $1 AND id = $2";
        let state = self
            .state(text, [tenant.uuid().into(), job.uuid().into()])
            .await?;
        JobStateName::from_word(&state).ok_or_else(|| row::bad("state", &state).into())
    }

    async fn delivery_state(
        &self,
        tenant: TenantId,
        delivery: DeliveryId,
    ) -> Result<DeliveryState, ControlError> {
        let text = "SELECT state FROM deliveries WHERE tenant_id = $1 AND id = $2";
        let state = self
            .state(text, [tenant.uuid().into(), delivery.uuid().into()])
            .await?;
        DeliveryState::from_word(&state).ok_or_else(|| row::bad("state", &state).into())
    }

    async fn state(&self, text: &str, values: [Value; 2]) -> Result<String, ControlError> {
        let found: Option<StateRow> = sql::row(self.writer(), text, values).await?;
        found.map(|it| it.state).ok_or(ControlError::NotFound)
    }
}

const CANCEL: &str = "\
UPDATE jobs SET state = 'cancelled', finished_at = $3, worker = NULL
WHERE tenant_id = $1 AND id = $2 AND state IN ('queued', 'running', 'parked')";

const REQUEUE: &str = "\
UPDATE jobs SET state = 'queued', attempts = 0, run_at = $3, due_at = $3, finished_at = NULL, worker = NULL
WHERE tenant_id = $1 AND id = $2 AND state IN ('parked', 'cancelled')";

const REQUEUE_DELIVERY: &str = "\
UPDATE deliveries SET state = 'waiting', attempts = 0, run_at = $3, due_at = $3, finished_at = NULL, worker = NULL
WHERE tenant_id = $1 AND id = $2 AND state = 'parked'";
