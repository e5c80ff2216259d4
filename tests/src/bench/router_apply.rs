//! `router-apply`: hotspot users created on a router with several commands in flight, beside one command at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use access::{
    Change, HostRules, LoginMethod, Mark, Reach, RouterGateway, Selection, Target, Transport,
    desired, diff,
};
use anyhow::{Result, ensure};
use crypto_adapter::{KeyRing, OsRandomness, SystemClock, SystemIds};
use kernel::{Clock, Ids, Randomness, Secret};
use routeros_adapter::{GatewaySettings, RouterOsGateway};
use routeros_sim::{SimConfig, Simulator};

use super::Extent;
use super::grants;
use super::report::{Figure, Report};
use super::statistics::per_mille;

/// What a command takes on the simulated router.
pub(super) const COMMAND: Duration = Duration::from_millis(5);
/// Users that are created alone, one after the other, to see how long one takes.
const ALONE: usize = 100;

/// Measures both ways, each on a fresh router in every round.
///
/// # Errors
/// When the simulator cannot listen or a change fails.
pub async fn router_apply(extent: Extent) -> Result<Report> {
    let users = extent.pick(2_000, 50);
    let recommended = settings();
    let (mut one, mut many, mut micros) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..extent.rounds {
        one.push(Site::build(1).await?.create_all(users).await?);
        let site = Site::build(recommended.in_flight).await?;
        many.push(site.create_all(users).await?);
        micros.append(&mut site.create_alone(users, extent.pick(ALONE, 5)).await?);
    }
    micros.sort_unstable();
    let mut in_flight = Figure::beside("router-apply/in-flight", "users/s", many, one.clone());
    in_flight.p50_ms = Some(per_mille(&micros, 500) / 1000.0);
    in_flight.p99_ms = Some(per_mille(&micros, 990) / 1000.0);
    let note = format!(
        "{} commands in flight; p50 and p99 are of one user created alone",
        recommended.in_flight
    );
    let one = Figure::alone("router-apply/one-by-one", "users/s", one);
    Ok(Report {
        bench: "router-apply",
        figures: vec![one, in_flight.note(note)],
    })
}

/// Settings for a router on this machine.
pub(super) fn settings() -> GatewaySettings {
    GatewaySettings::recommended(RULES)
}

/// Simulated routers are on this machine.
pub(super) const RULES: HostRules = HostRules {
    allow_loopback: true,
};

/// A fresh router and a gateway that has logged in.
pub(super) struct Site {
    pub(super) router: Simulator,
    gateway: RouterOsGateway,
    target: Target,
    ids: Arc<dyn Ids>,
    vault: KeyRing,
}

impl Site {
    async fn build(in_flight: usize) -> Result<Self> {
        let mut settings = settings();
        settings.in_flight = in_flight;
        settings.write_gap = None;
        settings.limiter = None;
        Self::of(COMMAND, settings).await
    }

    /// A router that takes so long for each command.
    pub(super) async fn of(command: Duration, settings: GatewaySettings) -> Result<Self> {
        let mut config = SimConfig::new("bench");
        config.per_command_delay = command;
        let router = Simulator::start(config).await?;
        let randomness: Arc<dyn Randomness> = Arc::new(OsRandomness);
        let ids: Arc<dyn Ids> = Arc::new(SystemIds::new(
            Arc::new(SystemClock),
            Arc::clone(&randomness),
        ));
        let target = Target {
            router: ids.next(),
            host: RULES.parse(&router.addr().ip().to_string())?,
            port: router.addr().port(),
            transport: Transport::Plain,
            method: LoginMethod::Plain,
            username: "admin".to_owned(),
            password: Secret::new("password"),
            expected_serial: None,
            priority: access::Priority::Normal,
        };
        let gateway = RouterOsGateway::new(settings, randomness);
        gateway.inspect(&target).await?;
        Ok(Self {
            router,
            gateway,
            target,
            ids,
            vault: KeyRing::generate(),
        })
    }

    /// Creates users with the profile they need; users per second.
    async fn create_all(&self, users: u32) -> Result<f64> {
        let changes = self.changes_to(users).await?;
        let time = self.create(&changes).await?;
        Ok(f64::from(users) / time.as_secs_f64())
    }

    /// What it takes to have so many users, with the profile they need, on a fresh router.
    pub(super) async fn changes_to(&self, users: u32) -> Result<Vec<Change>> {
        self.changes(0, users).await
    }

    /// Makes these changes of a fresh router, and how long that takes.
    pub(super) async fn create(&self, changes: &[Change]) -> Result<Duration> {
        let begun = Instant::now();
        self.apply(changes).await?;
        let time = begun.elapsed();
        let rows = self.router.rows("/ip/hotspot/user");
        let ours = rows
            .iter()
            .filter(|it| it.get("comment").is_some_and(|it| it.contains("[wb:")));
        let users = changes
            .iter()
            .filter(|it| it.menu == access::Menu::HotspotUser);
        ensure!(
            ours.count() == users.count(),
            "the router does not hold every user"
        );
        Ok(time)
    }

    /// Creates users one call at a time; microseconds of each, from the call to the answer.
    async fn create_alone(&self, first: u32, count: usize) -> Result<Vec<u32>> {
        let changes = self.changes(first, u32::try_from(count)?).await?;
        let mut micros = Vec::new();
        for change in &changes {
            let begun = Instant::now();
            self.apply(std::slice::from_ref(change)).await?;
            micros.push(u32::try_from(begun.elapsed().as_micros())?);
        }
        Ok(micros)
    }

    async fn apply(&self, changes: &[Change]) -> Result<()> {
        for outcome in self.gateway.apply(&self.target, changes).await {
            outcome?;
        }
        Ok(())
    }

    /// What it takes to have these users too: the product's own computation.
    async fn changes(&self, first: u32, count: u32) -> Result<Vec<Change>> {
        let profile = grants::profile(&*self.ids)?;
        let router = self.target.router;
        let grants: Result<Vec<_>> = (first..first + count)
            .map(|number| grants::open(&*self.ids, &self.vault, router, &profile, number))
            .collect();
        let mark = Mark::of(self.target.router);
        let wanted = desired(&mark, &[profile], &grants?, SystemClock.now())?;
        let actual = self.gateway.read(&self.target, &Selection::All).await?;
        let plan = diff(&wanted, &actual, Reach::Selected);
        ensure!(
            plan.conflicts.is_empty(),
            "the router has such rows already"
        );
        Ok(plan.changes)
    }
}
