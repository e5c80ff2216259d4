//! Steps that pass, fail and cannot be done.
#![allow(clippy::expect_used)]

use std::time::Duration;

use anyhow::anyhow;

use super::{Interrupted, Outcome, Steps, format_time};

#[tokio::test]
async fn a_failed_step_does_not_stop_the_next() {
    let mut steps = Steps::default();
    steps
        .run("one", async { Err(anyhow!("it broke\nbadly")) })
        .await
        .expect("goes on");
    steps
        .run("two", async { Ok(Outcome::Passed) })
        .await
        .expect("goes on");
    let table = steps.table().to_string();
    assert!(table.contains("FAILED: it broke"), "{table}");
    assert!(table.contains("two"), "{table}");
    assert!(!steps.finish());
}

#[tokio::test]
async fn a_step_that_cannot_be_done_is_seen_and_is_no_failure() {
    let mut steps = Steps::default();
    let outcome = Outcome::NotDone("offline".to_owned());
    steps
        .run("advisories", async { Ok(outcome) })
        .await
        .expect("goes on");
    assert!(steps.table().to_string().contains("NOT DONE: offline"));
    assert!(steps.finish());
}

#[tokio::test]
async fn an_interrupt_stops_all_steps() {
    let mut steps = Steps::default();
    let stopped = steps.run("one", async { Err(Interrupted.into()) }).await;
    assert!(stopped.expect_err("stopped").is::<Interrupted>());
}

#[test]
fn times_are_minutes_and_seconds() {
    assert_eq!(format_time(Duration::from_millis(2_540)), "2.5s");
    assert_eq!(format_time(Duration::from_millis(62_500)), "1m 02.5s");
}
