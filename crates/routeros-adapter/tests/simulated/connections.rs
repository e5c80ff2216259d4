//! One connection per router, made when needed and closed when told.

use std::time::Duration;

use access::{GatewayErrorKind as Kind, RouterGateway, Selection, Target};
use kernel::Secret;
use routeros_adapter::{GatewaySettings, PoolSettings};
use routeros_proto::Reply;
use routeros_sim::{Fault, SimConfig};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::site::{Site, gateway, impatient, target};

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < patience, "never: {what}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn many_callers_share_one_connection() {
    let site = Site::new().await;
    let (router, all) = (site.at(), Selection::All);
    let reads = (0..30).map(|_| site.gateway.read(&router, &all));
    assert!(
        futures::future::join_all(reads)
            .await
            .iter()
            .all(Result::is_ok)
    );
    let stats = site.router.stats();
    assert_eq!((stats.connections, stats.logins), (1, 1));
}

#[tokio::test]
async fn wrong_credentials_are_not_hammered_and_right_ones_take_over_at_once() {
    let settings = GatewaySettings {
        refusal_pause: Duration::from_secs(900),
        ..impatient()
    };
    let site = Site::with(SimConfig::new("tower-7"), settings).await;
    let wrong = Target {
        password: Secret::new("wrong"),
        ..site.at()
    };
    for _ in 0..10 {
        let refused = site
            .gateway
            .read(&wrong, &Selection::All)
            .await
            .unwrap_err();
        assert_eq!(refused.kind, Kind::AuthFailed);
    }
    assert_eq!(site.router.stats().connections, 1, "one try, not ten");
    let asked = site.gateway.inspect(&wrong).await.unwrap_err();
    assert_eq!(asked.kind, Kind::AuthFailed);
    assert_eq!(
        site.router.stats().connections,
        2,
        "a person may try at any time"
    );
    assert!(
        site.read().await.is_ok(),
        "other credentials are another matter"
    );
}

#[tokio::test]
async fn forgetting_closes_the_connection() {
    let site = Site::new().await;
    site.read().await.unwrap();
    assert_eq!(site.router.stats().open_connections, 1);
    site.gateway.forget(crate::site::router_id()).await;
    until("the connection is closed", || {
        site.router.stats().open_connections == 0
    })
    .await;
    site.read().await.unwrap();
    assert_eq!(site.router.stats().connections, 2);
}

#[tokio::test]
async fn an_idle_connection_is_tried_out_and_a_dead_one_is_dropped() {
    let settings = GatewaySettings {
        idle_ping: Duration::from_millis(30),
        ..impatient()
    };
    let site = Site::with(SimConfig::new("tower-7"), settings).await;
    site.read().await.unwrap();
    let after = site.router.stats().commands;
    until("a ping", || site.router.stats().commands > after).await;
    assert_eq!(site.router.stats().connections, 1);
    site.router.set_fault(Fault::BlackHole);
    until("the dead one is dropped", || {
        site.router.stats().open_connections == 0
    })
    .await;
    site.router.clear_faults();
    assert!(site.read().await.is_ok());
    assert_eq!(site.router.stats().connections, 2);
}

#[tokio::test]
async fn a_router_that_refuses_more_sessions_is_unreachable() {
    let config = SimConfig {
        max_sessions: 0,
        ..SimConfig::new("tower-7")
    };
    let site = Site::with(config, impatient()).await;
    assert_eq!(site.read().await.unwrap_err().kind, Kind::Unreachable);
}

#[tokio::test]
async fn an_answer_that_never_ends_is_given_up_before_it_fills_the_memory() {
    let settings = GatewaySettings {
        max_answer_bytes: 20,
        ..impatient()
    };
    let site = Site::with(SimConfig::new("tower-7"), settings).await;
    let refused = site.read().await.unwrap_err();
    assert_eq!(refused.kind, Kind::Unreachable);
    assert!(
        refused.message.contains("larger than can be taken"),
        "{refused}"
    );
}

#[tokio::test]
async fn nobody_waits_for_a_task_that_rests_because_an_idle_connection_is_tried_out() {
    let settings = GatewaySettings {
        pool: PoolSettings {
            max: 2,
            ..PoolSettings::RECOMMENDED
        },
        idle_ping: Duration::from_millis(30),
        refusal_pause: Duration::from_secs(900),
        breaker: None,
        ..impatient()
    };
    let site = Site::with(SimConfig::new("tower-7"), settings).await;
    site.read().await.unwrap();
    site.router
        .set_fault(Fault::StallCommand("/system/identity/print".to_owned()));
    site.router.set_fault(Fault::RefuseConnections);
    let taken = || {
        let figures = site.gateway.statistics(crate::site::router_id()).unwrap();
        figures.pool.active
    };
    until("nothing is under way", || taken() == 0).await;
    until("the idle connection is tried out", || taken() > 0).await;
    for _ in 0..4 {
        let answered = tokio::time::timeout(Duration::from_secs(8), site.read()).await;
        assert!(answered.is_ok(), "it was answered, whatever the answer");
    }
    site.router.clear_faults();
    let recovered = tokio::time::timeout(Duration::from_secs(8), site.read_when_back());
    assert!(recovered.await.is_ok(), "a task is awake");
}

#[tokio::test]
async fn an_answer_to_a_login_that_never_ends_is_given_up_before_it_fills_the_memory() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let row = Reply::data().attr("comment", "x".repeat(60_000));
            let bytes = row.encode().unwrap();
            while stream.write_all(&bytes).await.is_ok() {}
        }
    });
    let settings = GatewaySettings {
        login_timeout: Duration::from_secs(60),
        ..impatient()
    };
    let (gateway, at) = (gateway(settings), target("127.0.0.1", port));
    let refused = gateway.inspect(&at);
    let refused = tokio::time::timeout(Duration::from_secs(10), refused).await;
    let refused = refused.unwrap().unwrap_err();
    assert!(
        refused.message.contains("larger than can be taken"),
        "{refused}"
    );
}
