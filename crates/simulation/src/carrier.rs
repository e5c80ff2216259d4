//! Carries on what was committed: events to their handlers, jobs to their executors, over crashes and outages.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use chrono::Duration;
use jobs::{ClaimedDelivery, ClaimedJob};
use kernel::{
    Clock, EventRow, Id, JobRequest, Lane, Priority, RouterId, Scope, StoreError, Timestamp,
};
use serde_json::Value;
use workflows::{Failure, Progress, Remedy};

use crate::backend::Told;
use crate::chance::Chance;
use crate::peril::Death;
use crate::provider::Provider;

/// Attempts before the simulation says that work never ends.
const MOST_ATTEMPTS: u16 = 200;
/// The wait after a failed attempt.
const RETRY: Duration = Duration::minutes(1);

/// What is waited for.
const SOON: Duration = Duration::minutes(5);

/// An event on its way to one handler.
struct Pending {
    delivery: ClaimedDelivery,
    not_before: Timestamp,
}

/// A job that waits.
struct Waiting {
    job: ClaimedJob,
    not_before: Timestamp,
}

/// Nobody cancels.
struct GoesOn;

#[async_trait::async_trait]
impl Progress for GoesOn {
    async fn report(&self, _done: u64, _total: Option<u64>) -> Result<bool, StoreError> {
        Ok(true)
    }
}

/// The queues of the simulated product.
pub(crate) struct Carrier {
    chance: Chance,
    faults: bool,
    deliveries: Vec<Pending>,
    jobs: BTreeMap<String, Waiting>,
    /// What was delivered, to be delivered again now and then.
    handled: Option<ClaimedDelivery>,
    news: Vec<EventRow>,
    pub(crate) events: u64,
    /// Deliveries that came twice.
    pub(crate) repeats: u64,
    /// Deliveries that later ones overtook.
    pub(crate) held_up: u64,
}

impl Carrier {
    pub(crate) fn new(seed: u64, faults: bool) -> Self {
        Self {
            chance: Chance::of(seed, 2),
            faults,
            deliveries: Vec::new(),
            jobs: BTreeMap::new(),
            handled: None,
            news: Vec::new(),
            events: 0,
            repeats: 0,
            held_up: 0,
        }
    }

    /// The process is started; with faults, it may die at one of the next commits.
    pub(crate) fn start(&self, provider: &Provider) {
        let at = u32::try_from(self.chance.within(1..=12)).unwrap_or(1);
        let dies = self.faults && self.chance.permille(20);
        let death = match self.chance.permille(500) {
            true => Death::Before(at),
            false => Death::After(at),
        };
        provider.stores.peril.start(dies.then_some(death));
    }

    /// Starts it again if it is dead.
    pub(crate) fn revive(&self, provider: &Provider) {
        if provider.stores.peril.is_dead() {
            self.start(provider);
        }
    }

    /// Runs a job of the provider's own, such as a sweep; one that waits under the same key absorbs it.
    pub(crate) fn add_job(&mut self, provider: &Provider, kind: &str, key: &str, payload: Value) {
        let request = JobRequest {
            id: provider.ids().next(),
            kind: kind.to_owned(),
            lane: Lane::open(),
            priority: Priority::Normal,
            run_at: provider.clock.now(),
            unique_key: Some(key.to_owned()),
            payload,
            max_attempts: MOST_ATTEMPTS,
            total: None,
        };
        self.take(provider, request);
    }

    /// Carries everything that is due, and what follows from it, until nothing is.
    pub(crate) async fn settle(&mut self, provider: &Provider) -> Result<()> {
        loop {
            self.collect(provider).await?;
            let now = provider.clock.now();
            let mut due: Vec<_> = self
                .deliveries
                .extract_if(.., |it| it.not_before <= now)
                .collect();
            let keys: Vec<_> = self
                .jobs
                .iter()
                .filter(|(_, it)| it.not_before <= now)
                .map(|(key, _)| key.clone())
                .collect();
            if due.is_empty() && keys.is_empty() {
                return Ok(());
            }
            if self.faults {
                self.chance.shuffle(&mut due);
            }
            for pending in due {
                self.deliver(provider, pending).await?;
            }
            for key in keys {
                if let Some(waiting) = self.jobs.remove(&key) {
                    self.run(provider, key, waiting).await?;
                }
            }
        }
    }

    /// Whether no event of a subscription or pass is on its way, and nothing to the router it is on.
    pub(crate) fn is_idle_about<K>(&self, id: Id<K>, router: RouterId) -> bool {
        let is_of = |it: &Pending| it.delivery.event.aggregate_id == id.uuid();
        let mut jobs = self.jobs.values();
        !self.deliveries.iter().any(is_of) && jobs.all(|it| router_of(&it.job) != Some(router))
    }

    /// What the product told since the last time.
    pub(crate) fn take_news(&mut self) -> Vec<EventRow> {
        std::mem::take(&mut self.news)
    }

