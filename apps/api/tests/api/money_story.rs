//! What is sold and what is paid, over HTTP.

use serde_json::{Value, json};

use crate::exchange::{Answer, Ask};
use crate::house::House;

/// What a sale needs: ids of a customer, a plan and a router.
pub struct Shop {
    pub house: House,
    pub customer: String,
    pub router: String,
    pub profile: String,
    pub plan: String,
}

async fn create(house: &House, path: &str, body: Value) -> Answer {
    house.ask(Ask::post(path, body)).await.is(201)
}

fn id(body: &Value) -> String {
    body["id"].as_str().unwrap().to_owned()
}

fn idr(amount: i64) -> Value {
    json!({ "amount_minor": amount, "currency": "IDR" })
}

impl Shop {
    pub async fn open() -> Self {
        let house = House::new();
        house.found().await;
        let customer = json!({ "kind": "personal", "name": "Siti" });
        let customer = id(&create(&house, "/api/v1/customers", customer).await.body);
        let router = json!({ "name": "A", "host": "10.0.0.1", "transport": "plain", "username": "api", "password": "secret" });
        let router = id(&create(&house, "/api/v1/routers", router).await.body);
        let rate = json!({ "up_bps": 5_000_000, "down_bps": 20_000_000 });
        let profile = json!({ "name": "home", "service": "pppoe", "terms": { "rate": rate } });
        let profile = id(&create(&house, "/api/v1/service-profiles", profile)
            .await
            .body);
        let mut shop = Self {
            house,
            customer,
            router,
            profile,
            plan: String::new(),
        };
        shop.plan = shop.plan("Home 20M", 30_000_000).await;
        shop
    }

    pub async fn plan(&self, name: &str, price: i64) -> String {
        let body = self.plan_body(name, idr(price));
        id(&create(&self.house, "/api/v1/plans", body).await.body)
    }

    pub fn plan_body(&self, name: &str, price: Value) -> Value {
        json!({
            "name": name,
            "price": price,
            "interval": { "unit": "months", "count": 1 },
            "service_profile": self.profile,
            "sold_as": "subscription",
        })
    }

    pub fn sale(&self, login: &str) -> Value {
        json!({
            "customer": self.customer,
            "plan": self.plan,
            "router": self.router,
            "login": login,
        })
    }

    pub async fn sell(&self, body: Value) -> Answer {
        self.house
            .ask(Ask::post("/api/v1/subscriptions", body))
            .await
    }
}

#[tokio::test]
async fn a_sale_makes_a_password_a_login_and_an_account() {
    let shop = Shop::open().await;
    let ask = || Ask::post("/api/v1/subscriptions", shop.sale("siti.42")).key("s");
    let sold = shop.house.ask(ask()).await.is(201);
    assert_eq!(sold.body["password"].as_str().unwrap().len(), 12);
    assert_eq!(sold.body["subscription"]["access"], "active");
    let again = shop.house.ask(ask()).await.is(201);
    assert_eq!(again.body, sold.body);
    assert_eq!(again.header("idempotency-replayed"), "true");
    let subscription = id(&sold.body["subscription"]);
    let grants = format!("/api/v1/grants?subscription={subscription}");
    let grants = shop.house.ask(Ask::get(&grants)).await.is(200);
    assert_eq!(grants.body["items"][0]["login"], "siti.42");
    let accounts = format!("/api/v1/accounts?customer={}", shop.customer);
    let accounts = shop.house.ask(Ask::get(&accounts)).await.is(200);
    assert_eq!(accounts.body["items"][0]["level"], "clear");
}

