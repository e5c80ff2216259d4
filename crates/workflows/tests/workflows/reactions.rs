//! Reactions: each follows the event it listens to, in the transaction that its delivery commits with.

use access::testing::numbered;
use access::{Allowance, SYNC_ROUTER_JOB, Subject};
use jobs::{DeliveryClaims, JobFilter, JobQueries, Outcome};
use kernel::{BatchId, NewEvent, PageRequest, Priority, SubscriptionId, SubscriptionKind};
use serde_json::{Value, json};
use workflows::job_kinds as kinds;
use workflows::{Remedy, deliver};

use crate::world::World;

fn event(name: &'static str, body: Value) -> NewEvent {
    NewEvent {
        aggregate_kind: "sub",
        // The handlers look at the body alone.
        aggregate_id: numbered::<SubscriptionKind>(1).uuid(),
        name,
        version: 1,
        body,
    }
}

fn decision(world: &World, subscription: SubscriptionId, access: &str, version: u64) -> NewEvent {
    let body = json!({
        "subscription": subscription,
        "access": access,
        "profile": world.pppoe,
        "version": version,
        "reason": "test",
    });
    event("billing.access_desired", body)
}

#[tokio::test]
async fn a_grant_follows_every_decision_and_never_an_older_one() {
    let world = World::open().await;
    let customer = world.customer().await;
    let subscription = world.sell(customer, "siti").await.unwrap();
    let subject = Subject::Subscription(subscription);
    for (access, version, expected) in [
        ("restricted", 10, Allowance::Restricted),
        ("suspended", 12, Allowance::Blocked),
        ("restricted", 11, Allowance::Blocked),
        ("active", 13, Allowance::Active { until: None }),
        ("active", 13, Allowance::Active { until: None }),
        ("ended", 14, Allowance::Ended),
    ] {
        let decided = decision(&world, subscription, access, version);
        world.hand_out(&decided).await.unwrap();
        assert_eq!(world.allowance_of(subject).await, expected, "{version}");
    }
}

#[tokio::test]
async fn who_has_paid_is_brought_back_at_once() {
    let world = World::open().await;
    let customer = world.customer().await;
    let subscription = world.sell(customer, "siti").await.unwrap();
    let blocked = decision(&world, subscription, "suspended", 10);
    world.hand_out(&blocked).await.unwrap();
    let _ = world.access.take_jobs(world.tenant());
    let back = decision(&world, subscription, "active", 11);
    world.hand_out(&back).await.unwrap();
    let jobs = world.access.jobs(world.tenant());
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].kind, SYNC_ROUTER_JOB);
    assert_eq!(jobs[0].priority, Priority::Critical);
}

#[tokio::test]
async fn a_decision_about_nobody_needs_a_person() {
    let world = World::open().await;
    let unknown = decision(&world, world.ids().next(), "active", 1);
    let failure = world.hand_out(&unknown).await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Park);
}

#[tokio::test]
async fn each_handler_commits_with_its_delivery() {
    let world = World::open().await;
    let customer = world.customer().await;
    let subscription = world.sell(customer, "siti").await.unwrap();
    let (_, vouchers) = world.granted_batch(1).await;
    let voucher = vouchers[0].id();
    for (handler, event) in [
        (
            "follow_access",
            decision(&world, subscription, "active", 10),
        ),
        (
            "start_voucher_clock",
            event(
                "vouchers.voucher_activated",
                json!({ "voucher": voucher, "until": null }),
            ),
        ),
        (
            "end_voucher_grant",
            event("vouchers.voucher_expired", json!({ "voucher": voucher })),
        ),
        (
            "refresh_routers",
            event("access.profile_changed", json!({ "profile": world.pppoe })),
        ),
    ] {
        world.watched.deliveries.lock().unwrap().clear();
        let delivery = world.delivery(handler, event);
        deliver(&world.bench(), &delivery).await.unwrap();
        let seen = world.watched.deliveries.lock().unwrap().clone();
        assert_eq!(seen, [Some(delivery.id)], "{handler}");
    }
}

#[tokio::test]
async fn a_delivery_that_is_done_does_nothing_again() {
    let world = World::open().await;
    let batch: BatchId = world.ids().next();
    let body = json!({ "batch": batch, "router": world.router, "count": 3 });
    let generated = NewEvent {
        aggregate_kind: "bat",
        aggregate_id: batch.uuid(),
        name: "vouchers.batch_generated",
        version: 1,
        body,
    };
    world.jobs.record(&world.scope, generated, world.now());
    let lease = chrono::Duration::minutes(1);
    let claimed = DeliveryClaims::claim(&world.jobs, "worker-1", world.now(), lease, 1).await;
    let delivery = claimed.unwrap().remove(0);
    deliver(&world.bench(), &delivery).await.unwrap();
    assert!(deliver(&world.bench(), &delivery).await.is_err());
    let done = DeliveryClaims::finish(&world.jobs, &delivery, Outcome::Done, world.now()).await;
    assert!(!done.unwrap(), "the handler's transaction carried it");
    let filter = JobFilter::default();
    let page = PageRequest::default();
    let jobs = world.jobs.jobs(world.tenant(), filter, page).await.unwrap();
    assert_eq!(jobs.items.len(), 1);
    assert_eq!(jobs.items[0].kind, kinds::GRANT_VOUCHERS);
    assert_eq!(jobs.items[0].total, Some(3));
}

#[tokio::test]
async fn a_withdrawn_batch_has_its_grants_ended_by_a_job_in_its_lane() {
    let world = World::open().await;
    let batch: BatchId = world.ids().next();
    let voided = event("vouchers.batch_voided", json!({ "batch": batch }));
    world.jobs.record(&world.scope, voided, world.now());
    let lease = chrono::Duration::minutes(1);
    let claimed = DeliveryClaims::claim(&world.jobs, "worker-1", world.now(), lease, 1).await;
    let delivery = claimed.unwrap().remove(0);
    deliver(&world.bench(), &delivery).await.unwrap();
    let page = PageRequest::default();
    let jobs = world.jobs.jobs(world.tenant(), JobFilter::default(), page);
    let jobs = jobs.await.unwrap().items;
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].kind, kinds::WITHDRAW_VOUCHERS);
    assert_eq!(jobs[0].lane.as_str(), format!("batch:{batch}"));
    assert_eq!(jobs[0].priority, Priority::High);
}

#[tokio::test]
async fn a_changed_profile_has_its_routers_compared() {
    let world = World::open().await;
    let customer = world.customer().await;
    world.sell(customer, "siti").await.unwrap();
    let _ = world.access.take_jobs(world.tenant());
    let changed = |profile| event("access.profile_changed", json!({ "profile": profile }));
    world.hand_out(&changed(world.hotspot)).await.unwrap();
    assert!(
        world.access.jobs(world.tenant()).is_empty(),
        "nobody has it"
    );
    for _ in 0..2 {
        world.hand_out(&changed(world.pppoe)).await.unwrap();
        let jobs = world.access.jobs(world.tenant());
        assert_eq!(jobs.len(), 1);
        assert_eq!(jobs[0].kind, kinds::RECONCILE_ROUTER);
    }
}
