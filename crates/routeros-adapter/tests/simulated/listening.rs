//! Sessions are heard of when they begin and end, over a connection of its own.

use std::time::Duration;

use access::{GatewayErrorKind as Kind, RouterGateway, SessionFeed};
use futures::FutureExt;
use routeros_adapter::GatewaySettings;
use routeros_sim::{Fault, SimConfig};
use tokio::time::timeout;

use crate::site::{Site, impatient, users_plan};

/// A router with one PPP customer and one hotspot user.
async fn site(settings: GatewaySettings) -> Site {
    let site = Site::with(SimConfig::new("tower-7"), settings).await;
    let secret = [("name", "siti"), ("password", "pw")];
    site.router.insert("/ppp/secret", &secret).unwrap();
    site.apply(&users_plan(1, &site.read().await.unwrap()).changes)
        .await;
    site
}

/// Listens from now on: what was asked before a session begins is answered after it.
async fn feed(site: &Site) -> Box<dyn SessionFeed> {
    let before = site.router.stats().commands;
    let mut feed = site.gateway.listen(&site.at()).await.unwrap();
    // The session limit, and two menus.
    while site.router.stats().commands < before + 3 {
        tokio::task::yield_now().await;
    }
    assert!(
        feed.changed().now_or_never().is_none(),
        "nothing has changed"
    );
    feed
}

async fn hears(feed: &mut dyn SessionFeed) -> Result<(), access::GatewayError> {
    let heard = timeout(Duration::from_secs(5), feed.changed()).await;
    heard.expect("nothing is heard")
}

#[tokio::test]
async fn beginnings_and_ends_of_either_service_are_heard_of() {
    let site = site(impatient()).await;
    let mut feed = feed(&site).await;
    let router = &site.router;
    router.ppp_dial("siti", "pw", "AA:BB:CC:00:00:01").unwrap();
    hears(&mut *feed).await.unwrap();
    router.ppp_hangup("siti");
    hears(&mut *feed).await.unwrap();
    router
        .hotspot_login("u00000", "p0", "AA:BB:CC:00:00:07")
        .unwrap();
    hears(&mut *feed).await.unwrap();
    router.hotspot_leave("u00000");
    hears(&mut *feed).await.unwrap();
    assert_eq!(
        router.stats().open_connections,
        2,
        "commands have their own"
    );
    drop(feed);
    while router.stats().open_connections > 1 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_router_without_one_of_the_services_is_listened_to_all_the_same() {
    let site = site(impatient()).await;
    site.router.set_fault(Fault::TrapOn {
        command: "/ip/hotspot/active/listen".to_owned(),
        message: "no such command prefix".to_owned(),
        category: None,
    });
    let mut feed = feed(&site).await;
    site.router
        .ppp_dial("siti", "pw", "AA:BB:CC:00:00:01")
        .unwrap();
    hears(&mut *feed).await.unwrap();
}

#[tokio::test]
async fn a_router_that_lets_nobody_listen_says_so() {
    let site = site(impatient()).await;
    for menu in ["/ppp/active", "/ip/hotspot/active"] {
        site.router.set_fault(Fault::TrapOn {
            command: format!("{menu}/listen"),
            message: "unknown parameter follow-only".to_owned(),
            category: None,
        });
    }
    let mut feed = site.gateway.listen(&site.at()).await.unwrap();
    let refused = hears(&mut *feed).await.unwrap_err();
    assert_eq!(refused.kind, Kind::Unsupported, "{refused}");
    assert!(hears(&mut *feed).await.is_err(), "and goes on saying so");
}

#[tokio::test]
async fn no_session_is_taken_that_commands_need() {
    for (max_sessions, is_heard) in [(1, false), (2, false), (3, true)] {
        let config = SimConfig {
            max_sessions,
            ..SimConfig::new("tower-7")
        };
        let site = Site::with(config, impatient()).await;
        if max_sessions > 1 {
            site.read().await.unwrap();
        }
        let heard = site.gateway.listen(&site.at()).await;
        assert_eq!(heard.is_ok(), is_heard, "{max_sessions}");
        if let Err(refused) = heard {
            assert_eq!(refused.kind, Kind::Unsupported, "{refused}");
            site.read_when_back().await;
        }
    }
}

#[tokio::test]
async fn a_silent_connection_is_tried_out_and_a_dead_one_ends() {
    let settings = GatewaySettings {
        idle_ping: Duration::from_millis(30),
        ..impatient()
    };
    let site = site(settings).await;
    let mut feed = feed(&site).await;
    let pings = || {
        let asked = site.router.stats().by_command;
        asked.get("/system/identity/print").copied().unwrap_or(0)
    };
    let before = pings();
    tokio::select! {
        heard = feed.changed() => panic!("{heard:?}"),
        () = async { while pings() < before + 3 { tokio::task::yield_now().await; } } => {}
    }
    site.router.set_fault(Fault::BlackHole);
    let dead = hears(&mut *feed).await.unwrap_err();
    assert_eq!(dead.kind, Kind::Unreachable, "{dead}");
}

#[tokio::test]
async fn a_connection_that_breaks_ends_the_listening() {
    let site = site(impatient()).await;
    let mut feed = feed(&site).await;
    site.router.disconnect();
    assert_eq!(hears(&mut *feed).await.unwrap_err().kind, Kind::Unreachable);
}
