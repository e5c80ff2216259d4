//! A Mikhmon router over HTTP: looked at, shown row by row, and taken over.

use std::sync::Arc;

use access::Subject;
use access::testing::{FakeRouter, mikhmon_survey};
use async_trait::async_trait;
use jobs::ClaimedJob;
use kernel::{Id, Lane, Priority, RouterId, Scope, StoreError};
use mikrotik_billing_api::Ports;
use operators::Role;
use serde_json::{Value, json};
use workflows::Progress;

use crate::exchange::Ask;
use crate::house::{House, STRANGER, TENANT, settings};

struct Site {
    house: House,
    fake: Arc<FakeRouter>,
    place: String,
}

impl Site {
    async fn new() -> Self {
        let fake = Arc::new(FakeRouter::new());
        let gateway = Arc::<FakeRouter>::clone(&fake);
        let house = House::with(|ports| Ports { gateway, ..ports }, settings());
        house.found().await;
        let tower = json!({ "name": "Tower", "host": "10.20.0.1", "transport": "plain", "username": "billing", "password": "s3cret" });
        let answer = house.ask(Ask::post("/api/v1/routers", tower)).await.is(201);
        let place = answer.header("location").to_owned();
        let id: RouterId = answer.body["id"].as_str().unwrap().parse().unwrap();
        fake.set_survey(id, mikhmon_survey());
        Self { house, fake, place }
    }

    async fn preview(&self) -> (String, Value) {
        let ask = Ask::post(&format!("{}/imports", self.place), json!({}));
        let answer = self.house.ask_as(Role::Technician, ask).await.is(201);
        (answer.header("location").to_owned(), answer.body)
    }

    async fn rows(&self, role: Role, import: &str, query: &str) -> Vec<Value> {
        let ask = Ask::get(&format!("{import}/rows?limit=200&{query}"));
        let answer = self.house.ask_as(role, ask).await.is(200);
        answer.body["items"].as_array().unwrap().clone()
    }
}

struct NoSteps;

#[async_trait]
impl Progress for NoSteps {
    async fn report(&self, _done: u64, _total: Option<u64>) -> Result<bool, StoreError> {
        Ok(true)
    }
}

fn named<'a>(rows: &'a [Value], name: &str) -> &'a Value {
    rows.iter().find(|it| it["name"] == name).unwrap()
}

#[tokio::test]
async fn a_look_shows_what_would_become_of_every_row() {
    let site = Site::new().await;
    let (place, import) = site.preview().await;
    assert_eq!(import["status"], "previewed");
    assert_eq!(import["zone"], "Asia/Jakarta");
    assert_eq!(import["digest"].as_str().unwrap().len(), 64);
    let vouchers = json!({ "kind": "voucher", "state": "pending", "count": 6 });
    assert!(import["counts"].as_array().unwrap().contains(&vouchers));

    let rows = site.rows(Role::Admin, &place, "").await;
    let day = named(&rows, "1day");
    assert_eq!(day["becomes"]["price"], "5000");
    assert_eq!(day["becomes"]["minutes"], 1_440);
    let code = named(&rows, "ab23");
    assert_eq!(code["becomes"]["standing"], "unused");
    assert_eq!(code["comment"], "vc-123-08.14.26-kiosk");
    let wati = named(&rows, "wati");
    assert_eq!(
        (&wati["state"], &wati["is_utf8"]),
        (&json!("refused"), &json!(false))
    );
    assert_eq!(wati["comment"], "café Wati");
    let cyrillic = site
        .rows(Role::Admin, &place, "codepage=windows-1251")
        .await;
    assert_eq!(named(&cyrillic, "wati")["comment"], "cafй Wati");
    let leases = site
        .rows(Role::Admin, &place, "kind=dhcp_lease&state=pending")
        .await;
    assert_eq!(leases.len(), 1);
    assert_eq!(leases[0]["becomes"]["target"], "10.0.0.8");
    assert!(leases[0]["becomes"]["subscription"].is_string());
}

#[tokio::test]
async fn codes_show_only_to_those_who_may_see_them() {
    let site = Site::new().await;
    let (place, _) = site.preview().await;
    let rows = site.rows(Role::Technician, &place, "kind=voucher").await;
    assert!(
        rows.iter()
            .all(|it| it["name"].as_str().unwrap().ends_with('…'))
    );
    let sales = site.rows(Role::Technician, &place, "kind=sale").await;
    assert!(sales.iter().all(|it| it["name"] == "…"));
}

