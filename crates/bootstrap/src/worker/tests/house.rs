//! A worker on fakes: jobs of the kind `prune` do whatever the test says.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use access::HostRules;
use access::testing::{FakeRouter, MemoryAccess, MemoryUsage};
use async_trait::async_trait;
use billing::testing::MemoryBilling;
use chrono::Duration as Span;
use customers::testing::MemoryCustomers;
use jobs::testing::MemoryJobs;
use jobs::{JobQueries, JobStateName, JobView, JobsStore, RetryPolicy};
use kernel::testing::{CountingIds, FixedClock, OpenVault, SeededRandomness};
use kernel::{
    Clock, IdempotencyKey, Ids, JobId, JobRequest, Lane, NoProbe, Priority, Receipts, Scope,
    StoreError, StoredReceipt, TenantId, Timestamp,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use vouchers::testing::MemoryVouchers;
use workflows::{Keeping, Workbench};

use super::ports::{Ports, Writer};
use crate::settings::{Embedded, WorkerSettings};
use crate::worker::Worker;

/// How one run of the job goes.
pub(super) enum Step {
    Conflict,
    DatabaseAway,
    Hang,
    /// Holds the one writer until somebody waits for it.
    Write,
}

/// Runs the script, then succeeds for ever.
#[derive(Default)]
pub(super) struct Prunes {
    script: Mutex<VecDeque<Step>>,
    writer: Arc<Writer>,
    pub(super) begun: AtomicU32,
    pub(super) stopped: AtomicU32,
}

/// Notes that work was dropped before it ended.
struct Stopped<'a>(&'a AtomicU32);

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Receipts for Prunes {
    async fn find(
        &self,
        _tenant: TenantId,
        _key: &IdempotencyKey,
    ) -> Result<Option<StoredReceipt>, StoreError> {
        Ok(None)
    }

    async fn prune(&self, _before: Timestamp) -> Result<u64, StoreError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let step = self.script.lock().unwrap().pop_front();
        match step {
            None => Ok(0),
            Some(Step::Conflict) => Err(StoreError::Conflict),
            Some(Step::DatabaseAway) => Err(StoreError::unavailable("restarting")),
            Some(Step::Hang) => {
                let _stopped = Stopped(&self.stopped);
                std::future::pending().await
            }
            Some(Step::Write) => {
                self.writer.hold_until_wanted().await;
                Ok(0)
            }
        }
    }
}

pub(super) struct House {
    pub(super) jobs: MemoryJobs,
    pub(super) ports: Arc<Ports>,
    pub(super) prunes: Arc<Prunes>,
    pub(super) clock: Arc<FixedClock>,
    pub(super) ids: Arc<CountingIds>,
    pub(super) scope: Scope,
    pub(super) concurrency: u16,
}

/// A worker at work.
pub(super) struct AtWork {
    pub(super) stop: CancellationToken,
    pub(super) ready: watch::Receiver<bool>,
    ended: JoinHandle<()>,
}

impl AtWork {
    pub(super) async fn stop(self) {
        self.stop.cancel();
        let minute = Duration::from_secs(60);
        tokio::time::timeout(minute, self.ended)
            .await
            .expect("the worker stops")
            .unwrap();
    }
}

