//! How long to wait before the next attempt: exponential backoff with jitter, bounded.

use chrono::Duration;
use kernel::{Randomness, Timestamp};

/// When failed work is tried again, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    base: Duration,
    cap: Duration,
    max_attempts: u16,
}

/// A policy that never ends or never waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRetryPolicy {
    /// The first wait is not above zero.
    #[error("the first wait must be at least one millisecond")]
    Base,
    /// The longest wait is shorter than the first or longer than 30 days.
    #[error("the longest wait must be between the first wait and 30 days")]
    Cap,
    /// Not a single attempt.
    #[error("there must be at least one attempt")]
    Attempts,
}

impl RetryPolicy {
    /// A policy: waits start near `base`, double each time up to `cap`, and end after `max_attempts` attempts.
    ///
    /// # Errors
    /// [`BadRetryPolicy`] names the value that makes no sense.
    pub fn new(base: Duration, cap: Duration, max_attempts: u16) -> Result<Self, BadRetryPolicy> {
        if base < Duration::milliseconds(1) {
            return Err(BadRetryPolicy::Base);
        }
        if cap < base || cap > Duration::days(30) {
            return Err(BadRetryPolicy::Cap);
        }
        if max_attempts == 0 {
            return Err(BadRetryPolicy::Attempts);
        }
        Ok(Self {
            base,
            cap,
            max_attempts,
        })
    }

    /// Attempts before it is parked.
    #[must_use]
    pub const fn max_attempts(&self) -> u16 {
        self.max_attempts
    }

    /// The longest wait after a number of failed attempts: `base * 2^(failed - 1)`, at most `cap`.
    #[must_use]
    pub fn ceiling(&self, failed: u16) -> Duration {
        let doublings = u32::from(failed.saturating_sub(1)).min(62);
        let base = self.base.num_milliseconds();
        let wait = base.saturating_mul(1_i64 << doublings);
        Duration::milliseconds(wait.min(self.cap.num_milliseconds()))
    }

    /// When to try again after `failed` attempts, or `None` once they are used up.
    ///
    /// The wait is drawn evenly between half the ceiling and the ceiling, so that things which failed together do not
    /// come back together ("equal jitter" in the AWS Architecture Blog, Exponential Backoff And Jitter, 2015).
    #[must_use]
    pub fn next_attempt_at(
        &self,
        failed: u16,
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> Option<Timestamp> {
        if failed >= self.max_attempts {
            return None;
        }
        Some(now.plus(self.jittered(failed, randomness)))
    }

    /// When to try again whatever the number of failures, for work that waits for something to come back.
    #[must_use]
    pub fn wait_at_most_cap(
        &self,
        failed: u16,
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> Timestamp {
        now.plus(self.jittered(failed, randomness))
    }

    fn jittered(&self, failed: u16, randomness: &dyn Randomness) -> Duration {
        let ceiling = self.ceiling(failed).num_milliseconds();
        let half = ceiling / 2;
        let spread = u32::try_from(ceiling - half).unwrap_or(u32::MAX);
        Duration::milliseconds(half + i64::from(randomness.below(spread.saturating_add(1))))
    }
}

#[cfg(test)]
mod tests;
