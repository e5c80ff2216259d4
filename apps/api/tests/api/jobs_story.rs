//! Background work and the record of events over HTTP.

use jobs::JobsStore;
use kernel::{
    Clock, CustomerId, CustomerKind, Id, JobId, JobRequest, Kind, Lane, NewEvent, Priority, Scope,
    TenantId,
};
use operators::Role;
use serde_json::json;
use uuid::Uuid;

use crate::exchange::Ask;
use crate::house::{House, STRANGER, TENANT};

const JOB: JobId = Id::from_uuid(Uuid::from_u128(0x10b));

fn scope(tenant: TenantId) -> Scope {
    Scope::system(tenant, "test", Uuid::from_u128(9))
}

async fn enqueue(house: &House) -> String {
    let mut tx = house.jobs.begin(&scope(TENANT)).await.unwrap();
    let job = JobRequest {
        id: JOB,
        kind: "sync_router".to_owned(),
        lane: Lane::named("router:1"),
        priority: Priority::High,
        run_at: house.clock.now(),
        unique_key: None,
        payload: json!({ "router": "rtr_1" }),
        max_attempts: 5,
        total: Some(500),
    };
    tx.enqueue(job).await.unwrap();
    tx.commit().await.unwrap();
    format!("/api/v1/jobs/{JOB}")
}

#[tokio::test]
async fn a_job_shows_state_and_progress() {
    let house = House::new();
    let place = enqueue(&house).await;
    let job = house.ask(Ask::get(&place)).await.is(200);
    assert_eq!(job.body["state"], "queued");
    assert_eq!(job.body["progress"], json!({ "done": 0, "total": 500 }));
    let list = house
        .ask(Ask::get("/api/v1/jobs?state=queued&kind=sync_router"))
        .await
        .is(200);
    assert_eq!(list.body["items"][0]["id"], JOB.to_string());
    let none = house
        .ask(Ask::get("/api/v1/jobs?state=parked"))
        .await
        .is(200);
    assert_eq!(none.body["items"], json!([]));
    let stranger = house.token_of(STRANGER, Role::Admin);
    Ask::get(&place)
        .token(&stranger)
        .send(&house.router)
        .await
        .is(404);
}

#[tokio::test]
async fn a_job_is_cancelled_and_put_back() {
    let house = House::new();
    let place = enqueue(&house).await;
    let post = |verb: &str| house.ask(Ask::new("POST", &format!("{place}/{verb}")));
    post("cancel").await.is(204);
    post("cancel").await.is(204);
    assert_eq!(house.ask(Ask::get(&place)).await.body["state"], "cancelled");
    post("requeue").await.is(204);
    assert_eq!(house.ask(Ask::get(&place)).await.body["state"], "queued");
    let nothing = "/api/v1/jobs/job_aaaaaaaaaaaaaaaaaaaaaaaaaa/cancel";
    assert_eq!(
        house.ask(Ask::new("POST", nothing)).await.is(404).problem(),
        "not-found"
    );
}

#[tokio::test]
async fn the_events_of_one_thing_are_listed_newest_first() {
    let house = House::new();
    let customer = CustomerId::from_uuid(Uuid::from_u128(0xc5));
    for name in [
        "customers.customer_registered",
        "customers.customer_blocked",
    ] {
        let event = NewEvent {
            aggregate_kind: CustomerKind::PREFIX,
            aggregate_id: customer.uuid(),
            name,
            version: 1,
            body: json!({ "customer": customer }),
        };
        house.jobs.record(&scope(TENANT), event, house.clock.now());
    }
    let path = format!("/api/v1/events?aggregate={customer}");
    let events = house.ask_as(Role::Auditor, Ask::get(&path)).await.is(200);
    assert_eq!(
        events.body["items"][0]["type"],
        "customers.customer_blocked"
    );
    assert_eq!(events.body["items"][1]["actor"], "system:test");
    let odd = house
        .ask(Ask::get("/api/v1/events?aggregate=7"))
        .await
        .is(400);
    assert_eq!(odd.first_error(), "aggregate format");
    let missing = house.ask(Ask::get("/api/v1/events")).await.is(400);
    assert_eq!(missing.first_error(), "aggregate required");
}