impl House {
    pub(super) fn open(script: impl IntoIterator<Item = Step>) -> Self {
        let ids = Arc::new(CountingIds::from(1));
        let next: &dyn Ids = &*ids;
        let scope = Scope::system(next.next(), "test", next.fresh());
        let noon = Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap());
        let jobs = MemoryJobs::delivering(&[
            ("vouchers.batch_generated", "push_batch"),
            ("test.unheard", "nobody"),
        ]);
        let writer = Arc::<Writer>::default();
        Self {
            ports: Arc::new(Ports::of(jobs.clone(), Arc::clone(&writer))),
            jobs,
            prunes: Arc::new(Prunes {
                script: Mutex::new(script.into_iter().collect()),
                writer,
                ..Prunes::default()
            }),
            clock: Arc::new(FixedClock::at(noon)),
            ids,
            scope,
            concurrency: 4,
        }
    }

    pub(super) fn ids(&self) -> &dyn Ids {
        &*self.ids
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) async fn enqueue(&self, kind: &str, max_attempts: u16) -> JobId {
        self.enqueue_as(Priority::Normal, kind, max_attempts).await
    }

    pub(super) async fn enqueue_as(
        &self,
        priority: Priority,
        kind: &str,
        max_attempts: u16,
    ) -> JobId {
        let id = self.ids().next();
        let mut tx = self.jobs.begin(&self.scope).await.unwrap();
        let request = JobRequest {
            id,
            kind: kind.to_owned(),
            lane: Lane::open(),
            priority,
            run_at: self.now(),
            unique_key: None,
            payload: serde_json::json!({}),
            max_attempts,
            total: None,
        };
        tx.enqueue(request).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub(super) async fn job(&self, id: JobId) -> JobView {
        self.jobs.job(self.scope.tenant, id).await.unwrap().unwrap()
    }

    pub(super) async fn wait_for(&self, id: JobId, state: JobStateName) -> JobView {
        until("the job gets there", async || {
            self.job(id).await.state == state
        })
        .await;
        self.job(id).await
    }

    pub(super) async fn wait_until_begun(&self, times: u32) {
        until("the work begins", async || {
            self.prunes.begun.load(Ordering::SeqCst) == times
        })
        .await;
    }

    pub(super) async fn wait_until_stopped(&self) {
        until("the work stops", async || {
            self.prunes.stopped.load(Ordering::SeqCst) == 1
        })
        .await;
    }

    pub(super) fn work(&self) -> AtWork {
        let stop = CancellationToken::new();
        let (says_ready, ready) = watch::channel(false);
        let worker = self.worker();
        let ended = tokio::spawn(worker.run(stop.clone(), says_ready));
        AtWork { stop, ready, ended }
    }

    fn worker(&self) -> Worker {
        Worker {
            name: "worker-1".to_owned(),
            bench: self.bench(),
            jobs: Arc::<Ports>::clone(&self.ports),
            deliveries: Arc::<Ports>::clone(&self.ports),
            schedules: Arc::new(self.jobs.clone()),
            signal: Arc::new(self.jobs.clone()),
            probe: Arc::new(NoProbe),
            job_retry: RetryPolicy::new(Span::seconds(2), Span::minutes(5), u16::MAX).unwrap(),
            delivery_retry: RetryPolicy::new(Span::seconds(1), Span::minutes(5), 3).unwrap(),
            settings: WorkerSettings {
                embedded: Embedded::Yes,
                concurrency: self.concurrency,
                poll_ms: 100,
                lease_s: 30,
                delivery_attempts: 3,
                probes: String::new(),
            },
        }
    }

    fn bench(&self) -> Workbench {
        let access = Arc::new(MemoryAccess::new());
        let usage = Arc::new(MemoryUsage::beside(MemoryAccess::clone(&access)));
        let vouchers = Arc::new(MemoryVouchers::new());
        let billing = Arc::new(MemoryBilling::new());
        Workbench {
            clock: Arc::<FixedClock>::clone(&self.clock),
            ids: Arc::<CountingIds>::clone(&self.ids),
            randomness: Arc::new(SeededRandomness::from(7)),
            vault: Arc::new(OpenVault),
            customers: Arc::new(MemoryCustomers::new()),
            access: Arc::<MemoryAccess>::clone(&access),
            access_queries: access,
            gateway: Arc::new(FakeRouter::new()),
            host_rules: HostRules {
                allow_loopback: false,
            },
            vouchers: Arc::<MemoryVouchers>::clone(&vouchers),
            voucher_queries: vouchers,
            billing: Arc::<MemoryBilling>::clone(&billing),
            billing_run: Arc::<MemoryBilling>::clone(&billing),
            bill_limits: billing::BillLimits::STANDARD,
            billing_queries: billing,
            payment_gateways: billing::testing::MemoryGateways::beside(MemoryBilling::new())
                .ports(billing::gateway::Gateways::live([])),
            jobs_store: Arc::new(self.jobs.clone()),
            receipts: Arc::<Prunes>::clone(&self.prunes),
            probe: Arc::new(NoProbe),
            usage,
            housekeeping: Arc::new(self.jobs.clone()),
            keeping: Keeping::standard(),
        }
    }
}

/// Waits for a condition, ten minutes of the paused clock at most.
pub(super) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let met = async {
        let mut looks = tokio::time::interval(Duration::from_millis(10));
        while !holds().await {
            looks.tick().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(600), met).await;
    assert!(in_time.is_ok(), "waited in vain: {what}");
}
