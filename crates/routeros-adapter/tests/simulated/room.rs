//! Never more connections than the router's own session limit leaves.

use std::time::Duration;

use access::{PoolFigures, RouterGateway, SessionLimit};
use routeros_adapter::{GatewaySettings, PoolSettings, RouterOsGateway};
use routeros_sim::{SimConfig, VersionProfile};
use tokio::time::{Instant, timeout};

use crate::site::{Site, gateway, impatient, router_id};

/// Up to four connections, each with one command at a time, so that all of them are wanted.
fn greedy() -> GatewaySettings {
    GatewaySettings {
        in_flight: 1,
        idle_ping: Duration::from_millis(30),
        pool: PoolSettings {
            max: 4,
            min: 4,
            ..PoolSettings::RECOMMENDED
        },
        ..impatient()
    }
}

async fn site(max_sessions: usize, version: VersionProfile) -> Site {
    let config = SimConfig {
        max_sessions,
        version,
        ..SimConfig::new("tower-7")
    };
    let site = Site::with(config, greedy()).await;
    site.router.set_command_delay(Duration::from_millis(5));
    site
}

/// More than enough work at a time for every connection.
async fn work(site: &Site) -> PoolFigures {
    let target = site.at();
    let reads = (0..40).map(|_| site.gateway.sessions(&target));
    let reads = timeout(Duration::from_secs(8), futures::future::join_all(reads));
    assert!(reads.await.unwrap().iter().all(Result::is_ok));
    site.gateway.statistics(router_id()).unwrap().pool
}

/// Somebody else's connection.
async fn other(site: &Site) -> RouterOsGateway {
    let other = gateway(impatient());
    other.sessions(&site.at()).await.unwrap();
    other
}

#[tokio::test]
async fn one_session_less_than_the_router_takes_is_used() {
    let site = site(3, VersionProfile::V7_18).await;
    let pool = work(&site).await;
    assert_eq!(site.router.stats().connections, 2);
    assert_eq!(pool.max, 2);
    let (limit, others) = (3, 0);
    assert_eq!(pool.sessions, SessionLimit::Told { limit, others });
    assert!(
        site.gateway
            .examine(&site.at())
            .await
            .login
            .found()
            .is_some()
    );
}

#[tokio::test]
async fn what_others_have_is_not_taken_and_is_taken_when_they_leave() {
    let site = site(4, VersionProfile::V7_16).await;
    let others = [other(&site).await, other(&site).await];
    let pool = work(&site).await;
    assert_eq!(site.router.stats().open_connections, 3, "two of others");
    let limit = 4;
    assert_eq!(pool.sessions, SessionLimit::Told { limit, others: 2 });
    drop(others);
    let patience = Instant::now() + Duration::from_secs(10);
    let places = || site.gateway.statistics(router_id()).unwrap().pool.max;
    // It is asked again when an idle connection is tried out.
    while places() < 3 {
        assert!(Instant::now() < patience, "it never finds out");
        tokio::task::yield_now().await;
    }
    work(&site).await;
    assert_eq!(site.router.stats().open_connections, 3, "all of them ours");
}

#[tokio::test]
async fn a_router_that_tells_no_limit_gets_as_many_as_are_configured() {
    let site = site(20, VersionProfile::V6_49).await;
    let pool = work(&site).await;
    assert_eq!(pool.max, 4);
    assert_eq!(site.router.stats().connections, 4);
    let SessionLimit::NotTold { reason } = pool.sessions else {
        panic!("{pool:?}");
    };
    assert!(reason.contains("7.16"), "{reason}");
}

#[tokio::test]
async fn one_connection_asks_for_no_limit() {
    let site = Site::new().await;
    site.read().await.unwrap();
    let pool = site.gateway.statistics(router_id()).unwrap().pool;
    assert_eq!((pool.max, pool.sessions), (1, SessionLimit::NotAsked));
    let asked = site.router.stats().by_command;
    assert_eq!(asked.get("/ip/service/print"), None);
}
