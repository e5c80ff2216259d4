//! Routers over HTTP: enrolled only if they answer, compared, mended, and cut.

use access::testing::FAKE_CERTIFICATE;
use serde_json::{Value, json};

use crate::exchange::Ask;
use crate::house::House;

const PATH: &str = "/api/v1/routers";

fn tower() -> Value {
    json!({ "name": "Tower West", "host": "10.20.0.1", "transport": "plain", "username": "billing", "password": "s3cret-of-router" })
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

/// A tower that is reached over TLS: what is enrolled unless `plain` is named.
fn encrypted() -> Value {
    json!({ "name": "Tower East", "host": "10.20.0.2", "username": "billing", "password": "s3cret-of-router" })
}

#[tokio::test]
async fn a_router_waits_until_somebody_confirms_its_certificate() {
    let house = House::new();
    let place = house.ask(Ask::post(PATH, encrypted())).await.is(201);
    let place = place.header("location").to_owned();
    let waiting = house.ask(Ask::get(&place)).await.is(200);
    assert_eq!(waiting.body["port"], 8729);
    assert_eq!(waiting.body["transport"], "tls");
    assert_eq!(waiting.body["trust"], "first_use");
    assert_eq!(waiting.body["facts"], Value::Null);
    assert_eq!(waiting.body["status"]["state"], "awaiting_confirmation");
    let seen = FAKE_CERTIFICATE.to_string();
    assert_eq!(waiting.body["status"]["certificate_seen"], seen);
    let advice = waiting.body["status"]["advice"].as_str().unwrap();
    assert!(advice.contains("/certificate print"), "{advice}");
    let test = Ask::new("POST", &format!("{place}/test"));
    let early = house.ask(test).await.is(409);
    assert_eq!(early.problem(), "certificate-unconfirmed");
    let trust = |pin: &str| {
        let body = json!({ "certificate_pin": pin });
        house.ask(Ask::post(&format!("{place}/trust"), body))
    };
    let odd = trust("beef").await.is(422);
    assert_eq!(odd.first_error(), "certificate_pin format");
    let other = trust(&"00".repeat(32)).await.is(409);
    assert_eq!(other.problem(), "certificate-changed");
    assert_eq!(other.first_error(), "certificate_pin another_certificate");
    let trusted = trust(&seen.to_uppercase()).await.is(200);
    assert_eq!(trusted.body["status"]["state"], "enrolled");
    assert_eq!(trusted.body["trust"], "pinned");
    assert_eq!(trusted.body["certificate_pin"], seen);
    assert!(trusted.body["facts"]["version"].is_string());
    let asked_again = json!({ "transport": "tls" });
    let same = house.ask(Ask::patch(&place, asked_again)).await.is(200);
    assert_eq!(
        same.body["certificate_pin"], seen,
        "what is confirmed stays"
    );
}

#[tokio::test]
async fn a_router_in_the_clear_has_nothing_to_confirm() {
    let house = House::new();
    let place = enrol(&house).await;
    let body = json!({ "certificate_pin": FAKE_CERTIFICATE.to_string() });
    let answer = house.ask(Ask::post(&format!("{place}/trust"), body)).await;
    assert_eq!(answer.is(409).first_error(), "status nothing_to_confirm");
}

fn step<'a>(diagnosis: &'a Value, name: &str) -> &'a Value {
    let steps = diagnosis["steps"].as_array().unwrap();
    steps.iter().find(|it| it["name"] == name).unwrap()
}

#[tokio::test]
async fn a_router_is_diagnosed_before_and_after_it_is_enrolled() {
    let house = House::new();
    let path = format!("{PATH}/diagnose");
    let candidate = house.ask(Ask::post(&path, encrypted())).await.is(200);
    assert_eq!(candidate.body["verdict"], "warn");
    let tls = step(&candidate.body, "tls");
    let measured = tls["measured"].as_str().unwrap();
    assert!(measured.contains(&FAKE_CERTIFICATE.to_string()), "{tls}");
    let login = step(&candidate.body, "login");
    assert_eq!(login["verdict"], "skipped");
    assert!(!candidate.text.contains("s3cret"));
    let listed = house.ask(Ask::get(PATH)).await.is(200);
    assert_eq!(listed.body["items"], json!([]), "nothing was stored");
    let place = enrol(&house).await;
    let ask = Ask::new("POST", &format!("{place}/diagnose"));
    let diagnosis = house.ask(ask).await.is(200);
    let names = diagnosis.body["steps"].as_array().unwrap();
    assert_eq!(names.len(), 14);
    assert_eq!(step(&diagnosis.body, "login")["verdict"], "pass");
    assert_eq!(step(&diagnosis.body, "identity")["verdict"], "pass");
    let hidden = json!({ "name": "x", "host": "127.0.0.1", "username": "u", "password": "p" });
    let forbidden = house.ask(Ask::post(&path, hidden)).await.is(422);
    assert_eq!(forbidden.problem(), "forbidden-address");
}
