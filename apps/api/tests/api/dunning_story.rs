//! What is done about debts is defined, looked at beforehand and decided over HTTP; what waits for a person is one list.

use billing::{Cutting, dun_account, plan_dunning_run};
use kernel::{Clock, Scope};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::exchange::Ask;
use crate::house::TENANT;
use crate::money_story::Shop;

pub async fn get(shop: &Shop, path: &str) -> Value {
    shop.house.ask(Ask::get(path)).await.is(200).body
}

pub async fn account(shop: &Shop) -> Value {
    let path = format!("/api/v1/accounts?customer={}", shop.customer);
    get(shop, &path).await["items"][0].clone()
}

pub fn put(path: &str, body: Value) -> Ask {
    Ask::new("PUT", path).json(body)
}

/// The date at the legal entity.
pub fn today(shop: &Shop) -> chrono::NaiveDate {
    let zone: kernel::Zone = "Asia/Jakarta".parse().unwrap();
    zone.date_at(shop.house.clock.now())
}

/// A reminder, a fee, then access taken at any hour, of at most so many percent.
pub fn procedure(most_cut_percent: Option<u8>) -> Value {
    let mut week = json!(["monday", "tuesday", "wednesday", "thursday"]);
    for day in ["friday", "saturday", "sunday"] {
        week.as_array_mut().unwrap().push(json!(day));
    }
    json!({
        "grace_days": 2,
        "tolerance_minor": 0,
        "steps": [
            { "day": 1, "kind": "reminder" },
            { "day": 3, "kind": "fee", "fee_minor": 500 },
            { "day": 4, "kind": "restriction" },
            { "day": 8, "kind": "suspension" },
            { "day": 90, "kind": "termination" }
        ],
        "window": { "weekdays": week, "from_hour": 0, "to_hour": 24, "holidays": ["2026-12-25"] },
        "promise": { "days": 14, "times": 1 },
        "reconnection_fee_minor": 700,
        "most_cut_percent": most_cut_percent
    })
}

/// A shop whose customer has not paid its only invoice, so many days past its due date.
pub async fn late(most_cut_percent: Option<u8>, days: i64) -> (Shop, String, String) {
    let shop = Shop::open().await;
    shop.sell(shop.sale("siti.42")).await.is(201);
    let of = account(&shop).await;
    let id = of["id"].as_str().unwrap().to_owned();
    let entity = of["legal_entity"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/legal-entities/{entity}/dunning");
    let definition = put(&path, procedure(most_cut_percent));
    assert_eq!(shop.house.ask(definition).await.is(200).body["version"], 1);
    let bill = format!("/api/v1/accounts/{id}/bill");
    shop.house.ask(Ask::post(&bill, json!({}))).await.is(200);
    shop.house.clock.advance(chrono::Duration::days(7 + days));
    (shop, id, entity)
}

pub async fn dun(shop: &Shop, account: &str, entity: &str) -> Cutting {
    let it = &shop.house.ports;
    let scope = Scope::system(TENANT, "test", Uuid::nil());
    let stores = (&*it.billing, &*it.billing_queries);
    let entity = entity.parse().unwrap();
    let cutting = plan_dunning_run(stores, &*it.ids, &*it.clock, &scope, entity)
        .await
        .unwrap();
    let account = account.parse().unwrap();
    dun_account(&*it.billing, &*it.clock, &scope, account, cutting)
        .await
        .unwrap();
    cutting
}

#[tokio::test]
async fn a_procedure_is_defined_read_and_kept_with_those_before() {
    let shop = Shop::open().await;
    let entities = get(&shop, "/api/v1/legal-entities").await;
    let entity = entities["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/legal-entities/{entity}/dunning");
    let numbers = get(&shop, &path).await;
    assert_eq!(numbers["version"], 0);
    assert_eq!(entities["items"][0]["dunning"], numbers, "what counts now");
    assert_eq!(numbers["procedure"]["steps"][1]["kind"], "suspension");
    for _ in 0..2 {
        let definition = put(&path, procedure(Some(20)));
        let defined = shop.house.ask(definition).await.is(200).body;
        assert_eq!(
            (&defined["version"], &defined["procedure"]),
            (&json!(1), &procedure_read(20))
        );
    }
    let definition = put(&path, procedure(None));
    assert_eq!(shop.house.ask(definition).await.is(200).body["version"], 2);
    let entities = get(&shop, "/api/v1/legal-entities").await;
    assert_eq!(entities["items"][0]["dunning"]["version"], 2);
    let all = get(&shop, &format!("{path}/definitions")).await;
    let versions: Vec<_> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["version"].clone())
        .collect();
    assert_eq!(versions, [2, 1]);
    let unknown = "/api/v1/legal-entities/ent_aaaaaaaaaaaaaaaaaaaaaaaaaa/dunning";
    shop.house.ask(Ask::get(unknown)).await.is(404);
    shop.house.ask(put(unknown, procedure(None))).await.is(404);
}

