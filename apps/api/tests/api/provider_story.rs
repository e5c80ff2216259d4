//! Money through a payment provider over HTTP: paid by a link, given back through the provider, and what waits for a person.

use billing::gateway::{GatewayDesk, refund_at_provider};
use kernel::{Clock, Money, Scope, Secret};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::exchange::{Answer, Ask};
use crate::house::TENANT;
use crate::money_story::Shop;

fn idr(minor: i64) -> Value {
    json!({ "amount_minor": minor, "currency": "IDR" })
}

/// A customer with a payment link of IDR 100,000.00 at the sandbox.
struct Stage {
    shop: Shop,
    link: String,
    webhook: String,
}

impl Stage {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let sold = shop.sell(shop.sale("siti.42")).await.is(201);
        let account = sold.body["subscription"]["account"].as_str().unwrap();
        let body = json!({
            "gateway": "sandbox", "name": "Main", "mode": "test", "method": "card",
            "api_key": "sandbox_key", "webhook_secrets": ["sandbox-secret"],
        });
        let added = Ask::post("/api/v1/gateway-accounts", body);
        let added = shop.house.ask(added).await.is(200);
        let body = json!({
            "account": account, "gateway_account": added.body["gateway_account"],
            "amount": idr(10_000_000), "description": "Internet",
            "return_url": "https://isp.example/paid", "minutes": 60,
        });
        let link = Ask::post("/api/v1/payment-links", body);
        let link = shop.house.ask(link).await.is(201);
        Self {
            link: link.body["id"].as_str().unwrap().to_owned(),
            webhook: added.body["webhook_path"].as_str().unwrap().to_owned(),
            shop,
        }
    }

    async fn paid() -> Self {
        let stage = Self::open().await;
        let amount = Money::from_minor(10_000_000, "IDR".parse().unwrap());
        let reference = stage.link.parse().unwrap();
        assert!(stage.shop.house.sandbox.pay(&reference, amount));
        let link = format!("/payment-links/{}/refresh", stage.link);
        let refreshed = stage.post(&link, json!({})).await.is(200);
        assert_eq!(refreshed.body["status"], "paid");
        stage
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        let path = format!("/api/v1{path}");
        self.shop.house.ask(Ask::post(&path, body)).await
    }

    async fn get(&self, path: &str) -> Value {
        let path = format!("/api/v1{path}");
        self.shop.house.ask(Ask::get(&path)).await.is(200).body
    }

    async fn waiting(&self, kind: &str) -> Vec<Value> {
        let list = self.get(&format!("/needs-attention?kind={kind}")).await;
        list["groups"][0]["items"].as_array().unwrap().clone()
    }

    fn desk(&self) -> GatewayDesk<'_> {
        self.shop.house.ports.gateway_desk()
    }

    /// Runs the refund as a worker would.
    async fn work(&self, refund: &str) {
        let scope = Scope::system(TENANT, "test", Uuid::nil());
        let refund = refund.parse().unwrap();
        refund_at_provider(self.desk(), &scope, refund)
            .await
            .unwrap();
    }

    async fn returned(&self) -> Value {
        self.get(&format!("/payments/{}", self.link)).await["returned"].clone()
    }
}

#[tokio::test]
async fn a_refund_goes_through_the_provider_and_is_watched_until_it_is_done() {
    let stage = Stage::paid().await;
    let path = format!("/api/v1/payments/{}/refund", stage.link);
    let body = json!({ "amount": idr(4_000_000), "reason": "moved away" });
    let ask = || {
        let ask = Ask::post(&path, body.clone()).key("r-1");
        stage.shop.house.ask(ask)
    };
    let asked = ask().await.is(202);
    assert_eq!(
        asked.body["returned"],
        idr(0),
        "the provider has not said so"
    );
    let place = asked.header("location").to_owned();
    let again = ask().await.is(202);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.header("location"), place);
    let refund = place.rsplit('/').next().unwrap().to_owned();
    let shown = stage.get(&format!("/provider-refunds/{refund}")).await;
    assert_eq!(
        (&shown["status"], &shown["origin"]),
        (&json!("waiting"), &json!("here"))
    );

    let by_hand =
        |minor| json!({ "amount": idr(minor), "reason": "handed out", "paid_out_as": "cash" });
    let path = format!("/payments/{}/refund", stage.link);
    let early = stage.post(&path, by_hand(6_000_001)).await.is(409);
    assert_eq!(early.first_error(), "status refund_under_way");
    let above = json!({ "amount": idr(6_000_001), "reason": "all" });
    let above = stage.post(&path, above).await.is(422);
    assert_eq!(above.first_error(), "amount above_received");

    stage.work(&refund).await;
    assert_eq!(stage.returned().await, idr(4_000_000));
    let done = stage.get("/provider-refunds?status=done").await;
    assert_eq!(done["items"][0]["id"], *refund);
    let given = stage.post(&path, by_hand(1)).await.is(201);
    assert_eq!(given.body["returns"][1]["paid_out_as"], "cash");
    assert_eq!(stage.returned().await, idr(4_000_001));
}

