//! Bad input gets a clear problem with a stable `type` and the right status, and changes nothing.

use anyhow::{Context, Result, ensure};
use e2e::{Answer, Operator, Product, Routers, Sabotage, Shape, differences, money, projection};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::shop::Shop;
use crate::{programs, running};

/// `{"alg":"none","typ":"JWT"}`.
const NONE: &str = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_refused_by_name_and_change_nothing() {
    let product = running(Shape::Sqlite).await.unwrap();
    refuse_requests(&product)
        .await
        .with_context(|| product.last_words())
        .unwrap();
}

async fn refuse_requests(product: &Product) -> Result<()> {
    let operator = product.admin().await?;
    let routers = Routers::start().await?;
    let shop = Shop::open(&operator, &routers).await?;
    let (customer, _) = shop
        .subscribe(&operator, "Siti", "siti.42", &shop.router_a)
        .await?;
    e2e::until("the secret", crate::story::SOON, || {
        routers.a.row("/ppp/secret", "name", "siti.42").is_some()
    })
    .await?;
    e2e::eventually("the first invoice", crate::story::SOON, async || {
        Ok(operator.list("/invoices").await?.pop())
    })
    .await?;
    let before = projection(&operator, &routers).await?;
    refuse_plans(&operator).await.context("plans")?;
    refuse_subscriptions(&operator, &shop, &customer)
        .await
        .context("subscriptions")?;
    refuse_batches(&operator, &shop).await.context("batches")?;
    refuse_payments(&operator, &customer)
        .await
        .context("payments")?;
    refuse_bodies(&operator).await.context("bodies")?;
    refuse_routers(&operator, &routers)
        .await
        .context("routers")?;
    refuse_tokens(product, &operator).await.context("tokens")?;
    let after = projection(&operator, &routers).await?;
    let differences = differences(&before, &after);
    ensure!(
        differences.is_empty(),
        "bad input changed {}",
        differences.join("\n")
    );
    Ok(())
}

/// A good body with one field, named by its pointer, replaced.
fn but(good: &Value, pointer: &str, bad: Value) -> Value {
    let mut body = good.clone();
    if let Some(place) = body.pointer_mut(pointer) {
        *place = bad;
    } else {
        body[pointer.trim_start_matches('/')] = bad;
    }
    body
}

async fn refuse_plans(operator: &Operator) -> Result<()> {
    let plans = operator.list("/plans").await?;
    let good = json!({
        "name": "Home 50",
        "price": money(1_000_000),
        "interval": { "unit": "months", "count": 1 },
        "service_profile": plans[0]["service_profile"],
        "sold_as": "subscription",
    });
    for (pointer, bad, field) in [
        ("/price/amount_minor", json!(-1), "price.amount_minor"),
        ("/price/amount_minor", json!(0), "price.amount_minor"),
        (
            "/price/amount_minor",
            json!(9_300_000_000_000_000_000_u64),
            "price.amount_minor",
        ),
        ("/price/amount_minor", json!("100"), "price.amount_minor"),
        ("/price/amount_minor", json!(1.5), "price.amount_minor"),
        ("/interval/count", json!(0), "interval.count"),
        ("/colour", json!("red"), "colour"),
    ] {
        operator
            .try_post("/plans", &but(&good, pointer, bad))
            .await?
            .invalid(field)?;
    }
    let dollars = json!({ "amount_minor": 1_000_000, "currency": "USD" });
    let answer = operator
        .try_post("/plans", &but(&good, "/price", dollars))
        .await?;
    answer.problem(422, "currency-mismatch")?;
    Ok(())
}

async fn refuse_subscriptions(operator: &Operator, shop: &Shop, customer: &str) -> Result<()> {
    let good = json!({
        "customer": customer,
        "plan": shop.home_10,
        "router": shop.router_a,
        "login": "siti.43",
        "bill_day": 15,
    });
    for (pointer, bad, field) in [
        ("/bill_day", json!(0), "bill_day"),
        ("/bill_day", json!(32), "bill_day"),
        ("/login", json!("with space"), "login"),
        ("/customer", json!("inv_x"), "customer"),
        ("/colour", json!("red"), "colour"),
    ] {
        operator
            .try_post("/subscriptions", &but(&good, pointer, bad))
            .await?
            .invalid(field)?;
    }
    let taken = but(&good, "/login", json!("siti.42"));
    operator
        .try_post("/subscriptions", &taken)
        .await?
        .problem(409, "duplicate")?;
    // An id that exists in another tenant looks the same as one that exists nowhere.
    let foreign = but(&good, "/plan", json!("pln_agjpfimc4btqadrdlvfsmcaaai"));
    operator
        .try_post("/subscriptions", &foreign)
        .await?
        .problem(422, "unknown-reference")?;
    Ok(())
}

async fn refuse_batches(operator: &Operator, shop: &Shop) -> Result<()> {
    let good = json!({
        "name": "Kiosk",
        "plan": shop.pass,
        "router": shop.router_b,
        "count": 500,
        "code": { "alphabet": "mix", "length": 8 },
    });
    for (pointer, bad, field) in [
        ("/count", json!(0), "count"),
        ("/count", json!(50_001), "count"),
        ("/count", json!("many"), "count"),
        ("/code/length", json!(4), "code.length"),
        ("/code/length", json!(3), "code.length"),
        ("/shelf_days", json!(0), "shelf_days"),
    ] {
        operator
            .try_post("/voucher-batches", &but(&good, pointer, bad))
            .await?
            .invalid(field)?;
    }
    Ok(())
}

