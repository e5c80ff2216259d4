//! The state machine of a job, step by step; the ports' promises are checked by the contract on the fake.
#![allow(clippy::unwrap_used)]

use super::{ImpossibleJob, Job, JobRefusal, JobState, JobStateName};
use crate::ports::claims::{ClaimedJob, Outcome};
use crate::testing::{
    CONTRACT_EVENT, CONTRACT_HANDLERS, EventFeed, JobsPorts, MemoryJobs, jobs_store_contract,
};
use async_trait::async_trait;
use chrono::Duration;
use kernel::testing::CountingIds;
use kernel::{Ids, JobRequest, Lane, NewEvent, Priority, Scope, TenantId, Timestamp};
use proptest::prelude::{Just, ProptestConfig, Strategy, prop, prop_assert, prop_oneof, proptest};

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

fn tenant() -> TenantId {
    (&CountingIds::from(1) as &dyn Ids).next()
}

fn queued() -> Job {
    let request = JobRequest {
        id: (&CountingIds::from(2) as &dyn Ids).next(),
        kind: "sync_router".to_owned(),
        lane: Lane::open(),
        priority: Priority::Normal,
        run_at: noon(),
        unique_key: None,
        payload: serde_json::json!({}),
        max_attempts: 3,
        total: None,
    };
    Job::queued(tenant(), request, noon())
}

struct Feed(MemoryJobs);

#[async_trait]
impl EventFeed for Feed {
    async fn record(&self, scope: &Scope, events: Vec<NewEvent>) {
        for event in events {
            self.0.record(scope, event, noon());
        }
    }
}

#[tokio::test]
async fn the_fake_keeps_the_promises_of_a_store() {
    let [first, second] = CONTRACT_HANDLERS;
    let store = MemoryJobs::delivering(&[(CONTRACT_EVENT, first), (CONTRACT_EVENT, second)]);
    let feed = Feed(store.clone());
    let ports = JobsPorts {
        store: &store,
        jobs: &store,
        deliveries: &store,
        schedules: &store,
        control: &store,
        queries: &store,
        feed: &feed,
        housekeeping: &store,
    };
    let ids = CountingIds::from(1);
    jobs_store_contract(ports, (&ids as &dyn Ids).next(), &ids).await;
}

#[tokio::test]
async fn a_wake_up_is_kept_until_somebody_waits() {
    use crate::ports::claims::WorkSignal;
    let store = MemoryJobs::new();
    store.wake();
    store.wake();
    store.woken().await;
    let waiting = store.clone();
    let waiter = tokio::spawn(async move { waiting.woken().await });
    tokio::task::yield_now().await;
    assert!(!waiter.is_finished());
    store.wake();
    waiter.await.unwrap();
}

#[test]
fn a_claim_is_current_only_for_its_worker_and_attempt() {
    let mut job = queued();
    let minute = Duration::minutes(1);
    let first = job.claim("one", noon(), minute).unwrap();
    assert_eq!(job.claim("two", noon(), minute), None);
    let second = job.claim("one", noon().plus(minute), minute).unwrap();
    assert!(!job.finish(&first, Outcome::Done, noon()));
    assert!(job.finish(&second, Outcome::Done, noon()));
    assert!(!job.finish(&second, Outcome::Done, noon()));
}

#[test]
fn nothing_cancels_what_is_done() {
    let mut job = queued();
    let claim = job.claim("one", noon(), Duration::minutes(1)).unwrap();
    job.finish(&claim, Outcome::Done, noon());
    assert_eq!(job.cancel(noon()), Err(JobRefusal::Done));
    assert_eq!(job.requeue(noon()), Err(JobRefusal::NotStopped));
}

#[test]
fn impossible_jobs_are_not_restored() {
    let mut endless = queued().snapshot();
    endless.request.max_attempts = 0;
    assert_eq!(Job::restore(endless), Err(ImpossibleJob::NoAttempts));
    let mut unbegun = queued().snapshot();
    unbegun.state = JobState::Running {
        worker: "one".to_owned(),
        until: noon(),
    };
    assert_eq!(Job::restore(unbegun), Err(ImpossibleJob::RunsUnbegun));
    assert_eq!(Job::restore(queued().snapshot()), Ok(queued()));
}

#[test]
fn states_are_found_by_their_word() {
    for state in JobStateName::ALL {
        assert_eq!(JobStateName::from_word(state.as_str()), Some(state));
    }
}

#[derive(Debug, Clone)]
enum Step {
    Claim(&'static str),
    Finish(Outcome),
    Release(&'static str),
    Cancel,
    Requeue,
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let error = String::new;
    let worker = prop_oneof![Just("one"), Just("two")];
    prop_oneof![
        worker.clone().prop_map(Step::Claim),
        worker.prop_map(Step::Release),
        Just(Step::Finish(Outcome::Done)),
        Just(Step::Finish(Outcome::Retry {
            at: noon(),
            error: error()
        })),
        Just(Step::Finish(Outcome::Later {
            at: noon(),
            error: error()
        })),
        Just(Step::Finish(Outcome::Parked { error: error() })),
        Just(Step::Cancel),
        Just(Step::Requeue),
        (0_i64..120).prop_map(Step::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_two_workers_hold_a_job_and_every_state_restores(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut job = queued();
        let mut now = noon();
        let mut claims: Vec<ClaimedJob> = Vec::new();
        for step in steps {
            let held = job.is_held(now);
            match step {
                Step::Claim(worker) => {
                    let claimed = job.claim(worker, now, Duration::minutes(1));
                    prop_assert!(!(held && claimed.is_some()));
                    claims.extend(claimed);
                }
                Step::Finish(outcome) => {
                    let ends = |it: &&ClaimedJob| job.clone().finish(it, outcome.clone(), now);
                    let current: Vec<_> = claims.iter().filter(ends).collect();
                    prop_assert!(current.windows(2).all(|pair| pair[0] == pair[1]));
                    if let Some(last) = claims.last() {
                        job.finish(last, outcome, now);
                    }
                }
                Step::Release(worker) => job.release(worker),
                Step::Cancel => drop(job.cancel(now)),
                Step::Requeue => drop(job.requeue(now)),
                Step::Pass(seconds) => now = now.plus(Duration::seconds(seconds)),
            }
            prop_assert!(Job::restore(job.snapshot()) == Ok(job.clone()));
        }
    }
}
