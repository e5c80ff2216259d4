//! What stands between the product and each router: connections, limiter, breaker, cache.

use std::time::Duration;

use routeros_adapter as adapter;
use routeros_adapter::{Integrity, Order};
use serde::Deserialize;

use super::RouterSettings;

/// The connections to one router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolSettings {
    /// Connections that are kept, once there were any.
    pub min: usize,
    /// Connections at most.
    pub max: usize,
    /// Seconds a command may wait for a connection.
    pub acquire_timeout_s: u64,
    /// Seconds a connection beyond the least is kept though nobody needs it.
    pub idle_timeout_s: u64,
    /// Seconds of silence after which an idle connection is tried out.
    pub health_check_s: u64,
}

/// How much one router is asked at once, and how much waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimiterSettings {
    /// Commands at once after a rest; 0 for no limit.
    pub burst: u32,
    /// Commands that each interval allows.
    pub refill: u32,
    /// Milliseconds of an interval.
    pub interval_ms: u64,
    /// Commands that may wait.
    pub queue: usize,
    /// Whether the urgent pass first.
    pub prioritised: bool,
}

/// When a router that does not answer is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakerSettings {
    /// Failures in a row; 0 for never.
    pub threshold: u32,
    /// For how many seconds.
    pub open_s: u64,
}

/// What is remembered of a router's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CacheSettings {
    /// For how many seconds; 0 for nothing.
    pub ttl_s: u64,
    /// How many KiB at most.
    pub max_kib: u64,
    /// Whether what is remembered is compared with its digest.
    pub integrity: bool,
}

impl RouterSettings {
    /// What must hold: whether it does, the setting's name, and the rule.
    pub(super) fn rules(&self) -> [(bool, &'static str, &'static str); 12] {
        let Self {
            pool,
            limiter,
            breaker,
            cache,
            ..
        } = self;
        let (limits, opens) = (limiter.burst > 0, breaker.threshold > 0);
        [
            (
                (1..=16).contains(&pool.max),
                "routers.pool.max",
                "must be 1 to 16: a router takes 20 sessions from everybody together",
            ),
            (
                pool.min <= pool.max,
                "routers.pool.min",
                "must not be more than routers.pool.max",
            ),
            (
                pool.acquire_timeout_s >= 1,
                "routers.pool.acquire_timeout_s",
                "must be at least 1",
            ),
            (
                (1..=3600).contains(&pool.health_check_s),
                "routers.pool.health_check_s",
                "must be 1 to 3600",
            ),
            (
                pool.idle_timeout_s >= pool.health_check_s,
                "routers.pool.idle_timeout_s",
                "must be at least routers.pool.health_check_s",
            ),
            (
                !limits || limiter.refill >= 1,
                "routers.limiter.refill",
                "must be at least 1, or nothing passes after the burst",
            ),
            (
                !limits || limiter.refill <= limiter.burst,
                "routers.limiter.refill",
                "must not be more than routers.limiter.burst, which would cap it",
            ),
            (
                !limits || (1..=60_000).contains(&limiter.interval_ms),
                "routers.limiter.interval_ms",
                "must be 1 to 60000",
            ),
            (
                (1..=100_000).contains(&limiter.queue),
                "routers.limiter.queue",
                "must be 1 to 100000",
            ),
            (
                !opens || (1..=3600).contains(&breaker.open_s),
                "routers.breaker.open_s",
                "must be 1 to 3600",
            ),
            (
                cache.ttl_s <= 86_400,
                "routers.cache.ttl_s",
                "must be 0 to 86400",
            ),
            (
                cache.ttl_s == 0 || (1..=4 * 1024 * 1024).contains(&cache.max_kib),
                "routers.cache.max_kib",
                "must be 1 to 4194304",
            ),
        ]
    }
}

impl From<PoolSettings> for adapter::PoolSettings {
    fn from(pool: PoolSettings) -> Self {
        Self {
            min: pool.min,
            max: pool.max,
            acquire_timeout: Duration::from_secs(pool.acquire_timeout_s),
            idle_timeout: Duration::from_secs(pool.idle_timeout_s),
        }
    }
}

impl LimiterSettings {
    /// The bucket; `None` for no limit.
    pub(crate) fn bucket(self) -> Option<adapter::BucketSettings> {
        (self.burst > 0).then_some(adapter::BucketSettings {
            burst: self.burst,
            refill: self.refill,
            interval: Duration::from_millis(self.interval_ms),
        })
    }

    /// In which order commands wait.
    pub(crate) const fn order(self) -> Order {
        match self.prioritised {
            true => Order::ByPriority,
            false => Order::Arrival,
        }
    }
}

impl From<BreakerSettings> for Option<adapter::BreakerSettings> {
    fn from(breaker: BreakerSettings) -> Self {
        (breaker.threshold > 0).then_some(adapter::BreakerSettings {
            threshold: breaker.threshold,
            open_for: Duration::from_secs(breaker.open_s),
        })
    }
}

impl From<CacheSettings> for Option<adapter::CacheSettings> {
    fn from(cache: CacheSettings) -> Self {
        (cache.ttl_s > 0).then_some(adapter::CacheSettings {
            ttl: Duration::from_secs(cache.ttl_s),
            max_bytes: cache.max_kib * 1024,
            integrity: match cache.integrity {
                true => Integrity::Checked,
                false => Integrity::Trusted,
            },
        })
    }
}
