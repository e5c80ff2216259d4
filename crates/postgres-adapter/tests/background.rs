//! Both databases keep the promises of background work.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use jobs::testing::{CONTRACT_EVENT, CONTRACT_HANDLERS, JobsPorts, jobs_store_contract};
use kernel::testing::{CountingIds, FixedClock};
use kernel::{Ids, Timestamp};
use postgres_adapter::Subscriptions;
use postgres_adapter::testing::TestDatabase;

async fn keeps_the_promises(database: TestDatabase) {
    let noon = Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap());
    let ids: Arc<dyn Ids> = Arc::new(CountingIds::from(1));
    let subscriptions = Subscriptions::of(CONTRACT_HANDLERS.map(|it| (CONTRACT_EVENT, it)));
    let clock = Arc::new(FixedClock::at(noon));
    let store = database.store(clock, Arc::clone(&ids), subscriptions).await;
    let ports = JobsPorts {
        store: &store,
        jobs: &store,
        deliveries: &store,
        schedules: &store,
        control: &store,
        queries: &store,
        feed: &store,
        housekeeping: &store,
    };
    jobs_store_contract(ports, ids.next(), &*ids).await;
}

#[tokio::test]
async fn sqlite_keeps_the_promises_of_background_work() {
    keeps_the_promises(TestDatabase::sqlite().await).await;
}

#[tokio::test]
async fn postgres_keeps_the_promises_of_background_work() {
    keeps_the_promises(TestDatabase::postgres().await).await;
}
