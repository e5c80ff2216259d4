//! Services by address and device over HTTP, what a router holds besides customers, and its differences row by row.

use operators::Role;
use serde_json::{Value, json};

use crate::exchange::{Answer, Ask};
use crate::house::House;
use crate::money_story::Shop;

/// A shop whose plan is for this service.
async fn shop(service: &str) -> Shop {
    let mut shop = Shop::open().await;
    let rate = json!({ "up_bps": 5_000_000, "down_bps": 20_000_000 });
    let name = service.replace('_', "-");
    let profile = json!({ "name": name, "service": service, "terms": { "rate": rate } });
    let made = shop
        .house
        .ask(Ask::post("/api/v1/service-profiles", profile))
        .await
        .is(201);
    shop.profile = made.body["id"].as_str().unwrap().to_owned();
    shop.plan = shop.plan(service, 20_000_000).await;
    shop
}

#[tokio::test]
async fn every_service_is_sold_with_what_it_knows_customers_by() {
    let table = [
        ("pppoe", "siti", None, "siti", true),
        ("static_ip", "10.1.1.5/32", None, "10.1.1.5", false),
        ("static_ip", "10.1.1.8/29", None, "10.1.1.8/29", false),
        (
            "dhcp_lease",
            "aa-bb-cc-00-00-01",
            Some("10.2.0.9"),
            "AA:BB:CC:00:00:01",
            false,
        ),
        (
            "mac_bypass",
            "aabbcc000001",
            None,
            "AA:BB:CC:00:00:01",
            false,
        ),
    ];
    for (service, login, address, known_as, has_password) in table {
        let shop = shop(service).await;
        let mut body = shop.sale(login);
        body["address"] = json!(address);
        let sold = shop.sell(body).await.is(201);
        assert_eq!(sold.body["login"], known_as, "{service}");
        assert_eq!(sold.body["password"].is_string(), has_password, "{service}");
        let listed = shop.house.ask(Ask::get("/api/v1/grants")).await.is(200);
        let grant = &listed.body["items"][0];
        assert_eq!(grant["service"], service);
        assert_eq!(grant["address"], json!(address));
    }
}

#[tokio::test]
async fn a_login_that_does_not_fit_the_service_is_refused_by_field() {
    let table = [
        ("static_ip", "siti", None, "login format"),
        ("static_ip", "10.1.1.9/29", None, "login format"),
        ("static_ip", "10.1.1.5", Some("10.1.1.5"), "address format"),
        ("dhcp_lease", "10.1.1.5", None, "login format"),
        (
            "mac_bypass",
            "AA:BB:CC:00:00:01",
            Some("127.0.0.1"),
            "address format",
        ),
        ("pppoe", "siti", Some("10.1.1.5"), "address format"),
    ];
    for (service, login, address, expected) in table {
        let shop = shop(service).await;
        let mut body = shop.sale(login);
        body["address"] = json!(address);
        let refused = shop.sell(body).await.is(422);
        assert_eq!(refused.first_error(), expected, "{service} {login}");
    }
    let taken = shop("mac_bypass").await;
    taken.sell(taken.sale("AA:BB:CC:00:00:01")).await.is(201);
    let again = taken.sell(taken.sale("aabbcc000001")).await.is(409);
    assert_eq!(
        again.problem(),
        "duplicate",
        "one device, however it is typed"
    );
}

#[tokio::test]
async fn terms_that_a_service_cannot_keep_are_refused_by_field() {
    let house = House::new();
    let rate = json!({ "up_bps": 1_000_000, "down_bps": 1_000_000 });
    let table = [
        ("static_ip", "pool", json!("home"), "terms.pool service"),
        (
            "static_ip",
            "address_list",
            json!("gold"),
            "terms.address_list service",
        ),
        (
            "mac_bypass",
            "idle_timeout_s",
            json!(600),
            "terms.idle_timeout_s service",
        ),
        (
            "dhcp_lease",
            "shared_users",
            json!(2),
            "terms.shared_users range",
        ),
    ];
    for (service, field, value, expected) in table {
        let mut terms = json!({ "rate": rate });
        terms[field] = value;
        let body = json!({ "name": "x", "service": service, "terms": terms });
        let refused = house
            .ask(Ask::post("/api/v1/service-profiles", body))
            .await
            .is(422);
        assert_eq!(refused.first_error(), expected);
    }
    let odd = json!({ "name": "x", "service": "carrier_pigeon", "terms": { "rate": rate } });
    house
        .ask(Ask::post("/api/v1/service-profiles", odd))
        .await
        .is(422);
}

fn place(shop: &Shop, rest: &str) -> String {
    format!("/api/v1/routers/{}/{rest}", shop.router)
}

async fn put(house: &House, path: &str, body: Value) -> Answer {
    house.ask(Ask::new("PUT", path).json(body)).await
}

