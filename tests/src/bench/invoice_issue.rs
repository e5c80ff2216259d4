//! `invoice-issue`: sixteen cashiers who issue invoices of one series at once, each invoice in a transaction of its own with its
//! number taken at issue. Afterwards every number is there once, without a gap. PostgreSQL only.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use billing::{SweepPage, bill_account};
use bootstrap::{Product, Settings};
use kernel::{AccountId, Scope, rerun_on_conflict};
use tokio::task::JoinSet;

use super::Extent;
use super::billing_run::{GAPS, Provider};
use super::report::{Figure, Report};
use super::statistics::{median, per_mille};
use super::storage::{self, Pool};
use crate::database::ServerDatabase;

/// The variable that names the server; `cargo xtask bench` sets it.
const SERVER: &str = "BENCH_DATABASE_URL";
/// Cashiers at once.
const CASHIERS: usize = 16;
/// Accounts per statement while they are listed.
const PAGE: u16 = 1_000;

/// Measures them.
///
/// # Errors
/// When the database fails, or a number is missing or there twice.
pub async fn invoice_issue(extent: Extent) -> Result<Report> {
    let server = std::env::var(SERVER);
    let server = server.with_context(|| format!("{SERVER} is not set: run `cargo xtask bench`"))?;
    let database = ServerDatabase::create_on(&server).await?;
    let folder = tempfile::tempdir()?;
    let mut settings = Settings::load(None)?;
    settings.database.url = database.url();
    settings.database.max_connections = u32::try_from(CASHIERS)?;
    settings.data.dir = folder.path().to_owned();
    let product = Arc::new(Product::open(&settings).await?);
    let pool = storage::open(&database.url()).await?;
    // Connections, statements and pages are warm afterwards.
    round(&product, &pool, 200).await?;
    let count = extent.pick(10_000, 200);
    let (mut rates, mut halves, mut slowest) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..extent.rounds {
        let issued = round(&product, &pool, count).await?;
        rates.push(issued.rate);
        halves.push(issued.p50_ms);
        slowest.push(issued.p99_ms);
    }
    pool.close().await;
    product.close().await;
    let mut figure = Figure::alone("invoice-issue/16x10k", "invoices/s", rates);
    figure.p50_ms = Some(median(&halves));
    figure.p99_ms = Some(median(&slowest));
    let note = format!("{count} invoices of one series by {CASHIERS} at once; gapless and unique");
    Ok(Report {
        bench: "invoice-issue",
        figures: vec![figure.note(note)],
    })
}

struct Issued {
    rate: f64,
    p50_ms: f64,
    p99_ms: f64,
}

async fn round(product: &Arc<Product>, pool: &Pool, count: u32) -> Result<Issued> {
    let provider = Provider::found(product, pool, &[count]).await?;
    let accounts = Arc::new(accounts_of(product, &provider).await?);
    ensure!(
        accounts.len() == usize::try_from(count)?,
        "not all accounts are due"
    );
    let next = Arc::new(AtomicUsize::new(0));
    let ports = product.ports();
    let scope = Scope::system(provider.tenant, "bench", ports.ids.fresh());
    let mut cashiers = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..CASHIERS {
        let (product, accounts) = (Arc::clone(product), Arc::clone(&accounts));
        let (next, scope) = (Arc::clone(&next), scope.clone());
        cashiers.spawn(async move { issue(&product, &scope, &accounts, &next).await });
    }
    let mut times = Vec::with_capacity(accounts.len());
    while let Some(cashier) = cashiers.join_next().await {
        times.extend(cashier??);
    }
    let rate = f64::from(count) / begun.elapsed().as_secs_f64();
    must_be_gapless(pool, &provider, count).await?;
    times.sort_unstable();
    Ok(Issued {
        rate,
        p50_ms: per_mille(&times, 500) / 1_000.0,
        p99_ms: per_mille(&times, 990) / 1_000.0,
    })
}

/// One cashier: the next account, until there are none. Gives microseconds for each invoice.
async fn issue(
    product: &Product,
    scope: &Scope,
    accounts: &[AccountId],
    next: &AtomicUsize,
) -> Result<Vec<u32>> {
    let ports = product.ports();
    let mut times = Vec::new();
    while let Some(account) = accounts.get(next.fetch_add(1, Ordering::Relaxed)) {
        let begun = Instant::now();
        let bill = || bill_account(&*ports.billing, &*ports.ids, &*ports.clock, scope, *account);
        let issued = rerun_on_conflict(bill).await?;
        ensure!(issued.is_some(), "an account was not billed");
        times.push(u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
    Ok(times)
}

async fn accounts_of(product: &Product, provider: &Provider) -> Result<Vec<AccountId>> {
    let ports = product.ports();
    let today = "Africa/Nairobi"
        .parse::<kernel::Zone>()?
        .date_at(ports.clock.now());
    let mut all: Vec<AccountId> = Vec::new();
    loop {
        let page = SweepPage {
            today,
            after: all.last().copied(),
            limit: PAGE,
        };
        let entity = provider.entities[0];
        let queries = &ports.billing_queries;
        let found = queries.accounts_to_bill(provider.tenant, entity, page);
        let found = found.await?;
        if found.is_empty() {
            return Ok(all);
        }
        all.extend(found);
    }
}

async fn must_be_gapless(pool: &Pool, provider: &Provider, count: u32) -> Result<()> {
    let Pool::Postgres(pool) = pool else {
        anyhow::bail!("only PostgreSQL is measured");
    };
    let tenant = provider.tenant.uuid();
    let (numbers, highest): (i64, i64) =
        sqlx::query_as(NUMBERS).bind(tenant).fetch_one(pool).await?;
    let all = i64::from(count);
    ensure!(
        (numbers, highest) == (all, all),
        "{numbers} numbers up to {highest}, not {all}"
    );
    let gaps: (i64,) = sqlx::query_as(GAPS).bind(tenant).fetch_one(pool).await?;
    ensure!(gaps.0 == 0, "{} series have gaps", gaps.0);
    Ok(())
}

const NUMBERS: &str =
    "SELECT count(DISTINCT number), max(number) FROM invoices WHERE tenant_id = $1";
