//! The wired product: one database, one key ring, one gateway, and every port on top of them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use access::HostRules;
use anyhow::Context;
use billing::gateway::{GatewayPorts, PaymentGateway};
use chrono::Duration as Span;
use crypto_adapter::{Argon2Cost, Argon2Hasher, KeyRing, OsRandomness, SystemClock, SystemIds};
use jobs::{RetryPolicy, Schedules};
use kernel::{Clock, Ids, Probe, Randomness};
use operators::{SignInPolicy, TenantDirectory};
use postgres_adapter::{Db, PoolSettings, Store, Subscriptions};
use routeros_adapter::{GatewaySettings, RouterOsGateway};

use crate::ports::Ports;
use crate::settings::{RouterSettings, Settings, SweepSettings};
use crate::worker::Worker;

/// How long an idle database connection is trusted.
const PING_IF_IDLE_FOR: Duration = Duration::from_secs(30);

/// The product, opened on its database.
pub struct Product {
    store: Store,
    ports: Ports,
}

impl Product {
    /// Opens the database, brings its schema up to date if the settings allow it, loads the keys and wires everything.
    ///
    /// # Errors
    /// If the database cannot be reached or its schema is old, or the key file is missing or unreadable; the message
    /// says what to do.
    pub async fn open(settings: &Settings) -> anyhow::Result<Self> {
        Self::open_with(settings, Vec::new()).await
    }

    /// The same with more payment providers: those of a demonstration.
    ///
    /// # Errors
    /// As [`Product::open`].
    pub async fn open_with(
        settings: &Settings,
        providers: Vec<Arc<dyn PaymentGateway>>,
    ) -> anyhow::Result<Self> {
        let clock = the_clock();
        let randomness: Arc<dyn Randomness> = Arc::new(OsRandomness);
        let ids: Arc<dyn Ids> =
            Arc::new(SystemIds::new(Arc::clone(&clock), Arc::clone(&randomness)));
        let probe = the_probe()?;
        let db = open_database(settings).await?;
        let subscriptions = Subscriptions::of(workflows::subscriptions().iter().copied());
        let store = Store::new(
            db,
            Arc::clone(&clock),
            Arc::clone(&ids),
            Arc::clone(&probe),
            subscriptions,
        )
        .with_bill_limits(settings.billing.limits());
        let has_tenants = !store
            .all()
            .await
            .context("the tenants cannot be read")?
            .is_empty();
        let keys = load_keys(&settings.key_file(), has_tenants)?;
        let host_rules = HostRules {
            allow_loopback: settings.routers.allow_loopback,
        };
        let gateway = gateway_settings(&settings.routers, host_rules);
        let gateway = RouterOsGateway::new(gateway, Arc::clone(&randomness));
        let payments = &settings.payments;
        let gateways = crate::payment_gateways::connect(payments, providers, &clock, &randomness)?;
        let hasher = Argon2Hasher::new(Argon2Cost::standard(), Arc::clone(&randomness));
        let shared = Arc::new(store.clone());
        let ports = Ports {
            clock,
            ids,
            randomness,
            signer: Arc::new(keys.token_signer()),
            vault: Arc::new(keys),
            hasher: Arc::new(hasher),
            customers: Arc::<Store>::clone(&shared),
            customer_queries: Arc::<Store>::clone(&shared),
            operators: Arc::<Store>::clone(&shared),
            operator_queries: Arc::<Store>::clone(&shared),
            tenants: Arc::<Store>::clone(&shared),
            access: Arc::<Store>::clone(&shared),
            access_queries: Arc::<Store>::clone(&shared),
            import_queries: Arc::<Store>::clone(&shared),
            gateway: Arc::new(gateway),
            host_rules,
            vouchers: Arc::<Store>::clone(&shared),
            voucher_queries: Arc::<Store>::clone(&shared),
            billing: Arc::<Store>::clone(&shared),
            billing_queries: Arc::<Store>::clone(&shared),
            billing_run: Arc::<Store>::clone(&shared),
            bill_limits: settings.billing.limits(),
            subscription_store: Arc::<Store>::clone(&shared),
            redemption_store: Arc::<Store>::clone(&shared),
            payment_gateways: GatewayPorts {
                gateways,
                store: Arc::<Store>::clone(&shared),
                queries: Arc::<Store>::clone(&shared),
            },
            jobs_store: Arc::<Store>::clone(&shared),
            jobs: Arc::<Store>::clone(&shared),
            job_control: Arc::<Store>::clone(&shared),
            work_signal: store.work_signal(),
            receipts: Arc::<Store>::clone(&shared),
            probe,
            usage: Arc::<Store>::clone(&shared),
            usage_queries: Arc::<Store>::clone(&shared),
            housekeeping: shared,
            keeping: settings.retention.keeping(settings.sweeps.count_users_s),
        };
        Ok(Self { store, ports })
    }