#[tokio::test]
async fn a_hotspot_name_shows_nowhere_in_its_row_to_those_who_may_not_see_codes() {
    let site = Site::new().await;
    let router: RouterId = site.place.rsplit('/').next().unwrap().parse().unwrap();
    let mut survey = mikhmon_survey();
    let member = survey.logins.iter_mut();
    let member = member.filter(|it| it.name.lossy() == "member");
    member.for_each(|it| it.comment = access::adoption::Raw::from("member"));
    site.fake.set_actual(router, access::Actual::default());
    site.fake.set_survey(router, survey);
    let (place, _) = site.preview().await;
    let customers = |role| site.rows(role, &place, "kind=customer");
    let plain = customers(Role::Admin).await;
    assert_eq!(
        named(&plain, "member")["becomes"]["customer_name"],
        "member"
    );
    let masked = customers(Role::Technician).await;
    let row = named(&masked, "me…");
    assert_eq!(row["becomes"]["customer_name"], "me…");
    assert_eq!(row["comment"], "me…");
    assert_eq!(
        named(&masked, "budi")["becomes"]["customer_name"],
        "Budi Santoso"
    );
}

#[tokio::test]
async fn a_voucher_that_is_online_shows_masked_to_those_who_may_not_see_codes() {
    let site = Site::new().await;
    site.taken_over().await;
    let router: RouterId = site.place.rsplit('/').next().unwrap().parse().unwrap();
    let actual = site.fake.actual(router);
    for name in ["ab23", "member"] {
        let rows = actual.rows(access::Menu::HotspotUser);
        let row = rows.iter().find(|it| it.name == name).unwrap();
        let password = row.password.as_ref().map_or("", |it| it.expose());
        let login = access::LoginRef::new(access::Service::Hotspot, name);
        assert!(site.fake.dial(router, &login, password));
    }
    let path = format!("{}/sessions", site.place);
    for (role, code) in [(Role::Cashier, "ab23"), (Role::Technician, "ab…")] {
        let online = site.house.ask_as(role, Ask::get(&path)).await.is(200);
        let items = online.body["items"].as_array().unwrap();
        let names: Vec<&Value> = items.iter().map(|it| &it["login"]["name"]).collect();
        assert_eq!(names, [code, "member"], "{role}");
    }
}

#[tokio::test]
async fn sales_of_the_past_are_money_and_their_logins_are_codes() {
    let site = Site::new().await;
    site.taken_over().await;
    let path = format!("{}/historical-sales", site.place);
    let of = |role| site.house.ask_as(role, Ask::get(&path));
    let shown = of(Role::Cashier).await.is(200);
    assert_eq!(shown.body["items"][0]["login"], "zz99");
    let masked = of(Role::Auditor).await.is(200);
    assert_eq!(masked.body["items"][0]["login"], "zz…");
    of(Role::Technician).await.is(403);
    let none: RouterId = Id::from_uuid(uuid::Uuid::from_u128(5));
    let unknown = format!("/api/v1/routers/{none}/historical-sales");
    site.house.ask(Ask::get(&unknown)).await.is(404);
}

#[tokio::test]
async fn a_router_is_taken_over_in_the_background() {
    let site = Site::new().await;
    let (place, import) = site.preview().await;
    let apply = || site.house.ask(Ask::new("POST", &format!("{place}/apply")));
    let begun = apply().await.is(202);
    let job = begun.header("location").to_owned();
    site.queue(job.rsplit('/').next().unwrap()).await;
    let going = site.house.ask(Ask::get(&place)).await.is(200);
    assert_eq!(going.body["status"], "applying");
    assert_eq!(
        format!("/api/v1/jobs/{}", begun.body["job"].as_str().unwrap()),
        job
    );
    assert_eq!(
        apply().await.is(202).header("location"),
        job,
        "one job at a time"
    );

    let id = job.rsplit('/').next().unwrap().parse().unwrap();
    let claimed = claimed(json!({ "import": import["id"] }), id);
    let bench = site.house.ports.workbench();
    workflows::run_job(&bench, &claimed, &NoSteps)
        .await
        .unwrap();
    let done = site.house.ask(Ask::get(&place)).await.is(200);
    assert_eq!(done.body["status"], "applied");
    let rows = site.rows(Role::Admin, &place, "").await;
    let budi = named(&rows, "budi");
    assert_eq!(budi["state"], "imported");
    let customer = budi["becomes"]["customer"].as_str().unwrap();
    let shown = site
        .house
        .ask(Ask::get(&format!("/api/v1/customers/{customer}")))
        .await;
    assert_eq!(shown.is(200).body["name"], "Budi Santoso");
    let sales = Ask::get(&format!("{}/historical-sales", site.place));
    let sales = site.house.ask(sales).await.is(200);
    assert_eq!(sales.body["items"].as_array().unwrap().len(), 2);
    let price = json!({ "amount_minor": 500_000, "currency": "IDR" });
    assert_eq!(sales.body["items"][0]["price"], price);
    let router: RouterId = import["router"].as_str().unwrap().parse().unwrap();
    // Three customers, a queue, a lease, and every voucher but the one that is used up: on this day none has expired.
    assert_eq!(site.fake.writes(router), 10);
}

