//! Throwaway databases for tests, on both dialects, and the store as a feed of events for contracts.
//!
//! PostgreSQL databases are cloned from a migrated template on the server that `TEST_DATABASE_URL` names: a
//! maintenance database of a role that may create databases. Without the variable tests fail, they never skip.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a broken test environment must stop the test that found it"
)]

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use async_trait::async_trait;
use jobs::testing::EventFeed;
use kernel::{Clock, Ids, NewEvent, NoProbe, Scope, UnitOfWork};
use tempfile::TempDir;

use crate::db::{Db, PoolSettings};
use crate::store::{Store, Subscriptions};

mod cloned;
mod outbox;

/// A database of one test, migrated and empty; gone when dropped.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder { _folder: TempDir },
    Server { maintenance: String, name: String },
}

impl TestDatabase {
    /// A migrated SQLite file in a temporary folder.
    ///
    /// # Panics
    /// If the folder cannot be made or the schema cannot be migrated.
    pub async fn sqlite() -> Self {
        let database = Self::empty_sqlite();
        let db = database.connect().await;
        db.migrate().await.expect("the schema migrates");
        db.close().await;
        database
    }

    /// A SQLite file without a schema.
    ///
    /// # Panics
    /// If the folder cannot be made.
    #[must_use]
    pub fn empty_sqlite() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        Self {
            url,
            place: Place::Folder { _folder: folder },
        }
    }

    /// A PostgreSQL database cloned from the template.
    ///
    /// # Panics
    /// If `TEST_DATABASE_URL` is missing or its server refuses.
    pub async fn postgres() -> Self {
        Self::cloned(cloned::Original::Migrated).await
    }

    /// A PostgreSQL database without a schema.
    ///
    /// # Panics
    /// If `TEST_DATABASE_URL` is missing or its server refuses.
    pub async fn empty_postgres() -> Self {
        Self::cloned(cloned::Original::Empty).await
    }

    async fn cloned(original: cloned::Original) -> Self {
        let maintenance = std::env::var("TEST_DATABASE_URL").expect(
            "TEST_DATABASE_URL must name a maintenance database, such as postgres://postgres@127.0.0.1:5432/postgres, \
             whose role may create databases; `cargo xtask test` provides one",
        );
        let name = cloned::create(&maintenance, original).await;
        Self {
            url: cloned::url_of(&maintenance, &name),
            place: Place::Server { maintenance, name },
        }
    }

    /// Where it is, for other processes.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Connects with a small pool.
    ///
    /// # Panics
    /// If the database refuses.
    pub async fn connect(&self) -> Db {
        let settings = PoolSettings {
            max_connections: 8,
            acquire_timeout: Duration::from_secs(20),
            ping_if_idle_for: Duration::from_secs(30),
        };
        let connected = Db::connect(&self.url, settings).await;
        connected.expect("the test database answers")
    }

    /// A store on it with these surroundings.
    ///
    /// # Panics
    /// If the database refuses.
    pub async fn store(
        &self,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        subscriptions: Subscriptions,
    ) -> Store {
        Store::new(
            self.connect().await,
            clock,
            ids,
            Arc::new(NoProbe),
            subscriptions,
        )
    }
}

impl TestDatabase {
    /// A store like [`TestDatabase::store`] without subscriptions, and how many statements it has run.
    ///
    /// # Panics
    /// If the database refuses.
    pub async fn counting_store(
        &self,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> (Store, Arc<AtomicU64>) {
        let mut db = self.connect().await;
        let count = db.count_statements();
        let subscriptions = Subscriptions::default();
        let store = Store::new(db, clock, ids, Arc::new(NoProbe), subscriptions);
        (store, count)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Place::Server { maintenance, name } = &self.place {
            cloned::drop_database(maintenance, name);
        }
    }
}

#[async_trait]
impl EventFeed for Store {
    async fn record(&self, scope: &Scope, events: Vec<NewEvent>) {
        let mut tx = self.transaction(scope).await.expect("a transaction");
        tx.record_raw(events);
        Box::new(tx).commit().await.expect("the events commit");
    }
}
