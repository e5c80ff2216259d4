//! Opens a SQLite file: one writer, many readers, every commit on disk.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use kernel::StoreError;
use sea_orm::{DatabaseConnection, SqlxSqliteConnector};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{Db, PoolSettings};
use crate::dialect::Dialect;
use crate::error::Stored;

/// How long a statement waits while another process holds the file.
const BUSY: Duration = Duration::from_secs(5);

pub(super) async fn connect(url: &str, settings: PoolSettings) -> Result<Db, StoreError> {
    let options = SqliteConnectOptions::from_str(url)
        .stored()?
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    if url.contains(":memory:") {
        // Every connection to memory is a database of its own, so there is one.
        let only = pool(options, 1, settings.acquire_timeout).await?;
        return Ok(Db::new(Dialect::Sqlite, only.clone(), only));
    }
    create_folder(options.get_filename()).await?;
    let writer = pool(options.clone(), 1, settings.acquire_timeout).await?;
    let reader = pool(options, settings.max_connections, settings.acquire_timeout).await?;
    Ok(Db::new(Dialect::Sqlite, writer, reader))
}

async fn pool(
    options: SqliteConnectOptions,
    connections: u32,
    acquire_timeout: Duration,
) -> Result<DatabaseConnection, StoreError> {
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(acquire_timeout)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await
        .stored()?;
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
}

async fn create_folder(file: &Path) -> Result<(), StoreError> {
    let Some(folder) = file.parent().filter(|it| !it.as_os_str().is_empty()) else {
        return Ok(());
    };
    tokio::fs::create_dir_all(folder)
        .await
        .map_err(StoreError::unavailable)
}
