//! What nobody understands is parked for a person, never tried for ever.

use access::testing::numbered;
use kernel::{NewEvent, SubscriptionKind};
use serde_json::json;
use workflows::{Remedy, deliver, job_kinds as kinds, subscriptions};

use crate::world::World;

fn strange(version: u16, body: serde_json::Value) -> NewEvent {
    NewEvent {
        aggregate_kind: "sub",
        aggregate_id: numbered::<SubscriptionKind>(1).uuid(),
        name: "billing.access_desired",
        version,
        body,
    }
}

#[tokio::test]
async fn an_unknown_kind_of_job_is_parked() {
    let world = World::open().await;
    let failure = world.run("dance", json!({})).await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Park);
    assert!(failure.reason.contains("dance"), "{}", failure.reason);
}

#[tokio::test]
async fn a_payload_that_does_not_fit_is_parked() {
    let world = World::open().await;
    for (kind, payload) in [
        (kinds::GENERATE_VOUCHERS, json!({})),
        (kinds::GRANT_VOUCHERS, json!({ "batch": 7 })),
        (kinds::WITHDRAW_VOUCHERS, json!(null)),
        (kinds::SYNC_ROUTER, json!({ "router": "inv_aaaa" })),
        (kinds::RECONCILE_ROUTER, json!({ "batch": "x" })),
        (kinds::WATCH_ROUTER, json!([])),
    ] {
        let failure = world.run(kind, payload).await.unwrap_err();
        assert_eq!(failure.remedy, Remedy::Park, "{kind}");
    }
}

#[tokio::test]
async fn an_unknown_handler_is_parked() {
    let world = World::open().await;
    let delivery = world.delivery("nobody", strange(1, json!({})));
    let failure = deliver(&world.bench(), &delivery).await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Park);
}

#[tokio::test]
async fn a_version_or_body_that_is_not_understood_is_parked() {
    let world = World::open().await;
    for event in [strange(2, json!({})), strange(1, json!({ "access": 1 }))] {
        let delivery = world.delivery("follow_access", event);
        let failure = deliver(&world.bench(), &delivery).await.unwrap_err();
        assert_eq!(failure.remedy, Remedy::Park, "{}", failure.reason);
    }
}

#[tokio::test]
async fn every_handler_that_is_subscribed_exists() {
    let world = World::open().await;
    for (_, handler) in subscriptions() {
        let delivery = world.delivery(handler, strange(1, json!(null)));
        let failure = deliver(&world.bench(), &delivery).await.unwrap_err();
        assert!(failure.reason.contains("is not understood"), "{handler}");
    }
}
