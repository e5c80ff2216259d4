//! Predictable time, ids, randomness and sealing, for the tests of every context.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::Duration;
use uuid::Uuid;

use crate::secret::{CannotOpen, Randomness, Sealed, Secret, Vault};
use crate::time::{Clock, Ids, Timestamp};

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct FixedClock(Mutex<Timestamp>);

impl FixedClock {
    /// A clock that shows `now`.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        let mut now = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *now = now.plus(by);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Ids that count up from a number: later ones sort after earlier ones.
#[derive(Debug)]
pub struct CountingIds(AtomicU64);

impl CountingIds {
    /// The first id is `first`.
    #[must_use]
    pub const fn from(first: u64) -> Self {
        Self(AtomicU64::new(first))
    }
}

impl Ids for CountingIds {
    fn fresh(&self) -> Uuid {
        let number = u128::from(self.0.fetch_add(1, Ordering::SeqCst));
        Uuid::from_u128((0x7_u128 << 76) | (0x2_u128 << 62) | (number << 80) | number)
    }
}

/// Randomness that repeats for the same seed (xorshift64*, Vigna 2016); for tests only.
#[derive(Debug)]
pub struct SeededRandomness(Mutex<u64>);

impl SeededRandomness {
    /// The sequence of a seed.
    #[must_use]
    pub const fn from(seed: u64) -> Self {
        Self(Mutex::new(seed | 1))
    }
}

impl Randomness for SeededRandomness {
    fn fill(&self, buffer: &mut [u8]) {
        let mut state = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in buffer.chunks_mut(8) {
            *state ^= *state >> 12;
            *state ^= *state << 25;
            *state ^= *state >> 27;
            let word = state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_be_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

/// A vault that hides nothing but refuses the wrong owner; its digest is not one-way.
#[derive(Debug, Clone, Copy)]
pub struct OpenVault;

impl Vault for OpenVault {
    fn seal(&self, owner: &str, secret: &Secret) -> Sealed {
        Sealed::from_bytes(format!("{owner}\n{}", secret.expose()).into_bytes())
    }

    fn open(&self, owner: &str, sealed: &Sealed) -> Result<Secret, CannotOpen> {
        let text = String::from_utf8(sealed.as_bytes().to_vec()).map_err(|_| CannotOpen)?;
        let (sealed_for, secret) = text.split_once('\n').ok_or(CannotOpen)?;
        if sealed_for != owner {
            return Err(CannotOpen);
        }
        Ok(Secret::new(secret))
    }

    fn digest(&self, domain: &str, secret: &Secret) -> [u8; 32] {
        let mut digest = [0_u8; 32];
        let bytes = domain.bytes().chain([0]).chain(secret.expose().bytes());
        for (place, byte) in bytes.enumerate() {
            let slot = &mut digest[place % 32];
            *slot = slot.rotate_left(3) ^ byte.wrapping_add(u8::try_from(place % 251).unwrap_or(0));
        }
        digest
    }
}
