//! Secrets that do not print themselves, and the ports that seal them and make randomness.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A secret text: a password, a token, a voucher code. Never printed, wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text into custody.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text, at the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// A secret encrypted and authenticated for one owner; safe to store. Carries the id of its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Takes bytes that a vault produced.
    #[must_use]
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes, for the store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The sealed bytes do not open for this owner: wrong key, wrong row or damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed secret cannot be opened: is the key the one it was sealed with?")]
pub struct CannotOpen;

/// Seals secrets with a key that lives outside the database.
pub trait Vault: Send + Sync {
    /// Seals a secret for its owner, named as `table/id`: it opens for no other.
    fn seal(&self, owner: &str, secret: &Secret) -> Sealed;

    /// Opens what was sealed for this owner.
    ///
    /// # Errors
    /// [`CannotOpen`] if the bytes were sealed with another key, for another owner, or damaged.
    fn open(&self, owner: &str, sealed: &Sealed) -> Result<Secret, CannotOpen>;

    /// A keyed digest that finds a secret again without storing it; its key never rotates. `domain` keeps
    /// different uses apart.
    fn digest(&self, domain: &str, secret: &Secret) -> [u8; 32];
}

/// The only source of randomness.
pub trait Randomness: Send + Sync {
    /// Fills a buffer with unpredictable bytes.
    fn fill(&self, buffer: &mut [u8]);
}

impl dyn Randomness + '_ {
    /// A uniformly random number below `bound`; 0 for a bound of 0.
    #[must_use]
    pub fn below(&self, bound: u32) -> u32 {
        let Some(zone) = u32::MAX.checked_div(bound).map(|times| times * bound) else {
            return 0;
        };
        loop {
            let mut bytes = [0; 4];
            self.fill(&mut bytes);
            let number = u32::from_le_bytes(bytes);
            if number < zone {
                return number % bound;
            }
        }
    }
}
