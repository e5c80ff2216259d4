//! The worker: claims deliveries and jobs, runs them beside each other, and says how each ended.

mod run;

use std::sync::Arc;
use std::time::Duration;

use chrono::Duration as Span;
use jobs::{DeliveryClaims, JobClaims, RetryPolicy, Schedules, WorkSignal};
use kernel::{Probe, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use workflows::Workbench;

use crate::settings::WorkerSettings;

/// How many schedules one look at the clock fires at most.
const SCHEDULES_AT_ONCE: u16 = 200;
/// How long a stop waits for work in progress before it gives the rest back.
const GRACE: Duration = Duration::from_secs(10);
/// How long the worker pauses when the database cannot be reached.
const PAUSE: Duration = Duration::from_secs(1);

/// The worker's ports and numbers.
#[derive(Clone)]
pub struct Worker {
    /// Its name: unique among the workers that share a database.
    pub name: String,
    /// What the work needs.
    pub bench: Workbench,
    /// Where jobs come from.
    pub jobs: Arc<dyn JobClaims>,
    /// Where deliveries come from.
    pub deliveries: Arc<dyn DeliveryClaims>,
    /// What repeats.
    pub schedules: Arc<dyn Schedules>,
    /// Says when to look again.
    pub signal: Arc<dyn WorkSignal>,
    /// Told of named points.
    pub probe: Arc<dyn Probe>,
    /// Waits between attempts of a job.
    pub job_retry: RetryPolicy,
    /// Waits between attempts of a delivery.
    pub delivery_retry: RetryPolicy,
    /// Concurrency, polling and leases.
    pub settings: WorkerSettings,
}

impl Worker {
    /// Works until `stop` is cancelled; `ready` turns true with the first successful claim.
    ///
    /// A database that cannot be reached is waited for. On a stop, work in progress gets ten seconds to end; what
    /// is left is given back for another worker, without counting the attempt.
    pub async fn run(self, stop: CancellationToken, ready: watch::Sender<bool>) {
        let worker = Arc::new(self);
        let mut running = JoinSet::new();
        while !stop.is_cancelled() {
            match worker.claim_and_start(&mut running).await {
                Ok(started) => {
                    ready.send_replace(true);
                    if started == 0 {
                        worker.wait_for_work(&mut running, &stop).await;
                    }
                }
                Err(err) => {
                    tracing::warn!(err = %Chain(&err), "the worker cannot claim work; it tries again");
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(PAUSE) => {}
                    }
                }
            }
        }
        worker.finish_or_give_back(running).await;
    }

    async fn claim_and_start(
        self: &Arc<Self>,
        running: &mut JoinSet<()>,
    ) -> Result<usize, StoreError> {
        while running.try_join_next().is_some() {}
        let now = self.bench.clock.now();
        self.schedules.fire_due(now, SCHEDULES_AT_ONCE).await?;
        let lease = Span::seconds(self.settings.lease_s);
        let deliveries = match self.free(running) {
            0 => Vec::new(),
            free => self.deliveries.claim(&self.name, now, lease, free).await?,
        };
        let mut started = deliveries.len();
        for delivery in deliveries {
            let worker = Arc::clone(self);
            running.spawn(async move { worker.deliver(delivery).await });
        }
        let jobs = match self.free(running) {
            0 => Vec::new(),
            free => self.jobs.claim(&self.name, now, lease, free).await?,
        };
        started += jobs.len();
        for job in jobs {
            let worker = Arc::clone(self);
            running.spawn(async move { worker.run_job(job).await });
        }
        Ok(started)
    }

    fn free(&self, running: &JoinSet<()>) -> u16 {
        let busy = u16::try_from(running.len()).unwrap_or(u16::MAX);
        self.settings.concurrency.saturating_sub(busy)
    }

    async fn wait_for_work(&self, running: &mut JoinSet<()>, stop: &CancellationToken) {
        let poll = Duration::from_millis(self.settings.poll_ms);
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.signal.woken() => {}
            Some(_) = running.join_next() => {}
            () = tokio::time::sleep(poll) => {}
        }
    }

    async fn finish_or_give_back(&self, mut running: JoinSet<()>) {
        let ended = async { while running.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            tracing::warn!("work in progress did not end in time and is given back");
        }
        running.shutdown().await;
        if let Err(err) = self.jobs.release_worker(&self.name).await {
            tracing::warn!(err = %Chain(&err), "claims could not be given back; they lapse with their lease");
        }
    }
}

/// Prints an error with everything that caused it.
pub(crate) struct Chain<'a>(pub(crate) &'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(err) = cause {
            write!(f, ": {err}")?;
            cause = err.source();
        }
        Ok(())
    }
}
