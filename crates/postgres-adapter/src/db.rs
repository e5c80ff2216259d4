//! The connection to the database, on either dialect.

use std::time::Duration;

use kernel::StoreError;
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};

use crate::dialect::Dialect;
use crate::error::Stored;

mod postgres;
mod schema;
mod sqlite;

/// How many connections there are and how long to wait for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// Connections at most, 1 or more. On SQLite: readers; the one writer comes on top.
    pub max_connections: u32,
    /// How long to wait for a free connection before the database counts as unavailable.
    pub acquire_timeout: Duration,
    /// A connection that was idle for this long is tested before use; a busy one never is.
    pub ping_if_idle_for: Duration,
}

/// A database, ready for statements. Cloning shares the connections.
#[derive(Debug, Clone)]
pub struct Db {
    dialect: Dialect,
    writer: DatabaseConnection,
    reader: DatabaseConnection,
}

/// The URL names no database that is known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected postgres://user@host/name, sqlite://path or sqlite::memory:")]
struct UnknownUrl;

impl Db {
    /// Connects to `postgres://…`, `sqlite://path` (created if missing, with its folders) or `sqlite::memory:`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database does not answer; [`StoreError::Corrupt`] for another URL.
    pub async fn connect(url: &str, settings: PoolSettings) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return postgres::connect(url, settings).await;
        }
        if url.starts_with("sqlite:") {
            return sqlite::connect(url, settings).await;
        }
        Err(StoreError::corrupt(UnknownUrl))
    }

    /// Closes every connection, after the statements that run.
    pub async fn close(&self) {
        for connection in [&self.reader, &self.writer] {
            if let Err(err) = connection.close_by_ref().await {
                tracing::debug!(error = %err, "closing the database");
            }
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.reader.ping().await.stored()
    }

    /// `postgres` or `sqlite`, for people.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self.dialect {
            Dialect::Postgres => "postgres",
            Dialect::Sqlite => "sqlite",
        }
    }

    pub(crate) const fn new(
        dialect: Dialect,
        writer: DatabaseConnection,
        reader: DatabaseConnection,
    ) -> Self {
        Self {
            dialect,
            writer,
            reader,
        }
    }

    pub(crate) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Counts every statement from here on; begins and commits do not count.
    #[cfg(feature = "testing")]
    pub(crate) fn count_statements(&mut self) -> std::sync::Arc<std::sync::atomic::AtomicU64> {
        use std::sync::atomic::Ordering::Relaxed;
        let count = std::sync::Arc::<std::sync::atomic::AtomicU64>::default();
        for connection in [&mut self.writer, &mut self.reader] {
            let count = std::sync::Arc::clone(&count);
            connection.set_metric_callback(move |_| {
                count.fetch_add(1, Relaxed);
            });
        }
        count
    }

    /// The connections for single statements that only read.
    pub(crate) const fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// The connections for single statements that write.
    pub(crate) const fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Begins a transaction that may write: immediate on SQLite, because a reader that turns writer there fails.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = match self.dialect {
            Dialect::Postgres => TransactionOptions::default(),
            Dialect::Sqlite => TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            },
        };
        self.writer.begin_with_options(options).await.stored()
    }
}
