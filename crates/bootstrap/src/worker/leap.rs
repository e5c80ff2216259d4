//! Notices when the clock on the wall leaps ahead: it was set, or the machine was suspended.
//!
//! Leases are written in wall time, so that workers on several machines agree on them. After a leap those of the work in
//! progress seem to have lapsed though it goes on, and a worker would claim its own jobs a second time.

use std::time::Duration;

use kernel::Timestamp;
use tokio::time::Instant;

/// Compares the clock on the wall with one that only measures how long things take.
pub(super) struct LeapWatch {
    wall: Timestamp,
    steady: Instant,
}

impl LeapWatch {
    pub(super) const fn since(wall: Timestamp, steady: Instant) -> Self {
        Self { wall, steady }
    }

    /// Whether the wall clock ran ahead of the steady one by more than `most` since the last look.
    pub(super) fn has_leapt(&mut self, wall: Timestamp, steady: Instant, most: Duration) -> bool {
        let lasted = steady.saturating_duration_since(self.steady);
        let passed = wall.since(self.wall);
        *self = Self { wall, steady };
        passed
            .to_std()
            .is_ok_and(|passed| passed > lasted.saturating_add(most))
    }
}

#[cfg(test)]
mod tests {
    //! Time that passes is no leap; time that is skipped is one, once.

    use std::time::Duration;

    use chrono::Duration as Span;
    use kernel::Timestamp;
    use tokio::time::Instant;

    use super::LeapWatch;

    #[tokio::test(start_paused = true)]
    async fn only_skipped_time_is_a_leap() {
        let (start, most) = (
            Timestamp::from_utc("2026-11-21T09:00:00Z".parse().unwrap()),
            Duration::from_secs(10),
        );
        let (begun, at) = (Instant::now(), |seconds| start.plus(Span::seconds(seconds)));
        let later = |seconds| begun + Duration::from_secs(seconds);
        let mut watch = LeapWatch::since(start, begun);
        assert!(!watch.has_leapt(at(60), later(60), most), "a minute passed");
        assert!(!watch.has_leapt(at(70), later(60), most), "a small step");
        assert!(
            watch.has_leapt(at(3_600), later(61), most),
            "an hour was skipped"
        );
        assert!(
            !watch.has_leapt(at(3_601), later(62), most),
            "it goes on from there"
        );
        assert!(!watch.has_leapt(at(0), later(63), most), "set back");
    }
}
