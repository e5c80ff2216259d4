//! Opening, waiting, probing, closing, on a paused clock.

use std::sync::Arc;
use std::time::Duration;

use super::{Breaker, BreakerSettings, BreakerState, Open};

const SPEC: BreakerSettings = BreakerSettings {
    threshold: 5,
    open_for: Duration::from_secs(60),
};

fn fail(breaker: &Arc<Breaker>, times: usize) {
    for _ in 0..times {
        breaker.permit().unwrap().failed();
    }
}

#[tokio::test(start_paused = true)]
async fn five_failures_in_a_row_open_it_and_a_success_starts_the_count_again() {
    let breaker = Breaker::new(SPEC);
    fail(&breaker, 4);
    breaker.permit().unwrap().succeeded();
    fail(&breaker, 4);
    assert_eq!(breaker.state(), BreakerState::Closed);
    fail(&breaker, 1);
    assert_eq!(breaker.state(), BreakerState::Open);
    let retry_after = Duration::from_secs(60);
    assert_eq!(breaker.permit().unwrap_err(), Open { retry_after });
    assert_eq!(breaker.check(), Err(Open { retry_after }));
    let seen = breaker.snapshot();
    assert_eq!((seen.failures, seen.rejected), (9, 2));
    assert_eq!(seen.open_for, Some(retry_after));
}

#[tokio::test(start_paused = true)]
async fn half_open_lets_one_probe_through_and_its_success_closes() {
    let breaker = Breaker::new(SPEC);
    fail(&breaker, 5);
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(breaker.check(), Ok(()));
    assert_eq!(
        breaker.state(),
        BreakerState::Open,
        "asking changes nothing"
    );
    let probe = breaker.permit().unwrap();
    assert!(probe.is_probe());
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    let others = (0..50).filter(|_| breaker.permit().is_ok()).count();
    assert_eq!(others, 0);
    probe.succeeded();
    assert_eq!(breaker.state(), BreakerState::Closed);
    fail(&breaker, 4);
    assert_eq!(
        breaker.state(),
        BreakerState::Closed,
        "the count began again"
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_probe_opens_it_for_as_long_again() {
    let breaker = Breaker::new(SPEC);
    fail(&breaker, 5);
    tokio::time::advance(Duration::from_secs(61)).await;
    breaker.permit().unwrap().failed();
    assert_eq!(breaker.state(), BreakerState::Open);
    tokio::time::advance(Duration::from_secs(59)).await;
    assert!(breaker.permit().is_err());
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(breaker.permit().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_caller_left_makes_room_for_another() {
    let breaker = Breaker::new(SPEC);
    fail(&breaker, 5);
    tokio::time::advance(Duration::from_secs(60)).await;
    drop(breaker.permit().unwrap());
    assert!(breaker.permit().unwrap().is_probe());
}

#[tokio::test(start_paused = true)]
async fn what_began_before_it_opened_does_not_close_it() {
    let breaker = Breaker::new(SPEC);
    let (late_good, late_bad) = (breaker.permit().unwrap(), breaker.permit().unwrap());
    fail(&breaker, 5);
    late_good.succeeded();
    assert_eq!(breaker.state(), BreakerState::Open);
    tokio::time::advance(Duration::from_secs(60)).await;
    let probe = breaker.permit().unwrap();
    late_bad.failed();
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    probe.succeeded();
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_person_may_try_at_any_time() {
    let breaker = Breaker::new(SPEC);
    fail(&breaker, 5);
    breaker.insist().unwrap().succeeded();
    assert_eq!(breaker.state(), BreakerState::Closed);
}
