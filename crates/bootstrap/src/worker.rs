//! The worker: claims deliveries and jobs, runs them beside each other, and says how each ended.

mod run;
mod running;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use chrono::Duration as Span;
use jobs::{DeliveryClaims, JobClaims, RetryPolicy, Schedules, WorkSignal};
use kernel::{Probe, StoreError};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use workflows::Workbench;

use self::running::Running;
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
        let mut running = Running::of(worker.settings.concurrency);
        let mut schedules_at = Instant::now();
        while !stop.is_cancelled() {
            running.reap();
            match worker.start_due(&mut running, &mut schedules_at).await {
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

    /// Fires schedules and starts what is due, each whatever becomes of the others: one stored row that makes no sense
    /// must not stop all work.
    async fn start_due(
        self: &Arc<Self>,
        running: &mut Running,
        schedules_at: &mut Instant,
    ) -> Result<usize, StoreError> {
        let fired = self.fire_schedules(schedules_at).await;
        let (one, other) = if running.jobs_take_the_first_turn() {
            let jobs = self.start_jobs(running).await;
            (jobs, self.start_deliveries(running).await)
        } else {
            let deliveries = self.start_deliveries(running).await;
            (deliveries, self.start_jobs(running).await)
        };
        fired?;
        Ok(one? + other?)
    }

    /// Looks at the schedules once for each poll, not for each wake-up.
    async fn fire_schedules(&self, next: &mut Instant) -> Result<(), StoreError> {
        if Instant::now() < *next {
            return Ok(());
        }
        let now = self.bench.clock.now();
        let fired = self.schedules.fire_due(now, SCHEDULES_AT_ONCE).await?;
        if fired < u64::from(SCHEDULES_AT_ONCE) {
            *next = Instant::now() + self.poll();
        }
        Ok(())
    }

    async fn start_deliveries(
        self: &Arc<Self>,
        running: &mut Running,
    ) -> Result<usize, StoreError> {
        let room = running.room_for_deliveries();
        if room == 0 {
            return Ok(0);
        }
        let now = self.bench.clock.now();
        let deliveries = self.deliveries.claim(&self.name, now, self.lease(), room);
        let deliveries = deliveries.await?;
        let started = deliveries.len();
        for delivery in deliveries {
            let worker = Arc::clone(self);
            running.start_delivery(async move { worker.deliver(delivery).await });
        }
        Ok(started)
    }

    async fn start_jobs(self: &Arc<Self>, running: &mut Running) -> Result<usize, StoreError> {
        let room = running.room_for_jobs();
        if room == 0 {
            return Ok(0);
        }
        let now = self.bench.clock.now();
        let jobs = self.jobs.claim(&self.name, now, self.lease(), room).await?;
        let started = jobs.len();
        for job in jobs {
            let worker = Arc::clone(self);
            running.start_job(async move { worker.run_job(job).await });
        }
        Ok(started)
    }

    fn lease(&self) -> Span {
        Span::seconds(self.settings.lease_s)
    }

    const fn poll(&self) -> Duration {
        Duration::from_millis(self.settings.poll_ms)
    }

    async fn wait_for_work(&self, running: &mut Running, stop: &CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.signal.woken() => {}
            () = running.one_ended() => {}
            () = tokio::time::sleep(self.poll()) => {}
        }
    }

    async fn finish_or_give_back(&self, mut running: Running) {
        if tokio::time::timeout(GRACE, running.all_ended())
            .await
            .is_err()
        {
            tracing::warn!("work in progress did not end in time and is given back");
        }
        running.abandon().await;
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
