//! Routers over HTTP: enrolled only if they answer, compared, mended, and cut.

use serde_json::{Value, json};

use crate::exchange::Ask;
use crate::house::House;

const PATH: &str = "/api/v1/routers";

fn tower() -> Value {
    json!({ "name": "Tower West", "host": "10.20.0.1", "username": "billing", "password": "s3cret-of-router" })
}

async fn enrol(house: &House) -> String {
    let answer = house.ask(Ask::post(PATH, tower())).await.is(201);
    answer.header("location").to_owned()
}

#[tokio::test]
async fn an_enrolled_router_shows_its_facts_and_no_password() {
    let house = House::new();
    let place = enrol(&house).await;
    let shown = house.ask(Ask::get(&place)).await.is(200);
    assert_eq!(shown.body["status"]["state"], "enrolled");
    assert_eq!(shown.body["port"], 8728);
    assert!(shown.body["facts"]["version"].is_string());
    assert!(!shown.text.contains("s3cret"));
}

#[tokio::test]
async fn a_name_in_use_is_a_duplicate() {
    let house = House::new();
    enrol(&house).await;
    let again = house.ask(Ask::post(PATH, tower())).await.is(409);
    assert_eq!(again.problem(), "duplicate");
}

#[tokio::test]
async fn a_dry_run_says_and_an_apply_does() {
    let house = House::new();
    let place = enrol(&house).await;
    let reconcile = |mode: &str| {
        house.ask(Ask::post(
            &format!("{place}/reconcile"),
            json!({ "mode": mode }),
        ))
    };
    let said = reconcile("dry_run").await.is(200);
    assert_eq!(said.body["applied"], false);
    let done = reconcile("apply").await.is(200);
    assert_eq!(done.body["applied"], true);
    let odd = reconcile("maybe").await.is(422);
    assert_eq!(odd.first_error(), "mode one_of");
    let drift = house.ask(Ask::get(&format!("{place}/drift"))).await.is(200);
    assert_eq!(drift.body["not_applied"]["items"], json!([]));
    assert!(drift.body["last_reconcile"]["at"].is_string());
}

#[tokio::test]
async fn a_router_is_tested_asked_who_is_online_and_retired() {
    let house = House::new();
    let place = enrol(&house).await;
    let facts = house
        .ask(Ask::new("POST", &format!("{place}/test")))
        .await
        .is(200);
    assert!(facts.body["board"].is_string());
    let online = house
        .ask(Ask::get(&format!("{place}/sessions")))
        .await
        .is(200);
    assert_eq!(online.body["items"], json!([]));
    let login = json!({ "service": "pppoe", "name": "siti.42" });
    let cut = house
        .ask(Ask::post(&format!("{place}/cut"), login))
        .await
        .is(200);
    assert_eq!(cut.body["removed"], 0);
    let gone = house
        .ask(Ask::new("POST", &format!("{place}/retire")))
        .await
        .is(200);
    assert_eq!(gone.body["status"]["state"], "retired");
    let late = house
        .ask(Ask::new("POST", &format!("{place}/test")))
        .await
        .is(409);
    assert_eq!(late.first_error(), "status retired");
}

#[tokio::test]
async fn a_command_is_executed_and_recorded_without_its_values() {
    let house = House::new();
    let place = enrol(&house).await;
    let path = format!("{place}/execute");
    let add = json!({
        "command": "/ppp/secret/add",
        "arguments": { "name": "ann", "password": "s3cret-of-ann" },
        "priority": "critical"
    });
    let done = house.ask(Ask::post(&path, add)).await.is(200);
    assert_eq!(done.body["rows"], json!([]));
    assert_eq!(done.body["is_truncated"], false);
    let endless = json!({ "command": "/tool/torch" });
    let refused = house.ask(Ask::post(&path, endless)).await.is(422);
    assert_eq!(refused.first_error(), "command endless");
    let odd = json!({ "command": "/ppp/secret/print", "queries": ["name"] });
    let refused = house.ask(Ask::post(&path, odd)).await.is(422);
    assert_eq!(refused.first_error(), "queries format");
}

#[tokio::test]
async fn statistics_of_a_router_that_was_not_talked_to_are_nothing() {
    let house = House::new();
    let place = enrol(&house).await;
    let path = format!("{place}/statistics");
    let shown = house.ask(Ask::get(&path)).await.is(200);
    assert_eq!(shown.body["statistics"], Value::Null);
    let nowhere = "/api/v1/routers/rtr_aaaaaaaaaaaaaaaaaaaaaaaaaa/statistics";
    house.ask(Ask::get(nowhere)).await.is(404);
}