#[tokio::test]
async fn a_login_in_use_refuses_the_whole_sale() {
    let shop = Shop::open().await;
    shop.sell(shop.sale("siti.42")).await.is(201);
    let taken = shop.sell(shop.sale("siti.42")).await.is(409);
    assert_eq!(
        (taken.problem(), &*taken.first_error()),
        ("duplicate", "login unique")
    );
    let list = shop
        .house
        .ask(Ask::get("/api/v1/subscriptions"))
        .await
        .is(200);
    assert_eq!(list.body["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_sale_that_breaks_a_rule_names_its_field() {
    let shop = Shop::open().await;
    let nobody = "cus_aaaaaaaaaaaaaaaaaaaaaaaaaa";
    let elsewhere = "pln_aaaaaaaaaaaaaaaaaaaaaaaaaa";
    let away = "rtr_aaaaaaaaaaaaaaaaaaaaaaaaaa";
    for (field, value, status, problem, error) in [
        (
            "bill_day",
            json!(0),
            422,
            "invalid-fields",
            "bill_day range",
        ),
        (
            "bill_day",
            json!(32),
            422,
            "invalid-fields",
            "bill_day range",
        ),
        (
            "customer",
            json!(nobody),
            422,
            "unknown-reference",
            "customer unknown",
        ),
        (
            "plan",
            json!(elsewhere),
            422,
            "unknown-reference",
            "plan unknown",
        ),
        (
            "router",
            json!(away),
            422,
            "unknown-reference",
            "router unknown",
        ),
        ("login", json!("a b"), 422, "invalid-fields", "login format"),
        (
            "password",
            json!("a b c d"),
            422,
            "invalid-fields",
            "password format",
        ),
        (
            "starts_on",
            json!("2020-01-01"),
            422,
            "invalid-fields",
            "starts_on range",
        ),
        (
            "starts_on",
            json!("soon"),
            422,
            "invalid-fields",
            "starts_on format",
        ),
    ] {
        let mut sale = shop.sale("siti.42");
        sale[field] = value;
        let refused = shop.sell(sale).await.is(status);
        assert_eq!(
            (refused.problem(), &*refused.first_error()),
            (problem, error)
        );
    }
    let list = shop
        .house
        .ask(Ask::get("/api/v1/subscriptions"))
        .await
        .is(200);
    assert_eq!(list.body["items"], json!([]));
}

#[tokio::test]
async fn a_blocked_customer_buys_nothing() {
    let shop = Shop::open().await;
    let block = format!("/api/v1/customers/{}/block", shop.customer);
    shop.house
        .ask(Ask::post(&block, json!({ "reason": "x" })))
        .await
        .is(200);
    let refused = shop.sell(shop.sale("siti.42")).await.is(409);
    assert_eq!(refused.first_error(), "status blocked");
}

#[tokio::test]
async fn money_is_whole_positive_bounded_and_in_the_right_currency() {
    let shop = Shop::open().await;
    let define = |price: Value| {
        shop.house
            .ask(Ask::post("/api/v1/plans", shop.plan_body("X", price)))
    };
    for (price, problem, error) in [
        (idr(0), "invalid-fields", "price.amount_minor range"),
        (idr(-1), "invalid-fields", "price.amount_minor range"),
        (idr(i64::MAX), "invalid-fields", "price.amount_minor range"),
        (
            json!({ "amount_minor": 1.5, "currency": "IDR" }),
            "invalid-fields",
            "price.amount_minor type",
        ),
        (
            json!({ "amount_minor": 1e30, "currency": "IDR" }),
            "invalid-fields",
            "price.amount_minor type",
        ),
        (
            json!({ "amount_minor": 1, "currency": "QQQ" }),
            "invalid-fields",
            "price.currency format",
        ),
        (
            json!({ "amount_minor": 1, "currency": "KES" }),
            "currency-mismatch",
            "price.currency currency",
        ),
        (
            json!({ "amount_minor": 1, "currency": "IDR", "x": 1 }),
            "invalid-fields",
            "price.x unknown_field",
        ),
    ] {
        let refused = define(price).await.is(422);
        assert_eq!(
            (refused.problem(), &*refused.first_error()),
            (problem, error)
        );
    }
}

#[tokio::test]
async fn a_payment_posted_twice_with_one_key_is_one_payment() {
    let shop = Shop::open().await;
    let sold = shop.sell(shop.sale("siti.42")).await.is(201);
    let account = sold.body["subscription"]["account"]
        .as_str()
        .unwrap()
        .to_owned();
    let bill = Ask::new("POST", &format!("/api/v1/accounts/{account}/bill"));
    let billed = shop.house.ask(bill).await.is(200);
    let invoice = billed.body["invoice"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/invoices/{invoice}");
    let open = shop.house.ask(Ask::get(&path)).await.is(200);
    assert_eq!(open.body["due"], idr(30_000_000));
    assert_eq!(open.body["settlement"], "open");
    let body = json!({ "account": account, "amount": idr(30_000_000), "method": "cash" });
    let pay = || {
        shop.house
            .ask(Ask::post("/api/v1/payments", body.clone()).key("p-1"))
    };
    let first = pay().await.is(201);
    let second = pay().await.is(201);
    assert_eq!(first.body, second.body);
    assert_eq!(first.body["allocations"][0]["invoice"], invoice);
    assert_eq!(second.header("idempotency-replayed"), "true");
    let paid = shop.house.ask(Ask::get(&path)).await.is(200);
    assert_eq!(paid.body["settlement"], "paid");
    let payments = format!("/api/v1/payments?account={account}");
    let payments = shop.house.ask(Ask::get(&payments)).await.is(200);
    assert_eq!(payments.body["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_payment_that_breaks_a_rule_changes_nothing() {
    let shop = Shop::open().await;
    let sold = shop.sell(shop.sale("siti.42")).await.is(201);
    let account = &sold.body["subscription"]["account"];
    let base = json!({ "account": account, "amount": idr(1), "method": "cash" });
    for (field, value, problem, error) in [
        (
            "amount",
            idr(0),
            "invalid-fields",
            "amount.amount_minor range",
        ),
        (
            "amount",
            idr(-5),
            "invalid-fields",
            "amount.amount_minor range",
        ),
        (
            "amount",
            json!({ "amount_minor": 1, "currency": "USD" }),
            "currency-mismatch",
            "amount.currency currency",
        ),
        ("method", json!("barter"), "invalid-fields", "method one_of"),
        ("reference", json!(""), "invalid-fields", "reference length"),
        (
            "received_at",
            json!("2999-01-01T00:00:00Z"),
            "invalid-fields",
            "received_at range",
        ),
        (
            "account",
            json!("acc_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
            "unknown-reference",
            "account unknown",
        ),
    ] {
        let mut body = base.clone();
        body[field] = value;
        let refused = shop
            .house
            .ask(Ask::post("/api/v1/payments", body))
            .await
            .is(422);
        assert_eq!(
            (refused.problem(), &*refused.first_error()),
            (problem, error)
        );
    }
    let list = shop.house.ask(Ask::get("/api/v1/payments")).await.is(200);
    assert_eq!(list.body["items"], json!([]));
}

#[tokio::test]
async fn a_reference_is_recorded_once_per_method() {
    let shop = Shop::open().await;
    let sold = shop.sell(shop.sale("siti.42")).await.is(201);
    let body = json!({
        "account": sold.body["subscription"]["account"],
        "amount": idr(100),
        "method": "mobile_money",
        "reference": "SIT4Q0XY77",
    });
    shop.house
        .ask(Ask::post("/api/v1/payments", body.clone()))
        .await
        .is(201);
    let again = shop
        .house
        .ask(Ask::post("/api/v1/payments", body))
        .await
        .is(409);
    assert_eq!(again.first_error(), "reference unique");
}

/// What is decided is shown before and after, and what cannot be names the field, the rule and the values.
#[tokio::test]
async fn decisions_about_a_subscription_are_previewed_taken_and_refused_by_name() {
    let shop = Shop::open().await;
    let faster = shop.plan("Home 50M", 50_000_000).await;
    let sold = shop.sell(shop.sale("siti.42")).await.is(201);
    let place = sold.header("location").to_owned();
    let post =
        |verb: &str, body: Value| shop.house.ask(Ask::post(&format!("{place}/{verb}"), body));
    let later = json!({ "plan": faster, "when": "period_end" });
    let look = post("change-plan/preview", later.clone()).await.is(200);
    let end = look.body["from"].clone();
    let invoice = &look.body["bill"]["invoice"];
    assert_eq!(invoice["total"], idr(50_000_000));
    assert_eq!(invoice["lines"][0]["period"]["start"], end);
    let look = shop.house.ask(Ask::get(&place)).await.is(200);
    assert_eq!(
        look.body["scheduled"],
        Value::Null,
        "a look changes nothing"
    );
    let changed = post("change-plan", later).await.is(200);
    assert_eq!(changed.body["from"], end);
    let more = post("change-quantity", json!({ "quantity": 3 }))
        .await
        .is(200);
    assert_eq!(more.body["subscription"]["agreement"]["quantity"], 3);
    assert_eq!(more.body["subscription"]["scheduled"]["quantity"], 3);
    let dropped = shop.house.ask(Ask::post(
        &format!("{place}/cancel-scheduled-change"),
        json!({}),
    ));
    assert_eq!(
        dropped.await.is(200).body["subscription"]["scheduled"],
        Value::Null
    );
    let paused = json!({ "when": end, "policy": "credit_days" });
    let paused = post("pause", paused).await.is(200);
    assert_eq!(paused.body["subscription"]["pauses"][0]["from"], end);
    let day = post("change-bill-day", json!({ "bill_day": 15 }))
        .await
        .is(200);
    assert_eq!(day.body["from"], end);
    for (verb, body, status, error) in [
        (
            "change-plan",
            json!({ "plan": faster, "when": "2020-01-01" }),
            422,
            "when backdated",
        ),
        (
            "change-plan",
            json!({ "plan": faster, "when": "2099-01-01" }),
            422,
            "when too_far_ahead",
        ),
        (
            "change-quantity",
            json!({ "quantity": 0 }),
            422,
            "quantity range",
        ),
        (
            "change-quantity",
            json!({ "quantity": 2, "component": 7 }),
            422,
            "component no_add_on",
        ),
        (
            "remove-add-on",
            json!({ "component": 1 }),
            422,
            "component no_add_on",
        ),
        (
            "pause",
            json!({ "when": end }),
            422,
            "when overlapping_pauses",
        ),
        (
            "pause",
            json!({ "until": "2020-01-01" }),
            422,
            "until range",
        ),
        (
            "change-bill-day",
            json!({ "bill_day": 32 }),
            422,
            "bill_day range",
        ),
        (
            "cancel-scheduled-change",
            json!({}),
            409,
            "status nothing_scheduled",
        ),
    ] {
        let before = shop.house.ask(Ask::get(&place)).await.is(200);
        let refused = post(verb, body.clone()).await.is(status);
        assert_eq!(refused.first_error(), error, "{verb} {body}");
        let after = shop.house.ask(Ask::get(&place)).await.is(200);
        assert_eq!(after.body, before.body, "{verb} {body} changes nothing");
    }
    post("cancel", json!({ "when": "period_end" }))
        .await
        .is(200);
    let late = post("change-plan", json!({ "plan": faster })).await.is(409);
    assert_eq!(late.first_error(), "status cancelled");
}

#[tokio::test]
async fn a_subscription_is_changed_suspended_resumed_and_cancelled() {
    let shop = Shop::open().await;
    let faster = shop.plan("Home 50M", 50_000_000).await;
    let sold = shop.sell(shop.sale("siti.42")).await.is(201);
    let place = sold.header("location").to_owned();
    let post =
        |verb: &str, body: Value| shop.house.ask(Ask::post(&format!("{place}/{verb}"), body));
    let changed = post("change-plan", json!({ "plan": faster })).await.is(200);
    assert_eq!(changed.body["when"], "now");
    assert_eq!(changed.body["subscription"]["agreement"]["plan"], faster);
    let same = post("change-plan", json!({ "plan": faster })).await.is(409);
    assert_eq!(same.first_error(), "status same_terms");
    let slower = post("change-plan", json!({ "plan": shop.plan, "when": "now" }))
        .await
        .is(200);
    assert_eq!(slower.body["subscription"]["agreement"]["plan"], shop.plan);
    let suspended = post("suspend", json!({ "reason": "travels" }))
        .await
        .is(200);
    assert_eq!(suspended.body["access"], "suspended");
    let resumed = shop
        .house
        .ask(Ask::new("POST", &format!("{place}/resume")))
        .await
        .is(200);
    assert_eq!(resumed.body["status"], "active");
    let ending = post("cancel", json!({ "when": "period_end" }))
        .await
        .is(200);
    assert!(ending.body["ends_on"].is_string());
    let odd = post("cancel", json!({ "when": "later" })).await.is(422);
    assert_eq!(odd.first_error(), "when format");
}

#[tokio::test]
async fn a_plan_needs_a_profile_of_the_same_tenant() {
    let shop = Shop::open().await;
    let mut body = shop.plan_body("X", idr(1));
    body["service_profile"] = json!("spf_aaaaaaaaaaaaaaaaaaaaaaaaaa");
    let refused = shop
        .house
        .ask(Ask::post("/api/v1/plans", body))
        .await
        .is(422);
    assert_eq!(refused.first_error(), "service_profile unknown");
}
