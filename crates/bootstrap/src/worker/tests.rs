//! The worker on the queue's fake: every way an attempt can end, and every way the worker can.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod deliveries;
mod house;
mod ports;

use std::sync::atomic::Ordering;

use chrono::Duration;
use jobs::{JobClaims, JobControl, JobStateName, Schedules};
use kernel::Priority;
use workflows::job_kinds::PRUNE;

use house::{House, Step, until};

#[tokio::test(start_paused = true)]
async fn what_is_due_runs_once() {
    let house = House::open([]);
    let job = house.enqueue(PRUNE, 5).await;
    let worker = house.work();
    house.wait_for(job, JobStateName::Done).await;
    worker.stop().await;
    assert_eq!(house.prunes.begun.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_waits_and_is_tried_again() {
    let house = House::open([Step::Conflict]);
    let job = house.enqueue(PRUNE, 5).await;
    let worker = house.work();
    house.wait_until_begun(1).await;
    let waiting = house.wait_for(job, JobStateName::Queued).await;
    assert!(waiting.run_at > house.now(), "backoff");
    assert_eq!(waiting.attempts, 1);
    assert_eq!(
        waiting.last_error.as_deref(),
        Some("changed by somebody else meanwhile")
    );
    house.clock.advance(Duration::seconds(2));
    house.wait_for(job, JobStateName::Done).await;
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_last_attempt_parks() {
    let house = House::open([Step::Conflict, Step::Conflict]);
    let job = house.enqueue(PRUNE, 2).await;
    let worker = house.work();
    house.wait_until_begun(1).await;
    house.wait_for(job, JobStateName::Queued).await;
    house.clock.advance(Duration::seconds(2));
    let parked = house.wait_for(job, JobStateName::Parked).await;
    assert_eq!(parked.attempts, 2);
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_away_costs_no_attempt() {
    let house = House::open([Step::DatabaseAway]);
    let job = house.enqueue(PRUNE, 1).await;
    let worker = house.work();
    house.wait_until_begun(1).await;
    let waiting = house.wait_for(job, JobStateName::Queued).await;
    assert_eq!(waiting.attempts, 0);
    house.clock.advance(Duration::seconds(5));
    house.wait_for(job, JobStateName::Done).await;
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_nobody_runs_is_parked_at_once() {
    let house = House::open([]);
    let job = house.enqueue("dance", 5).await;
    let worker = house.work();
    let parked = house.wait_for(job, JobStateName::Parked).await;
    assert_eq!(
        parked.last_error.as_deref(),
        Some("nothing here runs jobs of the kind dance")
    );
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_job_that_killed_its_workers_is_parked_without_running() {
    let house = House::open([]);
    let job = house.enqueue(PRUNE, 1).await;
    let lease = Duration::seconds(30);
    let dead = JobClaims::claim(&house.jobs, "dead", house.now(), lease, 1, Priority::Low);
    assert_eq!(dead.await.unwrap().len(), 1);
    house.clock.advance(lease);
    let worker = house.work();
    house.wait_for(job, JobStateName::Parked).await;
    worker.stop().await;
    assert_eq!(house.prunes.begun.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_cancelled_stops() {
    let house = House::open([Step::Hang]);
    let job = house.enqueue(PRUNE, 5).await;
    let worker = house.work();
    house.wait_until_begun(1).await;
    let (tenant, now) = (house.scope.tenant, house.now());
    house.jobs.cancel(tenant, job, now).await.unwrap();
    house.wait_until_stopped().await;
    worker.stop().await;
    assert_eq!(house.job(job).await.state, JobStateName::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn the_lease_is_renewed_while_work_goes_on() {
    let house = House::open([Step::Hang]);
    let job = house.enqueue(PRUNE, 5).await;
    let worker = house.work();
    house.wait_until_begun(1).await;
    for round in 1..=4 {
        house.clock.advance(Duration::seconds(20));
        let renewals = &house.ports.renewals;
        let seen = renewals.load(Ordering::SeqCst);
        until("the lease is renewed", async || {
            renewals.load(Ordering::SeqCst) > seen
        })
        .await;
        let lease = Duration::seconds(30);
        let other =
            JobClaims::claim(&house.jobs, "other", house.now(), lease, 1, Priority::Low).await;
        assert!(other.unwrap().is_empty(), "round {round}");
    }
    assert_eq!(house.job(job).await.attempts, 1);
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_leaps_ahead_costs_running_work_no_attempt() {
    let house = House::open([Step::Hang]);
    let job = house.enqueue(PRUNE, 2).await;
    let worker = house.work();
    house.wait_until_begun(1).await;
    for _ in 0..4 {
        let renewals = &house.ports.renewals;
        let seen = renewals.load(Ordering::SeqCst);
        house.clock.advance(Duration::days(3));
        until("the lease is renewed", async || {
            renewals.load(Ordering::SeqCst) > seen
        })
        .await;
    }
    assert_eq!(house.job(job).await.attempts, 1);
    assert_eq!(house.prunes.stopped.load(Ordering::SeqCst), 0);
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_waits_for_the_writer_does_not_stop_the_work_that_holds_it() {
    let house = House::open([Step::Write]);
    let job = house.enqueue(PRUNE, 5).await;
    let worker = house.work();
    house.wait_for(job, JobStateName::Done).await;
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn work_stops_when_its_lease_lapses_unrenewed() {
    let house = House::open([Step::Hang]);
    house.enqueue(PRUNE, 5).await;
    let worker = house.work();
    house.wait_until_begun(1).await;
    house.ports.no_renewals.store(true, Ordering::SeqCst);
    house.ports.no_job_claims.store(true, Ordering::SeqCst);
    house.clock.advance(Duration::seconds(31));
    house.wait_until_stopped().await;
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_has_paid_does_not_wait_for_work_that_hangs() {
    let mut house = House::open([Step::Hang, Step::Hang, Step::Hang, Step::Hang, Step::Hang]);
    house.concurrency = 8;
    for _ in 0..9 {
        house.enqueue(PRUNE, 5).await;
    }
    let worker = house.work();
    house.wait_until_begun(5).await;
    let paid = house.enqueue_as(Priority::Critical, PRUNE, 5).await;
    house.wait_for(paid, JobStateName::Done).await;
    let begun = house.prunes.begun.load(Ordering::SeqCst);
    assert_eq!(begun, 6, "no other job took its place");
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_gives_back_what_does_not_end() {
    let house = House::open([Step::Hang]);
    let job = house.enqueue(PRUNE, 5).await;
    let worker = house.work();
    house.wait_until_begun(1).await;
    worker.stop().await;
    let back = house.job(job).await;
    assert_eq!((back.state, back.attempts), (JobStateName::Queued, 0));
    assert_eq!(house.prunes.stopped.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn the_worker_is_ready_once_it_claims() {
    let house = House::open([]);
    house.ports.no_job_claims.store(true, Ordering::SeqCst);
    let mut worker = house.work();
    assert!(!*worker.ready.borrow());
    house.ports.no_job_claims.store(false, Ordering::SeqCst);
    worker.ready.wait_for(|it| *it).await.unwrap();
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn schedules_fire_again_and_again() {
    let house = House::open([]);
    let (tenant, minute) = (house.scope.tenant, Duration::minutes(1));
    let scheduled = house.jobs.ensure(tenant, PRUNE, minute, house.now());
    scheduled.await.unwrap();
    let worker = house.work();
    house.wait_until_begun(1).await;
    house.clock.advance(minute);
    house.wait_until_begun(2).await;
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn deliveries_that_cannot_be_claimed_do_not_stop_jobs() {
    let house = House::open([]);
    house.ports.no_delivery_claims.store(true, Ordering::SeqCst);
    let job = house.enqueue(PRUNE, 5).await;
    let worker = house.work();
    house.wait_for(job, JobStateName::Done).await;
    worker.stop().await;
}
