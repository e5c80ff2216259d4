//! Connects to PostgreSQL.

use std::str::FromStr;

use kernel::StoreError;
use sea_orm::SqlxPostgresConnector;
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::{Db, PoolSettings};
use crate::dialect::Dialect;
use crate::error::Stored;

pub(super) async fn connect(url: &str, settings: PoolSettings) -> Result<Db, StoreError> {
    let options = PgConnectOptions::from_str(url)
        .stored()?
        .application_name("mikrotik-billing");
    let ping_after = settings.ping_if_idle_for;
    let pool = PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .acquire_timeout(settings.acquire_timeout)
        .test_before_acquire(false)
        .before_acquire(move |connection, held| {
            Box::pin(async move {
                if held.idle_for >= ping_after {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(options)
        .await
        .stored()?;
    let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
    Ok(Db::new(Dialect::Postgres, connection.clone(), connection))
}
