//! Signing in, staying signed in, and signing out.

use serde_json::{Value, json};

use crate::exchange::{Answer, Ask};
use crate::house::{House, PASSWORD};

async fn login(house: &House, login: &str, password: &str) -> Answer {
    let body = json!({ "tenant": "demo", "login": login, "password": password });
    Ask::post("/api/v1/auth/login", body)
        .send(&house.router)
        .await
}

async fn refresh(house: &House, token: &Value) -> Answer {
    let body = json!({ "refresh_token": token });
    Ask::post("/api/v1/auth/refresh", body)
        .send(&house.router)
        .await
}

#[tokio::test]
async fn a_signed_in_operator_knows_who_they_are() {
    let house = House::new();
    house.found().await;
    let tokens = login(&house, "admin", PASSWORD).await.is(200);
    assert_eq!(tokens.body["token_type"], "Bearer");
    let access = tokens.body["access_token"].as_str().unwrap();
    let me = Ask::get("/api/v1/auth/me")
        .token(access)
        .send(&house.router)
        .await
        .is(200);
    assert_eq!(me.body["tenant"]["slug"], "demo");
    assert_eq!(me.body["operator"]["login"], "admin");
    let permissions = me.body["permissions"].as_array().unwrap();
    assert!(permissions.contains(&json!("operators.write")));
}

#[tokio::test]
async fn wrong_credentials_get_one_answer() {
    let house = House::new();
    house.found().await;
    let wrong = login(&house, "admin", "hunter2hunter2").await.is(401);
    let unknown = login(&house, "nobody", "hunter2hunter2").await.is(401);
    assert_eq!(wrong.problem(), "bad-credentials");
    assert_eq!(wrong.body["detail"], unknown.body["detail"]);
    assert!(!wrong.text.contains("hunter2"));
}

#[tokio::test]
async fn five_wrong_passwords_lock_even_the_right_one_out() {
    let house = House::new();
    house.found().await;
    for _ in 0..5 {
        login(&house, "admin", "wrong password").await.is(401);
    }
    login(&house, "admin", PASSWORD).await.is(401);
    house.clock.advance(chrono::Duration::minutes(16));
    login(&house, "admin", PASSWORD).await.is(200);
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_reuse_ends_the_session() {
    let house = House::new();
    house.found().await;
    let first = login(&house, "admin", PASSWORD).await.is(200);
    let second = refresh(&house, &first.body["refresh_token"]).await.is(200);
    let reused = refresh(&house, &first.body["refresh_token"]).await.is(401);
    assert_eq!(reused.problem(), "session-ended");
    let dead = refresh(&house, &second.body["refresh_token"]).await.is(401);
    assert_eq!(dead.problem(), "session-ended");
    let odd = refresh(&house, &json!("nonsense")).await.is(401);
    assert_eq!(odd.problem(), "invalid-token");
}

#[tokio::test]
async fn a_signed_out_session_is_not_refreshed() {
    let house = House::new();
    house.found().await;
    let tokens = login(&house, "admin", PASSWORD).await.is(200);
    let access = tokens.body["access_token"].as_str().unwrap();
    let out = Ask::new("POST", "/api/v1/auth/logout").token(access);
    out.send(&house.router).await.is(204);
    let dead = refresh(&house, &tokens.body["refresh_token"]).await.is(401);
    assert_eq!(dead.problem(), "session-ended");
}

#[tokio::test]
async fn a_new_password_needs_the_current_one() {
    let house = House::new();
    house.found().await;
    let change = |current: &str, next: &str| {
        let body = json!({ "current_password": current, "new_password": next });
        house.ask(Ask::post("/api/v1/auth/password", body))
    };
    let wrong = change("wrong password", "another fine password")
        .await
        .is(422);
    assert_eq!(wrong.first_error(), "current_password wrong");
    let weak = change(PASSWORD, "short").await.is(422);
    assert_eq!(weak.first_error(), "new_password length");
    change(PASSWORD, "another fine password").await.is(204);
    login(&house, "admin", PASSWORD).await.is(401);
    login(&house, "admin", "another fine password")
        .await
        .is(200);
}
