//! `dunning-run`: every account of a legal entity dunned by the sweep as the worker runs it, all of them long overdue, beside
//! plain multi-row statements that write the very rows it wrote.
//!
//! Every account is restricted and suspended at once, which is the most that a sweep can do to one: two steps, a level, the
//! access of a subscription and their events. PostgreSQL only: the floor.

mod floor;

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use bootstrap::{Product, Settings};

use super::Extent;
use super::billing_run::provider::Provider;
use super::memory::{forget_peak, peak_mb};
use super::report::{Figure, Report};
use super::storage::{self, Pool};
use crate::database::ServerDatabase;
use floor::write_again;

/// The variable that names the server; `cargo xtask bench` sets it.
const SERVER: &str = "BENCH_DATABASE_URL";
/// Names and sizes; more rounds where one is short.
const SIZES: [(&str, u32, usize); 2] =
    [("dunning-run/5k", 5_000, 3), ("dunning-run/50k", 50_000, 1)];

/// Measures every size, and that another sweep does nothing more.
///
/// # Errors
/// When the database fails, or a sweep takes anything but both steps of every account once.
pub async fn dunning_run(extent: Extent) -> Result<Report> {
    let server = std::env::var(SERVER);
    let server = server.with_context(|| format!("{SERVER} is not set: run `cargo xtask bench`"))?;
    let database = ServerDatabase::create_on(&server).await?;
    let folder = tempfile::tempdir()?;
    let mut settings = Settings::load(None)?;
    settings.database.url = database.url();
    folder.path().clone_into(&mut settings.data.dir);
    let field = Field {
        product: Product::open(&settings).await?,
        pool: storage::open(&database.url()).await?,
    };
    // Connections, statements and pages are warm afterwards, for both.
    field.round(200).await?;
    let mut figures = Vec::new();
    for (id, count, most) in SIZES {
        let count = extent.pick(count, count / 100);
        figures.push(field.measure(id, count, extent.rounds.min(most)).await?);
    }
    field.pool.close().await;
    field.product.close().await;
    Ok(Report {
        bench: "dunning-run",
        figures,
    })
}

struct Field {
    product: Product,
    pool: Pool,
}

/// Rates of one round in accounts a second, and the peak of memory while the product ran.
struct Round {
    product: f64,
    floor: f64,
    peak_mb: f64,
}

impl Field {
    async fn measure(&self, id: &str, count: u32, rounds: usize) -> Result<Figure> {
        let (mut product, mut floor, mut peak) = (Vec::new(), Vec::new(), 0.0_f64);
        for _ in 0..rounds.max(1) {
            let round = self.round(count).await?;
            product.push(round.product);
            floor.push(round.floor);
            peak = peak.max(round.peak_mb);
        }
        let note = format!("{count} accounts, each restricted and suspended; one transaction each");
        let figure = Figure::beside(id, "accounts/s", product, floor);
        Ok(figure.memory(peak).note(note))
    }

    /// Duns a new provider, and writes what that wrote once more.
    async fn round(&self, count: u32) -> Result<Round> {
        let provider = Provider::found(&self.product, &self.pool, &[count]).await?;
        provider.bill(&self.product, provider.entities[0]).await?;
        self.grow_old(&provider).await?;
        forget_peak()?;
        let begun = Instant::now();
        provider.dun(&self.product).await?;
        let product = f64::from(count) / begun.elapsed().as_secs_f64();
        let peak_mb = peak_mb()?;
        self.must_be_dunned_once(&provider, count).await?;
        let time = write_again(&self.pool, provider.tenant.uuid()).await?;
        Ok(Round {
            product,
            floor: f64::from(count) / time.as_secs_f64(),
            peak_mb,
        })
    }

    /// As if nobody had paid or looked for forty days.
    async fn grow_old(&self, provider: &Provider) -> Result<()> {
        let Pool::Postgres(pool) = &self.pool else {
            anyhow::bail!("only PostgreSQL is measured");
        };
        for text in [OLD_INVOICES, DUE_ACCOUNTS] {
            let tenant = provider.tenant.uuid();
            sqlx::query(text).bind(tenant).execute(pool).await?;
        }
        let tidy = "VACUUM (ANALYZE) accounts, subscriptions, invoices";
        sqlx::query(tidy).execute(pool).await?;
        Ok(())
    }

    /// Both steps of every account, however often the sweep comes.
    async fn must_be_dunned_once(&self, provider: &Provider, count: u32) -> Result<()> {
        provider.dun(&self.product).await?;
        let Pool::Postgres(pool) = &self.pool else {
            anyhow::bail!("only PostgreSQL is measured");
        };
        let tenant = provider.tenant.uuid();
        let counted: (i64, i64, i64) = sqlx::query_as(COUNTED).bind(tenant).fetch_one(pool).await?;
        let all = i64::from(count);
        ensure!(
            counted == (2 * all, all, all),
            "steps, suspended accounts and decisions on access: {counted:?}, not of {all}"
        );
        Ok(())
    }
}

const OLD_INVOICES: &str =
    "UPDATE invoices SET issued_on = issued_on - 40, due_on = due_on - 40 WHERE tenant_id = $1";

const DUE_ACCOUNTS: &str =
    "UPDATE accounts SET look_at = now() - interval '1 hour' WHERE tenant_id = $1";

const COUNTED: &str = "SELECT (SELECT count(*) FROM dunning_steps WHERE tenant_id = $1), \
    (SELECT count(*) FROM accounts WHERE tenant_id = $1 AND level = 'suspended'), \
    (SELECT count(*) FROM events WHERE tenant_id = $1 AND name = 'billing.access_desired')";