/// The same as it is read: every step says whether it is a fee.
fn procedure_read(percent: u8) -> Value {
    let mut body = procedure(Some(percent));
    for step in body["steps"].as_array_mut().unwrap() {
        let fee = step["fee_minor"].clone();
        step["fee_minor"] = fee;
    }
    body
}

#[tokio::test]
async fn a_procedure_that_contradicts_itself_is_refused_by_name() {
    let shop = Shop::open().await;
    let entities = get(&shop, "/api/v1/legal-entities").await;
    let entity = entities["items"][0]["id"].as_str().unwrap();
    let path = format!("/api/v1/legal-entities/{entity}/dunning");
    for (pointer, value, error) in [
        ("/grace_days", json!(4), "steps within_grace"),
        ("/steps/0/day", json!(9), "steps order"),
        ("/steps/0/kind", json!("suspension"), "steps no_notice"),
        (
            "/steps/1/fee_minor",
            json!(null),
            "steps[1].fee_minor required",
        ),
        (
            "/steps/0/fee_minor",
            json!(5),
            "steps[0].fee_minor not_allowed",
        ),
        ("/steps/1/fee_minor", json!(0), "steps fee"),
        ("/steps/2/kind", json!("termination"), "steps milder"),
        ("/window/weekdays", json!([]), "window.weekdays length"),
        ("/window/from_hour", json!(24), "window.from_hour order"),
        ("/promise/days", json!(61), "promise.days range"),
        ("/most_cut_percent", json!(0), "most_cut_percent range"),
        ("/tolerance_minor", json!(-1), "tolerance_minor range"),
    ] {
        let mut body = procedure(Some(10));
        match body.pointer_mut(pointer) {
            Some(place) => *place = value,
            None => body["steps"][0]["fee_minor"] = value,
        }
        let refused = shop.house.ask(put(&path, body)).await.is(422);
        assert_eq!(&*refused.first_error(), error, "{pointer}");
    }
    assert_eq!(get(&shop, &path).await["version"], 0, "nothing has changed");
}

