//! One delivery or job from claim to outcome, with its lease renewed while it runs.

use async_trait::async_trait;
use jobs::{ClaimedDelivery, ClaimedJob, Outcome, RetryPolicy};
use kernel::StoreError;
use workflows::{Failure, Progress, Remedy};

use super::{Chain, Worker};

/// Reports the steps of one job to the queue.
struct Steps<'a> {
    worker: &'a Worker,
    job: &'a ClaimedJob,
}

#[async_trait]
impl Progress for Steps<'_> {
    async fn report(&self, done: u64, total: Option<u64>) -> Result<bool, StoreError> {
        self.worker.jobs.progress(self.job, done, total).await
    }
}

impl Worker {
    pub(super) async fn deliver(&self, delivery: ClaimedDelivery) {
        self.probe.reached("worker.delivery_claimed");
        let Some(outcome) = self.hand_over(&delivery).await else {
            tracing::warn!(delivery = %delivery.id, handler = delivery.handler, "not handled within its lease; it will be tried again");
            return;
        };
        self.probe.reached("worker.delivery_handled");
        log_outcome("delivery", &delivery.handler, &outcome);
        let now = self.bench.clock.now();
        // Nothing to store is the rule here: the handler's own transaction carried the delivery.
        if let Err(err) = self.deliveries.finish(&delivery, outcome, now).await {
            tracing::warn!(err = %Chain(&err), delivery = %delivery.id, "the outcome could not be stored; the lease will lapse");
        }
    }

    /// Hands a delivery to its handler, whose one short transaction must fit into the lease; `None` if it did not.
    async fn hand_over(&self, delivery: &ClaimedDelivery) -> Option<Outcome> {
        let most = self.settings.delivery_attempts;
        if delivery.attempt > most {
            return Some(died_each_time());
        }
        let lease = self.lease().to_std().unwrap_or_default();
        let handled = workflows::deliver(&self.bench, delivery);
        let outcome = match tokio::time::timeout(lease, handled).await.ok()? {
            Ok(()) => Outcome::Done,
            Err(failure) => self.outcome(&failure, delivery.attempt, most, &self.delivery_retry),
        };
        Some(outcome)
    }

    pub(super) async fn run_job(&self, job: ClaimedJob) {
        self.probe.reached("worker.job_claimed");
        let Some(outcome) = self.attempt(&job).await else {
            return;
        };
        self.probe.reached("worker.job_run");
        log_outcome("job", &job.kind, &outcome);
        let now = self.bench.clock.now();
        match self.jobs.finish(&job, outcome, now).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::info!(job = %job.id, kind = job.kind, "the job was cancelled or its lease was lost");
            }
            Err(err) => {
                tracing::warn!(err = %Chain(&err), job = %job.id, "the outcome could not be stored; the lease will lapse");
            }
        }
        self.signal.wake();
    }

    /// Runs a job while its lease is renewed beside it; `None` once the lease is lost.
    async fn attempt(&self, job: &ClaimedJob) -> Option<Outcome> {
        if job.is_exhausted() {
            return Some(died_each_time());
        }
        let steps = Steps { worker: self, job };
        // Both are polled together: the renewal may need a connection that the work holds.
        let ended = tokio::select! {
            biased;
            ended = workflows::run_job(&self.bench, job, &steps) => ended,
            () = self.keep_lease(job) => return None,
        };
        Some(match ended {
            Ok(()) => Outcome::Done,
            Err(failure) => self.outcome(&failure, job.attempt, job.max_attempts, &self.job_retry),
        })
    }

    /// Renews the lease of a job three times in its length. Returns once it is lost: the job was cancelled, another
    /// worker has it, or it lapsed because it could not be renewed.
    async fn keep_lease(&self, job: &ClaimedJob) {
        let third = self.lease().to_std().unwrap_or_default() / 3;
        let mut held_until = self.bench.clock.now().plus(self.lease());
        loop {
            tokio::time::sleep(third).await;
            let until = self.bench.clock.now().plus(self.lease());
            match tokio::time::timeout(third, self.jobs.extend(job, until)).await {
                Ok(Ok(true)) => held_until = until,
                Ok(Ok(false)) => {
                    tracing::info!(job = %job.id, kind = job.kind, "the job was cancelled or its lease was lost");
                    return;
                }
                Ok(Err(err)) => {
                    tracing::warn!(err = %Chain(&err), job = %job.id, "the lease could not be renewed");
                }
                Err(_) => tracing::warn!(job = %job.id, "the lease could not be renewed in time"),
            }
            if self.bench.clock.now() >= held_until {
                tracing::warn!(job = %job.id, kind = job.kind, "the lease has lapsed; the work stops");
                return;
            }
        }
    }

    fn outcome(
        &self,
        failure: &Failure,
        attempt: u16,
        max_attempts: u16,
        policy: &RetryPolicy,
    ) -> Outcome {
        let error = failure.reason.clone();
        let now = self.bench.clock.now();
        match failure.remedy {
            Remedy::Park => Outcome::Parked { error },
            Remedy::WaitFor(wait) => Outcome::Later {
                at: now.plus(wait),
                error,
            },
            Remedy::Retry if attempt >= max_attempts => Outcome::Parked { error },
            Remedy::Retry => {
                let at = policy.wait_at_most_cap(attempt, now, &*self.bench.randomness);
                Outcome::Retry { at, error }
            }
        }
    }
}

/// Work that takes its process down with it is not tried for ever.
fn died_each_time() -> Outcome {
    Outcome::Parked {
        error: "the worker died during each attempt".to_owned(),
    }
}

fn log_outcome(what: &str, name: &str, outcome: &Outcome) {
    match outcome {
        Outcome::Done => tracing::debug!(what, name, "done"),
        Outcome::Retry { at, error } | Outcome::Later { at, error } => {
            tracing::warn!(what, name, %at, error, "failed; it will be tried again");
        }
        Outcome::Parked { error } => {
            tracing::error!(
                what,
                name,
                error,
                "failed for good; it is parked until somebody looks at it"
            );
        }
    }
}
