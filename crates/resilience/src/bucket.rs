//! A token bucket: a burst at once, then a steady rate.

use std::time::Duration;

use tokio::time::Instant;

/// The size and the rate of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketSettings {
    /// How many may pass at once after a rest, at least 1.
    pub burst: u32,
    /// How many more each interval allows, at least 1.
    pub refill: u32,
    /// How long an interval is, at least a millisecond.
    pub interval: Duration,
}

/// A bucket that begins full.
#[derive(Debug)]
pub struct TokenBucket {
    settings: BucketSettings,
    tokens: u32,
    filled_at: Instant,
}

impl TokenBucket {
    /// A full bucket at this instant. Settings below their bounds are raised to them.
    #[must_use]
    pub fn new(settings: BucketSettings, now: Instant) -> Self {
        let settings = BucketSettings {
            burst: settings.burst.max(1),
            refill: settings.refill.max(1),
            interval: settings.interval.max(Duration::from_millis(1)),
        };
        Self {
            settings,
            tokens: settings.burst,
            filled_at: now,
        }
    }

    /// Takes one token.
    ///
    /// # Errors
    /// The instant at which there will be one.
    pub fn take(&mut self, now: Instant) -> Result<(), Instant> {
        self.fill(now);
        let Some(left) = self.tokens.checked_sub(1) else {
            return Err(self.filled_at + self.settings.interval);
        };
        self.tokens = left;
        Ok(())
    }

    /// Gives a token back that was not used.
    pub fn put_back(&mut self) {
        self.tokens = self.tokens.saturating_add(1).min(self.settings.burst);
    }

    /// How many tokens there are.
    pub fn tokens(&mut self, now: Instant) -> u32 {
        self.fill(now);
        self.tokens
    }

    fn fill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.filled_at).as_nanos();
        let intervals = elapsed
            .checked_div(self.settings.interval.as_nanos())
            .unwrap_or(0);
        let Ok(intervals) = u32::try_from(intervals) else {
            (self.tokens, self.filled_at) = (self.settings.burst, now);
            return;
        };
        let fresh = self.settings.refill.saturating_mul(intervals);
        self.tokens = self.tokens.saturating_add(fresh).min(self.settings.burst);
        self.filled_at += self.settings.interval.saturating_mul(intervals);
    }
}

#[cfg(test)]
mod tests {
    //! Bursts and rates.

    use std::time::Duration;

    use tokio::time::Instant;

    use super::{BucketSettings, TokenBucket};

    const SPEC: BucketSettings = BucketSettings {
        burst: 100,
        refill: 10,
        interval: Duration::from_millis(100),
    };

    #[test]
    fn a_burst_passes_then_the_rate_holds() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(SPEC, start);
        let passed = (0..150).filter(|_| bucket.take(start).is_ok()).count();
        assert_eq!(passed, 100);
        let next = start + Duration::from_millis(100);
        assert_eq!(bucket.take(start + Duration::from_millis(99)), Err(next));
        let passed = (0..150).filter(|_| bucket.take(next).is_ok()).count();
        assert_eq!(passed, 10);
    }

    #[test]
    fn a_rest_fills_it_to_the_brim_and_no_further() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(SPEC, start);
        while bucket.take(start).is_ok() {}
        assert_eq!(bucket.tokens(start + Duration::from_millis(250)), 20);
        assert_eq!(bucket.tokens(start + Duration::from_secs(3_600)), 100);
        bucket.put_back();
        assert_eq!(bucket.tokens(start + Duration::from_secs(3_600)), 100);
    }
}
