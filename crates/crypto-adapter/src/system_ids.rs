//! New UUIDv7 ids that sort in the order in which one process made them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use kernel::{Clock, Ids, Randomness};
use uuid::Uuid;

/// Ids of the time and 74 random bits; within a millisecond the random part only grows.
///
/// This is "monotonic random" of RFC 9562 section 6.2, method 2: ids of one process sort as they were made, even when
/// the clock is set back, and nobody can guess the next one.
pub struct SystemIds {
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    last: Mutex<Moment>,
}

/// A millisecond since 1970 and the 74 bits that follow it in an id.
#[derive(Clone, Copy)]
struct Moment {
    millis: u64,
    tail: u128,
}

const TAIL_BITS: u32 = 74;
const LOW_BITS: u32 = 62;
const LAST_MILLIS: u64 = (1 << 48) - 1;

impl SystemIds {
    /// Ids by this clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, randomness: Arc<dyn Randomness>) -> Self {
        let last = Mutex::new(Moment { millis: 0, tail: 0 });
        Self {
            clock,
            randomness,
            last,
        }
    }

    fn now_millis(&self) -> u64 {
        let millis = self.clock.now().micros().div_euclid(1_000);
        u64::try_from(millis).unwrap_or(0).min(LAST_MILLIS)
    }

    /// The moment after `last`: now with a fresh tail, or `last` a random step further.
    fn following(&self, last: Moment) -> Moment {
        let millis = self.now_millis();
        if millis > last.millis {
            return self.beginning_of(millis);
        }
        let tail = last.tail + 1 + u128::from(self.random_word() >> 32);
        if tail >> TAIL_BITS == 0 {
            return Moment {
                millis: last.millis,
                tail,
            };
        }
        self.beginning_of(last.millis + 1)
    }

    /// A millisecond's first moment: the highest bit is left free to grow into.
    fn beginning_of(&self, millis: u64) -> Moment {
        let drawn = (u128::from(self.random_word()) << 64) | u128::from(self.random_word());
        let tail = drawn & ((1 << (TAIL_BITS - 1)) - 1);
        Moment { millis, tail }
    }

    fn random_word(&self) -> u64 {
        let mut bytes = [0; 8];
        self.randomness.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

impl Moment {
    /// Time, version 7, 12 bits, variant 2, 62 bits (RFC 9562 section 5.7).
    fn uuid(self) -> Uuid {
        let high = (u128::from(self.millis) << 80) | (0x7 << 76) | ((self.tail >> LOW_BITS) << 64);
        let low = (0b10 << LOW_BITS) | (self.tail & ((1 << LOW_BITS) - 1));
        Uuid::from_u128(high | low)
    }
}

impl Ids for SystemIds {
    fn fresh(&self) -> Uuid {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = self.following(*last);
        last.uuid()
    }
}

impl fmt::Debug for SystemIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SystemIds(…)")
    }
}

#[cfg(test)]
mod tests;
