//! Bytes in both directions and seconds online: what is counted.

use serde::Serialize;

/// An amount of use. Sums stay at the largest number instead of wrapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
pub struct Load {
    /// Bytes that the customer sent.
    pub bytes_up: u64,
    /// Bytes that the customer received.
    pub bytes_down: u64,
    /// Seconds of connected time; of several devices at once each counts.
    pub seconds: u64,
}

impl Load {
    /// Nothing.
    pub const ZERO: Self = Self {
        bytes_up: 0,
        bytes_down: 0,
        seconds: 0,
    };

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.each(other, u64::saturating_add)
    }

    /// What is left of it, number by number; never below zero.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.each(other, u64::saturating_sub)
    }

    /// The lesser of both, number by number.
    #[must_use]
    pub fn least(self, other: Self) -> Self {
        self.each(other, std::cmp::min)
    }

    /// Whether no number is below the other's: counters that may have grown from there to here.
    #[must_use]
    pub const fn covers(self, earlier: Self) -> bool {
        self.bytes_up >= earlier.bytes_up
            && self.bytes_down >= earlier.bytes_down
            && self.seconds >= earlier.seconds
    }

    fn each(self, other: Self, with: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            bytes_up: with(self.bytes_up, other.bytes_up),
            bytes_down: with(self.bytes_down, other.bytes_down),
            seconds: with(self.seconds, other.seconds),
        }
    }
}
