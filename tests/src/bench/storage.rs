//! Plain connections to either storage, for filling tables and for the floors.

use std::str::FromStr;
use std::time::Duration;

use anyhow::Result;
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous};
use sqlx::{Connection, Database};

/// The shipped pool settings, so that floor and product have the same.
const MAX_CONNECTIONS: u32 = 16;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that was idle for so long is tried before it is used.
const TRIED_AFTER: Duration = Duration::from_secs(30);

/// A pool on either storage.
#[derive(Debug, Clone)]
pub(super) enum Pool {
    /// SQLite.
    Sqlite(SqlitePool),
    /// PostgreSQL.
    Postgres(PgPool),
}

impl Pool {
    /// Closes every connection.
    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// Connects as the product does: same sizes, same durability, same trying of idle connections.
pub(super) async fn open(url: &str) -> Result<Pool> {
    if !url.starts_with("sqlite:") {
        let options = PgConnectOptions::from_str(url)?;
        return Ok(Pool::Postgres(pool_options().connect_with(options).await?));
    }
    let options = SqliteConnectOptions::from_str(url)?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5));
    Ok(Pool::Sqlite(pool_options().connect_with(options).await?))
}

fn pool_options<D: Database>() -> PoolOptions<D> {
    PoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection: &mut D::Connection, meta| {
            Box::pin(async move {
                if meta.idle_for >= TRIED_AFTER {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}
