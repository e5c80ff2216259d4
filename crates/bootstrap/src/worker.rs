//! The worker: claims deliveries and jobs, runs them beside each other, and says how each ended.

mod leap;
mod run;
mod running;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use chrono::Duration as Span;
use jobs::{DeliveryClaims, JobClaims, RetryPolicy, Schedules, WorkSignal};
use kernel::{Priority, Probe, StoreError, Timestamp};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use workflows::Workbench;

use self::leap::LeapWatch;
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
        let mut leaps = LeapWatch::since(worker.bench.clock.now(), Instant::now());
        let mut schedules_at = Instant::now();
        while !stop.is_cancelled() {
            running.reap();
            // Read once: a leap between two looks at the clock would go unnoticed.
            let now = worker.bench.clock.now();
            if leaps.has_leapt(
                now,
                Instant::now(),
                worker.lease().to_std().unwrap_or_default() / 3,
            ) {
                worker.renew_claims(&running, now).await;
            }
            match worker.start_due(&mut running, &mut schedules_at, now).await {
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
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let fired = self.fire_schedules(schedules_at, now).await;
        let (one, other) = if running.jobs_take_the_first_turn() {
            let jobs = self.start_jobs(running, now).await;
            (jobs, self.start_deliveries(running, now).await)
        } else {
            let deliveries = self.start_deliveries(running, now).await;
            (deliveries, self.start_jobs(running, now).await)
        };
        fired?;
        Ok(one? + other?)
    }

    /// Looks at the schedules once for each poll, not for each wake-up.
    async fn fire_schedules(&self, next: &mut Instant, now: Timestamp) -> Result<(), StoreError> {
        if Instant::now() < *next {
            return Ok(());
        }
        let fired = self.schedules.fire_due(now, SCHEDULES_AT_ONCE).await?;
        if fired < u64::from(SCHEDULES_AT_ONCE) {
            *next = Instant::now() + self.poll();
        }
        Ok(())
    }

    /// Renews the leases of the jobs that run when the clock has leapt ahead, before this worker or another takes them for
    /// lapsed. One that is lost already is noticed where its job runs.
    async fn renew_claims(&self, running: &Running, now: Timestamp) {
        tracing::info!(
            running = running.claims().count(),
            "the clock has leapt ahead; leases are renewed"
        );
        let until = now.plus(self.lease());
        let patience = self.lease().to_std().unwrap_or_default() / 3;
        let renewals = async {
            for claim in running.claims() {
                if let Err(err) = self.jobs.extend(claim, until).await {
                    tracing::warn!(err = %Chain(&err), job = %claim.id, "the lease could not be renewed");
                }
            }
        };
        // A database that is away must not hold up the stop of the worker; each job goes on renewing its own.
        if tokio::time::timeout(patience, renewals).await.is_err() {
            tracing::warn!("the leases could not be renewed in time");
        }
    }

    async fn start_deliveries(
        self: &Arc<Self>,
        running: &mut Running,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let room = running.room_for_deliveries();
        if room == 0 {
            return Ok(0);
        }
        let deliveries = self.deliveries.claim(&self.name, now, self.lease(), room);
        let deliveries = deliveries.await?;
        let started = deliveries.len();
        for delivery in deliveries {
            let worker = Arc::clone(self);
            running.start_delivery(async move { worker.deliver(delivery).await });
        }
        Ok(started)
    }

    async fn start_jobs(
        self: &Arc<Self>,
        running: &mut Running,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        // Whoever has paid never waits for housekeeping that takes its time.
        let (room, least) = match running.room_for_jobs() {
            0 => (running.room_for_critical_jobs(), Priority::Critical),
            room => (room, Priority::Low),
        };
        if room == 0 {
            return Ok(0);
        }
        let jobs = self.jobs.claim(&self.name, now, self.lease(), room, least);
        let jobs = jobs.await?;
        let started = jobs.len();
        for job in jobs {
            let worker = Arc::clone(self);
            running.start_job(job.clone(), async move { worker.run_job(job).await });
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
