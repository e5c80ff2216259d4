//! What providers send is worked on once, and what they do not send is found by asking.

use billing::gateway::{
    AddGatewayAccount, GatewayMode, GatewayQueries, GatewayStore, LinkStatus, NewPaymentLink,
    ProviderRefundFilter, ProviderRefundStatus, RefundOrder, WebhookStatus, add_gateway_account,
    admit_webhook, ask_provider_refund, open_payment_link, present_payment_link, receive_webhook,
};
use billing::{BillingQueries, PaymentFilter, PaymentMethod, PaymentStatus, RefundPayment};
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
    let desk = bench.gateway_desk();
    let address = admit_webhook(desk, "sandbox", &asked.token).await.unwrap();
    receive_webhook(desk, &address, request).await.unwrap();
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
    let settled = PaymentFilter {
        status: Some(PaymentStatus::Settled),
        ..PaymentFilter::default()
    };
    let all = world.billing.payments(world.tenant(), settled, page).await;
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

/// What the books say went back of the link's payment.
async fn returned(world: &World, asked: &Asked) -> i64 {
    let found = world.billing.payment(world.tenant(), asked.link).await;
    found.unwrap().unwrap().returned.minor()
}

/// Runs every job that a refund has left.
async fn run_refunds(world: &World) -> Result<(), Failure> {
    let jobs = world.gateways.jobs().into_iter();
    for job in jobs.filter(|it| it.kind == kinds::REFUND_AT_PROVIDER) {
        world.run(kinds::REFUND_AT_PROVIDER, job.payload).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_refund_waits_for_the_provider_and_is_booked_once() {
    let world = World::open().await;
    let asked = ask_for_money(&world).await;
    pay(&world, &asked);
    tell(&world, &asked).await;
    settle(&world).await.unwrap();
    let command = RefundPayment {
        id: world.ids().next(),
        payment: asked.link,
        amount: Some(kes(50_000)),
        reason: "moved away".to_owned(),
        paid_out_as: None,
    };
    let bench = world.bench();
    ask_provider_refund(bench.gateway_desk(), &world.scope, command)
        .await
        .unwrap();
    world.sandbox.go_away();
    let failure = run_refunds(&world).await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::WaitFor(Duration::seconds(30)));
    world.sandbox.come_back();
    world.sandbox.hold_refunds(true);
    let failure = run_refunds(&world).await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::WaitFor(Duration::hours(1)));
    assert_eq!(
        returned(&world, &asked).await,
        0,
        "the provider has not said so"
    );
    world.sandbox.hold_refunds(false);
    for _ in 0..2 {
        run_refunds(&world).await.unwrap();
    }
    assert_eq!(returned(&world, &asked).await, 50_000);
    let filter = ProviderRefundFilter {
        status: Some(ProviderRefundStatus::Done),
        ..ProviderRefundFilter::default()
    };
    let page = PageRequest::default();
    let done = world
        .gateways
        .provider_refunds(world.tenant(), filter, page);
    assert_eq!(done.await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn what_went_back_at_the_provider_is_found_by_asking() {
    let world = World::open().await;
    let asked = ask_for_money(&world).await;
    pay(&world, &asked);
    world.clock.advance(Duration::minutes(1));
    poll(&world).await;
    assert_eq!(payments(&world).await, 1);
    let there = RefundOrder {
        id: world.ids().next(),
        payment: asked.link.to_string().parse().unwrap(),
        amount: kes(20_000),
        reason: "in the dashboard".to_owned(),
    };
    assert!(world.sandbox.refund_there(&there));
    poll(&world).await;
    run_refunds(&world).await.unwrap();
    assert_eq!(returned(&world, &asked).await, 0, "not yet its turn");
    world.clock.advance(Duration::days(1));
    for _ in 0..2 {
        poll(&world).await;
        run_refunds(&world).await.unwrap();
    }
    assert_eq!(returned(&world, &asked).await, 20_000);
}

/// Runs every comparison that the sweep has asked for; gives how many there were.
async fn compare(world: &World) -> usize {
    let jobs = world.gateways.jobs().into_iter();
    let jobs: Vec<_> = jobs
        .filter(|it| it.kind == kinds::RECONCILE_GATEWAY)
        .collect();
    for job in &jobs {
        let payload = job.payload.clone();
        world.run(kinds::RECONCILE_GATEWAY, payload).await.unwrap();
    }
    jobs.len()
}

#[tokio::test]
async fn every_day_that_is_over_is_compared_once() {
    let world = World::open().await;
    let asked = ask_for_money(&world).await;
    pay(&world, &asked);
    let sweep = || world.run(kinds::RECONCILE_GATEWAYS, json!({}));
    sweep().await.unwrap();
    assert_eq!(compare(&world).await, 0, "the day is not over");
    world.clock.advance(Duration::days(1));
    for _ in 0..2 {
        sweep().await.unwrap();
        assert_eq!(compare(&world).await, 1);
    }
    let page = PageRequest::default();
    let account = world.gateways.gateway_accounts(world.tenant(), page).await;
    let account = account.unwrap().items[0].id;
    let compared = || {
        world
            .gateways
            .reconciliations(world.tenant(), account, page)
    };
    let found = &compared().await.unwrap().items[0];
    assert_eq!(found.differences.len(), 1, "nobody told of the money");
    world.clock.advance(Duration::days(3));
    sweep().await.unwrap();
    assert_eq!(
        compare(&world).await,
        2,
        "days of a standstill are made up for"
    );
    let latest = &compared().await.unwrap().items[0];
    let days = latest
        .last_on
        .signed_duration_since(latest.first_on)
        .num_days();
    assert_eq!(days, 2);
}
