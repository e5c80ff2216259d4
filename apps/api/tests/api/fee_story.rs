//! Fees of dunning over HTTP: charged, looked at beforehand, billed, paid, credited, let off; promises and closed hours.

use serde_json::{Value, json};

use crate::dunning_story::{account, dun, get, late, procedure, put, today};
use crate::exchange::Ask;
use crate::money_story::Shop;

async fn post(shop: &Shop, path: &str, body: Value) -> Value {
    shop.house.ask(Ask::post(path, body)).await.is(200).body
}

async fn pay(shop: &Shop, account: &str, minor: i64, reference: &str) {
    let payment = json!({
        "account": account,
        "amount": { "amount_minor": minor, "currency": "IDR" },
        "method": "cash",
        "reference": reference,
    });
    let ask = Ask::post("/api/v1/payments", payment).key(reference);
    shop.house.ask(ask).await.is(201);
}

async fn charges(shop: &Shop, account: &str) -> Vec<Value> {
    let done = get(shop, &format!("/api/v1/accounts/{account}/dunning")).await;
    done["charges"].as_array().unwrap().clone()
}

/// The newest invoice of an account.
async fn newest(shop: &Shop, account: &str) -> Value {
    let list = get(shop, &format!("/api/v1/invoices?account={account}")).await;
    list["items"][0].clone()
}

async fn access(shop: &Shop) -> Value {
    let list = get(shop, "/api/v1/subscriptions").await;
    list["items"][0]["access"].clone()
}

/// Five days late, on each of so many days more.
async fn dunned(days: i64) -> (Shop, String, String) {
    let (shop, id, entity) = late(None, 5).await;
    dun(&shop, &id, &entity).await;
    for _ in 0..days {
        shop.house.clock.advance(chrono::Duration::days(1));
        dun(&shop, &id, &entity).await;
    }
    (shop, id, entity)
}

#[tokio::test]
async fn a_fee_is_billed_once_and_paying_gives_access_back_at_once() {
    let (shop, id, entity) = dunned(4).await;
    assert_eq!(access(&shop).await, "suspended");
    let first = newest(&shop, &id).await;
    let owed = first["due"]["amount_minor"].as_i64().unwrap();
    pay(&shop, &id, owed, "debt").await;
    assert_eq!(access(&shop).await, "active", "before any run");
    let seen = get(&shop, &format!("/api/v1/billing/accounts/{id}/preview")).await;
    let fees = seen["invoice"]["fees"].as_array().unwrap().clone();
    let kinds: Vec<_> = fees.iter().map(|it| it["kind"].clone()).collect();
    assert_eq!(kinds, ["late_fee", "reconnection"]);
    post(&shop, &format!("/api/v1/accounts/{id}/bill"), json!({})).await;
    let bill = newest(&shop, &id).await;
    assert_eq!(bill["fees"], json!(fees), "as it was shown");
    let lines = bill["lines"].as_array().unwrap();
    assert_eq!(fees[0]["line"], lines.len());
    let priced: i64 = lines
        .iter()
        .chain(&fees)
        .map(|it| it["amount"]["amount_minor"].as_i64().unwrap())
        .sum();
    assert_eq!(bill["total"]["amount_minor"], priced);
    for charge in charges(&shop, &id).await {
        assert_eq!(charge["invoice"], bill["id"]);
    }
    post(&shop, &format!("/api/v1/accounts/{id}/bill"), json!({})).await;
    assert_eq!(
        newest(&shop, &id).await["id"],
        bill["id"],
        "nothing is left"
    );
    pay(&shop, &id, priced, "fees").await;
    dun(&shop, &id, &entity).await;
    assert_eq!(charges(&shop, &id).await.len(), 2, "no fee for the fees");
}

