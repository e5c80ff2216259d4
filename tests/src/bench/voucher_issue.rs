//! `voucher-issue`: codes generated, sealed and stored, beside plain inserts of the same finished rows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use crypto_adapter::{KeyRing, OsRandomness, SystemClock, SystemIds};
use kernel::{BatchId, Clock, Ids, Money, NoProbe, Randomness, Scope, TenantId, Vault};
use postgres_adapter::{Db, PoolSettings, Store, Subscriptions};
use vouchers::{Alphabet, GenerateChunk, OrderBatch, Validity, generate_chunk, order_batch};

use super::Extent;
use super::finished_rows::FinishedRows;
use super::memory::resident_mb;
use super::report::{Figure, Report};
use super::storage::{self, Pool};
use crate::database::ServerDatabase;

/// The variable that names the server; `cargo xtask bench` sets it.
const SERVER: &str = "BENCH_DATABASE_URL";
/// Rows per commit, of the product and of the floor.
const CHUNK: u32 = 1_000;

/// Measures both storages.
///
/// # Errors
/// When a database fails.
pub async fn voucher_issue(extent: Extent) -> Result<Report> {
    let server = std::env::var(SERVER);
    let server = server.with_context(|| format!("{SERVER} is not set: run `cargo xtask bench`"))?;
    let database = ServerDatabase::create_on(&server).await?;
    let folder = tempfile::tempdir()?;
    let file = format!("sqlite://{}", folder.path().join("bench.sqlite").display());
    Ok(Report {
        bench: "voucher-issue",
        figures: vec![
            measure("voucher-issue/sqlite", &file, extent).await?,
            measure("voucher-issue/postgres", &database.url(), extent).await?,
        ],
    })
}

async fn measure(id: &str, url: &str, extent: Extent) -> Result<Figure> {
    let count = extent.pick(20_000, 2_000);
    let pool_settings = PoolSettings {
        max_connections: 16,
        acquire_timeout: Duration::from_secs(5),
        ping_if_idle_for: Duration::from_secs(30),
    };
    let db = Db::connect(url, pool_settings).await?;
    db.migrate().await?;
    let issuer = Issuer::new(db.clone());
    let pool = storage::open(url).await?;
    // Connections, statements and pages are warm afterwards, for both.
    issuer.issue(CHUNK).await?;

    let (mut times, mut floors, mut growth) = (Vec::new(), Vec::new(), 0.0_f64);
    for _ in 0..extent.rounds {
        let issued = issuer.issue(count).await?;
        growth = growth.max(issued.growth_mb);
        times.push(issued.time.as_secs_f64());
        floors.push(floor(&issuer, &pool, &issued).await?.as_secs_f64());
    }
    pool.close().await;
    db.close().await;
    let note = format!("{count} codes; resident memory grew by {growth:.1} MB at most");
    Ok(Figure::beside(id, "s", times, floors).note(note))
}

/// The same finished rows for another tenant, into the same table, by plain SQL.
async fn floor(issuer: &Issuer, pool: &Pool, issued: &Issued) -> Result<Duration> {
    let rows = FinishedRows::read(pool, issued.batch).await?;
    ensure!(
        rows.len() == issued.count as usize,
        "{} rows were stored",
        rows.len()
    );
    let other = issuer.ids.next();
    let batch = issuer.order(other, issued.count).await?;
    let begun = Instant::now();
    rows.insert(pool, other, batch, CHUNK as usize).await?;
    Ok(begun.elapsed())
}

/// The library, wired as the product wires it.
struct Issuer {
    store: Store,
    vault: KeyRing,
    randomness: Arc<dyn Randomness>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

/// What issuing a batch took.
struct Issued {
    batch: BatchId,
    count: u32,
    time: Duration,
    growth_mb: f64,
}

impl Issuer {
    fn new(db: Db) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let randomness: Arc<dyn Randomness> = Arc::new(OsRandomness);
        let ids: Arc<dyn Ids> =
            Arc::new(SystemIds::new(Arc::clone(&clock), Arc::clone(&randomness)));
        let (probe, subscriptions) = (Arc::new(NoProbe), Subscriptions::default());
        Self {
            store: Store::new(
                db,
                Arc::clone(&clock),
                Arc::clone(&ids),
                probe,
                subscriptions,
            ),
            vault: KeyRing::generate(),
            randomness,
            clock,
            ids,
        }
    }

    fn scope(&self, tenant: TenantId) -> Scope {
        Scope::system(tenant, "bench", self.ids.fresh())
    }

    async fn order(&self, tenant: TenantId, count: u32) -> Result<BatchId> {
        let batch = self.ids.next();
        let order = OrderBatch {
            id: batch,
            job: self.ids.next(),
            name: "bench".parse()?,
            plan: self.ids.next(),
            profile: self.ids.next(),
            router: self.ids.next(),
            count,
            alphabet: Alphabet::Mix,
            length: 12,
            prefix: String::new(),
            validity: Validity {
                shelf_days: Some(365),
                from_first_login_minutes: Some(1440),
                online_s: None,
                data_bytes: None,
            },
            price: Money::from_minor(500_000, "IDR".parse()?),
        };
        order_batch(&self.store, &*self.clock, &self.scope(tenant), order).await?;
        Ok(batch)
    }

    /// Orders a batch for a new tenant and makes its vouchers, chunk by chunk; only the making is timed. The floor has
    /// a new tenant too: codes are scattered over a tenant's index, so a larger index costs more.
    async fn issue(&self, count: u32) -> Result<Issued> {
        let tenant = self.ids.next();
        let batch = self.order(tenant, count).await?;
        let scope = self.scope(tenant);
        let before = resident_mb("self")?;
        let (mut time, mut growth_mb) = (Duration::ZERO, 0.0_f64);
        loop {
            let command = GenerateChunk {
                batch,
                chunk: CHUNK,
            };
            let begun = Instant::now();
            let (vault, randomness) = (&self.vault as &dyn Vault, &*self.randomness);
            let made =
                generate_chunk(&self.store, vault, randomness, &*self.ids, &scope, command).await?;
            time += begun.elapsed();
            growth_mb = growth_mb.max(resident_mb("self")? - before);
            if made.is_complete() {
                return Ok(Issued {
                    batch,
                    count,
                    time,
                    growth_mb,
                });
            }
        }
    }
}
