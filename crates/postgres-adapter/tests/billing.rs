//! Both databases keep the promises of money and of what is sold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use billing::testing::{billing_run_contract, billing_store_contract};
use kernel::testing::{CountingIds, FixedClock};
use kernel::{Ids, Timestamp};
use postgres_adapter::Subscriptions;
use postgres_adapter::testing::TestDatabase;

async fn keeps_the_promises(database: TestDatabase) {
    let noon = Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap());
    let ids: Arc<dyn Ids> = Arc::new(CountingIds::from(1));
    let clock = Arc::new(FixedClock::at(noon));
    let store = database
        .store(clock, Arc::clone(&ids), Subscriptions::default())
        .await;
    billing_store_contract(&store, &store, ids.next(), &*ids).await;
    billing_run_contract(&store, &store, &store, ids.next(), &*ids).await;
}

#[tokio::test]
async fn sqlite_keeps_the_promises_of_billing() {
    keeps_the_promises(TestDatabase::sqlite().await).await;
}

#[tokio::test]
async fn postgres_keeps_the_promises_of_billing() {
    keeps_the_promises(TestDatabase::postgres().await).await;
}
