//! Tries again after a pause, a few times.

use kernel::Randomness;

use crate::backoff::Backoff;

/// How often something is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// Tries altogether, at least 1.
    pub most: u32,
    /// The pauses in between.
    pub backoff: Backoff,
}

/// Tries until it works, until an error is not worth another try, or until there were enough tries.
///
/// # Errors
/// The last try's.
pub async fn retry<T, E>(
    attempts: Attempts,
    randomness: &dyn Randomness,
    is_worth_repeating: impl Fn(&E) -> bool,
    mut work: impl AsyncFnMut() -> Result<T, E>,
) -> Result<T, E> {
    let mut failures = 0;
    loop {
        let err = match work().await {
            Ok(done) => return Ok(done),
            Err(err) => err,
        };
        if failures + 1 >= attempts.most || !is_worth_repeating(&err) {
            return Err(err);
        }
        tokio::time::sleep(attempts.backoff.pause(failures, randomness)).await;
        failures += 1;
    }
}

#[cfg(test)]
mod tests {
    //! As often as allowed, and no longer than it helps.

    use std::time::Duration;

    use kernel::testing::SeededRandomness;

    use super::{Attempts, retry};
    use crate::backoff::Backoff;

    const THREE: Attempts = Attempts {
        most: 3,
        backoff: Backoff {
            base: Duration::from_secs(1),
            cap: Duration::from_secs(10),
        },
    };

    async fn failing_until(success: u32, is_worth: bool) -> (Result<u32, u32>, u32) {
        let mut tries = 0;
        let randomness = SeededRandomness::from(1);
        let outcome = retry(
            THREE,
            &randomness,
            |_| is_worth,
            async || {
                tries += 1;
                if tries >= success {
                    Ok(tries)
                } else {
                    Err(tries)
                }
            },
        );
        let outcome = outcome.await;
        (outcome, tries)
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_tried_as_often_as_it_may_help() {
        assert_eq!(failing_until(1, true).await, (Ok(1), 1));
        assert_eq!(failing_until(3, true).await, (Ok(3), 3));
        assert_eq!(failing_until(4, true).await, (Err(3), 3));
        assert_eq!(failing_until(2, false).await, (Err(1), 1));
    }
}
