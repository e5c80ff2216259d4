//! What is sold: a subscription with its login in one transaction, vouchers for a router.

use access::{AccessStore, Subject};
use billing::{BillingQueries, SubscriptionFilter};
use customers::{BlockCustomer, CustomerQueries, StatusName, block_customer};
use kernel::PageRequest;
use workflows::{OrderVouchersError, SellSubscriptionError};

use crate::world::World;

#[tokio::test]
async fn a_sale_makes_subscription_login_and_sync_together() {
    let world = World::open().await;
    let customer = world.customer().await;
    let subscription = world.sell(customer, "siti").await.unwrap();
    let grant = world.grant_of(Subject::Subscription(subscription)).await;
    assert_eq!(grant.expect("a grant").login().as_str(), "siti");
    let jobs = world.access.jobs(world.tenant());
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].kind, "sync_router");
}

#[tokio::test]
async fn a_login_that_is_taken_refuses_the_whole_sale() {
    let world = World::open().await;
    let (first, second) = (world.customer().await, world.customer().await);
    world.sell(first, "siti").await.unwrap();
    let refused = world.sell(second, "siti").await;
    assert!(matches!(refused, Err(SellSubscriptionError::Login(_))));
    let filter = SubscriptionFilter::default();
    let page = PageRequest::default();
    let sold = world.billing.subscriptions(world.tenant(), filter, page);
    assert_eq!(sold.await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn nothing_is_sold_to_who_is_blocked_or_unknown() {
    let world = World::open().await;
    let customer = world.customer().await;
    let command = BlockCustomer {
        customer,
        reason: "sold the modem".parse().unwrap(),
    };
    block_customer(&world.customers, &*world.clock, &world.scope, command)
        .await
        .unwrap();
    let refused = world.sell(customer, "siti").await;
    assert!(matches!(refused, Err(SellSubscriptionError::MayNotBuy(_))));
    let refused = world.sell(world.ids().next(), "siti").await;
    assert!(matches!(refused, Err(SellSubscriptionError::NoCustomer(_))));
}

#[tokio::test]
async fn the_first_sale_makes_a_customer_of_a_prospect() {
    let world = World::open().await;
    let customer = world.customer().await;
    world.sell(customer, "siti").await.unwrap();
    let subscribed = world.last_event("billing.subscribed");
    for _ in 0..2 {
        world.hand_out(&subscribed).await.unwrap();
        let view = world.customers.customer(world.tenant(), customer).await;
        assert_eq!(view.unwrap().unwrap().status, StatusName::Active);
    }
}

#[tokio::test]
async fn who_was_blocked_meanwhile_stays_blocked() {
    let world = World::open().await;
    let customer = world.customer().await;
    world.sell(customer, "siti").await.unwrap();
    let command = BlockCustomer {
        customer,
        reason: "fraud".parse().unwrap(),
    };
    block_customer(&world.customers, &*world.clock, &world.scope, command)
        .await
        .unwrap();
    let subscribed = world.last_event("billing.subscribed");
    world.hand_out(&subscribed).await.unwrap();
    let view = world.customers.customer(world.tenant(), customer).await;
    assert_eq!(view.unwrap().unwrap().status, StatusName::Blocked);
}

#[tokio::test]
async fn vouchers_are_ordered_for_a_fitting_plan_and_router_only() {
    let world = World::open().await;
    let (plan, router) = (world.pass, world.router);
    let nobodys = world.ids().next();
    let refused = world.order_of(nobodys, router, 5).await;
    assert!(matches!(refused, Err(OrderVouchersError::NoPlan(it)) if it == nobodys));
    let refused = world.order_of(world.monthly, router, 5).await;
    assert!(matches!(refused, Err(OrderVouchersError::PlanNotOffered)));
    let unknown = world.ids().next();
    let refused = world.order_of(plan, unknown, 5).await;
    assert!(matches!(refused, Err(OrderVouchersError::NoRouter(it)) if it == unknown));
    let refused = world.order_of(plan, router, 0).await;
    assert!(matches!(refused, Err(OrderVouchersError::Order(_))));
    assert!(world.order_of(plan, router, 5).await.is_ok());
}

#[tokio::test]
async fn a_profile_that_is_retired_takes_no_orders() {
    let world = World::open().await;
    let mut tx = world.access.begin(&world.scope).await.unwrap();
    let profile = tx.profiles().find(world.hotspot).await.unwrap();
    let mut profile = profile.unwrap();
    profile.retire();
    tx.profiles().save(&mut profile).await.unwrap();
    tx.commit().await.unwrap();
    let refused = world.order(5).await;
    assert!(matches!(refused, Err(OrderVouchersError::PlanNotOffered)));
}
