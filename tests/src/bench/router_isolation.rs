//! `router-isolation`: what healthy routers notice of others that accept connections and never answer.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use access::{
    Actual, Change, LoginMethod, Mark, OpenGrant, Priority, Reach, RouterGateway, ServiceProfile,
    Target, Transport, desired, diff,
};
use anyhow::{Context, Result, ensure};
use crypto_adapter::{KeyRing, OsRandomness, SystemClock, SystemIds};
use futures::future::try_join_all;
use kernel::{Clock, Ids, Secret};
use routeros_adapter::RouterOsGateway;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::Extent;
use super::grants;
use super::report::{Figure, Report};
use super::router_apply::{COMMAND, RULES, settings};
use super::simulated_routers::{Remote, Routers};
use super::statistics::{median, per_mille};

/// Time between two actions for one router: 20 a second, well below what the limiter as delivered lets pass.
const PACE: Duration = Duration::from_millis(50);
/// Actions at a time, on the healthy routers and on the others each: neither takes the other's turn, and everything that is
/// due for a black hole does wait in the gateway.
const AT_ONCE: usize = 1_000;

/// How large a run is.
#[derive(Debug, Clone, Copy)]
struct Size {
    routers: u16,
    black_holes: usize,
    /// Actions for each router in a run.
    actions: u32,
}

/// Measures pairs of runs, one without and one with black holes, in turns.
///
/// # Errors
/// When an action on a healthy router fails, or one is made twice or never.
pub async fn router_isolation(extent: Extent) -> Result<Report> {
    let full = Size {
        routers: 100,
        black_holes: 10,
        actions: 60,
    };
    let small = Size {
        routers: 10,
        black_holes: 1,
        actions: 20,
    };
    let size = extent.pick(full, small);
    let folder = tempfile::tempdir()?;
    let routers = Routers::start(size.routers, COMMAND, folder.path()).await?;
    let mut fleet = Fleet::new(routers.all.clone(), size)?;
    let (mut with, mut without, mut middles, mut floors) = (vec![], vec![], vec![], vec![]);
    // Warm code and warm routers, and the profile on each.
    fleet.run(Others::Healthy).await?;
    for round in 0..extent.rounds {
        // Who goes first takes turns too.
        let order = match round % 2 {
            0 => [Others::Healthy, Others::BlackHoles],
            _ => [Others::BlackHoles, Others::Healthy],
        };
        for others in order {
            let micros = fleet.run(others).await?;
            let (p50, p99) = (per_mille(&micros, 500), per_mille(&micros, 990));
            let (middle, late) = match others {
                Others::Healthy => (&mut floors, &mut without),
                Others::BlackHoles => (&mut middles, &mut with),
            };
            middle.push(p50 / 1000.0);
            late.push(p99 / 1000.0);
        }
    }
    fleet.check().await?;
    let mut figure = Figure::beside("router-isolation/p99", "ms", with, without);
    figure.p50_ms = Some(median(&middles));
    figure.p99_ms = Some(figure.value);
    let note = format!(
        "{} routers, {} of them black holes beside none; {} actions on each, one in {} ms, {} ms a command; p50 without \
         black holes {:.2} ms",
        size.routers,
        size.black_holes,
        size.actions,
        PACE.as_millis(),
        COMMAND.as_millis(),
        median(&floors)
    );
    Ok(Report {
        bench: "router-isolation",
        figures: vec![figure.note(note)],
    })
}

/// How those routers are that are not measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    Healthy,
    BlackHoles,
}

/// One router and its customers.
#[derive(Debug, Clone)]
struct Site {
    remote: Remote,
    target: Target,
    profile: ServiceProfile,
}

struct Fleet {
    /// The ones that are measured.
    healthy: Vec<Site>,
    /// The ones that are black holes in half of the runs.
    others: Vec<Site>,
    size: Size,
    ids: Arc<dyn Ids>,
    vault: KeyRing,
    /// Runs so far, and those in which the others were healthy.
    runs: (u32, u32),
}

impl Fleet {
    fn new(remotes: Vec<Remote>, size: Size) -> Result<Self> {
        let ids: Arc<dyn Ids> = Arc::new(SystemIds::new(
            Arc::new(SystemClock),
            Arc::new(OsRandomness),
        ));
        let sites = remotes.into_iter().map(|it| Site::of(it, &*ids));
        let mut others: Vec<Site> = sites.collect::<Result<_>>()?;
        let healthy = others.split_off(size.black_holes);
        Ok(Self {
            healthy,
            others,
            size,
            ids,
            vault: KeyRing::generate(),
            runs: (0, 0),
        })
    }

    /// One run with a gateway and connections of its own; microseconds of each action on a healthy router, sorted.
    async fn run(&mut self, others: Others) -> Result<Vec<u32>> {
        let gateway = Arc::new(RouterOsGateway::new(settings(), Arc::new(OsRandomness)));
        self.prepare(&gateway).await?;
        let (healthy, beside) = (self.work(&self.healthy)?, self.work(&self.others)?);
        if others == Others::BlackHoles {
            self.order_others("faults on black-hole").await?;
        }
        // Dropped at the end, with everything that still waits for a black hole.
        let mut bystanders = JoinSet::new();
        bystanders.spawn(act(Arc::clone(&gateway), beside));
        let mut micros = act(Arc::clone(&gateway), healthy).await?;
        match others {
            Others::Healthy => {
                let done = bystanders.join_next().await.context("no bystanders")?;
                done??;
                self.runs.1 += 1;
            }
            Others::BlackHoles => {
                ensure!(
                    bystanders.try_join_next().is_none(),
                    "a black hole has answered"
                );
                bystanders.shutdown().await;
                self.order_others("faults off").await?;
                self.order_others("disconnect").await?;
            }
        }
        self.runs.0 += 1;
        for site in self.healthy.iter().chain(&self.others) {
            gateway.forget(site.target.router).await;
        }
        let expected = self.healthy.len() * usize::try_from(self.size.actions)?;
        ensure!(micros.len() == expected, "{} actions", micros.len());
        micros.sort_unstable();
        Ok(micros)
    }

