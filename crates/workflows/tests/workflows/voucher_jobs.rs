//! The life of a batch: made, granted, used, over, withdrawn; each step can be repeated and resumed.

use std::sync::atomic::Ordering;

use access::{AccessStore, Allowance, Menu, Subject};
use chrono::Duration;
use serde_json::json;
use vouchers::{
    VoidBatch, VoidVoucher, VoucherFilter, VoucherQueries, VoucherStateName, void_batch,
    void_voucher,
};
use workflows::job_kinds as kinds;
use workflows::{Failure, Remedy};

use crate::fakes::Steps;
use crate::world::{World, batch_payload, router_payload};

async fn withdraw(world: &World, batch: kernel::BatchId) {
    let command = VoidBatch {
        batch,
        reason: "stolen".to_owned(),
    };
    void_batch(&world.vouchers, &*world.clock, &world.scope, command)
        .await
        .unwrap();
}

async fn live_grants(world: &World) -> u64 {
    let mut tx = world.access.begin(&world.scope).await.unwrap();
    tx.grants().count_live(world.router).await.unwrap()
}

async fn watch(world: &World) -> Result<(), Failure> {
    let payload = router_payload(world.router);
    world.run(kinds::WATCH_ROUTER, payload).await
}

async fn state_of(world: &World, voucher: kernel::VoucherId) -> VoucherStateName {
    let view = world.vouchers.voucher(world.tenant(), voucher).await;
    view.unwrap().expect("a voucher").state
}

#[tokio::test]
async fn a_batch_is_made_in_chunks_that_report_progress() {
    let world = World::open().await;
    let batch = world.order(1_200).await.unwrap();
    let steps = Steps::default();
    world
        .run_watched(kinds::GENERATE_VOUCHERS, batch_payload(batch), &steps)
        .await
        .unwrap();
    let seen = steps.seen.lock().unwrap().clone();
    assert_eq!(seen, [(1_000, Some(1_200)), (1_200, Some(1_200))]);
    let again = batch_payload(batch);
    world.run(kinds::GENERATE_VOUCHERS, again).await.unwrap();
    let view = world.vouchers.batch(world.tenant(), batch).await.unwrap();
    assert_eq!(view.unwrap().states.generated, 1_200);
    let made = world.made.0.load(Ordering::SeqCst);
    assert_eq!(made, 1_200, "counted once, however often it runs");
}

#[tokio::test]
async fn making_stops_when_the_job_is_cancelled_and_resumes_where_it_was() {
    let world = World::open().await;
    let batch = world.order(1_200).await.unwrap();
    let steps = Steps::default();
    steps.cancelled.store(true, Ordering::SeqCst);
    let payload = batch_payload(batch);
    world
        .run_watched(kinds::GENERATE_VOUCHERS, payload.clone(), &steps)
        .await
        .unwrap();
    assert_eq!(steps.seen.lock().unwrap().len(), 1);
    world.run(kinds::GENERATE_VOUCHERS, payload).await.unwrap();
    let view = world.vouchers.batch(world.tenant(), batch).await.unwrap();
    assert_eq!(view.unwrap().generated, 1_200);
}

#[tokio::test]
async fn making_ends_quietly_when_the_batch_is_withdrawn() {
    let world = World::open().await;
    let batch = world.order(5).await.unwrap();
    withdraw(&world, batch).await;
    let payload = batch_payload(batch);
    world.run(kinds::GENERATE_VOUCHERS, payload).await.unwrap();
    assert!(world.vouchers_of(batch).await.is_empty());
}

#[tokio::test]
async fn a_batch_that_does_not_exist_needs_a_person() {
    let world = World::open().await;
    for kind in [kinds::GENERATE_VOUCHERS, kinds::GRANT_VOUCHERS] {
        let payload = batch_payload(world.ids().next());
        let failure = world.run(kind, payload).await.unwrap_err();
        assert_eq!(failure.remedy, Remedy::Park, "{kind}");
    }
}

#[tokio::test]
async fn a_complete_batch_is_granted_and_brought_to_its_router() {
    let world = World::open().await;
    let (_, vouchers) = world.granted_batch(20).await;
    assert_eq!(live_grants(&world).await, 20);
    world.sync().await.unwrap();
    let login = world.code_of(vouchers[0].id()).await;
    let router = &world.gateway.router;
    let row = router.row(world.router, Menu::HotspotUser, &login.name);
    assert!(row.is_some());
    assert!(router.dial(world.router, &login, &login.name));
}

#[tokio::test]
async fn granting_resumes_after_a_crash_without_granting_twice() {
    let world = World::open().await;
    let batch = world.order(700).await.unwrap();
    let payload = batch_payload(batch);
    let making = world.run(kinds::GENERATE_VOUCHERS, payload.clone());
    making.await.unwrap();
    let steps = Steps::default();
    steps.cancelled.store(true, Ordering::SeqCst);
    let first_page = world.run_watched(kinds::GRANT_VOUCHERS, payload.clone(), &steps);
    first_page.await.unwrap();
    assert_eq!(live_grants(&world).await, 500);
    world.run(kinds::GRANT_VOUCHERS, payload).await.unwrap();
    assert_eq!(live_grants(&world).await, 700);
}

#[tokio::test]
async fn vouchers_that_ended_before_get_no_grant() {
    let world = World::open().await;
    let batch = world.order(3).await.unwrap();
    let payload = batch_payload(batch);
    let making = world.run(kinds::GENERATE_VOUCHERS, payload.clone());
    making.await.unwrap();
    withdraw(&world, batch).await;
    let _ = world.access.take_jobs(world.tenant());
    world.run(kinds::GRANT_VOUCHERS, payload).await.unwrap();
    assert_eq!(live_grants(&world).await, 0);
    assert!(world.access.jobs(world.tenant()).is_empty());
}

