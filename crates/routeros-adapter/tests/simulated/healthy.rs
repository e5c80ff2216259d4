//! Everything the port promises, on every kind of router.

use std::time::Duration;

use access::testing::router_gateway_contract;
use access::{
    Action, CutReport, GatewayErrorKind as Kind, LoginMethod, LoginRef, Menu, RouterGateway,
    Selection, Service, Target,
};
use routeros_sim::{Fault, SimConfig, SimUser, VersionProfile};
use tokio::time::Instant;

use crate::site::{Site, disable, impatient, users_plan};

#[tokio::test]
async fn the_gateway_keeps_its_promises_on_a_current_router() {
    router_gateway_contract(&Site::new().await).await;
}

#[tokio::test]
async fn the_gateway_keeps_its_promises_on_a_virtual_router_that_says_empty_to_everything() {
    let config = SimConfig {
        has_routerboard: false,
        sends_empty_after_writes: true,
        ..SimConfig::new("chr")
    };
    router_gateway_contract(&Site::with(config, impatient()).await).await;
}

#[tokio::test]
async fn the_gateway_keeps_its_promises_when_bytes_trickle_in() {
    let site = Site::new().await;
    site.router.set_fault(Fault::FragmentReplies);
    router_gateway_contract(&site).await;
}

#[tokio::test]
async fn old_routers_are_logged_in_to_by_challenge_and_only_when_told_so() {
    let config = SimConfig {
        version: VersionProfile::V6_40,
        ..SimConfig::new("old")
    };
    let site = Site::with(config, impatient()).await;
    let legacy = Target {
        method: LoginMethod::LegacyMd5,
        ..site.at()
    };
    let facts = site.gateway.inspect(&legacy).await.unwrap();
    assert!(facts.version.starts_with("6.40"), "{facts:?}");
    let wrong = Target {
        password: kernel::Secret::new("wrong"),
        ..legacy
    };
    let refused = site.gateway.inspect(&wrong).await.unwrap_err();
    assert_eq!(refused.kind, Kind::AuthFailed);
    let plain = site.gateway.inspect(&site.at()).await.unwrap_err();
    assert!(
        matches!(plain.kind, Kind::AuthFailed | Kind::Unsupported),
        "{plain:?}"
    );
    let modern = Site::new().await;
    let challenged = Target {
        method: LoginMethod::LegacyMd5,
        ..modern.at()
    };
    assert!(modern.gateway.inspect(&challenged).await.is_err());
}

#[tokio::test]
async fn the_router_says_what_it_is() {
    let site = Site::new().await;
    let facts = site.gateway.inspect(&site.at()).await.unwrap();
    assert_eq!(facts.identity, "tower-7");
    assert!(facts.version.starts_with("7.18"), "{facts:?}");
    assert!(!facts.board.is_empty());
    let known = Target {
        expected_serial: facts.serial.clone(),
        ..site.at()
    };
    assert!(site.gateway.read(&known, &Selection::All).await.is_ok());
    let other = Target {
        expected_serial: Some("HEX99".to_owned()),
        ..site.at()
    };
    let writes = site.router.stats();
    let results = site
        .gateway
        .apply(&other, &users_plan(1, &access::Actual::default()).changes)
        .await;
    assert!(
        results
            .iter()
            .all(|it| it.as_ref().is_err_and(|err| err.kind == Kind::WrongRouter))
    );
    assert_eq!(site.users(), 0, "nothing was written: {writes:?}");
}

#[tokio::test]
async fn an_account_that_may_not_write_is_refused_at_once() {
    let reader = SimUser::new("reader", "password", &["api", "read"]);
    let config = SimConfig {
        users: vec![reader],
        ..SimConfig::new("tower-7")
    };
    let site = Site::with(config, impatient()).await;
    let target = Target {
        username: "reader".to_owned(),
        ..site.at()
    };
    let refused = site.gateway.inspect(&target).await.unwrap_err();
    assert_eq!(refused.kind, Kind::Forbidden);
}

#[tokio::test]
async fn commands_in_flight_share_their_latency() {
    let mut took = Vec::new();
    for in_flight in [1, 8] {
        let settings = routeros_adapter::GatewaySettings {
            in_flight,
            table_timeout: Duration::from_secs(10),
            command_timeout: Duration::from_secs(10),
            ..impatient()
        };
        let site = Site::with(SimConfig::new("tower-7"), settings).await;
        let plan = users_plan(200, &site.read().await.unwrap());
        site.router.set_command_delay(Duration::from_millis(5));
        let start = Instant::now();
        let results = site.apply(&plan.changes).await;
        took.push(start.elapsed());
        assert!(results.iter().all(Result::is_ok));
        assert_eq!(site.users(), 200);
    }
    assert!(took[1] * 2 < took[0], "{took:?}");
}

