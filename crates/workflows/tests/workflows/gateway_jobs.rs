//! What providers send is worked on once, and what they do not send is found by asking.

use billing::gateway::{
    AddGatewayAccount, GatewayMode, GatewayQueries, GatewayStore, LinkStatus, NewPaymentLink,
    WebhookStatus, add_gateway_account, open_payment_link, present_payment_link, receive_webhook,
};
use billing::{BillingQueries, PaymentFilter, PaymentMethod};
use chrono::Duration;
use kernel::testing::SeededRandomness;
use kernel::{PageRequest, PaymentId, Secret};
use serde_json::json;
use workflows::job_kinds as kinds;
use workflows::{Failure, Remedy};

use crate::world::{World, kes};

const SECRET: &str = "sandbox-secret";

struct Asked {
    link: PaymentId,
    token: Secret,
}

/// A customer who was asked for money at the sandbox.
async fn ask_for_money(world: &World) -> Asked {
    let customer = world.customer().await;
    world.sell(customer, "siti").await.unwrap();
    let accounts = world.billing.accounts_of(world.tenant(), customer).await;
    let bench = world.bench();
    let account = AddGatewayAccount {
        id: world.ids().next(),
        gateway: "sandbox".to_owned(),
        name: "Sandbox".parse().unwrap(),
        mode: GatewayMode::Test,
        method: PaymentMethod::Card,
        api_key: Secret::new("sandbox_key"),
        webhook_secrets: vec![Secret::new(SECRET)],
    };
    let new = NewPaymentLink {
        id: world.ids().next(),
        account: accounts.unwrap()[0].id,
        gateway_account: account.id,
        amount: kes(150_000),
        description: "Internet".to_owned(),
        return_url: "https://isp.example/paid".to_owned(),
        email: None,
        expires_at: world.now().plus(Duration::hours(2)),
    };
    let link = new.id;
    let (desk, scope) = (bench.gateway_desk(), &world.scope);
    let randomness = SeededRandomness::from(3);
    let token = add_gateway_account(desk, &randomness, scope, account).await;
    open_payment_link(desk, scope, new).await.unwrap();
    present_payment_link(desk, scope, link).await.unwrap();
    Asked {
        link,
        token: token.unwrap().text(),
    }
}

fn pay(world: &World, asked: &Asked) {
    let reference = asked.link.to_string().parse().unwrap();
    assert!(world.sandbox.pay(&reference, kes(150_000)));
}

async fn tell(world: &World, asked: &Asked) {
    let reference = asked.link.to_string().parse().unwrap();
    let request = world.sandbox.delivery(&reference, &Secret::new(SECRET));
    let bench = world.bench();
    let told = receive_webhook(bench.gateway_desk(), "sandbox", &asked.token, request).await;
    told.unwrap();
}

/// Runs what the message has enqueued.
async fn settle(world: &World) -> Result<(), Failure> {
    let jobs = world.gateways.jobs();
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].kind, kinds::SETTLE_WEBHOOK);
    world
        .run(kinds::SETTLE_WEBHOOK, jobs[0].payload.clone())
        .await
}

async fn poll(world: &World) {
    world
        .run(kinds::POLL_PAYMENT_LINKS, json!({}))
        .await
        .unwrap();
}

async fn status(world: &World, asked: &Asked) -> LinkStatus {
    let mut tx = world.gateways.begin(&world.scope).await.unwrap();
    let link = tx.payment_links().find(asked.link).await.unwrap();
    link.unwrap().snapshot().status
}

async fn payments(world: &World) -> usize {
    let page = PageRequest::default();
    let all = world
        .billing
        .payments(world.tenant(), PaymentFilter::default(), page)
        .await;
    all.unwrap().items.len()
}

#[tokio::test]
async fn a_message_becomes_one_payment_however_often_its_job_runs() {
    let world = World::open().await;
    let asked = ask_for_money(&world).await;
    pay(&world, &asked);
    tell(&world, &asked).await;
    for _ in 0..3 {
        settle(&world).await.unwrap();
    }
    world.clock.advance(Duration::days(1));
    poll(&world).await;
    assert_eq!(status(&world, &asked).await, LinkStatus::Paid);
    assert_eq!(payments(&world).await, 1);
}

#[tokio::test]
async fn a_provider_that_is_away_is_waited_for() {
    let world = World::open().await;
    let asked = ask_for_money(&world).await;
    pay(&world, &asked);
    tell(&world, &asked).await;
    world.sandbox.go_away();
    let failure = settle(&world).await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::WaitFor(Duration::seconds(30)));
    let page = PageRequest::default();
    let waiting = world
        .gateways
        .webhooks(world.tenant(), Some(WebhookStatus::Waiting), page);
    assert_eq!(waiting.await.unwrap().items.len(), 1, "nothing is lost");
    world.sandbox.come_back();
    settle(&world).await.unwrap();
    assert_eq!(payments(&world).await, 1);
}

#[tokio::test]
async fn money_that_nobody_told_of_is_found_by_asking() {
    let world = World::open().await;
    let asked = ask_for_money(&world).await;
    pay(&world, &asked);
    poll(&world).await;
    assert_eq!(payments(&world).await, 0, "not yet its turn");
    world.clock.advance(Duration::minutes(1));
    world.sandbox.go_away();
    poll(&world).await;
    assert_eq!(payments(&world).await, 0);
    world.sandbox.come_back();
    poll(&world).await;
    assert_eq!(payments(&world).await, 0, "it waits for its next turn");
    world.clock.advance(Duration::minutes(5));
    poll(&world).await;
    poll(&world).await;
    assert_eq!(status(&world, &asked).await, LinkStatus::Paid);
    assert_eq!(payments(&world).await, 1);
}
