//! Taxes, discounts, credit notes, voids and write-offs over HTTP: who may, what is shown, and what is refused.

use operators::Role;
use serde_json::{Value, json};

use crate::exchange::Ask;
use crate::money_story::Shop;

fn idr(amount: i64) -> Value {
    json!({ "amount_minor": amount, "currency": "IDR" })
}

/// Indonesia: 12 % on 11/12 of the price, and something that is exempt.
fn taxes() -> Value {
    let vat = json!({ "name": "PPN", "rate": "12%", "factor": "11/12" });
    json!({
        "prices_include_taxes": false,
        "usual_category": "standard",
        "categories": [
            { "code": "standard", "taxes": [{ "from": "2025-01-01", "rules": [vat] }] },
            { "code": "exempt", "taxes": [{ "from": "2025-01-01", "rules": [] }] },
        ],
    })
}

/// A shop that has sold one subscription of IDR 300,000 a month, and what it needs to bill that.
struct Till {
    shop: Shop,
    entity: String,
    account: String,
    subscription: String,
}

impl Till {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let sold = shop.sell(shop.sale("siti.42")).await.is(201);
        let path = format!("/api/v1/accounts?customer={}", shop.customer);
        let listed = shop.house.ask(Ask::get(&path)).await.is(200);
        let of = |field: &str| listed.body["items"][0][field].as_str().unwrap().to_owned();
        Self {
            entity: of("legal_entity"),
            account: of("id"),
            subscription: sold.body["subscription"]["id"].as_str().unwrap().to_owned(),
            shop,
        }
    }

    async fn get(&self, path: &str) -> Value {
        let path = format!("/api/v1{path}");
        self.shop.house.ask(Ask::get(&path)).await.is(200).body
    }

    async fn post(&self, path: &str, body: Value) -> crate::exchange::Answer {
        let path = format!("/api/v1{path}");
        self.shop.house.ask(Ask::post(&path, body)).await
    }

    async fn put(&self, path: &str, body: Value) -> crate::exchange::Answer {
        let ask = Ask::new("PUT", &format!("/api/v1{path}")).json(body);
        self.shop.house.ask(ask).await
    }

    async fn tax(&self, body: Value) -> crate::exchange::Answer {
        self.put(&format!("/legal-entities/{}/taxes", self.entity), body)
            .await
    }

    /// Bills what is due, and shows the invoice.
    async fn bill(&self) -> Value {
        let path = format!("/accounts/{}/bill", self.account);
        let billed = self.post(&path, json!({})).await.is(200).body;
        let id = billed["invoice"].as_str().unwrap();
        self.get(&format!("/invoices/{id}")).await
    }
}

#[tokio::test]
async fn an_invoice_shows_its_taxes_and_its_discount() {
    let till = Till::open().await;
    let defined = till.tax(taxes()).await.is(200).body;
    assert_eq!(
        defined["categories"][1]["taxes"][0]["rules"][0]["factor"],
        "11/12"
    );
    let shown = till
        .get(&format!("/legal-entities/{}/taxes", till.entity))
        .await;
    assert_eq!(shown, defined);
    let discount = json!({
        "name": "Neighbours", "percent": "10%", "from": "2020-01-01", "times": 1,
        "subscription": till.subscription, "reason": "lets us use the roof",
    });
    let path = format!("/accounts/{}/discounts", till.account);
    let agreed = till.post(&path, discount).await.is(201).body;
    assert_eq!(
        (&agreed["percent"], &agreed["used"]),
        (&json!("1/10"), &json!(0))
    );
    let invoice = till.bill().await;
    assert_eq!(invoice["lines"][0]["amount"], idr(30_000_000), "as listed");
    assert_eq!(invoice["lines"][0]["discount"], idr(3_000_000));
    assert_eq!(invoice["discount"], idr(3_000_000));
    assert_eq!(
        (&invoice["net"], &invoice["tax"]),
        (&idr(27_000_000), &idr(2_970_000))
    );
    assert_eq!(invoice["taxes"][0]["taxable"], idr(24_750_000));
    assert_eq!(invoice["total"], idr(29_970_000));
    assert_eq!(till.get(&path).await["items"][0]["used"], 1);
    let id = agreed["id"].as_str().unwrap();
    let end = format!("{path}/{id}/end");
    let ended = till
        .post(&end, json!({ "reason": "moved" }))
        .await
        .is(200)
        .body;
    assert_eq!(ended["until"], Value::Null, "used up: it is over already");
}