#[tokio::test]
async fn a_fee_is_let_off_for_a_reason_or_credited() {
    let (shop, id, _) = dunned(0).await;
    let path = format!("/api/v1/accounts/{id}/dunning/waive-fee");
    let fee = charges(&shop, &id).await[0].clone();
    let waive = |reason: &str| {
        let body = json!({ "debt": fee["debt"], "step": fee["step"], "reason": reason });
        Ask::post(&path, body)
    };
    shop.house.ask(waive("")).await.is(422);
    let unknown = json!({ "debt": 7, "step": 0, "reason": "a storm" });
    let refused = shop.house.ask(Ask::post(&path, unknown)).await.is(422);
    assert_eq!(&*refused.first_error(), "step unknown");
    post(&shop, &format!("/api/v1/accounts/{id}/bill"), json!({})).await;
    let bill = newest(&shop, &id).await;
    assert_eq!(bill["total"]["amount_minor"], 500);
    let refused = shop.house.ask(waive("a storm")).await.is(409);
    assert_eq!(&*refused.first_error(), "status billed");
    let of = bill["id"].as_str().unwrap();
    let void = json!({ "reason": "the line was down" });
    let void = Ask::post(&format!("/api/v1/invoices/{of}/void"), void).key("void");
    let voided = shop.house.ask(void).await;
    assert!(voided.status.is_success(), "{}", voided.body);
    assert_eq!(charges(&shop, &id).await[0]["invoice"], Value::Null);
    for _ in 0..2 {
        let done = shop.house.ask(waive("a storm")).await.is(200).body;
        assert_eq!(done["charges"][0]["waived"], "a storm");
    }
    let refused = shop.house.ask(waive("a friend")).await.is(409);
    assert_eq!(&*refused.first_error(), "status waived");
    let seen = get(&shop, &format!("/api/v1/billing/accounts/{id}/preview")).await;
    assert_eq!(seen["invoice"], Value::Null);
}

#[tokio::test]
async fn a_promise_that_is_kept_keeps_access_and_a_broken_one_does_not() {
    for is_kept in [true, false] {
        let (shop, id, entity) = dunned(0).await;
        let until = today(&shop) + chrono::Days::new(2);
        let promise = json!({ "until": until.to_string() });
        post(&shop, &format!("/api/v1/accounts/{id}/promise"), promise).await;
        for _ in 0..2 {
            shop.house.clock.advance(chrono::Duration::days(1));
            dun(&shop, &id, &entity).await;
            assert_eq!(access(&shop).await, "active", "the word counts");
        }
        if is_kept {
            let first = newest(&shop, &id).await;
            let owed = first["due"]["amount_minor"].as_i64().unwrap();
            pay(&shop, &id, owed, "kept").await;
        }
        for _ in 0..2 {
            shop.house.clock.advance(chrono::Duration::days(1));
            dun(&shop, &id, &entity).await;
        }
        let (level, wanted) = match is_kept {
            true => ("clear", "active"),
            false => ("suspended", "suspended"),
        };
        let now = account(&shop).await;
        assert_eq!(
            (&now["level"], &now["promise"]),
            (&json!(level), &Value::Null)
        );
        assert_eq!(access(&shop).await, wanted);
    }
}

#[tokio::test]
async fn nobody_is_cut_off_on_a_holiday_or_outside_the_hours_and_everybody_comes_back() {
    let (shop, id, entity) = dunned(0).await;
    let path = format!("/api/v1/legal-entities/{entity}/dunning");
    let tomorrow = today(&shop).succ_opt().unwrap();
    let mut closed = procedure(None);
    closed["window"]["holidays"] = json!([tomorrow.to_string()]);
    shop.house.ask(put(&path, closed)).await.is(200);
    let seen = get(&shop, &format!("{path}/preview")).await;
    assert_eq!(
        seen["items"][0]["account"], id,
        "it is looked at again at once"
    );
    shop.house.clock.advance(chrono::Duration::days(1));
    dun(&shop, &id, &entity).await;
    assert_eq!(access(&shop).await, "active", "a holiday");
    shop.house.clock.advance(chrono::Duration::days(1));
    dun(&shop, &id, &entity).await;
    assert_eq!(access(&shop).await, "restricted", "the next day");

    let first = newest(&shop, &id).await;
    let owed = first["due"]["amount_minor"].as_i64().unwrap();
    let mut shut = procedure(None);
    shut["window"]["holidays"] = json!([today(&shop).to_string()]);
    shop.house.ask(put(&path, shut)).await.is(200);
    pay(&shop, &id, owed, "holiday").await;
    assert_eq!(access(&shop).await, "active", "at any hour");
}
