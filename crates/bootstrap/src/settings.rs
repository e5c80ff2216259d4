//! The settings: defaults, then a file, then the environment; every contradiction is refused by name.

use std::path::{Path, PathBuf};

use anyhow::Context;
use config::{Config, Environment, File, FileFormat};
use serde::Deserialize;

mod billing;
mod payments;
mod protection;
mod seed_names;

pub use billing::BillingSettings;
pub use payments::PaymentSettings;
pub use protection::{BreakerSettings, CacheSettings, LimiterSettings, PoolSettings};
mod retention;

pub use retention::RetentionSettings;

const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// Everything an operator can set. `config/default.toml` explains each one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The API's listener and limits.
    pub server: ServerSettings,
    /// Where an embedded installation keeps its files.
    pub data: DataSettings,
    /// The database.
    pub database: DatabaseSettings,
    /// Keys and tokens.
    pub security: SecuritySettings,
    /// The background worker.
    pub worker: WorkerSettings,
    /// Safety limits of billing.
    pub billing: BillingSettings,
    /// How payment providers are spoken to.
    pub payments: PaymentSettings,
    /// How often each sweep runs.
    pub sweeps: SweepSettings,
    /// How long things are kept.
    pub retention: RetentionSettings,
    /// How routers are spoken to.
    pub routers: RouterSettings,
    /// What is logged, and how.
    pub log: LogSettings,
    /// The provider that the first start founds.
    pub founding: FoundingSettings,
}

/// The API's listener and limits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// Address and port.
    pub bind: std::net::SocketAddr,
    /// Requests in progress at once.
    pub max_in_flight: usize,
    /// Seconds a request may take.
    pub request_timeout_s: u64,
}

/// Where an embedded installation keeps its files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSettings {
    /// The folder.
    pub dir: PathBuf,
}

/// The database.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `postgres://…`, `sqlite://…`, or empty for SQLite in the data folder.
    pub url: String,
    /// Connections in the pool.
    pub max_connections: u32,
    /// Seconds to wait for a connection.
    pub acquire_timeout_s: u64,
    /// Whether pending migrations run at start.
    pub migrate_at_start: bool,
}

impl std::fmt::Debug for DatabaseSettings {
    /// Leaves the URL out: it may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseSettings")
            .field("max_connections", &self.max_connections)
            .field("migrate_at_start", &self.migrate_at_start)
            .finish_non_exhaustive()
    }
}

/// Keys and tokens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecuritySettings {
    /// The key file, or empty for `keys.json` in the data folder.
    pub key_file: PathBuf,
    /// Minutes an access token is valid.
    pub access_token_minutes: i64,
    /// Days a session lives without being refreshed.
    pub session_days: i64,
}

/// Whether the API process hosts the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Embedded {
    /// On SQLite yes, on PostgreSQL no.
    Auto,
    /// Always.
    Yes,
    /// Never.
    No,
}

/// The background worker.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerSettings {
    /// Whether the API process hosts it.
    pub embedded: Embedded,
    /// Jobs and deliveries in progress at once.
    pub concurrency: u16,
    /// Milliseconds between looks at the queue.
    pub poll_ms: u64,
    /// Seconds a claim is held.
    pub lease_s: i64,
    /// Attempts of a delivery before it is parked.
    pub delivery_attempts: u16,
    /// Address and port where a worker process answers probes and shows its metrics; empty for nowhere.
    pub probes: String,
}

/// Seconds between runs of each sweep.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepSettings {
    /// Raises due invoices.
    pub raise_invoices_s: i64,
    /// Moves accounts along the dunning levels.
    pub evaluate_overdue_s: i64,
    /// Ends vouchers whose time is over.
    pub expire_vouchers_s: i64,
    /// Ends payments that nobody made in time.
    pub expire_payments_s: i64,
    /// Asks payment providers what became of payment links.
    pub poll_payment_links_s: i64,
    /// Has every day that is over compared with payment providers.
    pub reconcile_gateways_s: i64,
    /// Reads who is online and what was used, and looks for first logins of vouchers.
    pub watch_sessions_s: i64,
    /// Reads the totals of hotspot users, with one of the watches.
    pub count_users_s: i64,
    /// Compares every router with what it should hold.
    pub reconcile_routers_s: i64,
    /// Forgets what is kept only for a while.
    pub prune_s: i64,
}