#[tokio::test]
async fn pools_and_the_walled_garden_are_replaced_and_shown() {
    let shop = Shop::open().await;
    let path = place(&shop, "setup");
    let empty = shop.house.ask(Ask::get(&path)).await.is(200);
    assert_eq!(empty.body, json!({ "pools": [], "walled_garden": [] }));
    let body = json!({
        "pools": [{ "name": "wb-home", "ranges": "10.20.0.0/24" }],
        "walled_garden": ["Pay.Example.com", "192.0.2.0/24"],
    });
    let changed = put(&shop.house, &path, body.clone()).await.is(200);
    assert_eq!(changed.body["pools"][0]["ranges"], "10.20.0.0-10.20.0.255");
    assert_eq!(changed.body["walled_garden"][0], "pay.example.com");
    let shown = shop.house.ask(Ask::get(&path)).await.is(200);
    assert_eq!(shown.body, changed.body);
    let mut twice = body;
    twice["walled_garden"] = json!(["a.example", "a.example"]);
    let refused = put(&shop.house, &path, twice.clone()).await.is(422);
    assert_eq!(refused.first_error(), "walled_garden unique");
    twice["walled_garden"] = json!(["not a host"]);
    put(&shop.house, &path, twice).await.is(422);
    let mode = json!({ "mode": "dry_run" });
    let said = shop
        .house
        .ask(Ask::post(&place(&shop, "reconcile"), mode))
        .await
        .is(200);
    let commands = said.body["commands"].to_string();
    assert!(commands.contains("/ip/pool/add name=wb-home"), "{commands}");
    assert!(
        commands.contains("/ip/hotspot/walled-garden/ip/add"),
        "{commands}"
    );
    let nowhere = "/api/v1/routers/rtr_agjpfimc4btqadrdlvfsmcaaai/setup";
    shop.house.ask(Ask::get(nowhere)).await.is(404);
}

#[tokio::test]
async fn differences_are_shown_by_row_and_taken_back_one_by_one() {
    let shop = shop("static_ip").await;
    shop.sell(shop.sale("10.1.1.5")).await.is(201);
    let apply = json!({ "mode": "apply" });
    let reconcile = place(&shop, "reconcile");
    shop.house.ask(Ask::post(&reconcile, apply)).await.is(200);
    let rows = |query: &str| {
        let path = place(&shop, &format!("drift/rows{query}"));
        let house = &shop.house;
        async move { house.ask(Ask::get(&path)).await.is(200).body }
    };
    assert_eq!(rows("").await["total"], 0);
    let pool =
        json!({ "pools": [{ "name": "wb-home", "ranges": "10.20.0.7" }], "walled_garden": [] });
    put(&shop.house, &place(&shop, "setup"), pool).await.is(200);
    let missing = rows("?class=missing&limit=1").await;
    assert_eq!(
        (&missing["total"], &missing["items"][0]["menu"]),
        (&json!(1), &json!("/ip/pool"))
    );
    assert_eq!(missing["items"][0]["values"][0]["ours"], "10.20.0.7");
    assert_eq!(missing["next"], Value::Null);
    let two = json!({
        "pools": [{ "name": "wb-home", "ranges": "10.20.0.7" }],
        "walled_garden": ["pay.example.com"],
    });
    put(&shop.house, &place(&shop, "setup"), two).await.is(200);
    let first = rows("?limit=1").await;
    let next = first["next"].as_str().unwrap().to_owned();
    let second = rows(&format!("?limit=1&after={next}")).await;
    assert_eq!(
        (&second["total"], &second["items"][0]["name"]),
        (&json!(2), &json!("pay.example.com"))
    );
    assert_eq!(second["next"], Value::Null);
    let one = json!({
        "pools": [{ "name": "wb-home", "ranges": "10.20.0.7" }],
        "walled_garden": [],
    });
    put(&shop.house, &place(&shop, "setup"), one).await.is(200);
    assert_eq!(rows("?class=foreign").await["total"], 0);
    let row = json!({ "menu": "/ip/pool", "name": "wb-home" });
    let accept = place(&shop, "drift/accept");
    shop.house
        .ask(Ask::post(&accept, row.clone()))
        .await
        .is(204);
    assert_eq!(rows("").await["total"], 0, "left to the operator");
    let restore = place(&shop, "drift/restore");
    shop.house
        .ask(Ask::post(&restore, row.clone()))
        .await
        .is(204);
    assert_eq!(rows("").await["total"], 0, "made");
    shop.house.ask(Ask::post(&restore, row)).await.is(404);
    let odd = json!({ "menu": "/ip/firewall/filter", "name": "x" });
    let refused = shop.house.ask(Ask::post(&restore, odd)).await.is(422);
    assert_eq!(refused.first_error(), "menu one_of");
    let events = shop
        .house
        .ask(Ask::get(&place(&shop, "drift/rows?class=odd")))
        .await;
    assert_eq!(events.is(400).problem(), "invalid-parameter");
}

#[tokio::test]
async fn only_technicians_decide_about_rows() {
    let shop = Shop::open().await;
    let row = json!({ "menu": "/ip/pool", "name": "x" });
    for (role, status) in [
        (Role::Cashier, 403),
        (Role::Auditor, 403),
        (Role::Technician, 404),
    ] {
        let ask = Ask::post(&place(&shop, "drift/accept"), row.clone());
        shop.house.ask_as(role, ask).await.is(status);
        let ask = Ask::get(&place(&shop, "drift/rows"));
        shop.house.ask_as(role, ask).await.is(200);
    }
}