#[tokio::test]
async fn the_limiter_keeps_a_gap_between_writes() {
    let settings = routeros_adapter::GatewaySettings {
        write_gap: Some(Duration::from_millis(10)),
        ..impatient()
    };
    let site = Site::with(SimConfig::new("tower-7"), settings).await;
    let plan = users_plan(20, &site.read().await.unwrap());
    let start = Instant::now();
    site.apply(&plan.changes).await;
    assert!(
        start.elapsed() >= Duration::from_millis(200),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn large_selections_are_read_in_few_commands() {
    let site = Site::new().await;
    let plan = users_plan(400, &site.read().await.unwrap());
    site.apply(&plan.changes).await;
    let names = |count: u64| {
        let name = |it: u64| LoginRef::new(Service::Hotspot, format!("u{it:05}"));
        Selection::Logins((0..count).map(name).collect())
    };
    for count in [1, 120, 400] {
        let before = site.router.stats().commands;
        let some = site.gateway.read(&site.at(), &names(count)).await.unwrap();
        assert_eq!(
            some.rows(Menu::HotspotUser).len(),
            usize::try_from(count).unwrap()
        );
        let commands = site.router.stats().commands - before;
        assert!(commands <= 5, "{commands} commands for {count} names");
    }
}

#[tokio::test]
async fn cutting_takes_cookies_along_so_that_nobody_slips_back() {
    let site = Site::new().await;
    let plan = users_plan(3, &site.read().await.unwrap());
    site.apply(&plan.changes).await;
    let mac = "AA:BB:CC:00:00:07";
    site.router.hotspot_login("u00001", "p1", mac).unwrap();
    site.router
        .hotspot_login("u00002", "p2", "AA:BB:CC:00:00:08")
        .unwrap();
    assert!(!site.router.rows("/ip/hotspot/cookie").is_empty());
    let change = disable(&site.read().await.unwrap(), "u00001");
    assert_eq!(site.apply(&[change]).await, [Ok(())]);
    let logins = [LoginRef::new(Service::Hotspot, "u00001")];
    let report = site.gateway.cut(&site.at(), &logins).await.unwrap();
    assert_eq!(
        report,
        CutReport {
            removed: 1,
            still_online: Vec::new()
        }
    );
    assert!(site.router.hotspot_cookie_login(mac).is_err());
    let online = site.gateway.sessions(&site.at()).await.unwrap();
    assert_eq!(online.len(), 1);
    assert_eq!(online[0].login.name, "u00002");
    assert_eq!(online[0].device.as_deref(), Some("AA:BB:CC:00:00:08"));
    assert!(online[0].address.is_some());
}

#[tokio::test]
async fn what_a_hand_changed_is_seen_and_mended() {
    let site = Site::new().await;
    let plan = users_plan(5, &site.read().await.unwrap());
    site.apply(&plan.changes).await;
    site.router.remove("/ip/hotspot/user", "u00000").unwrap();
    site.router
        .update("/ip/hotspot/user", "u00001", &[("disabled", "yes")])
        .unwrap();
    site.router
        .update(
            "/ip/hotspot/user/profile",
            "wb-spot",
            &[("rate-limit", "1G/1G")],
        )
        .unwrap();
    let plan = users_plan(5, &site.read().await.unwrap());
    let creations = plan
        .changes
        .iter()
        .filter(|it| matches!(it.action, Action::Create { .. }));
    assert_eq!((plan.changes.len(), creations.count()), (3, 1));
    assert!(site.apply(&plan.changes).await.iter().all(Result::is_ok));
    assert!(users_plan(5, &site.read().await.unwrap()).is_empty());
}

#[tokio::test]
async fn every_attribute_that_is_ever_cleared_can_be() {
    let site = Site::new().await;
    for (menu, name, values) in [
        (
            Menu::PppProfile,
            "wb-line",
            &[
                ("session-timeout", "1h"),
                ("idle-timeout", "10m"),
                ("address-list", "x"),
                ("rate-limit", "1M/1M"),
            ][..],
        ),
        (
            Menu::HotspotProfile,
            "wb-spot",
            &[
                ("session-timeout", "1h"),
                ("idle-timeout", "10m"),
                ("address-list", "x"),
                ("shared-users", "3"),
            ][..],
        ),
    ] {
        let named = [&[("name", name)], values].concat();
        site.router.insert(menu.path(), &named).unwrap();
        let read = site.read().await.unwrap();
        let row = read
            .rows(menu)
            .iter()
            .find(|it| it.name == name)
            .unwrap()
            .clone();
        assert_eq!(row.values.len(), values.len(), "{row:?}");
        let clear = |attribute: &access::Attribute| access::Edit::Set {
            attribute: *attribute,
            to: None,
            was: None,
        };
        let edits = row.values.keys().map(clear).collect();
        let change = access::Change {
            menu,
            name: name.to_owned(),
            action: Action::Update { id: row.id, edits },
            grant: None,
            cuts: false,
        };
        assert_eq!(site.apply(&[change]).await, [Ok(())], "{menu}");
        let read = site.read().await.unwrap();
        let row = read.rows(menu).iter().find(|it| it.name == name).unwrap();
        assert!(row.values.is_empty(), "{row:?}");
    }
}