    /// Whether anything will be tried again within minutes; what is held up for hours is not waited for, nor what
    /// waits for a router that is away.
    pub(crate) fn is_soon_due(&self, provider: &Provider, away: &BTreeSet<RouterId>) -> bool {
        let soon = provider.clock.now().plus(SOON);
        let mut deliveries = self.deliveries.iter().map(|it| it.not_before);
        let held_up = |it: &&Waiting| router_of(&it.job).is_none_or(|it| !away.contains(&it));
        let mut jobs = self.jobs.values().filter(held_up).map(|it| it.not_before);
        deliveries.any(|it| it <= soon) || jobs.any(|it| it <= soon)
    }

    async fn collect(&mut self, provider: &Provider) -> Result<()> {
        let (tenant, now) = (provider.tenant(), provider.clock.now());
        let outbox = provider.backend.take_outbox(tenant, now).await?;
        for told in outbox.told {
            self.hand_out(provider, told);
        }
        for job in outbox.jobs {
            self.take(provider, job);
        }
        Ok(())
    }

    fn hand_out(&mut self, provider: &Provider, told: Told) {
        self.events += 1;
        self.news.push(told.event.clone());
        let now = provider.clock.now();
        for (handler, id) in told.handlers {
            let delivery = ClaimedDelivery {
                id,
                tenant: told.event.tenant,
                handler,
                event: told.event.clone(),
                attempt: 0,
                worker: "simulated".to_owned(),
            };
            // One that is held up lets later ones overtake it.
            let held_up = self.faults && self.chance.permille(40);
            self.held_up += u64::from(held_up);
            let hours = if held_up {
                self.chance.within(1..=30)
            } else {
                0
            };
            self.deliveries.push(Pending {
                delivery,
                not_before: now.plus(Duration::hours(hours)),
            });
        }
    }

    /// Like the real queue, one that waits under the same key absorbs another.
    fn take(&mut self, provider: &Provider, request: JobRequest) {
        let key = request.unique_key.clone();
        let key = key.unwrap_or_else(|| request.id.to_string());
        if let Some(waiting) = self.jobs.get_mut(&key) {
            waiting.not_before = waiting.not_before.min(request.run_at);
            return;
        }
        let job = ClaimedJob {
            id: request.id,
            tenant: provider.tenant(),
            kind: request.kind,
            lane: request.lane,
            priority: request.priority,
            payload: request.payload,
            attempt: 0,
            max_attempts: MOST_ATTEMPTS,
            done: 0,
            total: None,
            worker: "simulated".to_owned(),
        };
        let not_before = request.run_at;
        self.jobs.insert(key, Waiting { job, not_before });
    }

    async fn deliver(&mut self, provider: &Provider, mut pending: Pending) -> Result<()> {
        if self.faults && self.chance.permille(20) {
            self.repeat(provider).await;
        }
        pending.delivery.attempt += 1;
        self.start(provider);
        let handled = workflows::deliver(&provider.bench, &pending.delivery).await;
        self.revive(provider);
        // The handler's own transaction carried the delivery; whatever it said, that is the truth.
        if handled.is_ok() || provider.stores.peril.is_delivered(pending.delivery.id) {
            self.handled = Some(pending.delivery);
            return Ok(());
        }
        let Err(failure) = handled else { return Ok(()) };
        let what = format!("the delivery of {}", pending.delivery.event.name);
        pending.not_before = later(provider, &failure, pending.delivery.attempt, &what)?;
        self.deliveries.push(pending);
        Ok(())
    }

    /// The last delivery once more, as if nobody had noted that it was done: whatever comes of it must change nothing.
    async fn repeat(&mut self, provider: &Provider) {
        let Some(again) = &self.handled else { return };
        self.repeats += 1;
        provider.stores.peril.start(None);
        let _refused = workflows::deliver(&provider.bench, again).await;
    }

    async fn run(&mut self, provider: &Provider, key: String, mut waiting: Waiting) -> Result<()> {
        waiting.job.attempt += 1;
        self.start(provider);
        let ended = workflows::run_job(&provider.bench, &waiting.job, &GoesOn).await;
        let died = provider.stores.peril.is_dead();
        self.revive(provider);
        let failure = match ended {
            Ok(()) if !died => return Ok(()),
            // The work was done, but the process died before anybody could note it.
            Ok(()) => Failure::from(StoreError::unavailable("the process died")),
            Err(failure) => failure,
        };
        waiting.not_before = later(provider, &failure, waiting.job.attempt, &key)?;
        // Another may have been asked for while this one ran.
        self.jobs.entry(key).or_insert(waiting);
        Ok(())
    }
}

fn router_of(job: &ClaimedJob) -> Option<RouterId> {
    let router = job.payload.get("router")?.clone();
    serde_json::from_value(router).ok()
}

/// When to try again what failed.
fn later(provider: &Provider, failure: &Failure, attempt: u16, what: &str) -> Result<Timestamp> {
    let now = provider.clock.now();
    match failure.remedy {
        Remedy::Park => bail!("{what} was parked: {}", failure.reason),
        Remedy::Retry if attempt > MOST_ATTEMPTS => {
            bail!("{what} failed {attempt} times: {}", failure.reason)
        }
        Remedy::Retry => Ok(now.plus(RETRY)),
        Remedy::WaitFor(wait) => Ok(now.plus(wait)),
    }
}

/// The scope of whoever does something by hand.
pub(crate) fn by_hand(provider: &Provider) -> Scope {
    Scope::system(provider.tenant(), "simulation", provider.ids().fresh())
}
