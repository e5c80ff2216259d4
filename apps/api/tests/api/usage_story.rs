//! Use over HTTP: by day, in sum, and session by session.

use access::testing::{sample_grant, sample_profile, sample_router};
use access::{
    Load, LoginChange, LoginRef, Meter, PollState, Service, Subject, TrackedSession, UsageReading,
};
use kernel::{GrantId, Id, RouterId, Scope, SubscriptionId};
use operators::Role;
use serde_json::json;
use uuid::Uuid;

use crate::exchange::Ask;
use crate::house::{House, TENANT, noon};

const GRANT: GrantId = Id::from_uuid(Uuid::from_u128(0x91));
const SUBSCRIPTION: SubscriptionId = Id::from_uuid(Uuid::from_u128(0x92));
const ROUTER: RouterId = Id::from_uuid(Uuid::from_u128(0x93));

fn subject() -> Subject {
    Subject::Subscription(SUBSCRIPTION)
}

/// A customer who used a megabyte up and two gigabytes down yesterday and today, on one session that still runs.
async fn house_with_use() -> House {
    let house = House::new();
    house.found().await;
    let scope = Scope::system(TENANT, "test", Uuid::nil());
    let mut tx = house.ports.access.begin(&scope).await.unwrap();
    let mut router = sample_router(ROUTER).unwrap();
    tx.routers().save(&mut router).await.unwrap();
    let profile = Id::from_uuid(Uuid::from_u128(0x94));
    let mut profile = sample_profile(profile, "home", Service::Pppoe).unwrap();
    tx.profiles().save(&mut profile).await.unwrap();
    let grant = sample_grant(GRANT, ROUTER, subject(), &profile, "siti.42", noon());
    tx.grants().save(&mut grant.unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    let login = LoginRef::new(Service::Pppoe, "siti.42");
    let half = Load {
        bytes_up: 500_000,
        bytes_down: 1_000_000_000,
        seconds: 3_600,
    };
    let session = TrackedSession {
        id: Id::from_uuid(Uuid::from_u128(0x95)),
        login: login.clone(),
        grant: GRANT,
        subject: subject(),
        key: "0x1".to_owned(),
        started_at: noon(),
        seen_at: noon(),
        end: None,
        address: Some("10.64.3.7".to_owned()),
        device: None,
        seen: half,
        counted: half,
    };
    let change = LoginChange {
        meter: Meter::new(login, GRANT, subject()),
        sessions: vec![session],
        begun: Vec::new(),
        used: half,
        carried: Load::ZERO,
        first_use: None,
    };
    let mut state = PollState::after(None, &UsageReading::default(), noon());
    let today = noon().utc().date_naive();
    for day in [today.pred_opt().unwrap(), today] {
        let changes = [change.clone()];
        let usage = &house.ports.usage;
        let recorded = usage.record(TENANT, ROUTER, &state, day, &changes).await;
        state.version = recorded.unwrap();
    }
    house
}

#[tokio::test]
async fn use_is_shown_by_day_and_in_sum() {
    let house = house_with_use().await;
    for place in [
        format!("/api/v1/grants/{GRANT}/usage"),
        format!("/api/v1/subscriptions/{SUBSCRIPTION}/usage"),
    ] {
        let shown = house.ask_as(Role::Cashier, Ask::get(&place)).await.is(200);
        assert_eq!(shown.body["days"].as_array().unwrap().len(), 2);
        assert_eq!(shown.body["sum"]["bytes_down"], 2_000_000_000_i64);
        assert_eq!(shown.body["total"]["seconds_online"], 7_200);
        let today = noon().utc().date_naive();
        let place = format!("{place}?from={today}&to={today}");
        let shown = house.ask(Ask::get(&place)).await.is(200);
        assert_eq!(shown.body["days"][0]["bytes_up"], 500_000);
        assert_eq!(shown.body["total"]["bytes_up"], 1_000_000);
    }
}

#[tokio::test]
async fn days_that_make_no_sense_are_refused_by_name() {
    let house = house_with_use().await;
    let place = format!("/api/v1/grants/{GRANT}/usage");
    for (query, error) in [
        ("from=2026-11-02&to=2026-11-01", "from range"),
        ("from=2025-01-01&to=2026-11-01", "from range"),
        ("from=yesterday", "from format"),
        ("limit=3", "limit unknown_field"),
    ] {
        let refused = house.ask(Ask::get(&format!("{place}?{query}"))).await;
        assert_eq!(refused.is(400).first_error(), error, "{query}");
    }
    let nobody: GrantId = Id::from_uuid(Uuid::from_u128(0x99));
    let place = format!("/api/v1/grants/{nobody}/usage");
    house.ask(Ask::get(&place)).await.is(404);
}

#[tokio::test]
async fn sessions_are_listed_and_filtered() {
    let house = house_with_use().await;
    let list = |query: String| house.ask(Ask::get(&format!("/api/v1/sessions?{query}")));
    let all = list(String::new()).await.is(200);
    assert_eq!(all.body["items"][0]["login"], "siti.42");
    assert_eq!(all.body["items"][0]["address"], "10.64.3.7");
    assert_eq!(all.body["items"][0]["cause"], json!(null));
    for (query, count) in [
        ("online=true".to_owned(), 1),
        ("online=false".to_owned(), 0),
        (format!("router={ROUTER}&subscription={SUBSCRIPTION}"), 1),
        (format!("grant={GRANT}&limit=5"), 1),
    ] {
        let listed = list(query.clone()).await.is(200);
        assert_eq!(
            listed.body["items"].as_array().unwrap().len(),
            count,
            "{query}"
        );
    }
    list("colour=red".to_owned()).await.is(400);
}