/// How routers are spoken to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouterSettings {
    /// Whether routers on loopback may be enrolled.
    pub allow_loopback: bool,
    /// Commands in flight on one connection.
    pub in_flight: usize,
    /// Seconds a command may take.
    pub command_timeout_s: u64,
    /// Seconds to connect and log in.
    pub connect_timeout_s: u64,
    /// Writes per second; 0 for no limit.
    pub writes_per_s: u32,
    /// Seconds between attempts to reach a router, at most.
    pub reconnect_max_s: u64,
    /// Whether a worker keeps a connection to each router on which it hears of sessions at once.
    pub listen: bool,
    /// The connections to one router.
    pub pool: PoolSettings,
    /// How much one router is asked at once, and how much waits.
    pub limiter: LimiterSettings,
    /// When a router that does not answer is left alone.
    pub breaker: BreakerSettings,
    /// What is remembered of a router's answers.
    pub cache: CacheSettings,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// What is logged, and how.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// A level or a filter.
    pub filter: String,
    /// Text or JSON.
    pub format: LogFormat,
}

/// The provider that the first start founds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundingSettings {
    /// Its name in addresses and at sign-in.
    pub tenant: String,
    /// The name people read.
    pub name: String,
    /// What its first operator signs in with.
    pub operator: String,
    /// What it invoices in.
    pub currency: String,
    /// Where its days begin and end.
    pub zone: String,
    /// Decimal digits on invoices; empty for as many as the currency has.
    pub invoice_digits: String,
    /// What stands before invoice numbers.
    pub series: String,
    /// Days from an invoice to its due date.
    pub terms_days: u16,
    /// Days past due without consequence.
    pub grace_days: u16,
    /// Days past due until access is cut off.
    pub suspend_after_days: u16,
}

/// A setting that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting `{setting}` {rule}")]
pub struct BadSetting {
    /// The setting's name, as in the file.
    pub setting: &'static str,
    /// What it must be.
    pub rule: &'static str,
}

