//! What every store of background work must do, whatever it is made of: the fake, SQLite and PostgreSQL run these
//! promises.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod claiming;
mod delivering;
mod ending;
mod forgetting;
mod steering;

use async_trait::async_trait;
use chrono::Duration;
use kernel::{Ids, JobId, JobRequest, Lane, NewEvent, Priority, Scope, TenantId, Timestamp};
use serde_json::json;

use crate::job::JobStateName;
use crate::ports::claims::{
    ClaimedDelivery, ClaimedJob, DeliveryClaims, JobClaims, Outcome, Schedules,
};
use crate::ports::control::{JobControl, JobsStore};
use crate::ports::housekeeping::Housekeeping;
use crate::ports::reads::{JobQueries, JobView};

/// The event that the contract records; the store under test must deliver it to [`CONTRACT_HANDLERS`].
pub const CONTRACT_EVENT: &str = "contract.happened";

/// The handlers that [`CONTRACT_EVENT`] must be delivered to, and nobody else.
pub const CONTRACT_HANDLERS: [&str; 2] = ["contract_first", "contract_second"];

/// Records events as a save of an aggregate would; only contracts need it.
#[async_trait]
pub trait EventFeed: Send + Sync {
    /// Commits a transaction that records these events, at an instant near `noon` of the contract's day (2026-11-21) or
    /// before it.
    async fn record(&self, scope: &Scope, events: Vec<NewEvent>);
}

/// The ports under test, all of one store.
#[derive(Clone, Copy)]
pub struct JobsPorts<'a> {
    /// Enqueues.
    pub store: &'a dyn JobsStore,
    /// Claims jobs.
    pub jobs: &'a dyn JobClaims,
    /// Claims deliveries.
    pub deliveries: &'a dyn DeliveryClaims,
    /// Repeats work.
    pub schedules: &'a dyn Schedules,
    /// Cancels and puts back.
    pub control: &'a dyn JobControl,
    /// Looks.
    pub queries: &'a dyn JobQueries,
    /// Records events.
    pub feed: &'a dyn EventFeed,
    /// Forgets.
    pub housekeeping: &'a dyn Housekeeping,
}

/// Checks every promise of the ports of background work on an adapter.
///
/// Claims see every tenant, so the store must be empty of jobs, deliveries and schedules. `tenant` must be fresh; `ids`
/// must hand out ids that were never used before, later ones after earlier ones.
///
/// # Panics
/// When a promise is broken.
pub async fn jobs_store_contract(ports: JobsPorts<'_>, tenant: TenantId, ids: &dyn Ids) {
    let world = World {
        ports,
        scope: Scope::system(tenant, "contract", ids.fresh()),
        ids,
    };
    world.claiming().await;
    world.ending().await;
    world.steering().await;
    world.delivering().await;
    world.forgetting().await;
}

struct World<'a> {
    ports: JobsPorts<'a>,
    scope: Scope,
    ids: &'a dyn Ids,
}

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

fn minutes(count: i64) -> Duration {
    Duration::minutes(count)
}

fn after(count: i64) -> Timestamp {
    noon().plus(minutes(count))
}

const WORKER: &str = "contract-worker-1";
const RIVAL: &str = "contract-worker-2";

impl World<'_> {
    fn request(&self, kind: &str) -> JobRequest {
        JobRequest {
            id: self.ids.next(),
            kind: kind.to_owned(),
            lane: Lane::open(),
            priority: Priority::Normal,
            run_at: noon(),
            unique_key: None,
            payload: json!({"router": "rtr_…", "count": 3}),
            max_attempts: 3,
            total: Some(10),
        }
    }

    fn keyed(&self, key: &str) -> JobRequest {
        JobRequest {
            unique_key: Some(key.to_owned()),
            ..self.request("keyed")
        }
    }

    async fn enqueue_for(&self, scope: &Scope, jobs: Vec<JobRequest>) -> Vec<JobId> {
        let ids = jobs.iter().map(|it| it.id).collect();
        let mut tx = self.ports.store.begin(scope).await.unwrap();
        for job in jobs {
            tx.enqueue(job).await.unwrap();
        }
        tx.commit().await.unwrap();
        ids
    }

    async fn enqueue(&self, job: JobRequest) -> JobId {
        self.enqueue_for(&self.scope, vec![job]).await[0]
    }

    async fn claim_as(&self, worker: &str, now: Timestamp, limit: u16) -> Vec<ClaimedJob> {
        let claimed = self
            .ports
            .jobs
            .claim(worker, now, minutes(1), limit, Priority::Low)
            .await;
        claimed.unwrap()
    }

    async fn claim(&self, now: Timestamp) -> Vec<ClaimedJob> {
        self.claim_as(WORKER, now, 50).await
    }

    async fn claim_one(&self, now: Timestamp) -> ClaimedJob {
        let mut claimed = self.claim(now).await;
        assert_eq!(claimed.len(), 1, "{claimed:?}");
        claimed.remove(0)
    }

    async fn finish(&self, job: &ClaimedJob, outcome: Outcome, now: Timestamp) -> bool {
        self.ports.jobs.finish(job, outcome, now).await.unwrap()
    }

    async fn done(&self, jobs: &[ClaimedJob], now: Timestamp) {
        for job in jobs {
            assert!(self.finish(job, Outcome::Done, now).await, "{job:?}");
        }
    }

    async fn view(&self, job: JobId) -> JobView {
        let view = self.ports.queries.job(self.scope.tenant, job).await;
        view.unwrap().expect("the job was enqueued")
    }

    async fn state(&self, job: JobId) -> JobStateName {
        self.view(job).await.state
    }

    async fn claim_deliveries(&self, now: Timestamp, limit: u16) -> Vec<ClaimedDelivery> {
        let claims = self.ports.deliveries;
        claims.claim(WORKER, now, minutes(1), limit).await.unwrap()
    }

    async fn finish_delivery(
        &self,
        it: &ClaimedDelivery,
        outcome: Outcome,
        now: Timestamp,
    ) -> bool {
        self.ports
            .deliveries
            .finish(it, outcome, now)
            .await
            .unwrap()
    }
}

fn retry(at: Timestamp) -> Outcome {
    Outcome::Retry {
        at,
        error: "the router hung up".to_owned(),
    }
}

fn later(at: Timestamp) -> Outcome {
    Outcome::Later {
        at,
        error: "the router is away".to_owned(),
    }
}

fn parked() -> Outcome {
    Outcome::Parked {
        error: "wrong password".to_owned(),
    }
}
