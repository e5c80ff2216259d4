//! Connections that the server ends: the caller is told that the database is away, and later it works again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use customers::{Customer, CustomerKind, CustomerQueries, CustomersStore, NewCustomer};
use kernel::testing::{CountingIds, FixedClock};
use kernel::{CustomerId, Ids, Scope, StoreError, TenantId, Timestamp};
use postgres_adapter::testing::TestDatabase;
use postgres_adapter::{Db, PoolSettings, Store, Subscriptions};
use sqlx::{Connection, PgConnection};

const TERMINATE: &str = "\
SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()";

async fn end_every_connection(database: &TestDatabase) {
    let mut server = PgConnection::connect(database.url()).await.unwrap();
    let ended: i64 = sqlx::query_scalar(TERMINATE)
        .fetch_one(&mut server)
        .await
        .unwrap();
    assert!(ended > 0, "there was no connection to end");
    server.close().await.unwrap();
}

async fn store_on(database: &TestDatabase) -> (Store, Arc<dyn Ids>) {
    let noon = Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap());
    let ids: Arc<dyn Ids> = Arc::new(CountingIds::from(1));
    let clock = Arc::new(FixedClock::at(noon));
    let store = database
        .store(clock, Arc::clone(&ids), Subscriptions::default())
        .await;
    (store, ids)
}

async fn read(store: &Store, tenant: TenantId, id: CustomerId) -> Result<(), StoreError> {
    CustomerQueries::customer(store, tenant, id)
        .await
        .map(|_| ())
}

#[tokio::test]
async fn reads_recover_after_the_server_ended_every_connection() {
    let database = TestDatabase::postgres().await;
    let (store, ids) = store_on(&database).await;
    let (tenant, id) = (ids.next(), ids.next());
    read(&store, tenant, id).await.unwrap();
    end_every_connection(&database).await;
    // At most the connections that the pool held are found dead, each once.
    let mut recovered = false;
    for _ in 0..10 {
        match read(&store, tenant, id).await {
            Ok(()) => recovered = true,
            Err(StoreError::Unavailable(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(recovered);
    read(&store, tenant, id).await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_loses_its_connection_leaves_nothing() {
    let database = TestDatabase::postgres().await;
    let (store, ids) = store_on(&database).await;
    let scope = Scope::system(ids.next(), "test", ids.fresh());
    let new = NewCustomer {
        id: ids.next(),
        kind: CustomerKind::Personal,
        name: "Siti".parse().unwrap(),
        phone: None,
        email: None,
        address: None,
        note: None,
    };
    let at = Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap());
    let mut customer = Customer::register(new, at);
    let mut tx = CustomersStore::begin(&store, &scope).await.unwrap();
    tx.customers().save(&mut customer).await.unwrap();
    end_every_connection(&database).await;
    let lost = tx.commit().await.unwrap_err();
    assert!(matches!(lost, StoreError::Unavailable(_)), "{lost:?}");
    let mut answer = CustomerQueries::customer(&store, scope.tenant, customer.id()).await;
    if answer.is_err() {
        answer = CustomerQueries::customer(&store, scope.tenant, customer.id()).await;
    }
    assert_eq!(answer.unwrap(), None);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_unavailable() {
    let settings = PoolSettings {
        max_connections: 1,
        acquire_timeout: std::time::Duration::from_millis(300),
        ping_if_idle_for: std::time::Duration::from_secs(30),
    };
    let nobody = Db::connect("postgres://nobody@127.0.0.1:1/nothing", settings).await;
    assert!(
        matches!(nobody, Err(StoreError::Unavailable(_))),
        "{nobody:?}"
    );
    let unknown = Db::connect("mysql://localhost/x", settings).await;
    assert!(
        matches!(unknown, Err(StoreError::Corrupt(_))),
        "{unknown:?}"
    );
}
