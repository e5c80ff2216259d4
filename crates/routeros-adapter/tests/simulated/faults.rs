//! Routers that stall, drop and vanish in the middle of something.

use std::time::Duration;

use access::{Action, GatewayErrorKind as Kind, LoginRef, RouterGateway, Selection, Service};
use routeros_sim::{Fault, SimConfig};
use tokio::time::{Instant, timeout};

use crate::site::{Site, disable, impatient, users_plan};

#[tokio::test]
async fn a_change_that_was_made_but_not_answered_is_not_made_twice() {
    for nth in [1, 2, 3, 8] {
        let site = Site::new().await;
        let plan = users_plan(10, &site.read().await.unwrap());
        site.router.set_fault(Fault::DropAfterApply(nth));
        let results = site.apply(&plan.changes).await;
        assert!(results.iter().all(Result::is_ok), "{nth}: {results:?}");
        assert_eq!(site.users(), 10);
        assert!(users_plan(10, &site.read().await.unwrap()).is_empty());
    }
}

#[tokio::test]
async fn updates_and_removals_survive_a_lost_answer() {
    let site = Site::new().await;
    site.apply(&users_plan(3, &site.read().await.unwrap()).changes)
        .await;
    let read = site.read().await.unwrap();
    site.router.set_fault(Fault::DropAfterApply(1));
    assert_eq!(site.apply(&[disable(&read, "u00001")]).await, [Ok(())]);
    let mut plan = users_plan(0, &site.read().await.unwrap());
    plan.release_held_back();
    assert!(
        plan.changes
            .iter()
            .all(|it| matches!(it.action, Action::Remove { .. }))
    );
    site.router.set_fault(Fault::DropAfterApply(2));
    assert!(site.apply(&plan.changes).await.iter().all(Result::is_ok));
    assert_eq!(site.users(), 0);
}

#[tokio::test]
async fn a_connection_that_drops_is_made_again_for_a_read() {
    let site = Site::new().await;
    site.read().await.unwrap();
    site.router.set_fault(Fault::DropConnectionOnCommand(1));
    assert!(site.read().await.is_ok());
    site.router.set_fault(Fault::DropMidReply(1));
    assert!(site.read().await.is_ok());
    assert_eq!(site.router.stats().connections, 3);
}

