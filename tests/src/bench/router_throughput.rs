//! `router-throughput`: users created through our gateway, beside other people's libraries and beside what a router permits.
//!
//! Without limiter, the router takes 5 ms for each command. librouteros has one command at a time; node-routeros has as
//! many in flight as ours, and loses most of it because it writes word by word with Nagle's algorithm on.
//!
//! With everything that protects a router as delivered, the router has the budget that was measured on real ones.
//! "Permitted" is then:
//!
//! * for `limited`, what the *router* permits: 200 commands at once, each further one 20 ms after the one before. Nothing
//!   of ours counts as permitted: the bucket and the gap between bulk writes cost the time in which the router would have
//!   taken its 200 at once. That is 1.6 s whatever the size, so a size is chosen at which the rate shows.
//! * for `within-limits`, what router, bucket and gap permit *together* ([`Budget::time_within`]): what is missing there
//!   is lost in the gateway itself.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use routeros_sim::{Fault, SimConfig, Simulator};
use serde::Deserialize;
use tokio::process::Command;

use super::Extent;
use super::permitted::Budget;
use super::report::{Figure, Report};
use super::router_apply::{COMMAND, Site, settings};

/// Commands in flight, ours and theirs.
const IN_FLIGHT: usize = 8;

/// What real routers were measured to do (tik4net's notes, CHR 7.23.2).
const BUDGET: Budget = Budget {
    fast: 200,
    then: Duration::from_millis(20),
};

/// Measures all of them in every round, each on a fresh router.
///
/// # Errors
/// When a library is not installed, a change fails or times out, or a router does not hold every user afterwards.
pub async fn router_throughput(extent: Extent) -> Result<Report> {
    let users = extent.pick(1_000, 100);
    let peers = Peers::from_environment()?;
    let (mut ours, mut librouteros, mut node) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..extent.rounds {
        librouteros.push(peers.librouteros(users).await?);
        ours.push(unlimited(users).await?);
        node.push(peers.node(users).await?);
    }
    let note = format!(
        "{users} users, {} ms a command, no limiter",
        COMMAND.as_millis()
    );
    let beside = |id, floor| Figure::beside(id, "users/s", ours.clone(), floor);
    let one = beside("router-throughput/beside-librouteros", librouteros);
    let eight = beside("router-throughput/beside-node-routeros", node);
    let [limited, within] = limited(extent).await?;
    Ok(Report {
        bench: "router-throughput",
        figures: vec![
            one.note(format!("{note}, {IN_FLIGHT} in flight beside one by one")),
            eight.note(format!("{note}, {IN_FLIGHT} in flight beside as many")),
            limited,
            within,
        ],
    })
}

async fn unlimited(users: u32) -> Result<f64> {
    let mut settings = settings();
    settings.in_flight = IN_FLIGHT;
    settings.write_gap = None;
    settings.limiter = None;
    let site = Site::of(COMMAND, settings).await?;
    let changes = site.changes_to(users).await?;
    let time = site.create(&changes).await?;
    Ok(rate(users, time))
}

/// The gateway as delivered, beside what the router permits and beside what router and limits permit together. Fifty
/// commands a second are no work: all rounds are at the same time, each with a router of its own.
async fn limited(extent: Extent) -> Result<[Figure; 2]> {
    let users = extent.pick(1_500, 230);
    let rounds = (0..extent.rounds).map(|_| within_budget(users));
    let found = try_join_all(rounds).await?;
    let rates: Vec<_> = found.iter().map(|(_, time)| rate(users, *time)).collect();
    let beside = |id, permitted: fn(u32) -> Duration| {
        let floor = found
            .iter()
            .map(|(commands, _)| rate(users, permitted(*commands)));
        Figure::beside(id, "users/s", rates.clone(), floor.collect())
    };
    let note = format!(
        "{users} users, the limits as delivered, no timeout; the router permits {} commands at once, then one in {} ms",
        BUDGET.fast,
        BUDGET.then.as_millis()
    );
    let limited = beside("router-throughput/limited", |it| BUDGET.time(it));
    let within = beside("router-throughput/within-limits", |it| {
        BUDGET.time_within(it, &settings())
    });
    Ok([
        limited.note(format!("{note}; beside the router alone")),
        within.note(format!("{note}; beside router, bucket and gap together")),
    ])
}

/// How many commands it took to create so many users on a router with a budget, and how long. A command that times out
/// is an error.
async fn within_budget(users: u32) -> Result<(u32, Duration)> {
    let site = Site::of(Duration::ZERO, settings()).await?;
    let changes = site.changes_to(users).await?;
    site.router.set_fault(Fault::RateBudget {
        fast: BUDGET.fast.into(),
        then: BUDGET.then,
    });
    let before = site.router.stats().commands;
    let time = site.create(&changes).await?;
    let commands = u32::try_from(site.router.stats().commands - before)?;
    ensure!(
        commands as usize == changes.len(),
        "{commands} commands for {} changes",
        changes.len()
    );
    Ok((commands, time))
}

fn rate(users: u32, time: Duration) -> f64 {
    f64::from(users) / time.as_secs_f64()
}

/// Where other people's libraries are.
struct Peers {
    scripts: PathBuf,
    python: PathBuf,
    node_modules: PathBuf,
}

/// What a script prints: the time it took to add the users, without the login.
#[derive(Debug, Deserialize)]
struct Took {
    seconds: f64,
}

impl Peers {
    fn from_environment() -> Result<Self> {
        let folder = |name| {
            let found = env::var_os(name).map(PathBuf::from);
            found.with_context(|| format!("{name} is not set: run this with cargo xtask bench"))
        };
        Ok(Self {
            scripts: folder("BENCH_PEERS_SCRIPTS")?,
            python: folder("BENCH_PEERS_PYTHON")?,
            node_modules: folder("BENCH_PEERS_NODE_MODULES")?,
        })
    }

    /// librouteros, one command at a time: it has no other way.
    async fn librouteros(&self, users: u32) -> Result<f64> {
        let mut python = Command::new(&self.python);
        python.arg(self.scripts.join("throughput.py"));
        measure(python, users).await
    }

    async fn node(&self, users: u32) -> Result<f64> {
        let mut node = Command::new("node");
        node.arg(self.scripts.join("throughput.js"));
        node.args(["--in-flight", &IN_FLIGHT.to_string()]);
        node.env("NODE_PATH", &self.node_modules);
        measure(node, users).await
    }
}

/// Users per second of a script, on a fresh router.
async fn measure(mut script: Command, users: u32) -> Result<f64> {
    let mut config = SimConfig::new("bench");
    config.per_command_delay = COMMAND;
    let router = Simulator::start(config).await?;
    let before = router.rows("/ip/hotspot/user").len();
    script.args(["--port", &router.addr().port().to_string()]);
    script
        .args(["--users", &users.to_string()])
        .kill_on_drop(true);
    let output = script.output().await.context("a script cannot be run")?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "a script failed: {errors}");
    let took: Took = serde_json::from_slice(&output.stdout)?;
    let added = router.rows("/ip/hotspot/user").len() - before;
    ensure!(
        added == users as usize,
        "{added} of {users} users were added"
    );
    Ok(f64::from(users) / took.seconds)
}
