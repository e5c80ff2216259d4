//! What stands in front of a router: breaker, queue, limiter, window, connections.

use std::time::Duration;

use access::{GatewayErrorKind as Kind, Priority, Reachability, RouterGateway, Selection, Target};
use futures::FutureExt;
use routeros_adapter::{BreakerSettings, BucketSettings, GatewaySettings, PoolSettings};
use routeros_sim::{Fault, SimConfig};
use tokio::time::{Instant, timeout};

use crate::site::{Site, impatient, router_id, users_plan};

fn at(site: &Site, priority: Priority) -> Target {
    site.at().at(priority)
}

#[tokio::test]
async fn a_dead_router_is_left_alone_and_found_again_by_one_probe() {
    let settings = GatewaySettings {
        command_timeout: Duration::from_millis(100),
        table_timeout: Duration::from_millis(100),
        breaker: Some(BreakerSettings {
            threshold: 5,
            open_for: Duration::from_millis(400),
        }),
        ..impatient()
    };
    let site = Site::with(SimConfig::new("tower-7"), settings).await;
    site.read().await.unwrap();
    site.router.set_fault(Fault::BlackHole);
    for _ in 0..20 {
        let _silence = site.read().await.unwrap_err();
        let seen = site.gateway.statistics(router_id()).unwrap();
        if seen.breaker.unwrap().state == "open" {
            break;
        }
    }
    let seen = site.gateway.statistics(router_id()).unwrap();
    assert_eq!(seen.breaker.unwrap().state, "open");
    assert!(seen.breaker.unwrap().open_for_s.is_some());
    let start = Instant::now();
    let refused = site.read().await.unwrap_err();
    assert_eq!(refused.kind, Kind::Unreachable);
    assert!(refused.message.contains("left alone for 1 s"), "{refused}");
    assert!(start.elapsed() < Duration::from_millis(100));
    site.router.clear_faults();
    site.read_when_back().await;
    let seen = site.gateway.statistics(router_id()).unwrap();
    assert_eq!(seen.breaker.unwrap().state, "closed");
    assert!(seen.breaker.unwrap().failures >= 5);
}

#[tokio::test]
async fn an_outage_is_reported_once_and_its_end_once() {
    let settings = GatewaySettings {
        command_timeout: Duration::from_millis(50),
        table_timeout: Duration::from_millis(50),
        login_timeout: Duration::from_millis(200),
        breaker: Some(BreakerSettings {
            threshold: 2,
            open_for: Duration::from_millis(100),
        }),
        ..impatient()
    };
    let site = Site::with(SimConfig::new("tower-7"), settings).await;
    site.read().await.unwrap();
    let news = || site.gateway.reachability_changed().now_or_never();
    assert_eq!(news(), None);
    site.router.set_fault(Fault::BlackHole);
    let told = async {
        let lost = site.gateway.reachability_changed().await;
        // The breaker opens again after each probe that fails.
        for _ in 0..6 {
            let _silence = site.gateway.inspect(&site.at()).await.unwrap_err();
        }
        lost
    };
    let told = async {
        tokio::select! {
            told = told => told,
            () = async { loop { let _silence = site.read().await; } } => unreachable!(),
        }
    };
    let lost = timeout(Duration::from_secs(10), told).await.unwrap();
    assert_eq!(lost.router, router_id());
    let Reachability::Lost { reason } = lost.to else {
        panic!("{lost:?}");
    };
    assert!(reason.contains("several times in a row"), "{reason}");
    assert_eq!(news(), None, "it is still the same outage");
    site.router.clear_faults();
    site.read_when_back().await;
    assert_eq!(news().map(|it| it.to), Some(Reachability::Back));
    assert_eq!(news(), None);
}

#[tokio::test]
async fn a_refused_login_is_no_outage() {
    let site = Site::new().await;
    let wrong = Target {
        password: kernel::Secret::new("wrong"),
        ..site.at()
    };
    for _ in 0..10 {
        let refused = site.gateway.inspect(&wrong).await.unwrap_err();
        assert_eq!(refused.kind, Kind::AuthFailed);
    }
    let seen = site.gateway.statistics(router_id()).unwrap();
    assert_eq!(seen.breaker.unwrap().state, "closed");
    assert_eq!(seen.errors.get("auth_failed"), Some(&10));
}