    /// Every port.
    #[must_use]
    pub const fn ports(&self) -> &Ports {
        &self.ports
    }

    /// A worker on this product, with a name of its own.
    ///
    /// # Errors
    /// Never for the fixed retry policies; they are checked like any other.
    pub fn worker(&self, settings: &Settings) -> anyhow::Result<Worker> {
        let attempts = settings.worker.delivery_attempts;
        Ok(Worker {
            name: format!("worker-{}", self.ports.ids.fresh()),
            bench: self.ports.workbench(),
            jobs: Arc::new(self.store.clone()),
            deliveries: Arc::new(self.store.clone()),
            schedules: Arc::new(self.store.clone()),
            signal: self.store.work_signal(),
            probe: Arc::clone(&self.ports.probe),
            job_retry: RetryPolicy::new(Span::seconds(2), Span::minutes(5), u16::MAX)?,
            delivery_retry: RetryPolicy::new(Span::milliseconds(500), Span::minutes(5), attempts)?,
            settings: settings.worker.clone(),
        })
    }

    /// Makes sure that the sweeps of every tenant are scheduled at the intervals of the settings.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn ensure_schedules(&self, sweeps: &SweepSettings) -> anyhow::Result<()> {
        let now = self.ports.clock.now();
        for tenant in self.store.all().await? {
            for (name, seconds) in intervals(sweeps) {
                self.store
                    .ensure(tenant, name, Span::seconds(seconds), now)
                    .await?;
            }
        }
        Ok(())
    }

    /// Passes wake-ups of other processes on to this one; runs until it is dropped.
    pub async fn listen_for_work(&self) {
        self.store.listen_for_work().await;
    }

    /// Writes down which routers stop answering and which are back, as this process notices; runs until it is dropped.
    pub async fn watch_reachability(&self) {
        crate::reachability::watch(&self.ports).await;
    }

    /// Has routers read at once when sessions begin or end there, if the settings say so; runs until it is dropped. For
    /// processes that host a worker.
    pub async fn listen_to_routers(&self, settings: &Settings) {
        match settings.routers.listen {
            true => crate::listening::listen(&self.ports).await,
            false => std::future::pending().await,
        }
    }

    /// Closes the database.
    pub async fn close(&self) {
        self.store.db().close().await;
    }
}

/// How signing in works under these settings.
#[must_use]
pub fn sign_in_policy(settings: &Settings) -> SignInPolicy {
    SignInPolicy {
        access_for: Span::minutes(settings.security.access_token_minutes),
        refresh_for: Span::days(settings.security.session_days),
        ..SignInPolicy::standard()
    }
}

/// Applies pending migrations and says whether there were any.
///
/// # Errors
/// If the database cannot be reached or a migration fails.
pub async fn migrate(settings: &Settings) -> anyhow::Result<bool> {
    let db = connect(settings).await?;
    let current = db.schema_is_current().await?;
    db.migrate()
        .await
        .context("the schema cannot be brought up to date")?;
    db.close().await;
    Ok(!current)
}

