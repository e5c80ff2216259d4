//! `api-read`: a customer by id through the whole API, beside a bare handler with the same one query.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kernel::CustomerId;
use sqlx::Row;

use super::customers::{fill, scatter};
use super::load::{Outcome, load};
use super::program::Program;
use super::report::{Figure, Report};
use super::statistics::per_mille;
use super::storage::{self, Pool};
use super::{Extent, floor_server};
use crate::database::ServerDatabase;
use crate::eventually::eventually;

/// Connections that are always busy.
const CONNECTIONS: u64 = 64;
/// The variable that names the server; `cargo xtask bench` sets it.
const SERVER: &str = "BENCH_DATABASE_URL";

/// Measures both storages.
///
/// # Errors
/// When a program does not start, an answer is no success, or the product sends another number of statements than it
/// answers requests.
pub async fn api_read(extent: Extent) -> Result<Report> {
    let server = std::env::var(SERVER);
    let server = server.with_context(|| format!("{SERVER} is not set: run `cargo xtask bench`"))?;
    let database = ServerDatabase::create_on(&server).await?;
    Ok(Report {
        bench: "api-read",
        figures: vec![
            measure("api-read/sqlite", None, extent).await?,
            measure("api-read/postgres", Some(database.url()), extent).await?,
        ],
    })
}

async fn measure(id: &str, url: Option<String>, extent: Extent) -> Result<Figure> {
    let mut program = Program::install(url)?;
    let customers = prepare(&mut program, extent).await?;
    program.start().await?;
    let floor = floor_server::spawn(&program).await?;
    let product = Requests::new(&program.token().await?, &customers);
    let bare = Requests::new("", &customers);

    let span = extent.pick(Duration::from_secs(5), Duration::from_millis(300));
    bare.send(floor.address(), span / 2).await?;
    product.send(program.address(), span / 2).await?;
    let (mut rates, mut floors, mut micros) = (Vec::new(), Vec::new(), Vec::new());
    let pool = storage::open(&program.database_url()).await?;
    let mut notes = Vec::new();
    for _ in 0..extent.rounds {
        floors.push(bare.send(floor.address(), span).await?.rate);
        let before = statements(&pool).await?;
        let mut outcome = product.send(program.address(), span).await?;
        notes = check_statements(&pool, before, &outcome).await?;
        rates.push(outcome.rate);
        micros.append(&mut outcome.micros);
    }
    drop(floor);
    pool.close().await;
    program.stop().await?;
    micros.sort_unstable();
    let mut figure = Figure::beside(id, "req/s", rates, floors);
    figure.p50_ms = Some(per_mille(&micros, 500) / 1000.0);
    figure.p99_ms = Some(per_mille(&micros, 990) / 1000.0);
    figure.notes = notes;
    Ok(figure)
}

/// Lets the program make its schema and one customer, then copies that one while the program is stopped.
async fn prepare(program: &mut Program, extent: Extent) -> Result<Arc<[CustomerId]>> {
    program.start().await?;
    program.register_customer().await?;
    program.stop().await?;
    let pool = storage::open(&program.database_url()).await?;
    let customers = fill(&pool, extent.pick(100_000, 1_000)).await?;
    pool.close().await;
    Ok(customers.into())
}

/// Requests for random customers.
struct Requests {
    token: Arc<str>,
    customers: Arc<[CustomerId]>,
}

impl Requests {
    fn new(token: &str, customers: &Arc<[CustomerId]>) -> Self {
        Self {
            token: token.into(),
            customers: Arc::clone(customers),
        }
    }

    async fn send(&self, address: SocketAddr, span: Duration) -> Result<Outcome> {
        let (token, customers) = (Arc::clone(&self.token), Arc::clone(&self.customers));
        load(address, CONNECTIONS, span, move |connection, number| {
            let draw = scatter(connection << 32 | number);
            let index = usize::try_from(draw).unwrap_or(usize::MAX) % customers.len();
            format!(
                "GET /api/v1/customers/{} HTTP/1.1\r\nHost: bench\r\n\
                 Authorization: Bearer {token}\r\nAccept: application/json\r\n\r\n",
                customers[index]
            )
            .into_bytes()
        })
        .await
    }
}

/// Lookups in the table and transactions so far; SQLite counts neither.
async fn statements(pool: &Pool) -> Result<Option<(i64, i64)>> {
    const COUNTS: &str = "SELECT \
         (SELECT idx_scan FROM pg_stat_user_tables WHERE relname = 'customers') AS lookups, \
         (SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()) AS transactions";
    let Pool::Postgres(pool) = pool else {
        return Ok(None);
    };
    let row = sqlx::query(COUNTS).fetch_one(pool).await?;
    Ok(Some((
        row.try_get("lookups")?,
        row.try_get("transactions")?,
    )))
}

/// One lookup for each request, and no transaction beside it but those of the server's own chores.
async fn check_statements(
    pool: &Pool,
    before: Option<(i64, i64)>,
    outcome: &Outcome,
) -> Result<Vec<String>> {
    let Some((lookups, transactions)) = before else {
        let note = "statements are not counted: SQLite keeps no counters; the code is the same as on PostgreSQL";
        return Ok(vec![note.to_owned()]);
    };
    let requests = i64::try_from(outcome.requests)?;
    // Each backend reports its counters when it has been idle for a moment.
    let counted = eventually(
        "the server's counters",
        Duration::from_secs(20),
        async || {
            let now = statements(pool).await?;
            Ok(now.filter(|now| now.0 - lookups >= requests))
        },
    );
    let now = counted.await?;
    let (looked, ran) = (now.0 - lookups, now.1 - transactions);
    ensure!(
        looked == requests,
        "{requests} requests looked {looked} times"
    );
    let slack = requests / 50 + 100;
    ensure!(
        ran <= requests + slack,
        "{requests} requests ran {ran} transactions"
    );
    Ok(vec![format!(
        "the last round: {requests} requests, {looked} lookups, {ran} transactions"
    )])
}
