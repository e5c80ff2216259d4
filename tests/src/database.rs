//! A fresh database on the test server, gone when it is dropped.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use anyhow::{Context, Result};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// The variable that names a maintenance database with the right to create others.
const VARIABLE: &str = "TEST_DATABASE_URL";

/// A database of our own on a PostgreSQL server.
#[derive(Debug)]
pub struct ServerDatabase {
    maintenance: String,
    name: String,
}

impl ServerDatabase {
    /// Creates an empty database on the server that `cargo xtask test` has started.
    ///
    /// # Errors
    /// When the variable is missing or the server cannot be reached.
    pub async fn create() -> Result<Self> {
        let maintenance = std::env::var(VARIABLE).with_context(|| {
            format!(
                "{VARIABLE} names no PostgreSQL server: run the stories with `cargo xtask test`"
            )
        })?;
        Self::create_on(&maintenance).await
    }

    /// Creates an empty database on a server, named by its maintenance database.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn create_on(maintenance: &str) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("e2e_{}_{number}", std::process::id());
        let database = Self {
            maintenance: maintenance.to_owned(),
            name,
        };
        database.drop_database().await?;
        database
            .run(format!("CREATE DATABASE {}", database.name))
            .await?;
        Ok(database)
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        let (server, _) = self
            .maintenance
            .rsplit_once('/')
            .unwrap_or((&self.maintenance, ""));
        format!("{server}/{}", self.name)
    }

    async fn drop_database(&self) -> Result<()> {
        self.run(format!(
            "DROP DATABASE IF EXISTS {} WITH (FORCE)",
            self.name
        ))
        .await
    }

    /// Names of databases cannot be bound; this one is made of our own letters and digits.
    async fn run(&self, statement: String) -> Result<()> {
        let mut connection = PgConnection::connect(&self.maintenance).await;
        let connection = connection
            .as_mut()
            .map_err(|err| anyhow::anyhow!("{err}"))?;
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(connection)
            .await?;
        Ok(())
    }
}

impl Drop for ServerDatabase {
    /// A thread of its own, because a destructor cannot wait for the runtime it runs on.
    fn drop(&mut self) {
        thread::scope(|scope| {
            let dropped = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                runtime.block_on(self.drop_database())
            });
            // A server that is gone has taken the database with it.
            drop(dropped.join());
        });
    }
}