#[tokio::test]
async fn the_urgent_pass_a_queue_of_sweeps() {
    let settings = GatewaySettings {
        in_flight: 1,
        ..impatient()
    };
    let site = Site::with(SimConfig::new("tower-7"), settings).await;
    site.read().await.unwrap();
    site.router.set_command_delay(Duration::from_millis(20));
    let low = at(&site, Priority::Low);
    let sweeps = (0..40).map(|_| site.gateway.sessions(&low));
    let sweeps = futures::future::join_all(sweeps);
    let urgent = async {
        // Once the sweeps are queued.
        while site
            .gateway
            .statistics(router_id())
            .unwrap()
            .limiter
            .waiting[3]
            < 20
        {
            tokio::task::yield_now().await;
        }
        let start = Instant::now();
        let target = at(&site, Priority::Critical);
        site.gateway.sessions(&target).await.unwrap();
        start.elapsed()
    };
    let start = Instant::now();
    let (done, urgent) = tokio::join!(sweeps, urgent);
    assert!(done.iter().all(Result::is_ok));
    assert!(
        urgent * 4 < start.elapsed(),
        "{urgent:?} of {:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn who_finds_too_many_waiting_is_told_at_once() {
    let settings = GatewaySettings {
        in_flight: 1,
        queue: 3,
        ..impatient()
    };
    let site = Site::with(SimConfig::new("tower-7"), settings).await;
    site.read().await.unwrap();
    site.router.set_command_delay(Duration::from_millis(30));
    let target = site.at();
    let calls = (0..10).map(|_| site.gateway.sessions(&target));
    let results = futures::future::join_all(calls).await;
    let refused: Vec<_> = results.iter().filter_map(|it| it.as_ref().err()).collect();
    assert!(!refused.is_empty() && refused.len() <= 6, "{refused:?}");
    for err in refused {
        assert_eq!(err.kind, Kind::Overloaded);
        assert_eq!(err.message, "3 commands wait for this router already");
        assert!(err.is_transient());
    }
    assert!(site.gateway.sessions(&target).await.is_ok());
}

#[tokio::test]
async fn a_router_gets_a_burst_and_then_the_rate() {
    let settings = GatewaySettings {
        limiter: Some(BucketSettings {
            burst: 20,
            refill: 5,
            interval: Duration::from_millis(50),
        }),
        ..impatient()
    };
    let site = Site::with(SimConfig::new("tower-7"), settings).await;
    let changes = users_plan(69, &site.read().await.unwrap()).changes;
    let before = site.router.stats().commands;
    let start = Instant::now();
    assert!(site.apply(&changes).await.iter().all(Result::is_ok));
    let (sent, took) = (site.router.stats().commands - before, start.elapsed());
    assert!(sent >= 70, "{sent}");
    // 20 at once at most, the other 50 at 5 per 50 ms.
    assert!(took >= Duration::from_millis(440), "{took:?}");
}

#[tokio::test]
async fn one_connection_serves_until_more_are_allowed_and_never_more_than_that() {
    for (max, open) in [(1, 1), (3, 3)] {
        let settings = GatewaySettings {
            in_flight: 1,
            pool: PoolSettings {
                max,
                ..PoolSettings::RECOMMENDED
            },
            ..impatient()
        };
        let site = Site::with(SimConfig::new("tower-7"), settings).await;
        site.router.set_command_delay(Duration::from_millis(10));
        let target = site.at();
        let reads = (0..20).map(|_| site.gateway.sessions(&target));
        let reads = futures::future::join_all(reads).await;
        assert!(reads.iter().all(Result::is_ok));
        assert_eq!(site.router.stats().connections, open);
        let pool = site.gateway.statistics(router_id()).unwrap().pool;
        assert_eq!((pool.active + pool.idle, pool.max), (max, max));
    }
}

#[tokio::test]
async fn idle_connections_beyond_the_least_are_given_up() {
    let settings = GatewaySettings {
        in_flight: 1,
        idle_ping: Duration::from_millis(20),
        pool: PoolSettings {
            min: 1,
            max: 3,
            idle_timeout: Duration::from_millis(60),
            ..PoolSettings::RECOMMENDED
        },
        ..impatient()
    };
    let site = Site::with(SimConfig::new("tower-7"), settings).await;
    site.router.set_command_delay(Duration::from_millis(5));
    let target = site.at();
    let reads = (0..12).map(|_| site.gateway.sessions(&target));
    futures::future::join_all(reads).await;
    let shrunk = async {
        while site.router.stats().open_connections != 1 {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(5), shrunk).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_died_in_its_sleep_costs_no_write() {
    let site = Site::new().await;
    site.read().await.unwrap();
    let plan = users_plan(1, &site.read().await.unwrap());
    site.router.shutdown().await;
    site.router.restart().await.unwrap();
    let results = site.apply(&plan.changes).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(site.router.stats().by_command["/ip/hotspot/user/add"], 1);
}

#[tokio::test]
async fn callers_who_leave_at_any_moment_leave_clean_connections() {
    let site = Site::new().await;
    site.read().await.unwrap();
    site.router.set_command_delay(Duration::from_millis(2));
    let target = site.at();
    for micros in (0..8_000).step_by(173) {
        let patience = Duration::from_micros(micros);
        let _maybe = timeout(patience, site.gateway.sessions(&target)).await;
    }
    let (read, sessions) = tokio::join!(site.read(), site.gateway.sessions(&target));
    assert!(read.is_ok() && sessions.is_ok());
    assert_eq!(site.router.stats().connections, 1);
    let seen = site.gateway.statistics(router_id()).unwrap();
    assert_eq!(seen.limiter.in_flight, 0);
}

#[tokio::test]
async fn a_hundred_routers_do_not_wait_for_ten_black_holes() {
    let alive = Site::new().await;
    let dead = Site::new().await;
    dead.router.set_fault(Fault::BlackHole);
    let selection = Selection::All;
    let numbered = |number: u64, site: &Site| Target {
        router: access::testing::numbered(number),
        ..site.at()
    };
    let dead_targets: Vec<_> = (100..110).map(|it| numbered(it, &dead)).collect();
    let alive_targets: Vec<_> = (200..215).map(|it| numbered(it, &alive)).collect();
    let gateway = &alive.gateway;
    let holes = dead_targets.iter().map(|it| gateway.read(it, &selection));
    let reads = async {
        let start = Instant::now();
        let reads = alive_targets.iter().map(|it| gateway.read(it, &selection));
        let reads = futures::future::join_all(reads).await;
        assert!(reads.iter().all(Result::is_ok), "{reads:?}");
        start.elapsed()
    };
    let (holes, took) = tokio::join!(futures::future::join_all(holes), reads);
    assert!(holes.iter().all(Result::is_err));
    assert!(took < Duration::from_millis(1_400), "{took:?}");
}

#[tokio::test]
async fn bulk_work_under_the_default_limits_suits_a_real_router() {
    let recommended = GatewaySettings::recommended(crate::site::DEMO);
    let settings = GatewaySettings {
        limiter: recommended.limiter,
        write_gap: recommended.write_gap,
        ..impatient()
    };
    let site = Site::with(SimConfig::new("tower-7"), settings).await;
    // 200 at once, then 20 ms each, as measured on real routers.
    site.router.set_fault(Fault::RateBudget {
        fast: 200,
        then: Duration::from_millis(20),
    });
    let plan = users_plan(259, &site.read().await.unwrap());
    let start = Instant::now();
    let results = site.apply(&plan.changes).await;
    assert!(results.iter().all(Result::is_ok), "no timeout, no refusal");
    // 260 writes, 8 ms apart at least; how much more a busy machine takes is for the bench to say.
    let took = start.elapsed();
    assert!(took > Duration::from_millis(1_600), "{took:?}");
}

#[tokio::test]
async fn who_finds_no_connection_waits_no_longer_than_allowed() {
    let settings = GatewaySettings {
        login_timeout: Duration::from_millis(900),
        pool: PoolSettings {
            acquire_timeout: Duration::from_millis(100),
            ..PoolSettings::RECOMMENDED
        },
        ..impatient()
    };
    let site = Site::with(SimConfig::new("tower-7"), settings).await;
    site.router.set_fault(Fault::BlackHole);
    let target = site.at();
    let start = Instant::now();
    let first = async {
        let failed = site.gateway.sessions(&target).await.unwrap_err();
        (failed, start.elapsed())
    };
    let second = async {
        tokio::task::yield_now().await;
        let failed = site.gateway.sessions(&target).await.unwrap_err();
        (failed, start.elapsed())
    };
    let ((first, first_took), (second, second_took)) = tokio::join!(first, second);
    assert!(
        first_took >= Duration::from_millis(900),
        "it is told what is wrong"
    );
    assert!(first.message.contains("does not answer"), "{first}");
    assert!(second_took < Duration::from_millis(600), "{second_took:?}");
    assert_eq!(
        second.message,
        "no connection to the router became free in time"
    );
}

#[tokio::test]
async fn a_router_that_takes_no_further_session_is_served_by_those_it_took() {
    let settings = GatewaySettings {
        in_flight: 2,
        pool: PoolSettings {
            min: 1,
            max: 4,
            ..PoolSettings::RECOMMENDED
        },
        refusal_pause: Duration::from_millis(20),
        ..impatient()
    };
    let config = SimConfig {
        max_sessions: 2,
        ..SimConfig::new("tower-7")
    };
    let site = Site::with(config, settings).await;
    site.read().await.unwrap();
    site.router.set_command_delay(Duration::from_millis(3));
    let target = site.at();
    for _ in 0..5 {
        let reads = (0..30).map(|_| site.gateway.sessions(&target));
        let reads = futures::future::join_all(reads).await;
        let failed: Vec<_> = reads.iter().filter_map(|it| it.as_ref().err()).collect();
        assert!(failed.is_empty(), "{failed:?}");
    }
    assert!(site.router.stats().open_connections <= 2);
    let seen = site.gateway.statistics(router_id()).unwrap();
    assert_eq!(seen.breaker.unwrap().failures, 0);
}
