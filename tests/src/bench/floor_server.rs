//! The floor of `api-read`: a bare axum handler that runs the same one query with raw sqlx.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use kernel::CustomerId;
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use super::program::Program;
use super::storage::{self, Pool};
use crate::eventually::eventually;
use crate::ports::free_port;
use crate::process::Process;

/// What the product's query asks for.
const QUERY: &str = "SELECT id, kind, name, phone, email, address, note, status, status_since, \
     blocked_reason, registered_at, version FROM customers WHERE tenant_id = $1 AND id = $2";

/// Serves customers with nothing around the query.
#[derive(Debug, Clone, Args)]
pub struct FloorServer {
    /// The database.
    #[arg(long)]
    url: String,
    /// Where to listen.
    #[arg(long)]
    port: u16,
}

/// A running floor.
#[derive(Debug)]
pub(super) struct Floor {
    port: u16,
    _process: Process,
}

impl Floor {
    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }
}

/// Starts the floor beside the program, on the same database.
pub(super) async fn spawn(program: &Program) -> Result<Floor> {
    let port = free_port()?;
    let (url, text) = (program.database_url(), port.to_string());
    let arguments = ["floor-server", "--url", &url, "--port", &text];
    let own = std::env::current_exe()?;
    let process = Process::start("floor", &own, &arguments, [], program.folder())?;
    let floor = Floor {
        port,
        _process: process,
    };
    eventually("the floor", Duration::from_secs(10), async || {
        Ok(TcpStream::connect(floor.address()).await.ok().map(drop))
    })
    .await?;
    Ok(floor)
}

/// Runs the floor until it is killed.
///
/// # Errors
/// When it cannot listen or reach the database.
pub async fn floor_server(settings: FloorServer) -> Result<()> {
    let pool = storage::open(&settings.url).await?;
    let tenant = tenant(&pool)
        .await
        .context("the program has founded no tenant")?;
    let routes = Router::new().route("/api/v1/customers/{id}", get(customer));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port)).await?;
    Ok(axum::serve(listener, routes.with_state((pool, tenant))).await?)
}

async fn tenant(pool: &Pool) -> Result<Uuid> {
    const FIRST: &str = "SELECT tenant_id FROM tenants LIMIT 1";
    Ok(match pool {
        Pool::Postgres(pool) => sqlx::query_scalar(FIRST).fetch_one(pool).await?,
        Pool::Sqlite(pool) => sqlx::query_scalar(FIRST).fetch_one(pool).await?,
    })
}

/// The columns of [`QUERY`]; the version too, which the product reads for the ETag.
type CustomerRow = (
    Uuid,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    Option<DateTime<Utc>>,
    Option<String>,
    DateTime<Utc>,
    i64,
);

/// The same body as the product's.
#[derive(Debug, Serialize)]
struct Customer {
    id: String,
    kind: String,
    name: String,
    phone: Option<String>,
    email: Option<String>,
    address: Option<String>,
    note: Option<String>,
    status: String,
    status_since: Option<String>,
    blocked_reason: Option<String>,
    registered_at: String,
}

impl From<CustomerRow> for Customer {
    fn from(row: CustomerRow) -> Self {
        let (id, kind, name, phone, email, address, note, status, since, reason, registered, _) =
            row;
        let time = |it: DateTime<Utc>| it.to_rfc3339_opts(SecondsFormat::Micros, true);
        Self {
            id: CustomerId::from_uuid(id).to_string(),
            kind,
            name,
            phone,
            email,
            address,
            note,
            status,
            status_since: since.map(time),
            blocked_reason: reason,
            registered_at: time(registered),
        }
    }
}

async fn customer(
    State((pool, tenant)): State<(Pool, Uuid)>,
    Path(id): Path<String>,
) -> Result<Json<Customer>, StatusCode> {
    let id = id
        .parse::<CustomerId>()
        .map_err(|_| StatusCode::NOT_FOUND)?
        .uuid();
    let found: Result<Option<CustomerRow>, _> = match &pool {
        Pool::Postgres(pool) => {
            sqlx::query_as(QUERY)
                .bind(tenant)
                .bind(id)
                .fetch_optional(pool)
                .await
        }
        Pool::Sqlite(pool) => {
            sqlx::query_as(QUERY)
                .bind(tenant)
                .bind(id)
                .fetch_optional(pool)
                .await
        }
    };
    let row = found.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    row.map(|row| Json(row.into())).ok_or(StatusCode::NOT_FOUND)
}
