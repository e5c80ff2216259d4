//! Pauses that double, with full jitter.

use std::time::Duration;

use kernel::Randomness;

/// Pauses between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The ceiling of the first pause.
    pub base: Duration,
    /// The ceiling of every pause.
    pub cap: Duration,
}

impl Backoff {
    /// The longest pause after so many failures before this one.
    #[must_use]
    pub fn ceiling(&self, failures: u32) -> Duration {
        let doubled = self.base.saturating_mul(1 << failures.min(20));
        doubled.min(self.cap)
    }

    /// Anything up to the ceiling ("full jitter", Brooker 2015): many callers behind one broken path come back spread
    /// out. To the millisecond.
    #[must_use]
    pub fn pause(&self, failures: u32, randomness: &dyn Randomness) -> Duration {
        let millis = u32::try_from(self.ceiling(failures).as_millis()).unwrap_or(u32::MAX);
        Duration::from_millis(u64::from(randomness.below(millis.saturating_add(1))))
    }
}

#[cfg(test)]
mod tests {
    //! Ceilings double up to the cap, pauses stay below.

    use std::time::Duration;

    use kernel::testing::SeededRandomness;

    use super::Backoff;

    const BACKOFF: Backoff = Backoff {
        base: Duration::from_secs(1),
        cap: Duration::from_secs(300),
    };

    #[test]
    fn ceilings_double_up_to_five_minutes() {
        let seconds = |failures| BACKOFF.ceiling(failures).as_secs();
        let grown: Vec<u64> = (0..12).map(seconds).collect();
        assert_eq!(grown, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(seconds(u32::MAX), 300);
    }

    #[test]
    fn pauses_are_spread_below_the_ceiling() {
        let randomness = SeededRandomness::from(5);
        let pauses: Vec<Duration> = (0..100).map(|_| BACKOFF.pause(3, &randomness)).collect();
        assert!(pauses.iter().all(|it| *it <= Duration::from_secs(8)));
        assert!(pauses.iter().any(|it| *it < Duration::from_secs(2)));
        assert!(pauses.iter().any(|it| *it > Duration::from_secs(6)));
    }
}
