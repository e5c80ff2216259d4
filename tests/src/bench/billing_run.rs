//! `billing-run`: every subscription of a legal entity billed by the run as the worker runs it, beside plain multi-row
//! inserts of the very rows it wrote; and two runs of two entities at once beside one after the other.
//!
//! One account has one subscription, which is the dearest way to have them. PostgreSQL only: the floor of the bar.

mod floor;
pub(super) mod provider;

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use bootstrap::{Product, Settings};
use kernel::EntityId;

use super::Extent;
use super::memory::{forget_peak, peak_mb};
use super::report::{Figure, Report};
use super::storage::{self, Pool};
use crate::database::ServerDatabase;
use floor::insert_again;
pub(super) use provider::Provider;

/// The variable that names the server; `cargo xtask bench` sets it.
const SERVER: &str = "BENCH_DATABASE_URL";
/// Names and sizes; more rounds where one is short.
const SIZES: [(&str, u32, usize); 3] = [
    ("billing-run/1k", 1_000, 9),
    ("billing-run/10k", 10_000, 5),
    ("billing-run/100k", 100_000, 1),
];

/// Measures every size, and two workers.
///
/// # Errors
/// When the database fails, or a run bills anything but every subscription once.
pub async fn billing_run(extent: Extent) -> Result<Report> {
    let server = std::env::var(SERVER);
    let server = server.with_context(|| format!("{SERVER} is not set: run `cargo xtask bench`"))?;
    let database = ServerDatabase::create_on(&server).await?;
    let field = Field::open(&database.url()).await?;
    // Connections, statements and pages are warm afterwards, for both.
    field.round(500).await?;
    let (mut figures, mut peak) = (Vec::new(), 0.0_f64);
    for (id, count, most) in SIZES {
        let count = extent.pick(count, (count / 100).max(50));
        let figure = field.measure(id, count, extent.rounds.min(most)).await?;
        peak = peak.max(figure.rss_mb.unwrap_or_default());
        figures.push(figure);
    }
    figures.push(Figure::alone("billing-run/rss", "MB", vec![peak]).memory(peak));
    figures.push(field.two_workers(extent).await?);
    field.close().await;
    Ok(Report {
        bench: "billing-run",
        figures,
    })
}

/// Two workers, as two processes would be, and plain connections.
struct Field {
    first: Product,
    second: Product,
    pool: Pool,
    _folders: [tempfile::TempDir; 2],
}

/// Rates of one round in subscriptions a second, and the peak of memory while the product ran.
struct Round {
    product: f64,
    floor: f64,
    peak_mb: f64,
}

impl Field {
    async fn open(url: &str) -> Result<Self> {
        let folders = [tempfile::tempdir()?, tempfile::tempdir()?];
        let open = async |folder: &tempfile::TempDir| {
            let mut settings = Settings::load(None)?;
            settings.database.url = url.to_owned();
            settings.data.dir = folder.path().to_owned();
            Product::open(&settings).await
        };
        Ok(Self {
            first: open(&folders[0]).await?,
            second: open(&folders[1]).await?,
            pool: storage::open(url).await?,
            _folders: folders,
        })
    }

    async fn close(self) {
        self.pool.close().await;
        self.first.close().await;
        self.second.close().await;
    }

    async fn measure(&self, id: &str, count: u32, rounds: usize) -> Result<Figure> {
        let (mut product, mut floor, mut peak) = (Vec::new(), Vec::new(), 0.0_f64);
        for _ in 0..rounds.max(1) {
            let round = self.round(count).await?;
            product.push(round.product);
            floor.push(round.floor);
            peak = peak.max(round.peak_mb);
        }
        let note = format!("{count} accounts with a subscription each; one transaction an account");
        let figure = Figure::beside(id, "subscriptions/s", product, floor);
        Ok(figure.memory(peak).note(note))
    }

