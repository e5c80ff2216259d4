//! Whatever goes wrong is a problem with a stable type, the right status and the request's id.

use std::sync::Arc;

use operators::Role;
use serde_json::json;

use crate::down::{Buggy, Down, Silent};
use crate::exchange::Ask;
use crate::house::{House, settings};

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let house = House::new();
    let lost = house.ask(Ask::get("/api/v1/nowhere")).await.is(404);
    assert_eq!(lost.problem(), "no-such-route");
    let odd = house
        .ask(Ask::new("DELETE", "/api/v1/customers"))
        .await
        .is(405);
    assert_eq!(odd.problem(), "method-not-allowed");
    assert!(odd.header("allow").contains("POST"));
}

#[tokio::test]
async fn every_answer_carries_the_requests_id() {
    let house = House::new();
    let ask = Ask::get("/api/v1/nowhere").header("x-request-id", "till-7");
    let answer = ask.send(&house.router).await.is(404);
    assert_eq!(answer.header("x-request-id"), "till-7");
    assert_eq!(answer.body["request_id"], "till-7");
    let fresh = Ask::get("/monitoring/live")
        .send(&house.router)
        .await
        .is(204);
    assert_eq!(fresh.header("x-request-id").len(), 36);
}

#[tokio::test]
async fn answers_are_not_cached_sniffed_or_framed() {
    let house = House::new();
    let answer = house.ask(Ask::get("/api/v1/customers")).await.is(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("x-frame-options"), "DENY");
}

#[tokio::test]
async fn a_database_that_is_away_is_503_with_retry_after() {
    let house = House::with(
        |mut ports| {
            ports.customer_queries = Arc::new(Down);
            ports
        },
        settings(),
    );
    let answer = house.ask(Ask::get("/api/v1/customers")).await.is(503);
    assert_eq!(answer.problem(), "unavailable");
    assert_eq!(answer.header("retry-after"), "2");
    assert!(!answer.text.contains("connection refused"));
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_abandoned() {
    let mut hasty = settings();
    hasty.request_timeout = std::time::Duration::from_millis(20);
    let house = House::with(
        |mut ports| {
            ports.customer_queries = Arc::new(Silent);
            ports
        },
        hasty,
    );
    let answer = house.ask(Ask::get("/api/v1/customers")).await.is(504);
    assert_eq!(answer.problem(), "timed-out");
    assert!(answer.body["request_id"].is_string());
}

#[tokio::test]
async fn our_own_faults_are_500_and_say_nothing() {
    let house = House::with(
        |mut ports| {
            ports.customer_queries = Arc::new(Buggy);
            ports
        },
        settings(),
    );
    let corrupt = house.ask(Ask::get("/api/v1/customers")).await.is(500);
    assert_eq!(corrupt.problem(), "internal");
    assert!(!corrupt.text.contains("row 7"));
    let nobody = "/api/v1/customers/cus_aaaaaaaaaaaaaaaaaaaaaaaaaa";
    let panicked = house.ask(Ask::get(nobody)).await.is(500);
    assert_eq!(panicked.problem(), "internal");
    assert!(!panicked.text.contains("bug"));
    assert!(panicked.body["request_id"].is_string());
}

#[tokio::test]
async fn too_many_requests_at_once_are_turned_away() {
    let mut tight = settings();
    tight.max_in_flight = 0;
    let house = House::with(|ports| ports, tight);
    let answer = house.ask(Ask::get("/api/v1/customers")).await.is(503);
    assert_eq!(answer.problem(), "overloaded");
    assert_eq!(answer.header("retry-after"), "1");
    Ask::get("/monitoring/live")
        .send(&house.router)
        .await
        .is(204);
}

#[tokio::test]
async fn a_token_is_required_and_must_be_ours() {
    let house = House::new();
    let path = "/api/v1/customers";
    let none = Ask::get(path).send(&house.router).await.is(401);
    assert_eq!(none.problem(), "missing-token");
    assert!(none.header("www-authenticate").starts_with("Bearer"));
    let unsigned = "eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW4ifQ.";
    let good = house.token(Role::Admin);
    let forged = good.replace("plain.", "forged.");
    for token in [unsigned, &forged, "x", ""] {
        let answer = Ask::get(path)
            .token(token)
            .send(&house.router)
            .await
            .is(401);
        assert_eq!(answer.problem(), "invalid-token", "{token}");
    }
    house.clock.advance(chrono::Duration::minutes(15));
    let late = Ask::get(path)
        .token(&good)
        .send(&house.router)
        .await
        .is(401);
    assert_eq!(late.problem(), "expired-token");
}

#[tokio::test]
async fn basic_credentials_are_not_a_token() {
    let house = House::new();
    let ask = Ask::get("/api/v1/customers").header("authorization", "Basic YTpi");
    assert_eq!(
        ask.send(&house.router).await.is(401).problem(),
        "missing-token"
    );
}

#[tokio::test]
async fn a_body_must_be_json_and_of_reasonable_size() {
    let house = House::new();
    let path = "/api/v1/customers";
    let post = |kind: &str, body: String| house.ask(Ask::new("POST", path).raw(kind, body));
    let form = post("application/x-www-form-urlencoded", "a=b".to_owned())
        .await
        .is(415);
    assert_eq!(form.problem(), "unsupported-media-type");
    let bare = house.ask(Ask::new("POST", path)).await.is(415);
    assert_eq!(bare.problem(), "unsupported-media-type");
    let broken = post("application/json", "{\"name\":".to_owned())
        .await
        .is(400);
    assert_eq!(broken.problem(), "malformed-body");
    let huge = json!({ "name": "x".repeat(2 << 20) }).to_string();
    let large = post("application/json", huge).await.is(413);
    assert_eq!(large.problem(), "body-too-large");
    let fine = json!({ "kind": "personal", "name": "Siti" }).to_string();
    post("application/json; charset=utf-8", fine).await.is(201);
}

#[tokio::test]
async fn ids_in_paths_are_parsed_by_kind() {
    let house = House::new();
    for id in [
        "7",
        "inv_agjpfimc4btqadrdlvfsmcaaai",
        "cus_",
        "%00",
        "..%2f",
    ] {
        let answer = house
            .ask(Ask::get(&format!("/api/v1/customers/{id}")))
            .await
            .is(400);
        assert_eq!(answer.problem(), "invalid-parameter", "{id}");
        assert_eq!(answer.first_error(), "id format");
    }
    let nobody = "/api/v1/customers/cus_aaaaaaaaaaaaaaaaaaaaaaaaaa";
    let missing = house.ask(Ask::get(nobody)).await.is(404);
    assert_eq!(missing.problem(), "not-found");
}