async fn open_database(settings: &Settings) -> anyhow::Result<Db> {
    let db = connect(settings).await?;
    if settings.database.migrate_at_start {
        db.migrate()
            .await
            .context("the schema cannot be brought up to date")?;
    } else if !db.schema_is_current().await? {
        anyhow::bail!(
            "the schema is old and setting `database.migrate_at_start` is false: run mikrotik-billing-api migrate"
        );
    }
    Ok(db)
}

async fn connect(settings: &Settings) -> anyhow::Result<Db> {
    let pool = PoolSettings {
        max_connections: settings.database.max_connections,
        acquire_timeout: Duration::from_secs(settings.database.acquire_timeout_s),
        ping_if_idle_for: PING_IF_IDLE_FOR,
    };
    let connected = Db::connect(&settings.database_url(), pool).await;
    connected.context("the database that setting `database.url` names cannot be opened")
}

/// A lost key file must never be replaced silently: everything that was sealed with it would be unreadable.
fn load_keys(path: &Path, has_tenants: bool) -> anyhow::Result<KeyRing> {
    let keys = if has_tenants {
        KeyRing::load(path)
    } else {
        KeyRing::load_or_create(path)
    };
    keys.context("the keys that setting `security.key_file` names cannot be used")
}

fn gateway_settings(routers: &RouterSettings, host_rules: HostRules) -> GatewaySettings {
    let connect_timeout = Duration::from_secs(routers.connect_timeout_s);
    GatewaySettings {
        in_flight: routers.in_flight,
        write_gap: 1_000_000_u64
            .checked_div(u64::from(routers.writes_per_s))
            .map(Duration::from_micros),
        connect_timeout,
        login_timeout: connect_timeout,
        command_timeout: Duration::from_secs(routers.command_timeout_s),
        backoff_cap: Duration::from_secs(routers.reconnect_max_s),
        pool: routers.pool.into(),
        idle_ping: Duration::from_secs(routers.pool.health_check_s),
        limiter: routers.limiter.bucket(),
        queue: routers.limiter.queue,
        order: routers.limiter.order(),
        breaker: routers.breaker.into(),
        cache: routers.cache.into(),
        ..GatewaySettings::recommended(host_rules)
    }
}

const fn intervals(sweeps: &SweepSettings) -> [(&'static str, i64); 9] {
    use workflows::job_kinds as kinds;
    [
        (kinds::RAISE_INVOICES, sweeps.raise_invoices_s),
        (kinds::EVALUATE_OVERDUE, sweeps.evaluate_overdue_s),
        (kinds::EXPIRE_VOUCHERS, sweeps.expire_vouchers_s),
        (kinds::EXPIRE_PAYMENTS, sweeps.expire_payments_s),
        (kinds::POLL_PAYMENT_LINKS, sweeps.poll_payment_links_s),
        (kinds::RECONCILE_GATEWAYS, sweeps.reconcile_gateways_s),
        (kinds::WATCH_SESSIONS, sweeps.watch_sessions_s),
        (kinds::RECONCILE_ROUTERS, sweeps.reconcile_routers_s),
        (kinds::PRUNE, sweeps.prune_s),
    ]
}

#[cfg(not(feature = "test-hooks"))]
pub(crate) fn the_clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

#[cfg(feature = "test-hooks")]
pub(crate) fn the_clock() -> Arc<dyn Clock> {
    crate::hooks::moved_clock(Arc::new(SystemClock))
}

#[cfg(not(feature = "test-hooks"))]
#[expect(clippy::unnecessary_wraps, reason = "the hooks of tests can fail")]
fn the_probe() -> anyhow::Result<Arc<dyn Probe>> {
    Ok(Arc::new(crate::counting::CountingProbe))
}

#[cfg(feature = "test-hooks")]
fn the_probe() -> anyhow::Result<Arc<dyn Probe>> {
    crate::hooks::killing_probe()
}

#[cfg(test)]
mod tests;