#[tokio::test]
async fn what_the_books_refuse_is_shown_with_what_to_do() {
    let stage = Stage::paid().await;
    let path = format!("/payments/{}/refund", stage.link);
    let asked = stage.post(&path, json!({ "reason": "all" })).await.is(202);
    let refund = asked
        .header("location")
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    // The provider has heard of it before somebody reverses the payment here.
    let sandbox = &stage.shop.house.sandbox;
    sandbox.hold_refunds(true);
    stage.work(&refund).await;
    let reverse = format!("/payments/{}/reverse", stage.link);
    stage
        .post(&reverse, json!({ "reason": "the bank" }))
        .await
        .is(200);
    sandbox.hold_refunds(false);
    stage.work(&refund).await;
    let waiting = stage.waiting("refunds").await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0]["what"], "refund_not_booked");
    let action = &waiting[0]["actions"][0];
    assert_eq!(action["operation"], "retry_provider_refund");
    let undo = format!("/payments/{}/undo-reversal", stage.link);
    stage.post(&undo, json!({ "reason": "won" })).await.is(200);
    let retry = action["href"].as_str().unwrap();
    let retry = Ask::new("POST", retry);
    let retried = stage.shop.house.ask(retry).await.is(200);
    assert_eq!(retried.body["status"], "waiting");
    stage.work(&refund).await;
    assert!(stage.waiting("refunds").await.is_empty());
    assert_eq!(stage.returned().await, idr(10_000_000));
}

#[tokio::test]
async fn parked_messages_stray_money_and_notes_wait_with_their_actions() {
    let stage = Stage::open().await;
    let house = &stage.shop.house;
    let nobodys = "pay_nobodys".parse().unwrap();
    let delivery = house
        .sandbox
        .delivery(&nobodys, &Secret::new("sandbox-secret"));
    let (name, value) = &delivery.headers[0];
    let told = Ask::new("POST", &stage.webhook).raw("text/plain", delivery.body);
    told.header(name, value).send(&house.router).await.is(200);
    let scope = Scope::system(TENANT, "test", Uuid::nil());
    for job in house.gateways.jobs() {
        let webhook = serde_json::from_value(job.payload["webhook"].clone()).unwrap();
        billing::gateway::settle_webhook(stage.desk(), &scope, webhook)
            .await
            .unwrap();
    }
    let parked = stage.waiting("webhooks").await;
    assert_eq!(parked[0]["what"], "parked_webhook");
    let href = parked[0]["actions"][0]["href"].as_str().unwrap();
    let requeued = house.ask(Ask::new("POST", href)).await.is(200);
    assert_eq!(requeued.body["status"], "waiting");
    assert!(stage.waiting("webhooks").await.is_empty());
    let none = "/api/v1/webhooks/whk_agjpfimc4btqadrdlvfsmcaaai/requeue";
    house.ask(Ask::new("POST", none)).await.is(404);

    let stray = json!({ "amount": idr(5), "method": "bank_transfer", "reference": "T-1" });
    stage.post("/unmatched-payments", stray).await.is(201);
    let stray = stage.waiting("unmatched_payments").await;
    assert_eq!(
        stray[0]["actions"][0]["operation"],
        "allocate_unmatched_payment"
    );

    assert!(stage.waiting("payment_links").await.is_empty());
    house.sandbox.go_away();
    let refresh = format!("/payment-links/{}/refresh", stage.link);
    stage.post(&refresh, json!({})).await.is(502);
    let noted = stage.waiting("payment_links").await;
    assert_eq!(noted[0]["what"], "noted_payment_link");
    let dismiss = noted[0]["actions"][1]["href"].as_str().unwrap();
    let body = json!({ "reason": "it is known to be away" });
    let ask = || house.ask(Ask::post(dismiss, body.clone()).key("d-1"));
    assert_eq!(ask().await.is(200).body["note"], Value::Null);
    assert_eq!(ask().await.is(200).header("idempotency-replayed"), "true");
    assert!(stage.waiting("payment_links").await.is_empty());
}

