//! Customers over HTTP: creation once, pages, versions, and no look into another tenant.

use operators::Role;
use serde_json::{Value, json};

use crate::exchange::{Answer, Ask};
use crate::house::{House, STRANGER};

const PATH: &str = "/api/v1/customers";

fn siti() -> Value {
    json!({ "kind": "personal", "name": "Siti", "phone": "+62 812-3456-789" })
}

async fn register(house: &House, name: &str) -> Answer {
    let body = json!({ "kind": "personal", "name": name });
    house.ask(Ask::post(PATH, body)).await.is(201)
}

#[tokio::test]
async fn a_registered_customer_is_where_the_location_says() {
    let house = House::new();
    let created = house.ask(Ask::post(PATH, siti())).await.is(201);
    assert_eq!(created.body["phone"], "+628123456789");
    assert_eq!(created.body["status"], "prospect");
    let place = created.header("location").to_owned();
    let shown = house.ask(Ask::get(&place)).await.is(200);
    assert_eq!(shown.body, created.body);
    assert_eq!(shown.header("etag"), "\"1\"");
}

#[tokio::test]
async fn the_same_key_and_body_act_once() {
    let house = House::new();
    let first = house.ask(Ask::post(PATH, siti()).key("k-1")).await.is(201);
    let again = house.ask(Ask::post(PATH, siti()).key("k-1")).await.is(201);
    assert_eq!(first.header("idempotency-replayed"), "");
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(first.body, again.body);
    assert_eq!(first.header("location"), again.header("location"));
    let all = house.ask(Ask::get(PATH)).await.is(200);
    assert_eq!(all.body["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let house = House::new();
    house.ask(Ask::post(PATH, siti()).key("k-1")).await.is(201);
    let other = json!({ "kind": "business", "name": "Warung" });
    let refused = house.ask(Ask::post(PATH, other).key("k-1")).await.is(422);
    assert_eq!(refused.problem(), "idempotency-key-reused");
}

#[tokio::test]
async fn a_key_belongs_to_its_tenant() {
    let house = House::new();
    house.ask(Ask::post(PATH, siti()).key("k-1")).await.is(201);
    let stranger = house.token_of(STRANGER, Role::Admin);
    let ask = Ask::post(PATH, siti()).key("k-1").token(&stranger);
    let theirs = ask.send(&house.router).await.is(201);
    assert_eq!(theirs.header("idempotency-replayed"), "");
}

#[tokio::test]
async fn a_race_with_one_key_has_one_winner() {
    let house = House::new();
    let asks = (0..8).map(|_| house.ask(Ask::post(PATH, siti()).key("race")));
    let answers = futures::future::join_all(asks).await;
    let first = answers[0].body["id"].clone();
    for answer in answers {
        assert_eq!(answer.is(201).body["id"], first);
    }
}

#[tokio::test]
async fn an_unusable_key_is_refused() {
    let house = House::new();
    let refused = house.ask(Ask::post(PATH, siti()).key("a b")).await.is(400);
    assert_eq!(refused.first_error(), "Idempotency-Key format");
}

#[tokio::test]
async fn pages_cover_the_list_without_gaps() {
    let house = House::new();
    for name in ["A", "B", "C", "D", "E"] {
        register(&house, name).await;
    }
    let mut names = Vec::new();
    let mut path = format!("{PATH}?limit=2");
    loop {
        let page = house.ask(Ask::get(&path)).await.is(200);
        let items = page.body["items"].as_array().unwrap();
        names.extend(
            items
                .iter()
                .map(|it| it["name"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page.body["next"].as_str() else {
            break;
        };
        path = format!("{PATH}?limit=2&after={next}");
    }
    assert_eq!(names, ["E", "D", "C", "B", "A"]);
}

#[tokio::test]
async fn lists_are_filtered_by_status_and_beginning() {
    let house = House::new();
    register(&house, "Siti").await;
    register(&house, "Budi").await;
    let found = house
        .ask(Ask::get("/api/v1/customers?search=si&status=prospect"))
        .await
        .is(200);
    assert_eq!(found.body["items"][0]["name"], "Siti");
    assert_eq!(found.body["items"].as_array().unwrap().len(), 1);
    let none = house
        .ask(Ask::get("/api/v1/customers?status=left"))
        .await
        .is(200);
    assert_eq!(none.body["items"], json!([]));
    let odd = house
        .ask(Ask::get("/api/v1/customers?status=lost"))
        .await
        .is(400);
    assert_eq!(odd.first_error(), "status one_of");
}

#[tokio::test]
async fn a_change_needs_the_version_it_was_made_for() {
    let house = House::new();
    let created = house.ask(Ask::post(PATH, siti())).await.is(201);
    let place = created.header("location").to_owned();
    let blind = house
        .ask(Ask::patch(&place, json!({ "name": "Siti R" })))
        .await
        .is(428);
    assert_eq!(blind.problem(), "precondition-required");
    let change = |tag: &'static str, body: Value| {
        house.ask(Ask::patch(&place, body).header("if-match", tag))
    };
    let changed = change("\"1\"", json!({ "name": "Siti R", "phone": null }))
        .await
        .is(200);
    assert_eq!(changed.body["name"], "Siti R");
    assert_eq!(changed.body["phone"], Value::Null);
    assert_eq!(changed.header("etag"), "\"2\"");
    let late = change("\"1\"", json!({ "name": "Other" })).await.is(412);
    assert_eq!(late.problem(), "precondition-failed");
    let nothing = change("\"2\"", json!({})).await.is(200);
    assert_eq!(nothing.header("etag"), "\"2\"");
}

#[tokio::test]
async fn a_blocked_customer_cannot_leave() {
    let house = House::new();
    let place = register(&house, "Siti").await.header("location").to_owned();
    let reason = json!({ "reason": "sold the router" });
    let blocked = house
        .ask(Ask::post(&format!("{place}/block"), reason))
        .await
        .is(200);
    assert_eq!(blocked.body["status"], "blocked");
    assert_eq!(blocked.body["blocked_reason"], "sold the router");
    let stuck = house
        .ask(Ask::new("POST", &format!("{place}/leave")))
        .await
        .is(409);
    assert_eq!(stuck.problem(), "wrong-state");
    assert_eq!(stuck.first_error(), "status blocked");
    house
        .ask(Ask::new("POST", &format!("{place}/unblock")))
        .await
        .is(200);
    house
        .ask(Ask::new("POST", &format!("{place}/leave")))
        .await
        .is(200);
    let back = house
        .ask(Ask::new("POST", &format!("{place}/return")))
        .await
        .is(200);
    assert_eq!(back.body["status"], "active");
}

#[tokio::test]
async fn another_tenants_customer_does_not_exist() {
    let house = House::new();
    let place = register(&house, "Siti").await.header("location").to_owned();
    let stranger = house.token_of(STRANGER, Role::Admin);
    let hidden = Ask::get(&place)
        .token(&stranger)
        .send(&house.router)
        .await
        .is(404);
    assert_eq!(hidden.problem(), "not-found");
    let blocked = Ask::post(&format!("{place}/block"), json!({ "reason": "x" })).token(&stranger);
    blocked.send(&house.router).await.is(404);
    let list = Ask::get(PATH)
        .token(&stranger)
        .send(&house.router)
        .await
        .is(200);
    assert_eq!(list.body["items"], json!([]));
}
