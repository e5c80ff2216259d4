//! Payments that nobody made in time end, each on its own, and money that comes after all is taken.

use billing::{
    BillingQueries, PaymentFilter, PaymentMethod, PaymentStatus, RequestPayment, SettlePayment,
    Spoken, SubscriptionFilter, request_payment, settle_payment,
};
use chrono::Duration;
use kernel::{AccountId, Clock, Money, PageRequest, PaymentId};
use serde_json::json;
use workflows::job_kinds as kinds;

use crate::world::World;

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

async fn account(world: &World) -> AccountId {
    let customer = world.customer().await;
    world.sell(customer, "siti").await.unwrap();
    let (filter, page) = (SubscriptionFilter::default(), PageRequest::new(9, None));
    let sold = world
        .billing
        .subscriptions(world.tenant(), filter, page)
        .await;
    sold.unwrap().items[0].account
}

/// Asks for money that can be paid for some hours, or for ever.
async fn ask(world: &World, account: AccountId, hours: Option<i64>) -> PaymentId {
    let id: PaymentId = world.ids().next();
    let command = RequestPayment {
        id,
        account,
        amount: kes(500),
        method: PaymentMethod::Card,
        provider: "sandbox".to_owned(),
        asked_as: id.to_string(),
        expires_at: hours.map(|it| world.clock.now().plus(Duration::hours(it))),
        meant_for: None,
        retry_of: None,
    };
    let asked = request_payment(&world.billing, &*world.clock, &world.scope, command);
    asked.await.unwrap();
    id
}

async fn of(world: &World, status: PaymentStatus) -> Vec<PaymentId> {
    let filter = PaymentFilter {
        status: Some(status),
        ..PaymentFilter::default()
    };
    let page = PageRequest::new(200, None);
    let found = world.billing.payments(world.tenant(), filter, page).await;
    found.unwrap().items.iter().map(|it| it.id).collect()
}

#[tokio::test]
async fn what_nobody_paid_in_time_ends_once() {
    let world = World::open().await;
    let account = account(&world).await;
    let short = ask(&world, account, Some(1)).await;
    let long = ask(&world, account, Some(48)).await;
    let endless = ask(&world, account, None).await;
    world.run(kinds::EXPIRE_PAYMENTS, json!({})).await.unwrap();
    assert_eq!(of(&world, PaymentStatus::Expired).await, []);
    world.days_pass(1);
    for _ in 0..2 {
        world.run(kinds::EXPIRE_PAYMENTS, json!({})).await.unwrap();
    }
    assert_eq!(of(&world, PaymentStatus::Expired).await, [short]);
    assert_eq!(of(&world, PaymentStatus::Pending).await, [endless, long]);
    let command = SettlePayment {
        of: Spoken::Payment(short),
        reference: "ch_1".to_owned(),
        amount: kes(500),
        settled_as: None,
        received_at: None,
    };
    settle_payment(&world.billing, &*world.clock, &world.scope, command)
        .await
        .unwrap();
    world.run(kinds::EXPIRE_PAYMENTS, json!({})).await.unwrap();
    assert_eq!(of(&world, PaymentStatus::Settled).await, [short]);
}

#[tokio::test]
async fn many_end_page_by_page() {
    let world = World::open().await;
    let account = account(&world).await;
    for _ in 0..410 {
        ask(&world, account, Some(1)).await;
    }
    world.days_pass(1);
    let steps = crate::fakes::Steps::default();
    let run = world.run_watched(kinds::EXPIRE_PAYMENTS, json!({}), &steps);
    run.await.unwrap();
    let seen = steps.seen.lock().unwrap().clone();
    assert_eq!(seen, [(200, None), (400, None), (410, None)]);
    assert_eq!(of(&world, PaymentStatus::Pending).await, []);
}
