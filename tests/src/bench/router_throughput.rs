//! `router-throughput`: users created through our gateway, beside other people's libraries and beside what a router permits.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use routeros_sim::{Fault, SimConfig, Simulator};
use serde::Deserialize;
use tokio::process::Command;

use super::Extent;
use super::report::{Figure, Report};
use super::router_apply::{COMMAND, Site, settings};

/// Commands in flight, ours and theirs.
const IN_FLIGHT: usize = 8;

/// What real routers were measured to do: so many commands at once, then one in this time, over all connections.
const FAST: u32 = 200;
const THEN: Duration = Duration::from_millis(20);

/// Measures all of them in every round, each on a fresh router.
///
/// # Errors
/// When a library is not installed, a change fails, or a router does not hold every user afterwards.
pub async fn router_throughput(extent: Extent) -> Result<Report> {
    let (users, limited_users) = (extent.pick(2_000, 100), extent.pick(1_500, 230));
    let peers = Peers::from_environment()?;
    let (mut ours, mut librouteros, mut node) = (Vec::new(), Vec::new(), Vec::new());
    let (mut limited, mut permitted) = (Vec::new(), Vec::new());
    for _ in 0..extent.rounds {
        librouteros.push(peers.librouteros(users).await?);
        ours.push(unlimited(users).await?);
        node.push(peers.node(users).await?);
        limited.push(within_budget(limited_users).await?);
        permitted.push(rate(limited_users, permitted_time(limited_users)));
    }
    let note = format!(
        "{users} users, {} ms a command, no limiter",
        COMMAND.as_millis()
    );
    let beside = |id, floor| Figure::beside(id, "users/s", ours.clone(), floor);
    let one = beside("router-throughput/beside-librouteros", librouteros);
    let eight = beside("router-throughput/beside-node-routeros", node);
    let limited = Figure::beside("router-throughput/limited", "users/s", limited, permitted);
    Ok(Report {
        bench: "router-throughput",
        figures: vec![
            one.note(format!("{note}, {IN_FLIGHT} in flight beside one by one")),
            eight.note(format!("{note}, {IN_FLIGHT} in flight beside as many")),
            limited.note(format!(
                "{limited_users} users, the limiter as delivered; the router permits {FAST} commands at once, then one \
                 in {} ms",
                THEN.as_millis()
            )),
        ],
    })
}

async fn unlimited(users: u32) -> Result<f64> {
    let mut settings = settings();
    settings.in_flight = IN_FLIGHT;
    settings.write_gap = None;
    Site::of(COMMAND, settings).await?.create(users).await
}

/// As delivered, to a router with a budget. A command that times out is an error.
async fn within_budget(users: u32) -> Result<f64> {
    let site = Site::of(Duration::ZERO, settings()).await?;
    let fast = u64::from(FAST);
    site.router
        .set_fault(Fault::RateBudget { fast, then: THEN });
    site.create(users).await
}

/// The least time in which a router with a budget takes so many commands.
fn permitted_time(commands: u32) -> Duration {
    THEN * commands.saturating_sub(FAST)
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
