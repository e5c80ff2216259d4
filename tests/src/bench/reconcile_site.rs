//! The product's library on SQLite with one simulated router: filled once, then looked at by fresh processes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use access::{
    DefineProfile, EnrolRouter, GrantEntry, GrantMany, Limits, LoginMethod, ReconcileMode,
    ReconcileReport, ReconcileRouter, Service, Subject, Transport, define_profile, enrol_router,
    grant_many, reconcile_router, test_router,
};
use anyhow::{Context, Result, ensure};
use clap::Args;
use crypto_adapter::{KeyRing, OsRandomness, SystemClock, SystemIds};
use kernel::{Clock, Ids, NoProbe, ProfileId, Randomness, RouterId, Scope, Secret, TenantId};
use postgres_adapter::{Db, PoolSettings, Store, Subscriptions};
use routeros_adapter::{GatewaySettings, RouterOsGateway};
use serde::{Deserialize, Serialize};

use super::grants;
use super::memory::{forget_peak, peak_mb, resident_mb};
use super::router_apply::{RULES, settings};
use super::simulated_routers::Remote;
use crate::process::Process;

/// Grants made in one transaction, as of the vouchers of a batch.
const CHUNK: u32 = 1_000;
/// How long a comparison may take altogether; it is many times what the slowest needs.
const TIME_TO_COMPARE: Duration = Duration::from_secs(300);

/// Compares a router once in a process that has done nothing else, and writes down what that took.
#[derive(Debug, Clone, Args)]
pub struct ReconcileOnce {
    /// Where the database and the keys are.
    #[arg(long)]
    folder: PathBuf,
    /// The tenant.
    #[arg(long)]
    tenant: TenantId,
    /// The router.
    #[arg(long)]
    router: RouterId,
    /// The router's control port, for its own counts of commands.
    #[arg(long)]
    control: u16,
    /// Where the answer goes, as JSON.
    #[arg(long)]
    out: PathBuf,
}

/// What one comparison took and did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Seen {
    /// From the call to its return.
    pub(super) ms: f64,
    /// Resident memory before, connected and idle.
    pub(super) idle_mb: f64,
    /// The most resident memory during it, less what was there before.
    pub(super) above_idle_mb: f64,
    /// The router's own counts of what it was asked meanwhile, by path.
    pub(super) asked: BTreeMap<String, u64>,
    /// Changes the product planned.
    pub(super) planned: usize,
}

/// The product's library, wired as the product wires it.
struct Product {
    store: Store,
    vault: KeyRing,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    gateway: RouterOsGateway,
    scope: Scope,
}

/// A database whose router holds everything that it should.
pub(super) struct Site<'a> {
    folder: &'a Path,
    tenant: TenantId,
    router: RouterId,
    remote: Remote,
}

/// Runs one comparison and writes down what it took.
///
/// # Errors
/// When the router is not there or the comparison fails.
pub async fn reconcile_once(wanted: ReconcileOnce) -> Result<()> {
    let product = Product::open(&wanted.folder, wanted.tenant, settings()).await?;
    let remote = Remote {
        api: 0,
        control: wanted.control,
    };
    // Connected and logged in, as a running product is.
    product.greet(wanted.router).await?;
    let before = remote.asked().await?;
    let idle_mb = resident_mb("self")?;
    forget_peak()?;
    let begun = Instant::now();
    let report = product.reconcile(wanted.router).await?;
    let time = begun.elapsed();
    let above_idle_mb = peak_mb()? - idle_mb;
    let seen = Seen {
        ms: time.as_secs_f64() * 1000.0,
        idle_mb,
        above_idle_mb,
        asked: remote.asked().await?.since(&before),
        planned: report.commands.len(),
    };
    Ok(std::fs::write(&wanted.out, serde_json::to_vec(&seen)?)?)
}

impl Product {
    async fn open(folder: &Path, tenant: TenantId, gateway: GatewaySettings) -> Result<Self> {
        let pool = PoolSettings {
            max_connections: 16,
            acquire_timeout: Duration::from_secs(5),
            ping_if_idle_for: Duration::from_secs(30),
        };
        let file = format!("sqlite://{}", folder.join("bench.sqlite").display());
        let db = Db::connect(&file, pool).await?;
        db.migrate().await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let randomness: Arc<dyn Randomness> = Arc::new(OsRandomness);
        let ids: Arc<dyn Ids> =
            Arc::new(SystemIds::new(Arc::clone(&clock), Arc::clone(&randomness)));
        let store = Store::new(
            db,
            Arc::clone(&clock),
            Arc::clone(&ids),
            Arc::new(NoProbe),
            Subscriptions::default(),
        );
        Ok(Self {
            store,
            vault: KeyRing::load_or_create(&folder.join("bench.keys"))?,
            scope: Scope::system(tenant, "bench", ids.fresh()),
            clock,
            ids,
            gateway: RouterOsGateway::new(gateway, randomness),
        })
    }