#[tokio::test]
async fn a_batch_that_is_withdrawn_while_it_is_granted_ends_without_grants() {
    let world = World::open().await;
    let (batch, _) = world.granted_batch(3).await;
    withdraw(&world, batch).await;
    // The withdrawal came first: the job that grants finds the end itself.
    let payload = batch_payload(batch);
    world
        .run(kinds::GRANT_VOUCHERS, payload.clone())
        .await
        .unwrap();
    assert_eq!(live_grants(&world).await, 0);
    for _ in 0..2 {
        let ending = world.run(kinds::WITHDRAW_VOUCHERS, payload.clone());
        ending.await.unwrap();
        assert_eq!(live_grants(&world).await, 0);
    }
}

#[tokio::test]
async fn withdrawing_removes_codes_from_the_router() {
    let world = World::open().await;
    let (batch, vouchers) = world.granted_batch(3).await;
    world.sync().await.unwrap();
    let login = world.code_of(vouchers[0].id()).await;
    withdraw(&world, batch).await;
    let payload = batch_payload(batch);
    world.run(kinds::WITHDRAW_VOUCHERS, payload).await.unwrap();
    world.sync().await.unwrap();
    let router = &world.gateway.router;
    let row = router.row(world.router, Menu::HotspotUser, &login.name);
    assert!(row.is_none());
}

#[tokio::test]
async fn one_voucher_that_is_withdrawn_loses_its_grant() {
    let world = World::open().await;
    let (_, vouchers) = world.granted_batch(2).await;
    let command = VoidVoucher {
        voucher: vouchers[0].id(),
        reason: "misprint".to_owned(),
    };
    void_voucher(&world.vouchers, &*world.clock, &world.scope, command)
        .await
        .unwrap();
    let voided = world.last_event("vouchers.voucher_voided");
    for _ in 0..2 {
        world.hand_out(&voided).await.unwrap();
        assert_eq!(live_grants(&world).await, 1);
    }
}

#[tokio::test]
async fn the_first_login_starts_the_clock_when_the_session_began() {
    let world = World::open().await;
    let (_, vouchers) = world.granted_batch(2).await;
    world.sync().await.unwrap();
    let voucher = vouchers[0].id();
    let login = world.code_of(voucher).await;
    world.clock.advance(Duration::hours(1));
    let router = &world.gateway.router;
    assert!(router.dial(world.router, &login, &login.name));
    world.gateway.uptime_s.store(600, Ordering::SeqCst);
    let begun = world.now().minus(Duration::minutes(10));

    watch(&world).await.unwrap();
    assert_eq!(state_of(&world, voucher).await, VoucherStateName::Active);
    assert_eq!(
        state_of(&world, vouchers[1].id()).await,
        VoucherStateName::Generated
    );
    let activated = world.last_event("vouchers.voucher_activated");
    world.hand_out(&activated).await.unwrap();
    let until = Some(begun.plus(Duration::days(1)));
    let subject = Subject::Voucher(voucher);
    assert_eq!(
        world.allowance_of(subject).await,
        Allowance::Active { until }
    );

    world.clock.advance(Duration::minutes(5));
    watch(&world).await.unwrap();
    world.hand_out(&activated).await.unwrap();
    assert_eq!(
        world.allowance_of(subject).await,
        Allowance::Active { until },
        "the second look changes nothing"
    );
}

#[tokio::test]
async fn a_voucher_whose_time_is_over_is_cut() {
    let world = World::open().await;
    let (_, vouchers) = world.granted_batch(1).await;
    world.sync().await.unwrap();
    let voucher = vouchers[0].id();
    let login = world.code_of(voucher).await;
    let router = &world.gateway.router;
    assert!(router.dial(world.router, &login, &login.name));
    watch(&world).await.unwrap();
    let activated = world.last_event("vouchers.voucher_activated");
    world.hand_out(&activated).await.unwrap();
    world.sync().await.unwrap();
    assert_eq!(router.online(world.router).len(), 1);

    world.days_pass(1);
    for _ in 0..2 {
        world.run(kinds::EXPIRE_VOUCHERS, json!({})).await.unwrap();
    }
    assert_eq!(state_of(&world, voucher).await, VoucherStateName::Expired);
    let expired = world.last_event("vouchers.voucher_expired");
    world.hand_out(&expired).await.unwrap();
    world.sync().await.unwrap();
    assert!(router.online(world.router).is_empty());
    assert!(!router.dial(world.router, &login, &login.name));
}

#[tokio::test]
async fn vouchers_that_lay_too_long_end_page_by_page() {
    let world = World::open().await;
    let (batch, _) = world.granted_batch(450).await;
    world.days_pass(31);
    let steps = Steps::default();
    world
        .run_watched(kinds::EXPIRE_VOUCHERS, json!({}), &steps)
        .await
        .unwrap();
    assert_eq!(*steps.seen.lock().unwrap(), [(200, None), (400, None)]);
    let filter = VoucherFilter {
        batch: Some(batch),
        state: Some(VoucherStateName::Expired),
    };
    let page = kernel::PageRequest::new(200, None);
    let expired = world.vouchers.vouchers(world.tenant(), filter, page);
    assert!(expired.await.unwrap().next.is_some());
    let view = world.vouchers.batch(world.tenant(), batch).await.unwrap();
    assert_eq!(view.unwrap().states.expired, 450);
}
