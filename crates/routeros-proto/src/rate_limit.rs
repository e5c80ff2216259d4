//! The whole `rate-limit` of a profile, with bursts, priority and guarantee.
//!
//! Grammar (MikroTik manual, "PPP AAA", "User profiles"), each part needing those before it:
//! `rx[/tx] [rx-burst/tx-burst [rx-thr/tx-thr [rx-time/tx-time [priority [rx-min/tx-min]]]]]`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::duration::parse_duration;
use crate::rate::{BadRate, RatePair};

/// Seconds over which a burst is averaged when none are named.
const DEFAULT_BURST_SECONDS: u64 = 1;

/// A profile's speed. Equal limits are equal values, however they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RateLimit {
    /// The steady rate; zero means unlimited.
    pub rate: RatePair,
    /// A higher rate for a while.
    pub burst: Option<Burst>,
    /// 1 (first) to 8 (last, and what routers assume).
    pub priority: Option<u8>,
    /// The rate that is guaranteed when the line is full.
    pub guaranteed: Option<RatePair>,
}

/// A rate above the steady one, allowed while the average stays under the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Burst {
    /// The highest rate during the burst.
    pub rate: RatePair,
    /// The average that ends the burst.
    pub threshold: RatePair,
    /// Seconds the average is taken over, for upload.
    pub rx_seconds: u64,
    /// Seconds the average is taken over, for download.
    pub tx_seconds: u64,
}

/// Why a text is not a rate limit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadRateLimit {
    /// The text is empty.
    #[error("a rate limit needs at least one rate")]
    Empty,
    /// A part that should be a rate is not.
    #[error("a part is not a rate")]
    Rate(#[from] BadRate),
    /// Burst times that are not seconds.
    #[error("not a burst time: {0:?}")]
    BurstTime(String),
    /// A priority outside 1 to 8.
    #[error("a priority is 1 to 8, not {0:?}")]
    Priority(String),
    /// More parts than the grammar has.
    #[error("nothing may follow the guaranteed rate: {0:?}")]
    Trailing(String),
}

impl RateLimit {
    /// A steady rate and nothing else.
    #[must_use]
    pub fn steady(rate: RatePair) -> Self {
        Self {
            rate,
            burst: None,
            priority: None,
            guaranteed: None,
        }
    }
}

impl FromStr for RateLimit {
    type Err = BadRateLimit;

    fn from_str(text: &str) -> Result<Self, BadRateLimit> {
        let mut parts = text.split_ascii_whitespace();
        let rate: RatePair = parts.next().ok_or(BadRateLimit::Empty)?.parse()?;
        let burst_rate: Option<RatePair> = parts.next().map(str::parse).transpose()?;
        let threshold: Option<RatePair> = parts.next().map(str::parse).transpose()?;
        let times = parts.next().map(burst_seconds).transpose()?;
        let priority = parts.next().map(parse_priority).transpose()?;
        let guaranteed: Option<RatePair> = parts.next().map(str::parse).transpose()?;
        if let Some(more) = parts.next() {
            return Err(BadRateLimit::Trailing(more.to_owned()));
        }
        let (rx_seconds, tx_seconds) =
            times.unwrap_or((DEFAULT_BURST_SECONDS, DEFAULT_BURST_SECONDS));
        let burst = burst_rate
            .filter(|it| *it != RatePair::ZERO)
            .map(|burst_rate| Burst {
                rate: burst_rate,
                threshold: threshold.unwrap_or(rate),
                rx_seconds,
                tx_seconds,
            });
        let guaranteed = guaranteed.filter(|it| *it != RatePair::ZERO);
        Ok(Self {
            rate,
            burst,
            priority,
            guaranteed,
        })
    }
}

impl fmt::Display for RateLimit {
    /// The shortest text that reads back as the same limit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rate)?;
        let more = self.priority.is_some() || self.guaranteed.is_some();
        match self.burst {
            Some(burst) => write!(f, " {burst}")?,
            None if more => write!(f, " 0/0 0/0 0/0")?,
            None => return Ok(()),
        }
        match (self.priority, self.guaranteed) {
            (None, None) => Ok(()),
            (priority, None) => write!(f, " {}", priority.unwrap_or(8)),
            (priority, Some(guaranteed)) => write!(f, " {} {guaranteed}", priority.unwrap_or(8)),
        }
    }
}

impl fmt::Display for Burst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {}/{}",
            self.rate, self.threshold, self.rx_seconds, self.tx_seconds
        )
    }
}

/// `rx/tx` or one time for both, in seconds or with units.
fn burst_seconds(text: &str) -> Result<(u64, u64), BadRateLimit> {
    let (rx, tx) = text.split_once('/').unwrap_or((text, text));
    let seconds = |part: &str| {
        let span = parse_duration(part)
            .ok()
            .filter(|span| span.subsec_nanos() == 0);
        span.map(|span| span.as_secs())
            .ok_or_else(|| BadRateLimit::BurstTime(text.to_owned()))
    };
    Ok((seconds(rx)?, seconds(tx)?))
}

fn parse_priority(text: &str) -> Result<u8, BadRateLimit> {
    let priority = text.parse().ok().filter(|it| (1..=8).contains(it));
    priority.ok_or_else(|| BadRateLimit::Priority(text.to_owned()))
}
