//! Brings the schema up to date, once, however many processes start.

use kernel::StoreError;
use migrations::Migrator;
use migrations::sea_orm_migration::MigratorTrait;
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::Db;
use crate::dialect::Dialect;
use crate::error::Stored;
use crate::sql;

/// Who migrates holds this advisory lock; the number only has to be ours.
const LOCK: i64 = 0x6d62_5f73_6368_656d;

#[derive(Debug, FromQueryResult)]
struct Applied {
    version: String,
}

impl Db {
    /// Whether every migration known here has been applied. A newer neighbour may have applied more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database does not answer.
    pub async fn schema_is_current(&self) -> Result<bool, StoreError> {
        is_current(&self.reader).await
    }

    /// Applies what is missing, all of it or nothing. Many processes may call this at once: one works, the others wait.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database does not answer; [`StoreError::Corrupt`] if a migration fails.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        if self.schema_is_current().await? {
            return Ok(());
        }
        let tx = self.begin().await?;
        if self.dialect == Dialect::Postgres {
            sql::execute(&tx, "SELECT pg_advisory_xact_lock($1)", [LOCK.into()]).await?;
        }
        if !is_current(&tx).await? {
            Migrator::up(&tx, None).await.stored()?;
        }
        tx.commit().await.stored()
    }
}

async fn is_current<C: ConnectionTrait>(connection: &C) -> Result<bool, StoreError> {
    if !has_record(connection).await? {
        return Ok(false);
    }
    let applied: Vec<Applied> =
        sql::rows(connection, "SELECT version FROM seaql_migrations", []).await?;
    let is_applied = |name: &String| applied.iter().any(|it| it.version == *name);
    Ok(migrations::names().iter().all(is_applied))
}

/// Asks the catalogue, because a failed statement would end a transaction on PostgreSQL.
async fn has_record<C: ConnectionTrait>(connection: &C) -> Result<bool, StoreError> {
    let catalogue = match connection.get_database_backend() {
        sea_orm::DbBackend::Sqlite => "SELECT name AS version FROM sqlite_master WHERE name = $1",
        _ => {
            "SELECT tablename::text AS version FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1"
        }
    };
    let found: Option<Applied> =
        sql::row(connection, catalogue, ["seaql_migrations".into()]).await?;
    Ok(found.is_some())
}