#[tokio::test]
async fn an_import_whose_job_was_cancelled_shows_as_interrupted_and_begins_again() {
    let site = Site::new().await;
    let (place, _) = site.preview().await;
    let apply = || site.house.ask(Ask::new("POST", &format!("{place}/apply")));
    let begun = apply().await.is(202);
    let job = begun.header("location").to_owned();
    site.queue(job.rsplit('/').next().unwrap()).await;
    let cancel = Ask::new("POST", &format!("{job}/cancel"));
    site.house.ask(cancel).await;
    let shown = site.house.ask(Ask::get(&place)).await.is(200);
    assert_eq!(shown.body["status"], "interrupted");
    assert!(job.ends_with(shown.body["job"].as_str().unwrap()));
    let again = apply().await.is(202);
    assert_ne!(again.header("location"), job);
}

impl Site {
    /// What the store does at commit: the fakes of the contexts keep their own lists.
    async fn queue(&self, job: &str) {
        let scope = Scope::system(TENANT, "test", uuid::Uuid::nil());
        let mut tx = self.house.ports.jobs_store.begin(&scope).await.unwrap();
        let request = kernel::JobRequest {
            id: job.parse().unwrap(),
            kind: "apply_import".to_owned(),
            lane: Lane::open(),
            priority: Priority::Normal,
            run_at: crate::house::noon(),
            unique_key: None,
            payload: json!({}),
            max_attempts: 5,
            total: None,
        };
        tx.enqueue(request).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn taken_over(&self) -> String {
        let (place, import) = self.preview().await;
        self.house
            .ask(Ask::new("POST", &format!("{place}/apply")))
            .await
            .is(202);
        let claimed = claimed(
            json!({ "import": import["id"] }),
            Id::from_uuid(uuid::Uuid::nil()),
        );
        let bench = self.house.ports.workbench();
        workflows::run_job(&bench, &claimed, &NoSteps)
            .await
            .unwrap();
        place
    }

    async fn created(&self, path: &str, body: Value) -> String {
        let answer = self.house.ask(Ask::post(path, body)).await.is(201);
        answer.body["id"].as_str().unwrap().to_owned()
    }

    async fn plan(&self, service: &str) -> String {
        let rate = json!({ "up_bps": 5_000_000, "down_bps": 20_000_000 });
        let profile = json!({ "name": format!("sold-{service}"), "service": service, "terms": { "rate": rate } });
        let profile = self.created("/api/v1/service-profiles", profile).await;
        let plan = json!({
            "name": format!("Sold {service}"),
            "price": { "amount_minor": 30_000_000, "currency": "IDR" },
            "interval": { "unit": "months", "count": 1 },
            "service_profile": profile,
            "sold_as": "subscription",
        });
        self.created("/api/v1/plans", plan).await
    }
}

#[tokio::test]
async fn an_imported_login_is_sold_to_without_a_new_one() {
    let site = Site::new().await;
    let place = site.taken_over().await;
    let rows = site.rows(Role::Admin, &place, "kind=customer").await;
    let becomes = &named(&rows, "budi")["becomes"];
    let sale = |plan: &str, login: &str| {
        json!({
            "customer": becomes["customer"],
            "plan": plan,
            "router": site.place.rsplit('/').next().unwrap(),
            "login": login,
            "adopted": becomes["subscription"],
        })
    };
    let sell = |body: Value| site.house.ask(Ask::post("/api/v1/subscriptions", body));
    let (line, spot) = (site.plan("pppoe").await, site.plan("hotspot").await);
    let other = sell(sale(&line, "joko")).await.is(422);
    assert_eq!(other.first_error(), "adopted unknown");
    let odd = sell(sale(&spot, "budi")).await.is(422);
    assert_eq!(odd.first_error(), "plan service");
    let mut with_password = sale(&line, "budi");
    with_password["password"] = json!("open-sesame");
    let odd = sell(with_password).await.is(422);
    assert_eq!(odd.first_error(), "password exclusive");

    let grants = Ask::get("/api/v1/grants?limit=200");
    let count = |answer: &crate::exchange::Answer| answer.body["items"].as_array().unwrap().len();
    let before = count(&site.house.ask(grants).await.is(200));
    let sold = sell(sale(&line, "budi")).await.is(201);
    assert_eq!(sold.body["subscription"]["id"], becomes["subscription"]);
    assert_eq!(sold.body["password"], Value::Null);
    let grants = Ask::get("/api/v1/grants?limit=200");
    assert_eq!(count(&site.house.ask(grants).await.is(200)), before);
}

#[tokio::test]
async fn an_imported_login_that_has_ended_is_sold_to_nobody() {
    let site = Site::new().await;
    let place = site.taken_over().await;
    let rows = site.rows(Role::Admin, &place, "kind=customer").await;
    let becomes = &named(&rows, "budi")["becomes"];
    let adopted = becomes["subscription"].as_str().unwrap().parse().unwrap();
    let bench = site.house.ports.workbench();
    let scope = Scope::system(TENANT, "test", uuid::Uuid::nil());
    let subject = Subject::Subscription(adopted);
    let ended = access::end_access(&*bench.access, &*bench.ids, &*bench.clock, &scope, subject);
    assert!(ended.await.unwrap());
    let sale = json!({
        "customer": becomes["customer"],
        "plan": site.plan("pppoe").await,
        "router": site.place.rsplit('/').next().unwrap(),
        "login": "budi",
        "adopted": adopted.to_string(),
    });
    let refused = site.house.ask(Ask::post("/api/v1/subscriptions", sale));
    assert_eq!(refused.await.is(422).first_error(), "adopted unknown");
}

fn claimed(payload: Value, id: kernel::JobId) -> ClaimedJob {
    ClaimedJob {
        id,
        tenant: TENANT,
        kind: "apply_import".to_owned(),
        lane: Lane::open(),
        priority: Priority::Normal,
        payload,
        attempt: 1,
        max_attempts: 5,
        done: 0,
        total: None,
        worker: "worker-1".to_owned(),
    }
}

#[tokio::test]
async fn what_is_not_there_or_not_understood_is_refused() {
    let site = Site::new().await;
    let (place, _) = site.preview().await;
    let ask = |body: Value| Ask::post(&format!("{}/imports", site.place), body);
    let odd = site
        .house
        .ask(ask(json!({ "zone": "Moon/Base" })))
        .await
        .is(422);
    assert_eq!(odd.first_error(), "zone format");
    let odd = Ask::get(&format!("{place}/rows?codepage=klingon"));
    assert_eq!(
        site.house.ask(odd).await.is(400).problem(),
        "invalid-parameter"
    );
    let none: RouterId = Id::from_uuid(uuid::Uuid::from_u128(5));
    let elsewhere = place.replace(site.place.rsplit('/').next().unwrap(), &none.to_string());
    site.house.ask(Ask::get(&elsewhere)).await.is(404);
    let apply = Ask::new("POST", &format!("{elsewhere}/apply"));
    site.house.ask(apply).await.is(404);
    let stranger = site.house.token_of(STRANGER, Role::Admin);
    let theirs = Ask::get(&place).token(&stranger);
    theirs.send(&site.house.router).await.is(404);
}

#[tokio::test]
async fn a_new_password_shows_to_those_who_may_see_codes() {
    let site = Site::new().await;
    let router: RouterId = site.place.rsplit('/').next().unwrap().parse().unwrap();
    let mut survey = mikhmon_survey();
    let logins = survey.logins.iter_mut();
    logins.for_each(|it| it.password = access::adoption::SurveyedPassword::Hidden);
    site.fake.set_actual(router, access::Actual::default());
    site.fake.set_survey(router, survey);
    let (place, _) = site.preview().await;
    let rows = site.rows(Role::Admin, &place, "state=refused").await;
    let why = named(&rows, "budi")["reason"].as_str().unwrap();
    assert!(why.contains("reset_passwords"), "{why}");

    let ask = Ask::post(
        &format!("{}/imports", site.place),
        json!({ "reset_passwords": true }),
    );
    let place = site.house.ask(ask).await.is(201);
    let place = place.header("location").to_owned();
    let password = async |role| {
        let rows = site.rows(role, &place, "kind=customer").await;
        named(&rows, "budi")["becomes"]["new_password"].clone()
    };
    assert_eq!(password(Role::Admin).await.as_str().unwrap().len(), 12);
    assert_eq!(password(Role::Technician).await, Value::Null);
    let rows = site.rows(Role::Admin, &place, "kind=voucher").await;
    assert_eq!(named(&rows, "ab23")["becomes"]["new_password"], Value::Null);
}

#[tokio::test]
async fn a_router_without_a_zone_asks_for_one() {
    let site = Site::new().await;
    let (_, import) = site.preview().await;
    let router: RouterId = import["router"].as_str().unwrap().parse().unwrap();
    let mut survey = mikhmon_survey();
    survey.zone = Some("manual".to_owned());
    site.fake.set_actual(router, access::Actual::default());
    site.fake.set_survey(router, survey);
    let ask = |body: Value| Ask::post(&format!("{}/imports", site.place), body);
    let refused = site.house.ask(ask(json!({}))).await.is(422);
    assert_eq!(refused.first_error(), "zone required");
    let told = site
        .house
        .ask(ask(json!({ "zone": "Africa/Nairobi" })))
        .await;
    assert_eq!(told.is(201).body["zone"], "Africa/Nairobi");
}