async fn refuse_payments(operator: &Operator, customer: &str) -> Result<()> {
    let accounts = operator
        .list(&format!("/accounts?customer={customer}"))
        .await?;
    let account = accounts.first().context("there is an account")?["id"].clone();
    let good =
        json!({ "account": account, "amount": money(100), "method": "cash", "reference": "x" });
    for amount in [json!(0), json!(-100), json!(9_300_000_000_000_000_000_u64)] {
        let bad = but(&good, "/amount/amount_minor", amount);
        operator
            .try_post("/payments", &bad)
            .await?
            .invalid("amount.amount_minor")?;
    }
    let dollars = but(&good, "/amount/currency", json!("USD"));
    operator
        .try_post("/payments", &dollars)
        .await?
        .problem(422, "currency-mismatch")?;
    Ok(())
}

async fn refuse_bodies(operator: &Operator) -> Result<()> {
    let json = "application/json";
    let post = |form: &'static str, body: Vec<u8>| operator.post_bytes("/customers", form, body);
    post(json, b"{\"kind\":".to_vec())
        .await?
        .problem(400, "malformed-body")?;
    post(json, vec![b' '; 2 << 20])
        .await?
        .problem(413, "body-too-large")?;
    post("text/plain", b"{}".to_vec())
        .await?
        .problem(415, "unsupported-media-type")?;
    let answer = operator
        .ask(Method::GET, "/nothing-here", None, None)
        .await?;
    answer.problem(404, "no-such-route")?;
    let answer = operator
        .ask(Method::DELETE, "/customers", None, None)
        .await?;
    answer.problem(405, "method-not-allowed")?;
    Ok(())
}

async fn refuse_routers(operator: &Operator, routers: &Routers) -> Result<()> {
    let good = Routers::enrolment("tower-c", &routers.a);
    let wrong = but(&good, "/password", json!("wrong"));
    enrol(operator, &wrong)
        .await?
        .problem(422, "router-login-refused")?;
    let deaf = TcpListener::bind("127.0.0.1:0").await?;
    let http = but(&good, "/port", json!(deaf.local_addr()?.port()));
    let answers_http = async {
        loop {
            let (mut stream, _) = deaf.accept().await?;
            let page = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
            tokio::io::AsyncWriteExt::write_all(&mut stream, page).await?;
        }
    };
    let answer = tokio::select! {
        answer = enrol(operator, &http) => answer?,
        failed = answers_http => return failed,
    };
    answer.problem(422, "not-routeros")?;
    let nobody = but(&good, "/port", json!(1));
    enrol(operator, &nobody)
        .await?
        .problem(502, "router-unreachable")?;
    let twice = but(&good, "/name", json!("tower-a-again"));
    let answer = enrol(operator, &twice).await?;
    ensure!(answer.status == 409, "the same router twice: {answer:?}");
    Ok(())
}

async fn enrol(operator: &Operator, body: &Value) -> Result<Answer> {
    operator.try_post("/routers", body).await
}

async fn refuse_tokens(product: &Product, operator: &Operator) -> Result<()> {
    let token = operator.token();
    let parts: Vec<_> = token.split('.').collect();
    let [head, claims, signature] = parts[..] else {
        anyhow::bail!("a token has three parts")
    };
    let backwards: String = signature.chars().rev().collect();
    let tokens = [
        (String::new(), "missing-token"),
        ("not-a-token".to_owned(), "invalid-token"),
        (format!("{NONE}.{claims}."), "invalid-token"),
        (format!("{NONE}.{claims}.{signature}"), "invalid-token"),
        (format!("{head}.{claims}.{backwards}"), "invalid-token"),
    ];
    for (token, slug) in tokens {
        let stranger = operator.stranger(&token);
        let answer = stranger
            .ask_once(Method::GET, "/customers", None, None)
            .await?;
        answer.problem(401, slug)?;
    }
    product.clock().advance(chrono::Duration::minutes(16))?;
    let late = operator.stranger(&token);
    let answer = late.ask_once(Method::GET, "/customers", None, None).await?;
    answer.problem(401, "expired-token").map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn routers_at_forbidden_addresses_are_refused() {
    let product = Product::install(programs(), Shape::Sqlite).await.unwrap();
    let mut product = product.with("ROUTERS__ALLOW_LOOPBACK", "false");
    product.start(&Sabotage::default()).await.unwrap();
    let operator = product.admin().await.unwrap();
    let hosts = [
        "127.0.0.1",
        "localhost",
        "::1",
        "169.254.1.1",
        "169.254.169.254",
        "fe80::1",
        "0.0.0.0",
        "224.0.0.1",
    ];
    for host in hosts {
        let body = json!({ "name": "x", "host": host, "username": "admin", "password": "x" });
        let answer = enrol(&operator, &body).await.unwrap();
        answer.problem(422, "forbidden-address").unwrap();
    }
    assert!(operator.list("/routers").await.unwrap().is_empty());
}
