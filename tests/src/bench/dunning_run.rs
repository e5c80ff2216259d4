//! `dunning-run`: every account of a legal entity dunned by the sweep as the worker runs it, all of them long overdue, beside
//! plain multi-row statements that write the very rows it wrote.
//!
//! Every account is restricted and suspended at once, which is the most that a sweep can do to one: two steps, a level, the
//! access of a subscription and their events. PostgreSQL only: the floor.
//!
//! A sweep that comes again does nothing, though every account is due to be looked at once more, and two sweeps at once take
//! each step of an account once; the bench fails where they do not.

mod floor;

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use bootstrap::{Product, Settings};
use sqlx::PgPool;

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

/// Measures every size, that another sweep does nothing more, and that two at once do what one does.
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
        other: Product::open(&settings).await?,
        pool: storage::open(&database.url()).await?,
    };
    // Connections, statements and pages are warm afterwards, for both.
    field.round(200).await?;
    let mut figures = Vec::new();
    for (id, count, most) in SIZES {
        let count = extent.pick(count, count / 100);
        figures.push(field.measure(id, count, extent.rounds.min(most)).await?);
    }
    figures.push(field.measure_two(extent.pick(50_000, 500)).await?);
    field.pool.close().await;
    field.product.close().await;
    field.other.close().await;
    Ok(Report {
        bench: "dunning-run",
        figures,
    })
}

struct Field {
    product: Product,
    /// Another worker's, with connections of its own.
    other: Product,
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

    /// Two workers come to the same accounts at once.
    async fn measure_two(&self, count: u32) -> Result<Figure> {
        let provider = self.owing(count).await?;
        let begun = Instant::now();
        tokio::try_join!(
            provider.dun_aside(&self.product),
            provider.dun_aside(&self.other)
        )?;
        let rate = f64::from(count) / begun.elapsed().as_secs_f64();
        self.must_be_dunned_once(&provider, count).await?;
        let figure = Figure::alone("dunning-run/two-workers", "accounts/s", vec![rate]);
        let note = format!(
            "{count} accounts that two sweeps come to at once; each step of each taken once"
        );
        Ok(figure.note(note))
    }

    /// A new provider whom nobody has paid for long.
    async fn owing(&self, count: u32) -> Result<Provider> {
        let provider = Provider::found(&self.product, &self.pool, &[count]).await?;
        provider.bill(&self.product, provider.entities[0]).await?;
        let pool = self.pool()?;
        let tenant = provider.tenant.uuid();
        sqlx::query(OLD_INVOICES).bind(tenant).execute(pool).await?;
        self.look_again(&provider).await?;
        Ok(provider)
    }

    /// Duns a new provider, and writes what that wrote once more.
    async fn round(&self, count: u32) -> Result<Round> {
        let provider = self.owing(count).await?;
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

    /// Every account is due to be looked at.
    async fn look_again(&self, provider: &Provider) -> Result<()> {
        let (pool, tenant) = (self.pool()?, provider.tenant.uuid());
        sqlx::query(DUE_ACCOUNTS).bind(tenant).execute(pool).await?;
        let tidy = "VACUUM (ANALYZE) accounts, subscriptions, invoices";
        sqlx::query(tidy).execute(pool).await?;
        Ok(())
    }

    /// Both steps of every account, however often the sweep comes.
    async fn must_be_dunned_once(&self, provider: &Provider, count: u32) -> Result<()> {
        self.must_have_taken_each_step_once(provider, count).await?;
        let before = self.events_of(provider).await?;
        self.look_again(provider).await?;
        provider.dun(&self.product).await?;
        self.must_have_taken_each_step_once(provider, count).await?;
        let after = self.events_of(provider).await?;
        ensure!(
            before == after,
            "another sweep told of {} things",
            after - before
        );
        Ok(())
    }

    async fn must_have_taken_each_step_once(&self, provider: &Provider, count: u32) -> Result<()> {
        let (pool, tenant) = (self.pool()?, provider.tenant.uuid());
        let counted: (i64, i64, i64) = sqlx::query_as(COUNTED).bind(tenant).fetch_one(pool).await?;
        let all = i64::from(count);
        ensure!(
            counted == (2 * all, all, all),
            "steps, suspended accounts and decisions on access: {counted:?}, not of {all}"
        );
        let twice: (i64, i64) = sqlx::query_as(TWICE).bind(tenant).fetch_one(pool).await?;
        ensure!(
            twice == (0, 0),
            "steps taken twice and subscriptions cut off twice: {twice:?}"
        );
        Ok(())
    }

    async fn events_of(&self, provider: &Provider) -> Result<i64> {
        let count = "SELECT count(*) FROM events WHERE tenant_id = $1";
        let tenant = provider.tenant.uuid();
        Ok(sqlx::query_scalar(count)
            .bind(tenant)
            .fetch_one(self.pool()?)
            .await?)
    }

    fn pool(&self) -> Result<&PgPool> {
        match &self.pool {
            Pool::Postgres(pool) => Ok(pool),
            Pool::Sqlite(_) => anyhow::bail!("only PostgreSQL is measured"),
        }
    }
}

const OLD_INVOICES: &str =
    "UPDATE invoices SET issued_on = issued_on - 40, due_on = due_on - 40 WHERE tenant_id = $1";

const DUE_ACCOUNTS: &str =
    "UPDATE accounts SET look_at = now() - interval '1 hour' WHERE tenant_id = $1";

const COUNTED: &str = "SELECT (SELECT count(*) FROM dunning_steps WHERE tenant_id = $1), \
    (SELECT count(*) FROM accounts WHERE tenant_id = $1 AND level = 'suspended'), \
    (SELECT count(*) FROM events WHERE tenant_id = $1 AND name = 'billing.access_desired')";

const TWICE: &str = "\
SELECT (SELECT count(*) FROM (SELECT 1 FROM dunning_steps WHERE tenant_id = $1 \
    GROUP BY account_id, episode, step HAVING count(*) > 1) AS steps), \
    (SELECT count(*) FROM (SELECT 1 FROM events WHERE tenant_id = $1 AND name = 'billing.access_desired' \
    GROUP BY aggregate_id HAVING count(*) > 1) AS cuts)";