#[tokio::test]
async fn a_plan_of_another_category_is_taxed_like_it() {
    let till = Till::open().await;
    till.tax(taxes()).await.is(200);
    let path = format!("/plans/{}/tax-category", till.shop.plan);
    let unknown = till
        .put(&path, json!({ "tax_category": "luxury" }))
        .await
        .is(422);
    assert_eq!(&*unknown.first_error(), "tax_category unknown");
    let plan = till
        .put(&path, json!({ "tax_category": "exempt" }))
        .await
        .is(200)
        .body;
    assert_eq!(plan["tax_category"], "exempt");
    let invoice = till.bill().await;
    assert_eq!(
        (&invoice["tax"], &invoice["total"]),
        (&idr(0), &idr(30_000_000))
    );
}

#[tokio::test]
async fn taxes_that_cannot_be_are_refused_and_nothing_changes() {
    let till = Till::open().await;
    let list = |from: &str, until: Option<&str>, rate: &str| json!({ "from": from, "until": until, "rules": [{ "name": "VAT", "rate": rate }] });
    let with = |lists: Vec<Value>| {
        json!({
            "prices_include_taxes": true,
            "usual_category": "standard",
            "categories": [{ "code": "standard", "taxes": lists }],
        })
    };
    let (first, last) = ("2025-01-01", "2026-01-01");
    for (body, error) in [
        (
            with(vec![
                list(first, Some("2025-12-01"), "11%"),
                list(last, None, "12%"),
            ]),
            "categories[0].taxes gap",
        ),
        (
            with(vec![list(first, None, "11%"), list(last, None, "12%")]),
            "categories[0].taxes overlap",
        ),
        (
            with(vec![list(first, Some(first), "11%")]),
            "categories[0].taxes backwards",
        ),
        (with(vec![]), "categories[0].taxes required"),
        (
            with(vec![list(first, None, "-1%")]),
            "categories[0].taxes[0].rules range",
        ),
        (
            with(vec![list(first, None, "101%")]),
            "categories.taxes.rules.rate range",
        ),
        (
            json!({ "prices_include_taxes": true, "coin_minor": 0, "categories": [] }),
            "coin_minor range",
        ),
    ] {
        let refused = till.tax(body).await.is(422);
        assert_eq!(
            (refused.problem(), &*refused.first_error()),
            ("refused", error)
        );
    }
    let shown = till
        .get(&format!("/legal-entities/{}/taxes", till.entity))
        .await;
    assert_eq!(
        (&shown["categories"], &shown["prices_include_taxes"]),
        (&json!([]), &json!(false))
    );
}

