//! What customers use is recorded once, first uses are found however short they were, and old work is forgotten.

use access::{Load, LoginRef, SessionFilter, UsageQueries, UsageStore};
use chrono::Duration;
use jobs::{JobClaims, JobQueries, JobsStore, Outcome};
use kernel::{GrantId, JobId, JobRequest, Lane, PageRequest, Priority};
use serde_json::json;
use vouchers::{VoucherQueries, VoucherStateName};
use workflows::job_kinds as kinds;

use crate::world::{World, router_payload};

async fn watch(world: &World) {
    let payload = router_payload(world.router);
    world.run(kinds::WATCH_ROUTER, payload).await.unwrap();
}

fn load(bytes_up: u64, bytes_down: u64, seconds: u64) -> Load {
    Load {
        bytes_up,
        bytes_down,
        seconds,
    }
}

/// A voucher on the router: its login and grant.
async fn voucher_login(world: &World) -> (kernel::VoucherId, LoginRef, GrantId) {
    let (_, vouchers) = world.granted_batch(1).await;
    world.sync().await.unwrap();
    let voucher = vouchers[0].id();
    let grant = world.grant_of(access::Subject::Voucher(voucher)).await;
    (
        voucher,
        world.code_of(voucher).await,
        grant.expect("a grant").id(),
    )
}

async fn used(world: &World, grant: GrantId) -> access::GrantUsage {
    let today = world.now().utc().date_naive();
    let week = today - chrono::Days::new(7);
    let usage = world.usage.usage_of(world.tenant(), grant, week, today);
    usage.await.unwrap().expect("a grant")
}

#[tokio::test]
async fn a_login_shorter_than_a_poll_starts_its_voucher_when_it_was_first_used() {
    let world = World::open().await;
    watch(&world).await;
    let (voucher, login, grant) = voucher_login(&world).await;
    let router = &world.gateway.router;
    assert!(router.dial(world.router, &login, &login.name));
    router.use_up(world.router, &login, load(10, 20, 40));
    router.hang_up(world.router, &login);
    world.clock.advance(Duration::minutes(5));
    watch(&world).await;
    let view = world.vouchers.voucher(world.tenant(), voucher).await;
    let view = view.unwrap().expect("a voucher");
    assert_eq!(view.state, VoucherStateName::Active);
    let first = world.now().minus(Duration::seconds(40));
    assert_eq!(view.state_since, Some(first));
    assert_eq!(used(&world, grant).await.total, load(10, 20, 40));
}

#[tokio::test]
async fn use_is_recorded_once_however_often_it_is_polled() {
    let world = World::open().await;
    watch(&world).await;
    let (_, login, grant) = voucher_login(&world).await;
    let router = &world.gateway.router;
    assert!(router.dial(world.router, &login, &login.name));
    for _ in 0..3 {
        router.use_up(world.router, &login, load(100, 200, 60));
        world.clock.advance(Duration::minutes(1));
        watch(&world).await;
        watch(&world).await;
    }
    router.hang_up(world.router, &login);
    world.clock.advance(Duration::minutes(5));
    watch(&world).await;
    watch(&world).await;
    let usage = used(&world, grant).await;
    assert_eq!(usage.total, load(300, 600, 180));
    assert_eq!(usage.days.len(), 1);
    let all = SessionFilter::default();
    let sessions = world
        .usage
        .sessions(world.tenant(), all, PageRequest::default());
    let sessions = sessions.await.unwrap().items;
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0].ended_at, Some(world.now()));
    assert_eq!(sessions[0].used, load(300, 600, 180));
    let names = world.access.event_names(world.tenant());
    let count = |name| names.iter().filter(|it| **it == name).count();
    assert_eq!(count("access.sessions_started"), 1, "{names:?}");
    assert_eq!(count("access.sessions_ended"), 1);
    let told = world.access.events(world.tenant());
    let started = told.iter().find(|it| it.name == "access.sessions_started");
    let started = &started.unwrap().body["sessions"][0];
    assert_eq!(started["session"], json!(sessions[0].id));
    assert_eq!(started["grant"], json!(grant));
    world.clock.advance(Duration::days(8));
    world.run(kinds::PRUNE, json!({})).await.unwrap();
    let names = world.access.event_names(world.tenant());
    assert!(
        !names.iter().any(|it| it.contains("sessions_")),
        "{names:?}"
    );
}

#[tokio::test]
async fn a_restart_that_a_poll_notices_is_looked_into_at_once() {
    let world = World::open().await;
    watch(&world).await;
    world.clock.advance(Duration::minutes(1));
    watch(&world).await;
    let _ = world.access.take_jobs(world.tenant());
    world.gateway.router.restart(world.router);
    world.clock.advance(Duration::minutes(1));
    for _ in 0..2 {
        watch(&world).await;
    }
    let jobs = world.access.jobs(world.tenant());
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    assert_eq!(jobs[0].kind, kinds::RECONCILE_ROUTER);
}

#[tokio::test]
async fn totals_are_read_at_their_interval_and_sessions_every_time() {
    let world = World::open().await;
    watch(&world).await;
    let state = || async {
        let state = world.usage.poll_state(world.tenant(), world.router).await;
        state.unwrap().expect("polled")
    };
    let first = state().await;
    assert_eq!(first.users_polled_at, Some(world.now()));
    world.clock.advance(Duration::minutes(1));
    watch(&world).await;
    let second = state().await;
    assert_eq!(second.polled_at, world.now());
    assert_eq!(second.users_polled_at, first.users_polled_at);
    world.clock.advance(Duration::minutes(4));
    watch(&world).await;
    assert_eq!(state().await.users_polled_at, Some(world.now()));
}

/// A job of a kind that was done just now.
async fn done(world: &World, kind: &str) -> JobId {
    let id = world.ids().next();
    let mut tx = JobsStore::begin(&world.jobs, &world.scope).await.unwrap();
    let job = JobRequest {
        id,
        kind: kind.to_owned(),
        lane: Lane::open(),
        priority: Priority::Low,
        run_at: world.now(),
        unique_key: None,
        payload: json!({}),
        max_attempts: 1,
        total: None,
    };
    tx.enqueue(job).await.unwrap();
    tx.commit().await.unwrap();
    let minute = Duration::minutes(1);
    let claimed = JobClaims::claim(&world.jobs, "w", world.now(), minute, 9, Priority::Low).await;
    for job in claimed.unwrap() {
        let finished = JobClaims::finish(&world.jobs, &job, Outcome::Done, world.now()).await;
        assert!(finished.unwrap());
    }
    id
}

#[tokio::test]
async fn watches_are_forgotten_within_hours_and_other_jobs_after_a_week() {
    let world = World::open().await;
    let (watched, synced) = (
        done(&world, kinds::WATCH_ROUTER).await,
        done(&world, kinds::SYNC_ROUTER).await,
    );
    let exists = |job: JobId| {
        let world = &world;
        async move {
            let found = world.jobs.job(world.tenant(), job).await;
            found.unwrap().is_some()
        }
    };
    let prune = || world.run(kinds::PRUNE, json!({}));
    world.clock.advance(Duration::minutes(59));
    prune().await.unwrap();
    assert!(exists(watched).await);
    world.clock.advance(Duration::minutes(2));
    prune().await.unwrap();
    assert!(!exists(watched).await && exists(synced).await);
    world.days_pass(7);
    prune().await.unwrap();
    assert!(!exists(synced).await);
}