    /// Connects to every router; the first run brings the profile too.
    async fn prepare(&self, gateway: &RouterOsGateway) -> Result<()> {
        for site in self.healthy.iter().chain(&self.others) {
            gateway.inspect(&site.target).await?;
            if self.runs.0 == 0 {
                let changes = site.changes(&[])?;
                for outcome in gateway.apply(&site.target, &changes).await {
                    outcome?;
                }
            }
        }
        Ok(())
    }

    /// New customers for each of these routers: one change for each.
    fn work(&self, sites: &[Site]) -> Result<Vec<(Target, Vec<Change>)>> {
        let first = self.runs.0 * self.size.actions;
        let mut work = Vec::new();
        for site in sites {
            let router = site.target.router;
            let numbers = first..first + self.size.actions;
            let grants = numbers
                .map(|it| grants::open(&*self.ids, &self.vault, router, &site.profile, it))
                .collect::<Result<Vec<_>>>()?;
            let mut changes = site.changes(&grants)?;
            changes.retain(|it| !it.menu.is_profiles());
            ensure!(changes.len() == grants.len(), "a change for each customer");
            work.push((site.target.clone(), changes));
        }
        Ok(work)
    }

    async fn order_others(&self, line: &str) -> Result<()> {
        let orders = self.others.iter().map(|it| it.remote.order(line));
        try_join_all(orders).await?;
        Ok(())
    }

    /// By the routers' own counts: each action was made exactly once, and none reached a black hole.
    async fn check(&self) -> Result<()> {
        let made = |runs: u32| u64::from(runs * self.size.actions);
        let healthy = self.healthy.iter().map(|it| (it, made(self.runs.0)));
        let others = self.others.iter().map(|it| (it, made(self.runs.1)));
        for (site, wanted) in healthy.chain(others) {
            let asked = site.remote.asked().await?.by_command;
            let added = asked.get("/ip/hotspot/user/add").copied();
            ensure!(
                added == Some(wanted),
                "{wanted} users were to be added and {added:?} were"
            );
        }
        Ok(())
    }
}

impl Site {
    fn of(remote: Remote, ids: &dyn Ids) -> Result<Self> {
        let target = Target {
            router: ids.next(),
            host: RULES.parse("127.0.0.1")?,
            port: remote.api,
            transport: Transport::Plain,
            method: LoginMethod::Plain,
            username: "admin".to_owned(),
            password: Secret::new("password"),
            expected_serial: None,
            priority: Priority::High,
        };
        Ok(Self {
            remote,
            target,
            profile: grants::profile(ids)?,
        })
    }

    /// What it takes to have the profile and these customers on a router that has neither.
    fn changes(&self, grants: &[OpenGrant]) -> Result<Vec<Change>> {
        let mark = Mark::of(self.target.router);
        let profiles = std::slice::from_ref(&self.profile);
        let wanted = desired(&mark, profiles, grants, SystemClock.now())?;
        Ok(diff(&wanted, &Actual::default(), Reach::Selected).changes)
    }
}

/// Makes the changes of every router at its pace; microseconds from the moment an action was due, so that one that has to
/// wait for others counts in full.
async fn act(gateway: Arc<RouterOsGateway>, work: Vec<(Target, Vec<Change>)>) -> Result<Vec<u32>> {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let count = u32::try_from(work.len())?;
    let begin = Instant::now() + PACE;
    let mut routers = JoinSet::new();
    for (place, (target, changes)) in (0..).zip(work) {
        // Spread over the pace, so that the routers do not all begin at once.
        let first = begin + PACE * place / count;
        let (gateway, turns) = (Arc::clone(&gateway), Arc::clone(&turns));
        routers.spawn(async move {
            paced(first, changes, |change, due| {
                one(
                    Arc::clone(&gateway),
                    Arc::clone(&turns),
                    target.clone(),
                    change,
                    due,
                )
            })
            .await
        });
    }
    let mut micros = Vec::new();
    while let Some(done) = routers.join_next().await {
        micros.extend(done??);
    }
    Ok(micros)
}

/// Starts one action after the other when it is due, whether or not those before have ended.
async fn paced<F>(
    first: Instant,
    changes: Vec<Change>,
    start: impl Fn(Change, Instant) -> F,
) -> Result<Vec<u32>>
where
    F: Future<Output = Result<u32>> + Send + 'static,
{
    let mut ticks = interval_at(first, PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut running = JoinSet::new();
    for change in changes {
        let due = ticks.tick().await;
        running.spawn(start(change, due));
    }
    let mut micros = Vec::new();
    while let Some(done) = running.join_next().await {
        micros.push(done??);
    }
    Ok(micros)
}

async fn one(
    gateway: Arc<RouterOsGateway>,
    turns: Arc<Semaphore>,
    target: Target,
    change: Change,
    due: Instant,
) -> Result<u32> {
    let _turn = turns.acquire().await?;
    for outcome in gateway.apply(&target, std::slice::from_ref(&change)).await {
        outcome?;
    }
    Ok(u32::try_from(due.elapsed().as_micros())?)
}