#[tokio::test]
async fn a_stalled_command_is_cancelled_and_the_connection_lives_on() {
    let site = Site::new().await;
    let connections = || site.router.stats().connections;
    site.read().await.unwrap();
    site.router
        .set_fault(Fault::StallCommand("/ip/hotspot/active/print".to_owned()));
    let stalled = site.gateway.sessions(&site.at()).await.unwrap_err();
    assert_eq!(stalled.kind, Kind::Timeout);
    assert!(site.read().await.is_ok(), "others go on");
    assert_eq!(connections(), 1);
    site.router.clear_faults();
    site.router
        .set_fault(Fault::StallCommand("/ip/hotspot/user/set".to_owned()));
    site.apply(&users_plan(1, &site.read().await.unwrap()).changes)
        .await;
    let change = disable(&site.read().await.unwrap(), "u00000");
    let results = site.apply(&[change]).await;
    assert_eq!(results[0].as_ref().unwrap_err().kind, Kind::Ambiguous);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_nothing_behind() {
    let site = Site::new().await;
    site.read().await.unwrap();
    site.router
        .set_fault(Fault::StallCommand("/ppp/active/print".to_owned()));
    for _ in 0..20 {
        let gave_up = timeout(Duration::from_millis(5), site.gateway.sessions(&site.at())).await;
        assert!(gave_up.is_err());
    }
    site.router.clear_faults();
    assert!(site.read().await.is_ok(), "no tag is taken for ever");
    assert_eq!(site.router.stats().connections, 1);
}

#[tokio::test]
async fn a_black_hole_fails_everybody_soon_and_the_router_recovers() {
    let site = Site::new().await;
    let plan = users_plan(300, &site.read().await.unwrap());
    site.router.set_fault(Fault::BlackHole);
    let start = Instant::now();
    let results = site.apply(&plan.changes).await;
    assert_eq!(results.len(), plan.changes.len());
    let errors: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert!(!errors.is_empty() && errors.iter().all(access::GatewayError::concerns_router));
    assert!(
        start.elapsed() < Duration::from_secs(15),
        "{:?}",
        start.elapsed()
    );
    site.router.clear_faults();
    let plan = users_plan(300, &site.read_when_back().await);
    assert!(site.apply(&plan.changes).await.iter().all(Result::is_ok));
    assert_eq!(site.users(), 300);
}

#[tokio::test]
async fn one_dead_router_delays_nobody_else() {
    let dead = Site::new().await;
    let alive = Site::new().await;
    dead.router.set_fault(Fault::BlackHole);
    // Both behind one gateway.
    let other = access::Target {
        router: access::testing::numbered(8),
        ..alive.at()
    };
    let (broken, all) = (dead.at(), Selection::All);
    let (failed, took) = tokio::join!(dead.gateway.read(&broken, &all), async {
        let start = Instant::now();
        dead.gateway.read(&other, &Selection::All).await.unwrap();
        start.elapsed()
    });
    assert!(failed.is_err());
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn a_router_that_is_gone_is_reported_and_found_again() {
    let site = Site::new().await;
    site.read().await.unwrap();
    site.router.shutdown().await;
    let gone = site.read().await.unwrap_err();
    assert_eq!(gone.kind, Kind::Unreachable);
    site.router.restart().await.unwrap();
    site.read_when_back().await;
}

#[tokio::test]
async fn a_router_that_restarts_in_the_middle_of_bulk_work_ends_up_whole() {
    let settings = routeros_adapter::GatewaySettings {
        command_timeout: Duration::from_secs(5),
        ..impatient()
    };
    let site = Site::with(SimConfig::new("tower-7"), settings).await;
    site.router.set_command_delay(Duration::from_millis(2));
    let plan = users_plan(400, &site.read().await.unwrap());
    let interrupt = async {
        while site.users() < 100 {
            tokio::task::yield_now().await;
        }
        site.router.shutdown().await;
        site.router.restart().await.unwrap();
    };
    tokio::join!(site.apply(&plan.changes), interrupt);
    let plan = users_plan(400, &site.read_when_back().await);
    assert!(site.apply(&plan.changes).await.iter().all(Result::is_ok));
    assert_eq!(site.users(), 400);
    assert!(users_plan(400, &site.read().await.unwrap()).is_empty());
}

#[tokio::test]
async fn refusals_keep_the_routers_words() {
    let site = Site::new().await;
    site.router.set_fault(Fault::DeviceMode);
    let results = site
        .apply(&users_plan(2, &site.read().await.unwrap()).changes)
        .await;
    let err = results[0].as_ref().unwrap_err();
    assert_eq!(err.kind, Kind::DeviceMode);
    assert_eq!(err.message, "failure: not allowed by device-mode");
    site.router.clear_faults();
    site.router.set_fault(Fault::TrapOn {
        command: "/ip/hotspot/user/profile/add".to_owned(),
        message: "not enough permissions (9)".to_owned(),
        category: None,
    });
    let results = site
        .apply(&users_plan(2, &site.read().await.unwrap()).changes)
        .await;
    assert_eq!(results[0].as_ref().unwrap_err().kind, Kind::Forbidden);
    let needs_profile = Kind::InvalidArgument {
        field: Some("profile".to_owned()),
    };
    assert_eq!(results[1].as_ref().unwrap_err().kind, needs_profile);
}

#[tokio::test]
async fn cutting_through_a_broken_connection_still_ends_sessions() {
    let site = Site::new().await;
    site.apply(&users_plan(1, &site.read().await.unwrap()).changes)
        .await;
    site.router
        .hotspot_login("u00000", "p0", "AA:BB:CC:00:00:07")
        .unwrap();
    site.router.set_fault(Fault::DropAfterApply(1));
    let logins = [LoginRef::new(Service::Hotspot, "u00000")];
    site.gateway.cut(&site.at(), &logins).await.unwrap();
    assert!(site.router.rows("/ip/hotspot/active").is_empty());
    assert!(site.router.rows("/ip/hotspot/cookie").is_empty());
}

#[tokio::test]
async fn a_change_stays_ambiguous_if_looking_again_fails() {
    let site = Site::new().await;
    site.apply(&users_plan(1, &site.read().await.unwrap()).changes)
        .await;
    let change = disable(&site.read().await.unwrap(), "u00000");
    let trap = |command: &str, message: &str| Fault::TrapOn {
        command: command.to_owned(),
        message: message.to_owned(),
        category: None,
    };
    site.router
        .set_fault(trap("/ip/hotspot/user/set", "action timed out"));
    site.router
        .set_fault(trap("/ip/hotspot/user/print", "not enough permissions (9)"));
    let results = site.apply(&[change]).await;
    assert_eq!(results[0].as_ref().unwrap_err().kind, Kind::Ambiguous);
}

#[tokio::test]
async fn one_refused_removal_keeps_no_other_session() {
    let settings = routeros_adapter::GatewaySettings {
        in_flight: 1,
        ..impatient()
    };
    let site = Site::with(SimConfig::new("tower-7"), settings).await;
    site.apply(&users_plan(3, &site.read().await.unwrap()).changes)
        .await;
    for number in 0..3 {
        let (name, mac) = (
            format!("u0000{number}"),
            format!("AA:BB:CC:00:00:0{number}"),
        );
        let password = format!("p{number}");
        site.router.hotspot_login(&name, &password, &mac).unwrap();
    }
    // The first is the print of who is online.
    site.router.set_fault(Fault::TrapOnNth {
        nth: 2,
        message: "not enough permissions (9)".to_owned(),
    });
    let logins = ["u00000", "u00001", "u00002"].map(|it| LoginRef::new(Service::Hotspot, it));
    let refused = site.gateway.cut(&site.at(), &logins).await.unwrap_err();
    assert_eq!(refused.kind, Kind::Forbidden);
    assert_eq!(site.router.rows("/ip/hotspot/active").len(), 1);
    assert!(site.router.rows("/ip/hotspot/cookie").is_empty());
}
