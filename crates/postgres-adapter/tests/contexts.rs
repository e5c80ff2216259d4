//! Both databases keep the promises of access, vouchers, customers and operators.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use access::testing::{access_store_contract, import_store_contract, usage_store_contract};
use billing::testing::gateway_store_contract;
use customers::testing::customers_store_contract;
use kernel::testing::{CountingIds, FixedClock};
use kernel::{Ids, Timestamp};
use operators::testing::operators_store_contract;
use postgres_adapter::testing::TestDatabase;
use postgres_adapter::{Store, Subscriptions};
use vouchers::testing::vouchers_store_contract;

/// A store whose ids never meet those of the tests.
async fn store(database: &TestDatabase) -> Store {
    let noon = Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap());
    let clock = Arc::new(FixedClock::at(noon));
    let ids = Arc::new(CountingIds::from(1_000_000_000));
    database.store(clock, ids, Subscriptions::default()).await
}

async fn customers_promises(database: TestDatabase) {
    let store = store(&database).await;
    let ids: &dyn Ids = &CountingIds::from(1);
    customers_store_contract(&store, &store, ids.next(), ids).await;
}

#[tokio::test]
async fn sqlite_keeps_the_promises_of_customers() {
    customers_promises(TestDatabase::sqlite().await).await;
}

#[tokio::test]
async fn postgres_keeps_the_promises_of_customers() {
    customers_promises(TestDatabase::postgres().await).await;
}

async fn operators_promises(database: TestDatabase) {
    let store = store(&database).await;
    let ids: &dyn Ids = &CountingIds::from(1);
    operators_store_contract(&store, &store, &store, ids.next(), ids).await;
}

#[tokio::test]
async fn sqlite_keeps_the_promises_of_operators() {
    operators_promises(TestDatabase::sqlite().await).await;
}

#[tokio::test]
async fn postgres_keeps_the_promises_of_operators() {
    operators_promises(TestDatabase::postgres().await).await;
}

async fn access_promises(database: TestDatabase) {
    let store = store(&database).await;
    let ids: Arc<dyn Ids> = Arc::new(CountingIds::from(1));
    let (tenant, other) = (ids.next(), ids.next());
    access_store_contract(&store, &store, ids, tenant, other).await;
}

#[tokio::test]
async fn sqlite_keeps_the_promises_of_access() {
    access_promises(TestDatabase::sqlite().await).await;
}

#[tokio::test]
async fn postgres_keeps_the_promises_of_access() {
    access_promises(TestDatabase::postgres().await).await;
}

async fn usage_promises(database: TestDatabase) {
    let store = store(&database).await;
    let ids: Arc<dyn Ids> = Arc::new(CountingIds::from(1));
    let (tenant, other) = (ids.next(), ids.next());
    usage_store_contract((&store, &store, &store), ids, tenant, other).await;
}

#[tokio::test]
async fn sqlite_keeps_the_promises_of_usage() {
    usage_promises(TestDatabase::sqlite().await).await;
}

#[tokio::test]
async fn postgres_keeps_the_promises_of_usage() {
    usage_promises(TestDatabase::postgres().await).await;
}

async fn import_promises(database: TestDatabase) {
    let store = store(&database).await;
    let ids: Arc<dyn Ids> = Arc::new(CountingIds::from(1));
    let (tenant, other) = (ids.next(), ids.next());
    import_store_contract(&store, &store, ids, tenant, other).await;
}

#[tokio::test]
async fn sqlite_keeps_the_promises_of_imports() {
    import_promises(TestDatabase::sqlite().await).await;
}

#[tokio::test]
async fn postgres_keeps_the_promises_of_imports() {
    import_promises(TestDatabase::postgres().await).await;
}

async fn vouchers_promises(database: TestDatabase) {
    let store = store(&database).await;
    let ids: &dyn Ids = &CountingIds::from(1);
    vouchers_store_contract(&store, &store, ids.next(), ids).await;
}

#[tokio::test]
async fn sqlite_keeps_the_promises_of_vouchers() {
    vouchers_promises(TestDatabase::sqlite().await).await;
}

#[tokio::test]
async fn postgres_keeps_the_promises_of_vouchers() {
    vouchers_promises(TestDatabase::postgres().await).await;
}

async fn gateway_promises(database: TestDatabase) {
    let store = store(&database).await;
    let ids: &dyn Ids = &CountingIds::from(1);
    let tenants = (ids.next(), ids.next());
    gateway_store_contract(&store, &store, tenants, ids).await;
}

#[tokio::test]
async fn sqlite_keeps_the_promises_of_gateways() {
    gateway_promises(TestDatabase::sqlite().await).await;
}

#[tokio::test]
async fn postgres_keeps_the_promises_of_gateways() {
    gateway_promises(TestDatabase::postgres().await).await;
}