impl Settings {
    /// Reads defaults, then `file` if given, then variables by the names that older installations know, then
    /// `APP__SECTION__NAME` variables, and checks the whole.
    ///
    /// # Errors
    /// Names the setting that is unknown, mistyped or out of range.
    pub fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let seed_names = seed_names::settings(|name| std::env::var(name).ok())?;
        Self::layered(file, seed_names, Environment::with_prefix("APP"))
    }

    fn layered(
        file: Option<&Path>,
        seed_names: Config,
        environment: Environment,
    ) -> anyhow::Result<Self> {
        let mut layers = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(path) = file {
            layers = layers.add_source(File::from(path).format(FileFormat::Toml).required(true));
        }
        let environment = environment
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true);
        let merged = layers
            .add_source(seed_names)
            .add_source(environment)
            .build()
            .context("the settings cannot be read")?;
        let settings: Self = merged
            .try_deserialize()
            .context("a setting is unknown or has the wrong type")?;
        settings.check()?;
        settings.retention.check()?;
        Ok(settings)
    }

    /// The database's URL, with the default filled in.
    #[must_use]
    pub fn database_url(&self) -> String {
        if self.database.url.is_empty() {
            return format!(
                "sqlite://{}",
                self.data.dir.join("mikrotik-billing.sqlite").display()
            );
        }
        self.database.url.clone()
    }

    /// Whether the database is embedded.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.database_url().starts_with("sqlite:")
    }

    /// Whether the API process hosts the worker.
    #[must_use]
    pub fn worker_is_embedded(&self) -> bool {
        match self.worker.embedded {
            Embedded::Yes => true,
            Embedded::No => false,
            Embedded::Auto => self.is_sqlite(),
        }
    }

    /// The key file's path, with the default filled in.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        if self.security.key_file.as_os_str().is_empty() {
            return self.data.dir.join("keys.json");
        }
        self.security.key_file.clone()
    }

    fn check(&self) -> Result<(), BadSetting> {
        let rules = [
            (
                self.server.max_in_flight >= 1,
                "server.max_in_flight",
                "must be at least 1",
            ),
            (
                self.server.request_timeout_s >= 1,
                "server.request_timeout_s",
                "must be at least 1",
            ),
            (
                self.has_known_database(),
                "database.url",
                "must start with postgres:// or sqlite://",
            ),
            (
                self.database.max_connections >= 2,
                "database.max_connections",
                "must be at least 2",
            ),
            (
                self.database.acquire_timeout_s >= 1,
                "database.acquire_timeout_s",
                "must be at least 1",
            ),
            (
                (1..=1440).contains(&self.security.access_token_minutes),
                "security.access_token_minutes",
                "must be 1 to 1440",
            ),
            (
                (1..=365).contains(&self.security.session_days),
                "security.session_days",
                "must be 1 to 365",
            ),
            (
                (1..=256).contains(&self.worker.concurrency),
                "worker.concurrency",
                "must be 1 to 256",
            ),
            (
                (10..=60_000).contains(&self.worker.poll_ms),
                "worker.poll_ms",
                "must be 10 to 60000",
            ),
            (
                (5..=3600).contains(&self.worker.lease_s),
                "worker.lease_s",
                "must be 5 to 3600",
            ),
            (
                self.worker.delivery_attempts >= 1,
                "worker.delivery_attempts",
                "must be at least 1",
            ),
            (
                self.worker.probes.is_empty()
                    || self.worker.probes.parse::<std::net::SocketAddr>().is_ok(),
                "worker.probes",
                "must be an address and port such as 127.0.0.1:3001, or empty",
            ),
            (
                self.sweeps_are_positive(),
                "sweeps",
                "must each be at least 1 second",
            ),
            (
                (1..=64).contains(&self.routers.in_flight),
                "routers.in_flight",
                "must be 1 to 64",
            ),
            (
                self.routers.command_timeout_s >= 1,
                "routers.command_timeout_s",
                "must be at least 1",
            ),
            (
                self.routers.reconnect_max_s >= 1,
                "routers.reconnect_max_s",
                "must be at least 1",
            ),
            (
                self.routers.connect_timeout_s >= 1,
                "routers.connect_timeout_s",
                "must be at least 1",
            ),
            (
                self.worker.embedded != Embedded::No || !self.is_sqlite(),
                "worker.embedded",
                "must not be \"no\" on SQLite: only one process may use the file",
            ),
        ];
        let rules = rules.into_iter().chain(self.routers.rules());
        let rules = rules.chain(self.billing.rules());
        let rules = rules.chain(self.payments.rules());
        let broken = rules.into_iter().find(|(holds, ..)| !holds);
        broken.map_or(Ok(()), |(_, setting, rule)| {
            Err(BadSetting { setting, rule })
        })
    }

    fn has_known_database(&self) -> bool {
        let url = self.database_url();
        ["postgres://", "postgresql://", "sqlite:"]
            .iter()
            .any(|it| url.starts_with(it))
    }

    fn sweeps_are_positive(&self) -> bool {
        let sweeps = &self.sweeps;
        [
            sweeps.raise_invoices_s,
            sweeps.evaluate_overdue_s,
            sweeps.expire_vouchers_s,
            sweeps.expire_payments_s,
            sweeps.poll_payment_links_s,
            sweeps.reconcile_gateways_s,
            sweeps.watch_sessions_s,
            sweeps.count_users_s,
            sweeps.reconcile_routers_s,
            sweeps.prune_s,
        ]
        .iter()
        .all(|seconds| *seconds >= 1)
    }
}

#[cfg(test)]
mod tests;