    /// Bills a new provider, and inserts what that wrote once more for another tenant.
    async fn round(&self, count: u32) -> Result<Round> {
        let provider = Provider::found(&self.first, &self.pool, &[count]).await?;
        forget_peak()?;
        let begun = Instant::now();
        provider.bill(&self.first, provider.entities[0]).await?;
        let product = f64::from(count) / begun.elapsed().as_secs_f64();
        let peak_mb = peak_mb()?;
        self.must_be_billed_once(&provider, count).await?;
        let other = self.first.ports().ids.fresh();
        let time = insert_again(&self.pool, provider.tenant.uuid(), other).await?;
        Ok(Round {
            product,
            floor: f64::from(count) / time.as_secs_f64(),
            peak_mb,
        })
    }

    /// The same twice as many subscriptions of two entities: by one worker after another, and by two at once.
    async fn two_workers(&self, extent: Extent) -> Result<Figure> {
        let count = extent.pick(10_000, 100);
        let (mut two, mut one) = (Vec::new(), Vec::new());
        for _ in 0..extent.rounds.min(5) {
            let provider = Provider::found(&self.first, &self.pool, &[count, count]).await?;
            let begun = Instant::now();
            for entity in &provider.entities {
                provider.bill(&self.first, *entity).await?;
            }
            one.push(f64::from(2 * count) / begun.elapsed().as_secs_f64());
            self.must_be_billed_once(&provider, 2 * count).await?;

            let provider = Provider::found(&self.first, &self.pool, &[count, count]).await?;
            let begun = Instant::now();
            tokio::try_join!(
                provider.bill_aside(&self.first, provider.entities[0]),
                provider.bill_aside(&self.second, provider.entities[1]),
            )?;
            two.push(f64::from(2 * count) / begun.elapsed().as_secs_f64());
            self.must_be_billed_once(&provider, 2 * count).await?;
        }
        let note =
            format!("two entities of {count}; the floor is one worker, one entity after the other");
        Ok(Figure::beside("billing-run/two-workers", "subscriptions/s", two, one).note(note))
    }

    /// Every subscription on one line, every account on one invoice, every number of every entity once from 1 on, and
    /// another run has nothing to do.
    async fn must_be_billed_once(&self, provider: &Provider, count: u32) -> Result<()> {
        for entity in &provider.entities {
            provider.bill(&self.first, *entity).await?;
        }
        let Pool::Postgres(pool) = &self.pool else {
            anyhow::bail!("only PostgreSQL is measured");
        };
        let tenant = provider.tenant.uuid();
        let counted: (i64, i64, i64, i64) =
            sqlx::query_as(COUNTED).bind(tenant).fetch_one(pool).await?;
        let all = i64::from(count);
        ensure!(
            counted == (all, all, all, 0),
            "invoices, accounts and subscriptions billed, numbers left: {counted:?}, not {all}"
        );
        let gaps: (i64,) = sqlx::query_as(GAPS).bind(tenant).fetch_one(pool).await?;
        ensure!(gaps.0 == 0, "{} series have gaps", gaps.0);
        Ok(())
    }
}

/// What a run is asked for.
fn payload(entity: EntityId) -> serde_json::Value {
    serde_json::json!({ "entity": entity })
}

const COUNTED: &str = "SELECT (SELECT count(*) FROM invoices WHERE tenant_id = $1), \
    (SELECT count(DISTINCT account_id) FROM invoices WHERE tenant_id = $1), \
    (SELECT count(DISTINCT subscription_id) FROM invoice_lines WHERE tenant_id = $1), \
    (SELECT count(*) FROM number_slots WHERE tenant_id = $1)";

pub(super) const GAPS: &str = "SELECT count(*) FROM number_series AS s WHERE s.tenant_id = $1 AND s.last <> (\
    SELECT count(DISTINCT i.number) FROM invoices AS i WHERE i.tenant_id = $1 AND i.entity_id = s.entity_id \
    AND i.number <= s.last)";
