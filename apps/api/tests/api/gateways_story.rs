//! Gateway accounts, payment links and webhooks over HTTP.

use std::sync::Arc;

use billing::gateway::SandboxGateway;
use kernel::Secret;
use operators::Role;
use serde_json::{Value, json};

use crate::exchange::{Answer, Ask};
use crate::house::House;

fn body_of_account() -> Value {
    json!({
        "gateway": "sandbox", "name": "Main", "mode": "test", "method": "card",
        "api_key": "sandbox_key", "webhook_secrets": ["sandbox-secret"],
    })
}

fn changed(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

struct Stage {
    house: House,
    sandbox: Arc<SandboxGateway>,
}

impl Stage {
    fn new() -> Self {
        let house = House::new();
        let sandbox = Arc::<SandboxGateway>::clone(&house.sandbox);
        Self { house, sandbox }
    }

    async fn add(&self, body: Value) -> Answer {
        self.house
            .ask(Ask::post("/api/v1/gateway-accounts", body))
            .await
    }

    async fn deliver(&self, path: &str, payment: &str, secret: &str) -> Answer {
        let payment = payment.parse().unwrap();
        let delivery = self.sandbox.delivery(&payment, &Secret::new(secret));
        let (name, value) = &delivery.headers[0];
        let ask = Ask::new("POST", path).raw("text/plain", delivery.body);
        ask.header(name, value).send(&self.house.router).await
    }
}

#[tokio::test]
async fn accounts_are_configured_changed_and_never_show_their_keys() {
    let stage = Stage::new();
    let added = stage.add(body_of_account()).await.is(200);
    let id = added.body["gateway_account"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/gateway-accounts/{id}");
    let shown = stage.house.ask(Ask::get(&path)).await.is(200);
    assert_eq!(shown.body["is_enabled"], true);
    assert!(!shown.text.contains("sandbox_key") && !shown.text.contains("sandbox-secret"));
    let off = Ask::new("POST", &format!("{path}/disable"));
    assert_eq!(stage.house.ask(off).await.is(200).body["is_enabled"], false);
    let on = Ask::new("POST", &format!("{path}/enable"));
    assert_eq!(stage.house.ask(on).await.is(200).body["is_enabled"], true);
    let keys = json!({ "api_key": "sandbox_other", "webhook_secrets": [] });
    let replace = Ask::new("PUT", &format!("{path}/credentials")).json(keys);
    stage.house.ask(replace).await.is(200);
    let list = stage
        .house
        .ask(Ask::get("/api/v1/gateway-accounts"))
        .await
        .is(200);
    assert_eq!(list.body["items"].as_array().unwrap().len(), 1);
    stage
        .house
        .ask_as(
            Role::Cashier,
            Ask::post("/api/v1/gateway-accounts", body_of_account()),
        )
        .await
        .is(403);
}

#[tokio::test]
async fn accounts_that_cannot_be_trusted_are_refused_by_name() {
    let stage = Stage::new();
    for (field, value, status, problem, error) in [
        (
            "api_key",
            json!(""),
            422,
            "invalid-fields",
            "api_key empty_secret",
        ),
        (
            "webhook_secrets",
            json!([" "]),
            422,
            "invalid-fields",
            "api_key empty_secret",
        ),
        (
            "api_key",
            json!("two words"),
            422,
            "invalid-fields",
            "api_key format",
        ),
        ("mode", json!("live"), 422, "refused", "api_key other_mode"),
        (
            "method",
            json!("cash"),
            422,
            "invalid-fields",
            "method cash",
        ),
        (
            "gateway",
            json!("bank"),
            422,
            "invalid-fields",
            "gateway one_of",
        ),
    ] {
        let refused = stage
            .add(changed(body_of_account(), field, value))
            .await
            .is(status);
        assert_eq!(
            (refused.problem(), refused.first_error().as_str()),
            (problem, error)
        );
        assert!(
            !refused.text.contains("sandbox_key"),
            "a key is never repeated"
        );
    }
    stage.add(body_of_account()).await.is(200);
    let twice = stage.add(body_of_account()).await.is(409);
    assert_eq!(twice.first_error(), "name unique");
}

#[tokio::test]
async fn a_message_is_answered_as_its_sender_deserves() {
    let stage = Stage::new();
    let added = stage.add(body_of_account()).await.is(200);
    let path = added.body["webhook_path"].as_str().unwrap().to_owned();
    let good = stage
        .deliver(&path, "pay_1", "sandbox-secret")
        .await
        .is(200);
    assert_eq!(good.text, "{\"received\":true}");
    stage
        .deliver(&path, "pay_1", "sandbox-secret")
        .await
        .is(200);
    let forged = stage.deliver(&path, "pay_2", "guessed").await.is(401);
    assert_eq!(forged.problem(), "webhook-refused");
    let lost = stage
        .deliver(&format!("{path}x"), "pay_2", "sandbox-secret")
        .await
        .is(404);
    assert_eq!(lost.problem(), "no-such-route");
    let huge = Ask::new("POST", &path).raw("text/plain", vec![b' '; 64 * 1024 + 1]);
    let huge = huge.send(&stage.house.router).await.is(413);
    assert_eq!(huge.problem(), "body-too-large");
    let inbox = stage.house.ask(Ask::get("/api/v1/webhooks")).await.is(200);
    let inbox = inbox.body["items"].as_array().unwrap().clone();
    assert_eq!(inbox.len(), 1, "one event, kept once");
    assert_eq!(
        (&inbox[0]["status"], &inbox[0]["payment"]),
        (&json!("waiting"), &json!("pay_1"))
    );
    let parked = Ask::get("/api/v1/webhooks?status=parked");
    let parked = stage.house.ask(parked).await.is(200);
    assert!(parked.body["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_link_needs_an_account_and_a_gateway_account() {
    let stage = Stage::new();
    stage.house.found().await;
    let added = stage.add(body_of_account()).await.is(200);
    let nobody = "acc_agjpfimc4btqadrdlvfsmcaaai";
    let body = json!({
        "account": nobody, "gateway_account": added.body["gateway_account"],
        "amount": { "amount_minor": 15_000_000, "currency": "IDR" },
        "description": "Internet", "return_url": "https://isp.example/paid",
    });
    let refused = stage
        .house
        .ask(Ask::post("/api/v1/payment-links", body.clone()))
        .await
        .is(422);
    assert_eq!(refused.first_error(), "account unknown");
    let early = changed(body, "minutes", json!(34));
    let refused = stage
        .house
        .ask(Ask::post("/api/v1/payment-links", early))
        .await
        .is(422);
    assert_eq!(refused.first_error(), "minutes range");
    let none = Ask::get("/api/v1/payment-links/pay_agjpfimc4btqadrdlvfsmcaaai");
    stage.house.ask(none).await.is(404);
}
