//! Vouchers over HTTP: ordered, made, revealed, sold and withdrawn.

use kernel::Scope;
use operators::Role;
use serde_json::{Value, json};
use uuid::Uuid;
use vouchers::{GenerateChunk, generate_chunk};

use crate::exchange::{Answer, Ask};
use crate::house::{House, TENANT};

const PATH: &str = "/api/v1/voucher-batches";

async fn create(house: &House, path: &str, body: Value) -> String {
    let answer = house.ask(Ask::post(path, body)).await.is(201);
    answer.body["id"].as_str().unwrap().to_owned()
}

/// A house with a hotspot plan and a router, and an order for them.
async fn shop() -> (House, Value) {
    let house = House::new();
    house.found().await;
    let router = json!({ "name": "B", "host": "10.0.0.2", "transport": "plain", "username": "api", "password": "secret" });
    let router = create(&house, "/api/v1/routers", router).await;
    let rate = json!({ "up_bps": 1_000_000, "down_bps": 2_000_000 });
    let profile = json!({ "name": "day", "service": "hotspot", "terms": { "rate": rate } });
    let profile = create(&house, "/api/v1/service-profiles", profile).await;
    let plan = json!({
        "name": "Day pass",
        "price": { "amount_minor": 500_000, "currency": "IDR" },
        "interval": { "unit": "days", "count": 1 },
        "service_profile": profile,
        "sold_as": "voucher",
    });
    let plan = create(&house, "/api/v1/plans", plan).await;
    let order = json!({
        "name": "Kiosk",
        "plan": plan,
        "router": router,
        "count": 5,
        "code": { "alphabet": "mix", "length": 8 },
    });
    (house, order)
}

async fn fill(house: &House, batch: &str) {
    let it = &house.ports;
    let scope = Scope::system(TENANT, "test", Uuid::nil());
    let command = GenerateChunk {
        batch: batch.parse().unwrap(),
        chunk: 1_000,
    };
    let (store, vault) = (&*it.vouchers, &*it.vault);
    generate_chunk(store, vault, &*it.randomness, &*it.ids, &scope, command)
        .await
        .unwrap();
}

async fn order(house: &House, body: Value) -> Answer {
    house.ask(Ask::post(PATH, body)).await
}

#[tokio::test]
async fn an_order_is_accepted_with_a_job_to_watch() {
    let (house, body) = shop().await;
    let accepted = order(&house, body).await.is(202);
    let job = accepted.body["job"].as_str().unwrap();
    assert_eq!(accepted.header("location"), format!("/api/v1/jobs/{job}"));
    assert_eq!(accepted.body["batch"]["status"], "generating");
    assert_eq!(
        accepted.body["batch"]["validity"]["from_first_login_minutes"],
        1440
    );
    assert_eq!(accepted.body["batch"]["price"]["amount_minor"], 500_000);
}

#[tokio::test]
async fn an_order_that_breaks_a_rule_names_its_field() {
    let (house, body) = shop().await;
    for (field, value, problem, error) in [
        ("count", json!(0), "invalid-fields", "count range"),
        ("count", json!(50_001), "invalid-fields", "count range"),
        (
            "code",
            json!({ "alphabet": "mix", "length": 3 }),
            "invalid-fields",
            "code.length range",
        ),
        (
            "code",
            json!({ "alphabet": "num", "length": 4 }),
            "invalid-fields",
            "code.length guessable",
        ),
        (
            "code",
            json!({ "alphabet": "mix", "length": 9, "prefix": "a b" }),
            "invalid-fields",
            "code.prefix format",
        ),
        ("shelf_days", json!(0), "invalid-fields", "shelf_days range"),
        (
            "plan",
            json!("pln_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
            "unknown-reference",
            "plan unknown",
        ),
        (
            "router",
            json!("rtr_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
            "unknown-reference",
            "router unknown",
        ),
    ] {
        let mut order_body = body.clone();
        order_body[field] = value;
        let refused = order(&house, order_body).await.is(422);
        assert_eq!(
            (refused.problem(), &*refused.first_error()),
            (problem, error)
        );
    }
    let list = house.ask(Ask::get(PATH)).await.is(200);
    assert_eq!(list.body["items"], json!([]));
}

#[tokio::test]
async fn codes_are_shown_to_those_who_may_and_nowhere_else() {
    let (house, body) = shop().await;
    let accepted = order(&house, body).await.is(202);
    let batch = accepted.body["batch"]["id"].as_str().unwrap().to_owned();
    fill(&house, &batch).await;
    let place = format!("{PATH}/{batch}");
    let codes = house
        .ask(Ask::get(&format!("{place}/codes?limit=3")))
        .await
        .is(200);
    assert_eq!(codes.body["items"].as_array().unwrap().len(), 3);
    let next = codes.body["next"].as_str().unwrap();
    let rest = house
        .ask(Ask::get(&format!("{place}/codes?limit=3&after={next}")))
        .await
        .is(200);
    assert_eq!(rest.body["items"].as_array().unwrap().len(), 2);
    assert_eq!(rest.body["next"], Value::Null);
    let code = codes.body["items"][0]["code"].as_str().unwrap();
    let list = house
        .ask(Ask::get(&format!("{place}/vouchers")))
        .await
        .is(200);
    assert_eq!(list.body["items"].as_array().unwrap().len(), 5);
    assert!(!list.text.contains(code));
    let denied = house
        .ask_as(Role::Technician, Ask::get(&format!("{place}/codes")))
        .await;
    assert_eq!(denied.is(403).problem(), "forbidden");
}

#[tokio::test]
async fn a_voucher_is_sold_once_and_a_batch_is_withdrawn() {
    let (house, body) = shop().await;
    let accepted = order(&house, body).await.is(202);
    let batch = accepted.body["batch"]["id"].as_str().unwrap().to_owned();
    fill(&house, &batch).await;
    let list = house
        .ask(Ask::get(&format!("/api/v1/vouchers?batch={batch}")))
        .await
        .is(200);
    let voucher = list.body["items"][0]["id"].as_str().unwrap();
    let place = format!("/api/v1/vouchers/{voucher}");
    let sold = house
        .ask(Ask::new("POST", &format!("{place}/sell")))
        .await
        .is(200);
    assert_eq!(sold.body["state"], "sold");
    let reason = json!({ "reason": "printed twice" });
    house
        .ask(Ask::post(&format!("{place}/void"), reason.clone()))
        .await
        .is(200);
    let late = house
        .ask(Ask::new("POST", &format!("{place}/sell")))
        .await
        .is(409);
    assert_eq!(late.problem(), "wrong-state");
    let gone = house
        .ask(Ask::post(&format!("{PATH}/{batch}/void"), reason))
        .await
        .is(200);
    assert_eq!(gone.body["status"], "voided");
    assert_eq!(gone.body["states"]["voided"], 5);
}
