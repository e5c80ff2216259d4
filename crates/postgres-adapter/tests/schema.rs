//! Whoever starts first migrates; the others find the work done.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use kernel::StoreError;
use postgres_adapter::testing::TestDatabase;

async fn many_starts_migrate_once(database: TestDatabase) {
    let mut starts = Vec::new();
    for _ in 0..4 {
        let db = database.connect().await;
        assert!(!db.schema_is_current().await.unwrap());
        starts.push(tokio::spawn(async move {
            db.migrate().await.unwrap();
            let current = db.schema_is_current().await.unwrap();
            db.close().await;
            current
        }));
    }
    for start in starts {
        assert!(start.await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_is_migrated_once_by_many_starts() {
    many_starts_migrate_once(TestDatabase::empty_sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_migrated_once_by_many_starts() {
    many_starts_migrate_once(TestDatabase::empty_postgres().await).await;
}

#[tokio::test]
async fn a_current_schema_is_left_alone() {
    for database in [TestDatabase::sqlite().await, TestDatabase::postgres().await] {
        let db = database.connect().await;
        assert!(db.schema_is_current().await.unwrap());
        db.migrate().await.unwrap();
        db.close().await;
    }
}

#[tokio::test]
async fn a_closed_database_is_unavailable() {
    for database in [TestDatabase::sqlite().await, TestDatabase::postgres().await] {
        let db = database.connect().await;
        db.ping().await.unwrap();
        db.close().await;
        let gone = db.schema_is_current().await.unwrap_err();
        assert!(matches!(gone, StoreError::Unavailable(_)), "{gone:?}");
    }
}