#[tokio::test]
async fn a_discount_above_the_whole_is_refused() {
    let till = Till::open().await;
    let path = format!("/accounts/{}/discounts", till.account);
    let body = |more: Value| {
        let mut body = json!({ "name": "x", "from": "2026-01-01", "reason": "y" });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    for (more, error) in [
        (json!({ "percent": "100.01%" }), "percent above_whole"),
        (json!({ "amount": idr(-1) }), "amount range"),
        (
            json!({ "amount": { "amount_minor": 1, "currency": "KES" } }),
            "amount.currency currency",
        ),
        (
            json!({ "percent": "10%", "until": "2025-01-01" }),
            "until backwards",
        ),
    ] {
        let refused = till.post(&path, body(more)).await.is(422);
        assert_eq!(&*refused.first_error(), error);
    }
    assert_eq!(till.get(&path).await["items"], json!([]));
}

#[tokio::test]
async fn an_invoice_is_credited_in_parts_and_never_beyond() {
    let till = Till::open().await;
    till.tax(taxes()).await.is(200);
    let invoice = till.bill().await;
    let id = invoice["id"].as_str().unwrap();
    let path = format!("/invoices/{id}/credit-notes");
    let part = json!({ "lines": [{ "line": 0, "amount": idr(10_000_000) }], "reason": "three days without a line" });
    let ask = || Ask::post(&format!("/api/v1{path}"), part.clone()).key("c");
    let note = till.shop.house.ask(ask()).await.is(201).body;
    assert_eq!(
        (&note["net"], &note["tax"]),
        (&idr(10_000_000), &idr(1_100_000))
    );
    assert_eq!(note["number"], "INV-CN-000001");
    let again = till.shop.house.ask(ask()).await.is(201).body;
    assert_eq!(again, note, "the same key acts once");
    let beyond = json!({ "lines": [{ "line": 0, "amount": idr(20_000_100) }], "reason": "x" });
    let refused = till.post(&path, beyond).await.is(422);
    assert_eq!(
        (refused.problem(), &*refused.first_error()),
        ("refused", "lines.amount above_left")
    );
    let nowhere = json!({ "lines": [{ "line": 7 }], "reason": "x" });
    let refused = till.post(&path, nowhere).await.is(422);
    assert_eq!(&*refused.first_error(), "lines.line unknown");
    let rest = till
        .post(&path, json!({ "reason": "the rest" }))
        .await
        .is(201)
        .body;
    assert_eq!(rest["total"], idr(22_200_000));
    let refused = till.post(&path, json!({ "reason": "more" })).await.is(409);
    assert_eq!(&*refused.first_error(), "status nothing_left");
    let invoice = till.get(&format!("/invoices/{id}")).await;
    assert_eq!(
        (&invoice["due"], &invoice["credited"]),
        (&idr(0), &idr(33_300_000))
    );
    assert_eq!(invoice["settlement"], "paid");
    let notes = till.get(&format!("/credit-notes?invoice={id}")).await;
    assert_eq!(notes["items"].as_array().unwrap().len(), 2);
    let one = note["id"].as_str().unwrap();
    assert_eq!(till.get(&format!("/credit-notes/{one}")).await, note);
}

#[tokio::test]
async fn only_an_admin_voids_and_only_once() {
    let till = Till::open().await;
    let invoice = till.bill().await;
    let id = invoice["id"].as_str().unwrap();
    let path = format!("/api/v1/invoices/{id}/void");
    let reason = json!({ "reason": "issued to the wrong customer" });
    for role in [Role::Cashier, Role::Technician, Role::Auditor] {
        let refused = till
            .shop
            .house
            .ask_as(role, Ask::post(&path, reason.clone()))
            .await;
        assert_eq!(refused.is(403).problem(), "forbidden");
    }
    let unexplained = till
        .shop
        .house
        .ask(Ask::post(&path, json!({ "reason": " " })))
        .await;
    assert_eq!(&*unexplained.is(422).first_error(), "reason length");
    let voided = till
        .shop
        .house
        .ask(Ask::post(&path, reason.clone()))
        .await
        .is(200)
        .body;
    assert_eq!(
        (&voided["due"], &voided["number"]),
        (&idr(0), &invoice["number"])
    );
    assert_eq!(voided["void_reason"], "issued to the wrong customer");
    let again = till.shop.house.ask(Ask::post(&path, reason)).await.is(409);
    assert_eq!(
        (again.problem(), &*again.first_error()),
        ("wrong-state", "status voided")
    );
    let next = till.bill().await;
    assert_eq!(next["lines"], invoice["lines"], "its days are billed again");
}

#[tokio::test]
async fn debt_is_written_off_once_and_with_a_reason() {
    let till = Till::open().await;
    let invoice = till.bill().await;
    let path = format!("/invoices/{}/write-off", invoice["id"].as_str().unwrap());
    let body = json!({ "reason": "moved away" });
    let ask = Ask::post(&format!("/api/v1{path}"), body.clone());
    till.shop.house.ask_as(Role::Cashier, ask).await.is(403);
    let written = till.post(&path, body.clone()).await.is(200).body;
    assert_eq!(
        (&written["written_off"], &written["due"]),
        (&idr(30_000_000), &idr(0))
    );
    let refused = till.post(&path, body).await.is(409);
    assert_eq!(&*refused.first_error(), "status nothing_due");
    // What is credited of it is no loss any more, and nobody's money.
    let id = invoice["id"].as_str().unwrap();
    let part = json!({ "lines": [{ "line": 0, "amount": idr(10_000_000) }], "reason": "not used" });
    till.post(&format!("/invoices/{id}/credit-notes"), part)
        .await
        .is(201);
    let after = till.get(&format!("/invoices/{id}")).await;
    assert_eq!(
        (&after["written_off"], &after["credited"], &after["due"]),
        (&idr(20_000_000), &idr(10_000_000), &idr(0))
    );
    let account = till.get(&format!("/accounts/{}", till.account)).await;
    assert_eq!(account["credit"], idr(0));
}

/// What is seen before a decision is what is issued with it: notes, charges and the credit of the account.
#[tokio::test]
async fn a_downgrade_now_and_an_end_with_credit_are_seen_and_then_issued() {
    let till = Till::open().await;
    till.tax(taxes()).await.is(200);
    let first = till.bill().await;
    assert_eq!(first["total"], idr(33_300_000));
    let paid = json!({ "account": till.account, "amount": idr(33_300_000), "method": "cash" });
    till.post("/payments", paid).await.is(201);
    let cheaper = till.shop.plan("Home 5M", 10_000_000).await;
    let place = format!("/subscriptions/{}", till.subscription);
    let change = json!({ "plan": cheaper, "when": "now" });
    let path = format!("{place}/change-plan");
    let look = till.post(&format!("{path}/preview"), change.clone()).await;
    let look = look.is(200).body;
    let seen = &look["bill"];
    assert_eq!(seen["credit_notes"][0]["invoice"], first["id"]);
    assert_eq!(seen["credit_notes"][0]["total"], idr(33_300_000));
    assert_eq!(seen["invoice"]["total"], idr(11_100_000));
    assert_eq!(seen["invoice"]["allocated"], idr(11_100_000));
    assert_eq!(look["credit"], idr(22_200_000));
    let changed = till.post(&path, change).await.is(200).body;
    let note = changed["credit_notes"][0].as_str().unwrap();
    let note = till.get(&format!("/credit-notes/{note}")).await;
    assert_eq!(note["total"], seen["credit_notes"][0]["total"]);
    let id = changed["invoice"].as_str().unwrap();
    let invoice = till.get(&format!("/invoices/{id}")).await;
    for field in ["lines", "net", "tax", "total", "allocated"] {
        assert_eq!(invoice[field], seen["invoice"][field], "{field}");
    }
    let own = format!("/accounts/{}", till.account);
    let account = || till.get(&own);
    assert_eq!(account().await["credit"], look["credit"]);
    let end = json!({ "when": "now", "unused": "given_back" });
    let path = format!("{place}/cancel");
    let look = till.post(&format!("{path}/preview"), end.clone()).await;
    let look = look.is(200).body;
    assert_eq!(look["bill"]["credit_notes"][0]["total"], idr(11_100_000));
    assert_eq!(
        (&look["bill"]["invoice"], &look["credit"]),
        (&Value::Null, &idr(33_300_000))
    );
    let ended = till.post(&path, end.clone()).await.is(200).body;
    assert_eq!(
        (&ended["access"], &ended["invoice"]),
        (&json!("ended"), &Value::Null)
    );
    assert_eq!(ended["credit_notes"].as_array().unwrap().len(), 1);
    assert_eq!(account().await["credit"], look["credit"], "all of it");
    let again = till.post(&path, end).await.is(200).body;
    assert_eq!(again["credit_notes"], json!([]), "once");
}
