//! One delivery or job from claim to outcome, with its lease renewed while it runs.

use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use chrono::Duration as Span;
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
        let outcome = match workflows::deliver(&self.bench, &delivery).await {
            Ok(()) => Outcome::Done,
            Err(failure) => self.outcome(
                &failure,
                delivery.attempt,
                self.settings.delivery_attempts,
                &self.delivery_retry,
            ),
        };
        self.probe.reached("worker.delivery_handled");
        log_failure("delivery", &delivery.handler, &outcome);
        let now = self.bench.clock.now();
        if let Err(err) = self.deliveries.finish(&delivery, outcome, now).await {
            tracing::warn!(err = %Chain(&err), delivery = %delivery.id, "the outcome could not be stored; the lease will lapse");
        }
    }

    pub(super) async fn run_job(&self, job: ClaimedJob) {
        self.probe.reached("worker.job_claimed");
        let outcome = if job.is_exhausted() {
            Outcome::Parked {
                error: "the worker died during each attempt".to_owned(),
            }
        } else {
            let steps = Steps {
                worker: self,
                job: &job,
            };
            match self
                .while_leased(&job, workflows::run_job(&self.bench, &job, &steps))
                .await
            {
                None => return,
                Some(Ok(())) => Outcome::Done,
                Some(Err(failure)) => {
                    self.outcome(&failure, job.attempt, job.max_attempts, &self.job_retry)
                }
            }
        };
        self.probe.reached("worker.job_run");
        log_failure("job", &job.kind, &outcome);
        let now = self.bench.clock.now();
        if let Err(err) = self.jobs.finish(&job, outcome, now).await {
            tracing::warn!(err = %Chain(&err), job = %job.id, "the outcome could not be stored; the lease will lapse");
        }
        self.signal.wake();
    }

    /// Runs the work and renews the lease beside it; `None` once the lease is lost.
    async fn while_leased<T>(&self, job: &ClaimedJob, work: impl Future<Output = T>) -> Option<T> {
        let third = u64::try_from(self.settings.lease_s).unwrap_or(1) * 1000 / 3;
        let mut renewals = tokio::time::interval(Duration::from_millis(third));
        renewals.tick().await;
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Some(done),
                _ = renewals.tick() => {
                    let until = self.bench.clock.now().plus(Span::seconds(self.settings.lease_s));
                    match self.jobs.extend(job, until).await {
                        Ok(true) => {}
                        Ok(false) => {
                            tracing::info!(job = %job.id, kind = job.kind, "the job was cancelled or its lease was lost");
                            return None;
                        }
                        Err(err) => tracing::warn!(err = %Chain(&err), job = %job.id, "the lease could not be renewed"),
                    }
                }
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

fn log_failure(what: &str, name: &str, outcome: &Outcome) {
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
