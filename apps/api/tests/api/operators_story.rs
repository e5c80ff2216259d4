//! Hiring over HTTP: a made password is shown to whoever repeats the request, and to nobody else.

use serde_json::{Value, json};

use crate::exchange::Ask;
use crate::house::House;

const PATH: &str = "/api/v1/operators";

fn siti(login: &str) -> Value {
    json!({ "login": login, "name": "Siti", "role": "cashier" })
}

#[tokio::test]
async fn a_made_password_is_the_same_in_the_repetition_and_works() {
    let house = House::new();
    house.found().await;
    let first = house
        .ask(Ask::post(PATH, siti("siti")).key("k"))
        .await
        .is(201);
    let again = house
        .ask(Ask::post(PATH, siti("siti")).key("k"))
        .await
        .is(201);
    assert_eq!(first.body, again.body);
    let password = first.body["password"].as_str().unwrap();
    let body = json!({ "tenant": "demo", "login": "siti", "password": password });
    Ask::post("/api/v1/auth/login", body)
        .send(&house.router)
        .await
        .is(200);
    let list = house.ask(Ask::get(PATH)).await.is(200);
    assert!(!list.text.contains(password));
}

#[tokio::test]
async fn a_chosen_password_is_not_shown() {
    let house = House::new();
    let mut body = siti("siti");
    body["password"] = json!("a password of her own");
    let hired = house.ask(Ask::post(PATH, body)).await.is(201);
    assert_eq!(hired.body["password"], Value::Null);
    assert!(!hired.text.contains("of her own"));
}

#[tokio::test]
async fn a_taken_login_is_a_duplicate() {
    let house = House::new();
    house.ask(Ask::post(PATH, siti("siti"))).await.is(201);
    let taken = house.ask(Ask::post(PATH, siti("siti"))).await.is(409);
    assert_eq!(
        (taken.problem(), &*taken.first_error()),
        ("duplicate", "login unique")
    );
}

#[tokio::test]
async fn nobody_disables_themselves() {
    let house = House::new();
    house.found().await;
    let me = house.ask(Ask::get("/api/v1/auth/me")).await.is(200);
    let id = me.body["operator"]["id"].as_str().unwrap();
    let refused = house
        .ask(Ask::new("POST", &format!("{PATH}/{id}/disable")))
        .await
        .is(409);
    assert_eq!(refused.first_error(), "status yourself");
    let hired = house.ask(Ask::post(PATH, siti("siti"))).await.is(201);
    let place = hired.header("location").to_owned();
    let gone = house
        .ask(Ask::new("POST", &format!("{place}/disable")))
        .await
        .is(200);
    assert_eq!(gone.body["status"], "disabled");
    let back = house
        .ask(Ask::new("POST", &format!("{place}/enable")))
        .await
        .is(200);
    assert_eq!(back.body["status"], "active");
}
