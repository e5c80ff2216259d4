//! The widened transaction of a sale: billing and access commit together or not at all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use access::testing::sample_profile;
use access::{AccessQueries, Service};
use billing::{BillingQueries, Charging, Interval, NewPlan, Plan, SoldAs};
use kernel::testing::{CountingIds, FixedClock};
use kernel::{Ids, Money, PageRequest, Scope, Timestamp};
use postgres_adapter::Subscriptions;
use postgres_adapter::testing::TestDatabase;
use workflows::SubscriptionStore;

async fn both_sides_or_none(database: TestDatabase) {
    let noon = Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap());
    let ids: Arc<dyn Ids> = Arc::new(CountingIds::from(1));
    let clock = Arc::new(FixedClock::at(noon));
    let store = database
        .store(clock, Arc::clone(&ids), Subscriptions::default())
        .await;
    let scope = Scope::system(ids.next(), "test", ids.fresh());
    let page = PageRequest::default();

    let mut tx = SubscriptionStore::begin(&store, &scope).await.unwrap();
    let mut profile = sample_profile(ids.next(), "home", Service::Pppoe).unwrap();
    tx.profiles().save(&mut profile).await.unwrap();
    tx.plans().save(&mut plan(&*ids)).await.unwrap();
    drop(tx);
    assert!(
        store
            .profiles(scope.tenant, page)
            .await
            .unwrap()
            .items
            .is_empty()
    );
    assert!(
        store
            .plans(scope.tenant, page)
            .await
            .unwrap()
            .items
            .is_empty()
    );

    let mut tx = SubscriptionStore::begin(&store, &scope).await.unwrap();
    let mut profile = sample_profile(ids.next(), "home", Service::Pppoe).unwrap();
    tx.profiles().save(&mut profile).await.unwrap();
    tx.plans().save(&mut plan(&*ids)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        store
            .profiles(scope.tenant, page)
            .await
            .unwrap()
            .items
            .len(),
        1
    );
    assert_eq!(
        store.plans(scope.tenant, page).await.unwrap().items.len(),
        1
    );
}

fn plan(ids: &dyn Ids) -> Plan {
    Plan::define(NewPlan {
        id: ids.next(),
        name: "Home 20".parse().unwrap(),
        price: Money::from_minor(150_000, "KES".parse().unwrap()),
        interval: Interval::MONTH,
        profile: ids.next(),
        sold_as: SoldAs::Subscription,
        charging: Charging::AHEAD,
    })
    .unwrap()
}

#[tokio::test]
async fn sqlite_keeps_both_sides_of_a_sale_together() {
    both_sides_or_none(TestDatabase::sqlite().await).await;
}

#[tokio::test]
async fn postgres_keeps_both_sides_of_a_sale_together() {
    both_sides_or_none(TestDatabase::postgres().await).await;
}
