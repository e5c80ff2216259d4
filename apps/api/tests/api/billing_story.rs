//! What a run would bill is shown beforehand, and what it left alone is listed and released, over HTTP.

use billing::{Unbillable, park_account};
use kernel::Scope;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::exchange::Ask;
use crate::house::TENANT;
use crate::money_story::Shop;

async fn account(shop: &Shop) -> Value {
    let path = format!("/api/v1/accounts?customer={}", shop.customer);
    let listed = shop.house.ask(Ask::get(&path)).await.is(200);
    listed.body["items"][0].clone()
}

async fn get(shop: &Shop, path: &str) -> Value {
    shop.house.ask(Ask::get(path)).await.is(200).body
}

#[tokio::test]
async fn a_preview_shows_the_invoice_that_is_issued_and_writes_nothing() {
    let shop = Shop::open().await;
    for login in ["siti.42", "siti.43"] {
        shop.sell(shop.sale(login)).await.is(201);
    }
    let of = account(&shop).await;
    let id = of["id"].as_str().unwrap();
    let one = get(&shop, &format!("/api/v1/billing/accounts/{id}/preview")).await;
    let entity = of["legal_entity"].as_str().unwrap();
    let run = format!("/api/v1/billing/preview?legal_entity={entity}");
    let all = get(&shop, &run).await;
    assert_eq!(all["items"], json!([one]));
    assert_eq!(all["next"], Value::Null);
    let invoices = get(&shop, "/api/v1/invoices").await;
    assert_eq!(invoices["items"], json!([]), "a look writes nothing");
    let bill = format!("/api/v1/accounts/{id}/bill");
    shop.house.ask(Ask::post(&bill, json!({}))).await.is(200);
    let issued = &get(&shop, "/api/v1/invoices").await["items"][0];
    let seen = &one["invoice"];
    for field in ["lines", "total", "issued_on", "due_on"] {
        assert_eq!(seen[field], issued[field], "{field}");
    }
    assert_eq!(seen["lines"].as_array().unwrap().len(), 2);
    let nothing = get(&shop, &format!("/api/v1/billing/accounts/{id}/preview")).await;
    assert_eq!(
        (&nothing["invoice"], &nothing["parked"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(get(&shop, &run).await["items"], json!([]));
}

#[tokio::test]
async fn a_later_day_is_shown_with_what_will_be_due_then_within_limits() {
    let shop = Shop::open().await;
    shop.sell(shop.sale("siti.42")).await.is(201);
    let id = account(&shop).await["id"].as_str().unwrap().to_owned();
    let on = |day: &str| format!("/api/v1/billing/accounts/{id}/preview?on={day}");
    let today = get(&shop, &format!("/api/v1/billing/accounts/{id}/preview")).await;
    let today = today["invoice"]["issued_on"].as_str().unwrap().to_owned();
    let day: chrono::NaiveDate = today.parse().unwrap();
    let later = day + chrono::Months::new(2);
    let seen = get(&shop, &on(&later.to_string())).await;
    assert_eq!(seen["invoice"]["lines"].as_array().unwrap().len(), 3);
    assert_eq!(seen["invoice"]["issued_on"], later.to_string());
    for wrong in [day - chrono::Days::new(1), day + chrono::Months::new(48)] {
        let refused = shop.house.ask(Ask::get(&on(&wrong.to_string()))).await;
        let refused = refused.is(400);
        assert_eq!(&*refused.first_error(), "on range");
    }
    let unknown = "/api/v1/billing/preview?legal_entity=ent_aaaaaaaaaaaaaaaaaaaaaaaaaa";
    shop.house.ask(Ask::get(unknown)).await.is(404);
}

#[tokio::test]
async fn a_parked_account_is_listed_with_its_reason_and_released_once() {
    let shop = Shop::open().await;
    shop.sell(shop.sale("siti.42")).await.is(201);
    let id = account(&shop).await["id"].as_str().unwrap().to_owned();
    assert_eq!(
        get(&shop, "/api/v1/billing/parked-accounts").await["items"],
        json!([])
    );
    let scope = Scope::system(TENANT, "test", Uuid::nil());
    let reason = Unbillable::StandsBilled;
    let store = &*shop.house.ports.billing;
    park_account(store, &scope, id.parse().unwrap(), &reason)
        .await
        .unwrap();
    let listed = get(&shop, "/api/v1/billing/parked-accounts").await;
    assert_eq!(listed["items"][0]["id"], id);
    assert_eq!(
        listed["items"][0]["parked"],
        "days would be billed that stand billed already"
    );
    let seen = get(&shop, &format!("/api/v1/billing/accounts/{id}/preview")).await;
    assert_eq!(
        seen["parked"],
        "days would be billed that stand billed already"
    );
    let release = format!("/api/v1/billing/accounts/{id}/release");
    for _ in 0..2 {
        let released = shop.house.ask(Ask::post(&release, json!({}))).await.is(200);
        assert_eq!(released.body["parked"], Value::Null);
    }
    assert_eq!(
        get(&shop, "/api/v1/billing/parked-accounts").await["items"],
        json!([])
    );
    let bill = format!("/api/v1/accounts/{id}/bill");
    let billed = shop.house.ask(Ask::post(&bill, json!({}))).await.is(200);
    assert!(billed.body["invoice"].is_string());
}
