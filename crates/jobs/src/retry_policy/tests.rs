//! Waits double, stay within their bounds, and end.
#![allow(clippy::unwrap_used)]

use super::{BadRetryPolicy, RetryPolicy};
use chrono::Duration;
use kernel::Timestamp;
use kernel::testing::SeededRandomness;
use proptest::prelude::{ProptestConfig, prop_assert, proptest};

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

fn policy() -> RetryPolicy {
    RetryPolicy::new(Duration::seconds(1), Duration::minutes(5), 8).unwrap()
}

#[test]
fn ceilings_double_up_to_the_cap() {
    let seconds: Vec<_> = (1..=11)
        .map(|failed| policy().ceiling(failed).num_seconds())
        .collect();
    assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    assert_eq!(policy().ceiling(u16::MAX), Duration::minutes(5));
}

#[test]
fn attempts_are_bounded_but_waiting_is_not() {
    let randomness = SeededRandomness::from(1);
    assert!(policy().next_attempt_at(7, noon(), &randomness).is_some());
    assert_eq!(policy().next_attempt_at(8, noon(), &randomness), None);
    assert!(policy().wait_at_most_cap(999, noon(), &randomness) > noon());
}

#[test]
fn things_that_failed_together_come_back_apart() {
    let randomness = SeededRandomness::from(1);
    let mut times: Vec<_> = (0..50)
        .filter_map(|_| policy().next_attempt_at(6, noon(), &randomness))
        .collect();
    times.sort_unstable();
    times.dedup();
    assert!(times.len() > 45, "{} different times of 50", times.len());
}

#[test]
fn policies_that_never_wait_or_never_try_are_refused() {
    let policy = |base, cap, attempts| {
        RetryPolicy::new(
            Duration::milliseconds(base),
            Duration::milliseconds(cap),
            attempts,
        )
    };
    assert_eq!(policy(0, 10, 1), Err(BadRetryPolicy::Base));
    assert_eq!(policy(10, 9, 1), Err(BadRetryPolicy::Cap));
    assert_eq!(policy(10, i64::from(u32::MAX), 1), Err(BadRetryPolicy::Cap));
    assert_eq!(policy(10, 10, 0), Err(BadRetryPolicy::Attempts));
    assert!(policy(1, 1, 1).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_wait_lies_between_half_the_ceiling_and_the_ceiling(
        base in 1_i64..100_000, factor in 1_i64..1_000, failed in 0_u16..200, seed: u64,
    ) {
        let cap = Duration::milliseconds(base * factor);
        let policy = RetryPolicy::new(Duration::milliseconds(base), cap, 201).unwrap();
        let at = policy.next_attempt_at(failed, noon(), &SeededRandomness::from(seed)).unwrap();
        let ceiling = policy.ceiling(failed);
        let wait = at.since(noon());
        prop_assert!(wait * 2 + Duration::milliseconds(1) >= ceiling && wait <= ceiling);
        prop_assert!(ceiling <= cap);
    }
}
