//! The machine's clock.

use kernel::{Clock, Timestamp};

/// The time of the operating system, truncated to microseconds. Can jump when the machine's clock is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::from_utc(chrono::Utc::now())
    }
}
