//! `api-read`: a customer by id through the whole API, beside a bare handler with the same one query.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kernel::CustomerId;
use sqlx::Row;

use super::customers::{fill, scatter};
use super::load::{Outcome, ask, load};
use super::program::Program;
use super::report::{Figure, Report};
use super::statistics::per_mille;
use super::storage::{self, Pool};
use super::{Extent, floor_server};
use crate::database::ServerDatabase;
use crate::eventually::eventually;

/// Connections that are always busy.
const CONNECTIONS: u64 = 64;
/// Longer than a backend of the server keeps its counters to itself.
const TIME_TO_COUNT: Duration = Duration::from_secs(30);
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
    let pool = storage::open(&program.database_url()).await?;
    let before = Statements::count(&pool).await?;
    let mut requests = bare.send(floor.address(), span / 2).await?.requests;
    requests += product.send(program.address(), span / 2).await?.requests;
    let (mut rates, mut floors, mut micros) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..extent.rounds {
        let bare = bare.send(floor.address(), span).await?;
        let mut whole = product.send(program.address(), span).await?;
        requests += bare.requests + whole.requests;
        floors.push(bare.rate);
        rates.push(whole.rate);
        micros.append(&mut whole.micros);
    }
    let note = check_statements(&pool, before, requests).await?;
    drop(floor);
    pool.close().await;
    program.stop().await?;
    let logged = check_logged_statements(&mut program, &customers).await?;
    micros.sort_unstable();
    let mut figure = Figure::beside(id, "req/s", rates, floors)
        .note(note)
        .note(logged);
    figure.p50_ms = Some(per_mille(&micros, 500) / 1000.0);
    figure.p99_ms = Some(per_mille(&micros, 990) / 1000.0);
    Ok(figure)
}

/// Requests whose statements are counted one by one in the log; counters are exact for more, where there are any.
const LOGGED_REQUESTS: u64 = 2_000;

/// On either storage: the program says itself which statements it sends, and a request makes it send one. Its worker's
/// own questions for work go on meanwhile; they do not grow with the requests.
async fn check_logged_statements(
    program: &mut Program,
    customers: &[CustomerId],
) -> Result<String> {
    program.log_statements();
    program.start().await?;
    let token = program.token().await?;
    let before = program.logged()?.len();
    for customer in customers
        .iter()
        .cycle()
        .take(usize::try_from(LOGGED_REQUESTS)?)
    {
        let request = format!(
            "GET /api/v1/customers/{customer} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\
             Authorization: Bearer {token}\r\n\r\n"
        );
        let (status, _) = ask(program.address(), request.as_bytes()).await?;
        ensure!(status == 200, "answered {status}");
    }
    let logged = program.logged()?;
    program.stop().await?;
    let statements = logged[before..]
        .lines()
        .filter(|it| it.contains("summary="));
    let (lookups, others): (Vec<_>, Vec<_>) =
        statements.partition(|it| it.contains("FROM customers"));
    let (lookups, others) = (u64::try_from(lookups.len())?, u64::try_from(others.len())?);
    ensure!(
        lookups == LOGGED_REQUESTS,
        "{LOGGED_REQUESTS} requests sent {lookups} statements"
    );
    ensure!(
        others < LOGGED_REQUESTS / 10,
        "{others} other statements beside {LOGGED_REQUESTS} requests"
    );
    Ok(format!(
        "by the program's own log: {LOGGED_REQUESTS} requests, {lookups} lookups, {others} statements of the worker"
    ))
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

/// What the database has counted so far.
#[derive(Debug, Clone, Copy)]
struct Statements {
    /// Lookups by index in the table of customers.
    lookups: i64,
    /// Transactions, and a statement of its own is one.
    transactions: i64,
}

impl Statements {
    /// Reads the counters; SQLite keeps none.
    async fn count(pool: &Pool) -> Result<Option<Self>> {
        const COUNTS: &str = "SELECT \
             (SELECT idx_scan FROM pg_stat_user_tables WHERE relname = 'customers') AS lookups, \
             (SELECT xact_commit + xact_rollback FROM pg_stat_database \
              WHERE datname = current_database()) AS transactions";
        let Pool::Postgres(pool) = pool else {
            return Ok(None);
        };
        let row = sqlx::query(COUNTS).fetch_one(pool).await?;
        let (lookups, transactions) = (row.try_get("lookups")?, row.try_get("transactions")?);
        Ok(Some(Self {
            lookups,
            transactions,
        }))
    }
}

/// One lookup for each request, of the floor (which is known to send one statement) and of the product, and no
/// transaction beside it but those of the server's own chores.
async fn check_statements(
    pool: &Pool,
    before: Option<Statements>,
    requests: usize,
) -> Result<String> {
    let Some(before) = before else {
        return Ok("SQLite keeps no counters".to_owned());
    };
    let requests = i64::try_from(requests)?;
    // A backend reports its counters when it has been idle for ten seconds.
    let counted = eventually("the server's counters", TIME_TO_COUNT, async || {
        let now = Statements::count(pool).await?;
        Ok(now.filter(|now| now.lookups - before.lookups >= requests))
    });
    let now = counted.await?;
    let lookups = now.lookups - before.lookups;
    let transactions = now.transactions - before.transactions;
    ensure!(
        lookups == requests,
        "{requests} requests looked {lookups} times"
    );
    let chores = requests / 50 + 200;
    ensure!(
        transactions <= requests + chores,
        "{requests} requests ran {transactions} transactions"
    );
    Ok(format!(
        "{requests} requests, {lookups} lookups, {transactions} transactions"
    ))
}