#[tokio::test]
async fn the_preview_is_what_the_run_does_and_writes_nothing() {
    let (shop, id, entity) = late(None, 5).await;
    let path = format!("/api/v1/legal-entities/{entity}/dunning/preview");
    let seen = get(&shop, &path).await;
    let item = &seen["items"][0];
    assert_eq!(
        (&item["account"], &item["before"]),
        (&json!(id), &json!("clear"))
    );
    let kinds: Vec<_> = item["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["kind"].clone())
        .collect();
    assert_eq!(kinds, ["reminder", "fee"], "access waits for its notice");
    assert_eq!(item["cuts"], false);
    let of = format!("/api/v1/accounts/{id}/dunning");
    assert_eq!(get(&shop, &of).await["steps"], json!([]));
    assert_eq!(dun(&shop, &id, &entity).await, Cutting::Allowed);
    let done = get(&shop, &of).await;
    assert_eq!(done["steps"][0]["kind"], "fee");
    assert_eq!(done["charges"][0]["reason"], "late_fee");
    assert_eq!(done["charges"][0]["amount"]["amount_minor"], 500);
    assert_eq!(
        get(&shop, &path).await["items"],
        json!([]),
        "it was looked at"
    );
    let tomorrow = today(&shop).succ_opt().unwrap();
    let later = get(&shop, &format!("{path}?on={tomorrow}&limit=1")).await;
    assert_eq!(later["items"][0]["after"], "restricted");
    assert_eq!(later["items"][0]["cuts"], true);
    let all = get(&shop, &format!("{path}/summary?on={tomorrow}")).await;
    let counted = |what: &str| all[what].as_u64().unwrap();
    assert_eq!((counted("accounts"), counted("active")), (1, 1));
    assert_eq!((counted("restriction"), counted("cuts")), (1, 1));
    assert_eq!(
        (counted("reminder"), counted("fee"), counted("parked")),
        (0, 0, 0)
    );
    let now = get(&shop, &format!("{path}/summary")).await;
    assert_eq!(now["accounts"], 0, "it was looked at");
    let next = later["next"].as_str().unwrap();
    let end = get(&shop, &format!("{path}?on={tomorrow}&after={next}")).await;
    assert_eq!(end["items"], json!([]));
    let bad = Ask::get(&format!("{path}?after=x"));
    assert_eq!(
        &*shop.house.ask(bad).await.is(400).first_error(),
        "after format"
    );
}

#[tokio::test]
async fn an_account_is_held_and_let_go_with_the_reason_on_record() {
    let (shop, id, entity) = late(None, 5).await;
    dun(&shop, &id, &entity).await;
    let path = |what: &str| format!("/api/v1/accounts/{id}/{what}");
    let hold = json!({ "reason": "the hospital", "until": null });
    let held = shop
        .house
        .ask(Ask::post(&path("hold"), hold))
        .await
        .is(200)
        .body;
    assert_eq!(
        (&held["level"], &held["hold"]["reason"]),
        (&json!("clear"), &json!("the hospital"))
    );
    let other = json!({ "reason": "the school", "until": null });
    let refused = shop
        .house
        .ask(Ask::post(&path("hold"), other))
        .await
        .is(409);
    assert_eq!(&*refused.first_error(), "status already_held");
    let silent = json!({ "reason": "", "until": null });
    shop.house
        .ask(Ask::post(&path("hold"), silent))
        .await
        .is(422);
    for _ in 0..2 {
        let lifted = shop
            .house
            .ask(Ask::post(&path("lift-hold"), json!({})))
            .await
            .is(200)
            .body;
        assert_eq!(
            (&lifted["level"], &lifted["hold"]),
            (&json!("overdue"), &Value::Null)
        );
    }
    let past = json!({ "reason": "too late", "until": "2020-01-01" });
    let refused = shop.house.ask(Ask::post(&path("hold"), past)).await.is(422);
    assert_eq!(&*refused.first_error(), "until range");
    let terms = put(&path("terms"), json!({ "terms_days": 30 }));
    assert_eq!(shop.house.ask(terms).await.is(200).body["terms_days"], 30);
    let terms = put(&path("terms"), json!({ "terms_days": 366 }));
    assert_eq!(
        &*shop.house.ask(terms).await.is(422).first_error(),
        "terms_days range"
    );
    let own = put(&path("dunning"), procedure(None));
    shop.house.ask(own).await.is(200);
    assert_eq!(
        get(&shop, &path("dunning")).await["procedure"]["grace_days"],
        2
    );
    shop.house
        .ask(Ask::new("DELETE", &path("dunning")))
        .await
        .is(200);
    assert_eq!(get(&shop, &path("dunning")).await["procedure"], Value::Null);
}

#[tokio::test]
async fn a_promise_is_taken_once_for_a_debt() {
    let (shop, id, entity) = late(None, 0).await;
    let path = |what: &str| format!("/api/v1/accounts/{id}/{what}");
    let day = |ahead: u64| (today(&shop) + chrono::Days::new(ahead)).to_string();
    let promise = |ahead| Ask::post(&path("promise"), json!({ "until": day(ahead) }));
    let early = shop.house.ask(promise(5)).await.is(409);
    assert_eq!(&*early.first_error(), "status nothing_overdue");
    shop.house.clock.advance(chrono::Duration::days(1));
    dun(&shop, &id, &entity).await;
    assert_eq!(
        &*shop.house.ask(promise(15)).await.is(422).first_error(),
        "until range"
    );
    let promised = shop.house.ask(promise(10)).await.is(200).body;
    assert_eq!(promised["promise"]["until"], day(10));
    let again = shop.house.ask(promise(11)).await.is(409);
    assert_eq!(&*again.first_error(), "status already_promised");
    let broken = Ask::post(
        &path("break-promise"),
        json!({ "reason": "nobody answers" }),
    );
    assert_eq!(
        shop.house.ask(broken).await.is(200).body["promise"],
        Value::Null
    );
    let broken = Ask::post(
        &path("break-promise"),
        json!({ "reason": "nobody answers" }),
    );
    assert_eq!(
        &*shop.house.ask(broken).await.is(409).first_error(),
        "status nothing_promised"
    );
}

#[tokio::test]
async fn a_run_that_would_cut_off_too_many_waits_for_a_person() {
    let (shop, id, entity) = late(Some(50), 5).await;
    assert_eq!(
        dun(&shop, &id, &entity).await,
        Cutting::Allowed,
        "reminders are sent"
    );
    shop.house.clock.advance(chrono::Duration::days(1));
    assert_eq!(dun(&shop, &id, &entity).await, Cutting::Withheld);
    assert_eq!(account(&shop).await["level"], "overdue");
    let waiting = get(&shop, "/api/v1/dunning-runs?state=waiting").await;
    let run = &waiting["items"][0];
    assert_eq!((&run["cuts"], &run["active"]), (&json!(1), &json!(1)));
    let list = get(&shop, "/api/v1/needs-attention?kind=dunning_runs").await;
    let item = &list["groups"][0]["items"][0];
    assert_eq!(item["what"], "waiting_dunning_run");
    let href = item["actions"][0]["href"].as_str().unwrap().to_owned();
    let silent = Ask::post(&href, json!({ "reason": "" }));
    shop.house.ask(silent).await.is(422);
    for _ in 0..2 {
        let word = Ask::post(&href, json!({ "reason": "they all owe" }));
        let decided = shop.house.ask(word).await.is(200).body;
        assert_eq!(
            (&decided["state"], &decided["reason"]),
            (&json!("approved"), &json!("they all owe"))
        );
    }
    let refuse = href.replace("approve", "refuse");
    let late = Ask::post(&refuse, json!({ "reason": "no" }));
    assert_eq!(
        &*shop.house.ask(late).await.is(409).first_error(),
        "status not_waiting"
    );
    shop.house.clock.advance(chrono::Duration::hours(1));
    assert_eq!(dun(&shop, &id, &entity).await, Cutting::Allowed);
    assert_eq!(account(&shop).await["level"], "restricted");
    let list = get(&shop, "/api/v1/needs-attention?kind=dunning_runs").await;
    assert_eq!(list["groups"][0]["items"], json!([]));
}

#[tokio::test]
async fn what_waits_is_one_list_by_kind_and_reason() {
    let shop = Shop::open().await;
    shop.sell(shop.sale("siti.42")).await.is(201);
    let id = account(&shop).await["id"].as_str().unwrap().to_owned();
    let scope = Scope::system(TENANT, "test", Uuid::nil());
    let reason = billing::Unbillable::StandsBilled;
    let store = &*shop.house.ports.billing;
    billing::park_account(store, &scope, id.parse().unwrap(), &reason)
        .await
        .unwrap();
    let all = get(&shop, "/api/v1/needs-attention").await;
    let groups = all["groups"].as_array().unwrap();
    let kinds: Vec<_> = groups
        .iter()
        .map(|it| it["kind"].as_str().unwrap())
        .collect();
    let wanted = [
        "access",
        "parked_accounts",
        "dunning_runs",
        "unmatched_payments",
        "payment_proofs",
        "webhooks",
        "payment_links",
        "refunds",
        "reconciliations",
        "routers",
        "jobs",
        "deliveries",
    ];
    assert_eq!(kinds, wanted);
    let parked = &groups[1];
    assert_eq!(parked["items"][0]["id"], id);
    assert_eq!(parked["reasons"][0]["count"], 1);
    let action = &parked["items"][0]["actions"][0];
    let href = action["href"].as_str().unwrap();
    shop.house.ask(Ask::post(href, json!({}))).await.is(200);
    let one = get(&shop, "/api/v1/needs-attention?kind=parked_accounts").await;
    assert_eq!(one["groups"].as_array().unwrap().len(), 1);
    assert_eq!(one["groups"][0]["items"], json!([]));
    let access = &groups[0]["items"];
    assert!(
        access
            .as_array()
            .unwrap()
            .iter()
            .all(|it| it["actions"][0]["method"] == "POST")
    );
    let bad = Ask::get("/api/v1/needs-attention?kind=weather");
    shop.house.ask(bad).await.is(400);
}