#[tokio::test]
async fn every_move_of_money_honours_its_key() {
    let stage = Stage::paid().await;
    let account = stage.get(&format!("/payments/{}", stage.link)).await["account"].clone();
    let stray = |reference: &str| {
        let body = json!({ "amount": idr(5), "method": "bank_transfer", "reference": reference });
        stage.post("/unmatched-payments", body)
    };
    let one = stray("T-1").await.is(201).body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    stray("T-2").await.is(201);
    let two = stray("T-3").await.is(201).body["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let asked = json!({
        "account": account, "amount": idr(7), "method": "bank_transfer",
        "provider": "Bank", "asked_as": "A-1",
    });
    let asked = stage.post("/payment-requests", asked).await.is(201);
    let asked = asked.body["id"].as_str().unwrap().to_owned();
    let paid = &stage.link;
    let because = json!({ "reason": "the bank" });
    let claim = json!({ "account": account, "method": "bank_transfer", "reference": "T-2" });
    for (path, body) in [
        (format!("/payments/{paid}/reverse"), because.clone()),
        (format!("/payments/{paid}/undo-reversal"), because.clone()),
        (
            format!("/payments/{asked}/settle"),
            json!({ "reference": "S-1", "amount": idr(7) }),
        ),
        (
            format!("/unmatched-payments/{one}/allocate"),
            json!({ "account": account }),
        ),
        ("/unmatched-payments/claim".to_owned(), claim),
        (format!("/unmatched-payments/{two}/return"), because),
    ] {
        let path = format!("/api/v1{path}");
        let ask = || {
            stage
                .shop
                .house
                .ask(Ask::post(&path, body.clone()).key("k-1"))
        };
        let first = ask().await.is(200);
        let again = ask().await.is(200);
        assert_eq!(first.body, again.body, "{path}");
        assert_eq!(again.header("idempotency-replayed"), "true", "{path}");
        let mut other = body.clone();
        other["reason"] = json!("another");
        let reused = Ask::post(&path, other).key("k-1");
        let reused = stage.shop.house.ask(reused).await.is(422);
        let problems = ["idempotency-key-reused", "invalid-fields"];
        assert!(problems.contains(&reused.problem()), "{path}");
    }
}

#[tokio::test]
async fn our_books_are_compared_with_the_providers_and_each_difference_says_what_to_do() {
    let stage = Stage::open().await;
    let house = &stage.shop.house;
    let amount = Money::from_minor(10_000_000, "IDR".parse().unwrap());
    assert!(house.sandbox.pay(&stage.link.parse().unwrap(), amount));
    let today = house.clock.now().utc().date_naive();
    let days = json!({ "first_on": today, "last_on": today });
    let path = {
        let accounts = stage.get("/gateway-accounts").await;
        let id = accounts["items"][0]["id"].as_str().unwrap();
        format!("/api/v1/gateway-accounts/{id}/reconciliations")
    };
    let early = house.ask(Ask::post(&path, days.clone())).await.is(422);
    assert_eq!(early.first_error(), "last_on not_over");
    let many = json!({ "first_on": "2026-01-01", "last_on": "2026-02-01" });
    let many = house.ask(Ask::post(&path, many)).await.is(422);
    assert_eq!(many.first_error(), "last_on range");
    house.clock.advance(chrono::Duration::days(1));
    let ask = || house.ask(Ask::post(&path, days.clone()).key("c-1"));
    let asked = ask().await.is(202);
    let place = asked.header("location").to_owned();
    assert_eq!(ask().await.is(202).header("location"), place);
    let id = place.rsplit('/').next().unwrap();
    let scope = Scope::system(TENANT, "test", Uuid::nil());
    let queries = &*house.ports.payment_gateways.queries;
    billing::gateway::reconcile_gateway(stage.desk(), queries, &scope, id.parse().unwrap())
        .await
        .unwrap();
    let shown = house.ask(Ask::get(&place)).await.is(200).body;
    assert_eq!(
        (&shown["status"], &shown["compared"]),
        (&json!("done"), &json!(1))
    );
    let difference = &shown["differences"][0];
    assert_eq!(difference["kind"], "missing_here");
    assert_eq!(difference["there"]["amount"], idr(10_000_000));
    let csv = house.ask(Ask::get(&format!("{place}/csv"))).await.is(200);
    assert!(csv.header("content-type").starts_with("text/csv"));
    let line = csv.text.lines().nth(1).unwrap();
    let link = &stage.link;
    let expected = format!("missing_here,{link},sandbox-{link},,{link},,,paid,10000000,IDR");
    assert_eq!(line, expected);
    let action = &difference["actions"][0];
    assert_eq!(action["operation"], "refresh_payment_link");
    let mend = Ask::post(action["href"].as_str().unwrap(), json!({}));
    assert_eq!(house.ask(mend).await.is(200).body["status"], "paid");
    let listed = house.ask(Ask::get(&path)).await.is(200);
    assert_eq!(listed.body["items"].as_array().unwrap().len(), 1);
}
