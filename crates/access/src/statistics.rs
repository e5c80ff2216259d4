//! How the talking to one router goes, in figures.

use std::collections::BTreeMap;

use serde::Serialize;

/// How the talking to one router goes in this process, since it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GatewayStatistics {
    /// The connections.
    pub pool: PoolFigures,
    /// The circuit breaker; `None` if it is switched off.
    pub breaker: Option<BreakerFigures>,
    /// The queue, the limiter and the window.
    pub limiter: LimiterFigures,
    /// The read cache.
    pub cache: CacheFigures,
    /// Commands sent.
    pub requests: u64,
    /// Calls that came to nothing, by [`crate::GatewayErrorKind::word`].
    pub errors: BTreeMap<&'static str, u64>,
    /// How long the last commands took.
    pub latency: LatencyFigures,
}

/// The connections to a router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct PoolFigures {
    /// With commands in flight.
    pub active: usize,
    /// Ready.
    pub idle: usize,
    /// At most, now: what is configured, or less where the router has no room for so many.
    pub max: usize,
    /// What is known of the router's own limit.
    pub sessions: SessionLimit,
}

/// How many sessions a router's API service takes (`/ip/service max-sessions`), as far as that matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SessionLimit {
    /// It was not asked: one connection is all there may be, or none was made yet.
    #[default]
    NotAsked,
    /// The router tells it.
    Told {
        /// Sessions the service takes from everybody together.
        limit: u64,
        /// Sessions of others that ran when it was last asked.
        others: u64,
    },
    /// The router does not tell it; as many connections as are configured are made.
    NotTold {
        /// Why not, in words.
        reason: &'static str,
    },
}

/// A router's circuit breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BreakerFigures {
    /// `closed`, `open` or `half_open`.
    pub state: &'static str,
    /// Failures it has counted.
    pub failures: u64,
    /// Calls it turned away.
    pub rejected: u64,
    /// Seconds it stays open yet, rounded up.
    pub open_for_s: Option<u64>,
}

/// The queue, the limiter and the window of a router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LimiterFigures {
    /// Commands that wait: critical, high, normal, low.
    pub waiting: [usize; 4],
    /// Commands in flight.
    pub in_flight: usize,
    /// Commands that may be sent at once; `None` without a limit.
    pub tokens: Option<u32>,
    /// Commands refused because too many waited.
    pub refused: u64,
}

/// A router's read cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct CacheFigures {
    /// Answers that were there.
    pub hits: u64,
    /// Answers that were not.
    pub misses: u64,
    /// Answers that were damaged, and were not given out.
    pub corrupt: u64,
    /// Answers it holds, roughly.
    pub entries: u64,
    /// Bytes it holds, roughly.
    pub bytes: u64,
}

/// How long the last commands took, up to 1024 of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LatencyFigures {
    /// How many.
    pub samples: usize,
    /// Half took at most so many microseconds.
    pub p50_us: Option<u32>,
    /// All but one in a hundred took at most so many microseconds.
    pub p99_us: Option<u32>,
}
