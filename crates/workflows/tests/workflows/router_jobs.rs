//! Jobs with a router: bring, compare, watch; and what happens when it is away, wrong or retired.

use access::testing::FakeRouter;
use access::{
    AccessStore, Allowance, FollowAccess, GatewayError, GatewayErrorKind as Kind, LoginRef, Menu,
    Service, Subject, follow_access,
};
use chrono::Duration;
use serde_json::json;
use workflows::job_kinds as kinds;
use workflows::{Failure, Remedy};

use crate::world::{World, router_payload};

const JOBS: [&str; 3] = [
    kinds::SYNC_ROUTER,
    kinds::RECONCILE_ROUTER,
    kinds::WATCH_ROUTER,
];

fn sim(world: &World) -> &FakeRouter {
    &world.gateway.router
}

fn siti() -> LoginRef {
    LoginRef::new(Service::Pppoe, "siti")
}

/// A customer whose login is on the router.
async fn connected(world: &World) -> Subject {
    let customer = world.customer().await;
    let subscription = world.sell(customer, "siti").await.unwrap();
    world.sync().await.unwrap();
    Subject::Subscription(subscription)
}

async fn block(world: &World, subject: Subject) {
    let command = FollowAccess {
        subject,
        allowance: Allowance::Blocked,
        profile: None,
        version: 100,
    };
    let (ids, clock) = (world.ids(), &*world.clock);
    follow_access(&world.access, ids, clock, &world.scope, command)
        .await
        .unwrap();
}

async fn fails_with(world: &World, kind: Kind, job: &str) -> Failure {
    let failure = GatewayError::new(kind, "no");
    sim(world).fail_with(world.router, Some(failure));
    world
        .run(job, router_payload(world.router))
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_sync_brings_the_login_and_a_repeat_writes_nothing() {
    let world = World::open().await;
    connected(&world).await;
    let row = sim(&world).row(world.router, Menu::PppSecret, "siti");
    assert!(row.is_some());
    let writes = sim(&world).writes(world.router);
    world.sync().await.unwrap();
    let payload = router_payload(world.router);
    world.run(kinds::RECONCILE_ROUTER, payload).await.unwrap();
    assert_eq!(sim(&world).writes(world.router), writes);
}

#[tokio::test]
async fn a_router_that_is_away_is_waited_for() {
    let world = World::open().await;
    connected(&world).await;
    for kind in [Kind::Unreachable, Kind::Timeout, Kind::Ambiguous] {
        for job in JOBS {
            let failure = fails_with(&world, kind.clone(), job).await;
            let wait = Remedy::WaitFor(Duration::seconds(15));
            assert_eq!(failure.remedy, wait, "{kind:?} {job}");
        }
    }
}

#[tokio::test]
async fn a_router_that_needs_a_person_is_left_alone_for_long() {
    let world = World::open().await;
    connected(&world).await;
    for kind in [Kind::AuthFailed, Kind::WrongRouter, Kind::NotRouterOs] {
        for job in JOBS {
            let failure = fails_with(&world, kind.clone(), job).await;
            let wait = Remedy::WaitFor(Duration::minutes(15));
            assert_eq!(failure.remedy, wait, "{kind:?} {job}");
        }
    }
}

#[tokio::test]
async fn work_for_a_router_that_is_retired_or_gone_ends() {
    let world = World::open().await;
    let mut tx = world.access.begin(&world.scope).await.unwrap();
    let router = tx.routers().find(world.router).await.unwrap();
    let mut router = router.unwrap();
    router.retire(0).unwrap();
    tx.routers().save(&mut router).await.unwrap();
    tx.commit().await.unwrap();
    for router in [world.router, world.ids().next()] {
        for job in JOBS {
            world.run(job, router_payload(router)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn who_is_blocked_is_cut() {
    let world = World::open().await;
    let subject = connected(&world).await;
    assert!(sim(&world).dial(world.router, &siti(), "pw"));
    block(&world, subject).await;
    world.sync().await.unwrap();
    assert!(sim(&world).online(world.router).is_empty());
    assert!(!sim(&world).dial(world.router, &siti(), "pw"));
}

#[tokio::test]
async fn a_session_that_will_not_end_keeps_the_job_but_delays_nobody() {
    let world = World::open().await;
    let subject = connected(&world).await;
    assert!(sim(&world).dial(world.router, &siti(), "pw"));
    sim(&world).make_stubborn(world.router, siti(), true);
    block(&world, subject).await;
    let customer = world.customer().await;
    world.sell(customer, "budi").await.unwrap();
    let failure = world.sync().await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::WaitFor(Duration::seconds(15)));
    let other = sim(&world).row(world.router, Menu::PppSecret, "budi");
    assert!(other.is_some());
    sim(&world).make_stubborn(world.router, siti(), false);
    world.sync().await.unwrap();
    assert!(sim(&world).online(world.router).is_empty());
}

#[tokio::test]
async fn a_comparison_that_could_not_cut_asks_for_a_sync() {
    let world = World::open().await;
    let subject = connected(&world).await;
    assert!(sim(&world).dial(world.router, &siti(), "pw"));
    sim(&world).make_stubborn(world.router, siti(), true);
    block(&world, subject).await;
    let _ = world.access.take_jobs(world.tenant());
    let payload = router_payload(world.router);
    world.run(kinds::RECONCILE_ROUTER, payload).await.unwrap();
    let jobs = world.access.jobs(world.tenant());
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].kind, kinds::SYNC_ROUTER);
    assert!(jobs[0].run_at > world.now());
    sim(&world).make_stubborn(world.router, siti(), false);
    world.sync().await.unwrap();
    assert!(sim(&world).online(world.router).is_empty());
}

#[tokio::test]
async fn a_router_that_has_started_anew_is_compared_at_once() {
    let world = World::open().await;
    connected(&world).await;
    let payload = router_payload(world.router);
    world.run(kinds::RECONCILE_ROUTER, payload).await.unwrap();
    world.clock.advance(Duration::hours(3));
    let restarted = access::RouterFacts {
        uptime_s: 30,
        ..access::testing::sample_facts(world.router)
    };
    sim(&world).become_another(world.router, restarted);
    let _ = world.access.take_jobs(world.tenant());
    for _ in 0..2 {
        world.sync().await.unwrap();
    }
    let jobs = world.access.jobs(world.tenant());
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    assert_eq!(jobs[0].kind, kinds::RECONCILE_ROUTER);
}

#[tokio::test]
async fn rows_by_other_hands_survive_a_comparison() {
    let world = World::open().await;
    connected(&world).await;
    sim(&world).insert(world.router, Menu::PppSecret, "manual", &[], "by hand");
    let payload = router_payload(world.router);
    world.run(kinds::RECONCILE_ROUTER, payload).await.unwrap();
    let row = sim(&world).row(world.router, Menu::PppSecret, "manual");
    assert!(row.is_some());
}

#[tokio::test]
async fn sweeps_put_one_job_for_each_router_however_often_they_run() {
    let world = World::open().await;
    for _ in 0..2 {
        world.run(kinds::WATCH_SESSIONS, json!({})).await.unwrap();
        world
            .run(kinds::RECONCILE_ROUTERS, json!({}))
            .await
            .unwrap();
    }
    let mut kinds_asked: Vec<_> = world.access.jobs(world.tenant());
    kinds_asked.sort_by(|one, other| one.kind.cmp(&other.kind));
    let asked: Vec<_> = kinds_asked.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(asked, [kinds::RECONCILE_ROUTER, kinds::WATCH_ROUTER]);
    assert_ne!(kinds_asked[0].lane, kinds_asked[1].lane);
}
