//! What is paid before it is used, over HTTP.

use serde_json::{Value, json};

use crate::exchange::{Answer, Ask};
use crate::money_story::Shop;

/// A prepaid subscription of IDR 300,000.00 a month that nobody has paid for yet.
pub struct Prepaid {
    pub shop: Shop,
    pub subscription: String,
    pub account: String,
}

impl Prepaid {
    pub async fn open() -> Self {
        let mut shop = Shop::open().await;
        let mut plan = shop.plan_body(
            "Prepaid",
            json!({ "amount_minor": 30_000_000, "currency": "IDR" }),
        );
        plan["timing"] = json!("prepaid");
        let plan = shop
            .house
            .ask(Ask::post("/api/v1/plans", plan))
            .await
            .is(201);
        plan.body["id"].as_str().unwrap().clone_into(&mut shop.plan);
        let sold = shop.sell(shop.sale("siti.42")).await.is(201);
        let text = |name: &str| {
            let it = sold.body["subscription"][name].as_str();
            it.unwrap().to_owned()
        };
        Self {
            subscription: text("id"),
            account: text("account"),
            shop,
        }
    }

    pub async fn pay(&self, minor: i64) {
        let body = json!({
            "account": self.account,
            "amount": { "amount_minor": minor, "currency": "IDR" },
            "method": "cash",
        });
        let ask = Ask::post("/api/v1/payments", body);
        self.shop.house.ask(ask).await.is(201);
    }

    pub async fn now(&self) -> Value {
        let path = format!("/api/v1/subscriptions/{}", self.subscription);
        self.shop.house.ask(Ask::get(&path)).await.is(200).body
    }

    pub async fn renew(&self, key: &str) -> Answer {
        let path = format!("/api/v1/subscriptions/{}/renewals", self.subscription);
        let ask = Ask::post(&path, json!({})).key(key);
        self.shop.house.ask(ask).await
    }
}

#[tokio::test]
async fn a_renewal_is_paid_from_the_wallet_once_per_key() {
    let it = Prepaid::open().await;
    assert_eq!(it.now().await["access"], "restricted");
    let refused = it.renew("a").await.is(422);
    assert_eq!(
        (refused.problem(), &*refused.first_error()),
        ("refused", "account credit_too_low")
    );
    assert!(refused.text.contains("IDR 300000.00"), "{}", refused.text);
    it.pay(70_000_000).await;
    let renewed = it.renew("b").await.is(201);
    assert_eq!(renewed.body["prepaid"]["paid_until"], "2026-12-18");
    assert_eq!(renewed.body["access"], "active");
    let again = it.renew("b").await.is(201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.body, renewed.body, "nothing was paid twice");
    let early = it.renew("c").await.is(201);
    assert_eq!(early.body["prepaid"]["paid_until"], "2027-01-18");
    let account = format!("/api/v1/accounts/{}", it.account);
    let account = it.shop.house.ask(Ask::get(&account)).await.is(200);
    assert_eq!(account.body["credit"]["amount_minor"], 10_000_000);
    assert_eq!(account.body["due"]["amount_minor"], 0);
}

#[tokio::test]
async fn renewing_by_itself_is_a_choice_of_what_is_prepaid() {
    let it = Prepaid::open().await;
    let path = format!("/api/v1/subscriptions/{}/auto-renewal", it.subscription);
    let ask = Ask::new("PUT", &path).json(json!({ "enabled": false }));
    let off = it.shop.house.ask(ask).await.is(200);
    assert_eq!(off.body["prepaid"]["auto_renew"], false);
    let billed = it.shop.plan("Billed", 10_000_000).await;
    let mut sale = it.shop.sale("siti.43");
    sale["plan"] = json!(billed);
    let billed = it.shop.sell(sale).await.is(201);
    let billed = billed.body["subscription"]["id"].as_str().unwrap();
    let path = format!("/api/v1/subscriptions/{billed}/renewals");
    let refused = it.shop.house.ask(Ask::post(&path, json!({}))).await.is(409);
    assert_eq!(&*refused.first_error(), "status not_prepaid");
}

#[tokio::test]
async fn a_voucher_is_taken_by_what_is_prepaid_and_once() {
    let it = Prepaid::open().await;
    let path = format!("/api/v1/subscriptions/{}/vouchers", it.subscription);
    let ask = Ask::post(&path, json!({ "code": "nobody-has-this" }));
    let refused = it.shop.house.ask(ask).await.is(422);
    assert_eq!(&*refused.first_error(), "code unusable");
    let billed = it.shop.plan("Billed", 10_000_000).await;
    let mut sale = it.shop.sale("siti.43");
    sale["plan"] = json!(billed);
    let billed = it.shop.sell(sale).await.is(201);
    let billed = billed.body["subscription"]["id"].as_str().unwrap();
    let path = format!("/api/v1/subscriptions/{billed}/vouchers");
    let refused = it
        .shop
        .house
        .ask(Ask::post(&path, json!({ "code": "x" })))
        .await;
    assert_eq!(&*refused.is(409).first_error(), "status not_prepaid");
}
