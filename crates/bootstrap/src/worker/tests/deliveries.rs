//! Deliveries: handled once, parked when nobody can, never behind long jobs.

use chrono::Duration;
use jobs::{DeliveryClaims, DeliveryFilter, DeliveryState, DeliveryView, JobFilter, JobQueries};
use kernel::{BatchId, NewEvent, PageRequest};
use serde_json::json;
use workflows::job_kinds::{GRANT_VOUCHERS, PRUNE};

use super::house::{House, Step, until};

fn record(house: &House, name: &'static str) {
    let batch: BatchId = house.ids().next();
    let event = NewEvent {
        aggregate_kind: "bat",
        aggregate_id: batch.uuid(),
        name,
        version: 1,
        body: json!({ "batch": batch, "router": "rtr", "count": 3 }),
    };
    house.jobs.record(&house.scope, event, house.now());
}

async fn delivery(house: &House) -> DeliveryView {
    let all = DeliveryFilter::default();
    let page = PageRequest::default();
    let found = house.jobs.deliveries(house.scope.tenant, all, page).await;
    found.unwrap().items.remove(0)
}

async fn wait_for(house: &House, state: DeliveryState) -> DeliveryView {
    until("the delivery gets there", async || {
        delivery(house).await.state == state
    })
    .await;
    delivery(house).await
}

async fn pushes(house: &House) -> usize {
    let filter = JobFilter {
        kind: Some(GRANT_VOUCHERS.to_owned()),
        ..JobFilter::default()
    };
    let page = PageRequest::default();
    let jobs = house.jobs.jobs(house.scope.tenant, filter, page).await;
    jobs.unwrap().items.len()
}

#[tokio::test(start_paused = true)]
async fn an_event_reaches_its_handler_once() {
    let house = House::open([]);
    record(&house, "vouchers.batch_generated");
    let worker = house.work();
    wait_for(&house, DeliveryState::Done).await;
    worker.stop().await;
    assert_eq!(pushes(&house).await, 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_for_nobody_is_parked() {
    let house = House::open([]);
    record(&house, "test.unheard");
    let worker = house.work();
    let parked = wait_for(&house, DeliveryState::Parked).await;
    assert_eq!(
        parked.last_error.as_deref(),
        Some("nothing here listens as nobody")
    );
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_killed_its_workers_is_parked_without_running() {
    let house = House::open([]);
    record(&house, "vouchers.batch_generated");
    let lease = Duration::seconds(30);
    for _ in 0..3 {
        let dead = DeliveryClaims::claim(&house.jobs, "dead", house.now(), lease, 1);
        assert_eq!(dead.await.unwrap().len(), 1);
        house.clock.advance(lease);
    }
    let worker = house.work();
    wait_for(&house, DeliveryState::Parked).await;
    worker.stop().await;
    assert_eq!(pushes(&house).await, 0);
}

#[tokio::test(start_paused = true)]
async fn long_jobs_leave_room_for_deliveries() {
    let hangs = [Step::Hang, Step::Hang, Step::Hang, Step::Hang];
    let house = House::open(hangs);
    for _ in 0..4 {
        house.enqueue(PRUNE, 5).await;
    }
    let worker = house.work();
    house.wait_until_begun(3).await;
    record(&house, "vouchers.batch_generated");
    wait_for(&house, DeliveryState::Done).await;
    worker.stop().await;
}
