//! Forgets what is kept only for a while: answers to idempotent requests after seven days, and old work, previews of
//! imports, bodies of webhooks, sessions and days of use as long as the settings say.

use chrono::{Days, Duration};
use jobs::JobKinds;
use kernel::{StoreError, Timestamp};

use crate::failure::Failure;
use crate::job_kinds::{
    EXPIRE_PAYMENTS, EXPIRE_VOUCHERS, POLL_PAYMENT_LINKS, WATCH_ROUTER, WATCH_SESSIONS,
};
use crate::progress::Progress;
use crate::workbench::Workbench;

/// How long a client may repeat a request with the same key.
const RECEIPTS_KEPT: Duration = Duration::days(7);
/// How long the meter of an ended grant may still find the last of its use.
const METERS_KEPT: Duration = Duration::days(1);
/// How long it can be looked up as an event that a session began or ended; the sessions themselves are kept longer.
const SESSION_EVENTS_KEPT: Duration = Duration::days(7);
/// Rows per statement: few enough that nobody waits for it.
const BATCH: u32 = 1_000;
/// Previews at a time: each may have a hundred thousand rows.
const PREVIEWS: u32 = 5;
/// Bodies of messages at a time: each may have 64 KiB.
const BODIES: u32 = 200;
/// Kinds of jobs that run every minute or so.
const FREQUENT: &[&str] = &[
    WATCH_ROUTER,
    WATCH_SESSIONS,
    EXPIRE_VOUCHERS,
    EXPIRE_PAYMENTS,
    POLL_PAYMENT_LINKS,
];

pub(super) async fn run(bench: &Workbench, progress: &dyn Progress) -> Result<(), Failure> {
    let now = bench.clock.now();
    bench.receipts.prune(now.minus(RECEIPTS_KEPT)).await?;
    let mut sweep = Sweep { progress, done: 0 };
    forget_work(bench, &mut sweep, now).await?;
    let previews = now.minus(bench.keeping.previews);
    let access = &*bench.access;
    sweep
        .by(PREVIEWS, || access.forget_previews(previews, PREVIEWS))
        .await?;
    let bodies = now.minus(bench.keeping.webhook_bodies);
    let inbox = &*bench.payment_gateways.store;
    sweep
        .by(BODIES, || inbox.forget_webhook_bodies(bodies, BODIES))
        .await?;
    forget_use(bench, &mut sweep, now).await
}

async fn forget_work(
    bench: &Workbench,
    sweep: &mut Sweep<'_>,
    now: Timestamp,
) -> Result<(), Failure> {
    let (house, keep) = (&*bench.housekeeping, bench.keeping);
    let frequent = now.minus(keep.frequent_jobs);
    sweep
        .all(|| house.forget_jobs(JobKinds::Only(FREQUENT), frequent, BATCH))
        .await?;
    let jobs = now.minus(keep.jobs);
    sweep
        .all(|| house.forget_jobs(JobKinds::All, jobs, BATCH))
        .await?;
    let deliveries = now.minus(keep.deliveries);
    sweep
        .all(|| house.forget_deliveries(deliveries, BATCH))
        .await?;
    if let Some(events) = keep.events.map(|it| now.minus(it)) {
        sweep.all(|| house.forget_events(events, BATCH)).await?;
    }
    Ok(())
}

/// Days are cut by UTC: which of two days a provider's first day is matters little after a year.
async fn forget_use(
    bench: &Workbench,
    sweep: &mut Sweep<'_>,
    now: Timestamp,
) -> Result<(), Failure> {
    let (usage, keep) = (&*bench.usage, bench.keeping);
    let sessions = now.minus(keep.sessions);
    sweep.all(|| usage.forget_sessions(sessions, BATCH)).await?;
    let told = now.minus(SESSION_EVENTS_KEPT);
    sweep
        .all(|| usage.forget_session_events(told, BATCH))
        .await?;
    let ended = now.minus(METERS_KEPT);
    sweep.all(|| usage.forget_meters(ended, BATCH)).await?;
    let today = now.utc().date_naive();
    if let Some(first) = today.checked_sub_days(Days::new(u64::from(keep.usage_days))) {
        sweep.all(|| usage.fold_days(first, BATCH)).await?;
    }
    Ok(())
}

struct Sweep<'a> {
    progress: &'a dyn Progress,
    done: u64,
}

impl Sweep<'_> {
    /// Batch after batch, until one is not full or the job is no longer ours.
    async fn all<F, Fut>(&mut self, forget: F) -> Result<(), StoreError>
    where
        F: Fn() -> Fut + Send,
        Fut: Future<Output = Result<u64, StoreError>> + Send,
    {
        self.by(BATCH, forget).await
    }

    /// The same with batches of another size.
    async fn by<F, Fut>(&mut self, batch: u32, forget: F) -> Result<(), StoreError>
    where
        F: Fn() -> Fut + Send,
        Fut: Future<Output = Result<u64, StoreError>> + Send,
    {
        loop {
            let forgotten = forget().await?;
            self.done += forgotten;
            let is_last = forgotten < u64::from(batch);
            if is_last || !self.progress.report(self.done, None).await? {
                return Ok(());
            }
        }
    }
}