    async fn greet(&self, router: RouterId) -> Result<()> {
        let (store, gateway, vault) = (&self.store, &self.gateway, &self.vault);
        test_router(store, gateway, vault, &*self.clock, &self.scope, router).await?;
        Ok(())
    }

    async fn reconcile(&self, router: RouterId) -> Result<ReconcileReport> {
        let command = ReconcileRouter {
            router,
            mode: ReconcileMode::Apply,
        };
        let report = reconcile_router(
            &self.store,
            &self.gateway,
            &self.vault,
            &*self.clock,
            &self.scope,
            command,
        )
        .await?;
        let (refused, unknown) = (&report.refused, &report.unknown);
        ensure!(report.applied, "nothing was applied: {:?}", report.paused);
        ensure!(
            refused.is_empty() && unknown.is_empty() && report.conflicts.is_empty(),
            "refused {refused:?}, unknown {unknown:?}, {} conflicts",
            report.conflicts.len()
        );
        Ok(report)
    }

    async fn enrol(&self, router: RouterId, port: u16) -> Result<()> {
        let command = EnrolRouter {
            id: router,
            name: "bench".parse()?,
            host: RULES.parse("127.0.0.1")?,
            port,
            transport: Transport::Plain,
            method: LoginMethod::Plain,
            username: "admin".parse()?,
            password: Secret::new("password"),
        };
        enrol_router(
            &self.store,
            &self.gateway,
            &self.vault,
            &self.scope,
            command,
        )
        .await?;
        Ok(())
    }

    async fn define(&self) -> Result<ProfileId> {
        let command = DefineProfile {
            id: self.ids.next(),
            name: "pass".parse()?,
            service: Service::Hotspot,
            terms: grants::terms(),
        };
        let id = command.id;
        define_profile(&self.store, &self.scope, command).await?;
        Ok(id)
    }

    /// Vouchers' grants, a batch at a time.
    async fn grant(&self, router: RouterId, users: u32) -> Result<()> {
        let profile = self.define().await?;
        let mut first = 0;
        while first < users {
            let next = users.min(first + CHUNK);
            let entries: Result<Vec<_>> = (first..next).map(|it| self.entry(it)).collect();
            let command = GrantMany {
                router,
                profile,
                limits: Limits::NONE,
                entries: entries?,
            };
            let (ids, clock) = (&*self.ids, &*self.clock);
            grant_many(&self.store, &self.vault, ids, clock, &self.scope, command).await?;
            first = next;
        }
        Ok(())
    }

    fn entry(&self, number: u32) -> Result<GrantEntry> {
        Ok(GrantEntry {
            id: self.ids.next(),
            subject: Subject::Voucher(self.ids.next()),
            login: format!("user-{number}").parse().context("a login")?,
            secret: Secret::new(format!("password-{number}")),
        })
    }
}

impl<'a> Site<'a> {
    /// Grants so many users and has the product bring them to the router, as fast as that takes them.
    pub(super) async fn fill(folder: &'a Path, remote: Remote, users: u32) -> Result<Self> {
        let mut eager = settings();
        eager.limiter = None;
        eager.write_gap = None;
        eager.in_flight = 32;
        let ids: &dyn Ids = &SystemIds::new(Arc::new(SystemClock), Arc::new(OsRandomness));
        let (tenant, router) = (ids.next(), ids.next());
        let product = Product::open(folder, tenant, eager).await?;
        product.enrol(router, remote.api).await?;
        product.grant(router, users).await?;
        let report = product.reconcile(router).await?;
        ensure!(
            report.drift.owned >= u64::from(users),
            "the router holds {} rows of ours",
            report.drift.owned
        );
        Ok(Self {
            folder,
            tenant,
            router,
            remote,
        })
    }

    /// One comparison by a fresh process.
    pub(super) async fn look(&self) -> Result<Seen> {
        let out = self.folder.join("seen.json");
        let (folder, written) = (self.folder.display(), out.display());
        let arguments = [
            "reconcile-once".to_owned(),
            format!("--folder={folder}"),
            format!("--tenant={}", self.tenant),
            format!("--router={}", self.router),
            format!("--control={}", self.remote.control),
            format!("--out={written}"),
        ];
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let own = std::env::current_exe()?;
        let mut process = Process::start("reconcile", &own, &arguments, [], self.folder)?;
        let status = process.wait(TIME_TO_COMPARE).await?;
        ensure!(status.success(), "{}", process.last_words());
        let seen = serde_json::from_slice(&std::fs::read(&out)?)?;
        // An earlier answer must never pass for the next one.
        std::fs::remove_file(&out)?;
        Ok(seen)
    }
}
