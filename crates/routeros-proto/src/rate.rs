//! Bit rates: one number with an optional decimal suffix, and pairs of them.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A text that is not a rate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a rate: {0:?}")]
pub struct BadRate(pub String);

/// Reads a rate in bits per second: digits and an optional `k`, `M` or `G` (powers of 1000).
///
/// # Errors
/// [`BadRate`] for anything else and for what does not fit 64 bits.
pub fn parse_rate(text: &str) -> Result<u64, BadRate> {
    let (digits, factor) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (&text[..text.len() - 1], 1_000),
        Some(b'm' | b'M') => (&text[..text.len() - 1], 1_000_000),
        Some(b'g' | b'G') => (&text[..text.len() - 1], 1_000_000_000),
        _ => (text, 1),
    };
    let number = Some(digits).filter(|it| it.bytes().all(|byte| byte.is_ascii_digit()));
    let bits = number.and_then(|it| it.parse::<u64>().ok()?.checked_mul(factor));
    bits.ok_or_else(|| BadRate(text.to_owned()))
}

/// Writes a rate with the largest suffix that loses nothing: `20M`, `1500k`, `0`.
#[must_use]
pub fn format_rate(bits_per_second: u64) -> String {
    let suffixes = [(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
    for (factor, suffix) in suffixes {
        if bits_per_second >= factor && bits_per_second.is_multiple_of(factor) {
            return format!("{}{suffix}", bits_per_second / factor);
        }
    }
    bits_per_second.to_string()
}

/// Two rates from the router's point of view, in bits per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RatePair {
    /// What the router receives: the customer's upload.
    pub rx_bps: u64,
    /// What the router sends: the customer's download.
    pub tx_bps: u64,
}

impl RatePair {
    /// No rate in either direction, which means "not limited".
    pub const ZERO: Self = Self {
        rx_bps: 0,
        tx_bps: 0,
    };

    /// A pair of rates in bits per second.
    #[must_use]
    pub fn new(rx_bps: u64, tx_bps: u64) -> Self {
        Self { rx_bps, tx_bps }
    }

    /// As queues print it: plain bits per second, `5000000/20000000`.
    #[must_use]
    pub fn in_bps(self) -> String {
        format!("{}/{}", self.rx_bps, self.tx_bps)
    }
}

impl FromStr for RatePair {
    type Err = BadRate;

    /// `rx/tx`, or one rate that stands for both.
    fn from_str(text: &str) -> Result<Self, BadRate> {
        let (rx, tx) = text.split_once('/').unwrap_or((text, text));
        Ok(Self {
            rx_bps: parse_rate(rx)?,
            tx_bps: parse_rate(tx)?,
        })
    }
}

impl fmt::Display for RatePair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/{}",
            format_rate(self.rx_bps),
            format_rate(self.tx_bps)
        )
    }
}
