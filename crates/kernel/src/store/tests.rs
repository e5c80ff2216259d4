//! A use case that meets a conflict runs again, a bounded number of times.

#![allow(clippy::panic)]

use std::sync::atomic::{AtomicU32, Ordering};

use super::{MayConflict, StoreError, rerun_on_conflict};

/// Runs work whose first attempts meet a conflict; returns what came of it and how often it ran.
async fn run(
    conflicts: u32,
    then: fn() -> Result<u32, StoreError>,
) -> (Result<u32, StoreError>, u32) {
    let runs = AtomicU32::new(0);
    let work = || async {
        if runs.fetch_add(1, Ordering::SeqCst) < conflicts {
            return Err(StoreError::Conflict);
        }
        then()
    };
    let outcome = rerun_on_conflict(work).await;
    (outcome, runs.into_inner())
}

#[tokio::test]
async fn success_runs_once() {
    assert!(matches!(run(0, || Ok(7)).await, (Ok(7), 1)));
}

#[tokio::test]
async fn a_conflict_runs_the_whole_work_again() {
    assert!(matches!(run(1, || Ok(7)).await, (Ok(7), 2)));
    assert!(matches!(run(2, || Ok(7)).await, (Ok(7), 3)));
}

#[tokio::test]
async fn the_third_conflict_is_the_answer() {
    let (outcome, runs) = run(u32::MAX, || Ok(7)).await;
    assert!(outcome.is_err_and(|it| it.is_conflict()));
    assert_eq!(runs, 3);
}

#[tokio::test]
async fn other_errors_are_not_repeated() {
    let duplicate = || {
        Err(StoreError::Duplicate {
            constraint: "grants_login".to_owned(),
        })
    };
    let (outcome, runs) = run(1, duplicate).await;
    assert!(outcome.is_err_and(|it| it.is_duplicate_of("grants_login")));
    assert_eq!(runs, 2, "one conflict, then the refusal");
}
