//! How patient, how fast and how careful the gateway is.

use std::time::Duration;

use access::HostRules;
use resilience::{BreakerSettings, BucketSettings};
use routeros_proto::Limits;

/// How the gateway treats every router. Start from [`GatewaySettings::recommended`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewaySettings {
    /// Which addresses may be connected to, checked after names are resolved.
    pub host_rules: HostRules,
    /// The connections to one router.
    pub pool: PoolSettings,
    /// Commands in flight on one connection, 1 to 64.
    pub in_flight: usize,
    /// How many commands one router takes, whatever they do; `None` for no limit.
    pub limiter: Option<BucketSettings>,
    /// How many commands to one router may wait before the next is refused.
    pub queue: usize,
    /// In which order they wait.
    pub order: Order,
    /// When commands to a router that does not answer are refused at once, and for how long; `None` for never.
    pub breaker: Option<BreakerSettings>,
    /// What is remembered of a router's answers; `None` for nothing.
    pub cache: Option<CacheSettings>,
    /// The least time between two writes of bulk work to one router, so that it has room to breathe; `None` for no
    /// limit. Urgent writes are not held up. Real routers manage about 130 writes a second.
    pub write_gap: Option<Duration>,
    /// How long resolving a name and connecting may take, each.
    pub connect_timeout: Duration,
    /// How long the login may take.
    pub login_timeout: Duration,
    /// How long a command may take.
    pub command_timeout: Duration,
    /// How long reading a whole table may take.
    pub table_timeout: Duration,
    /// How long a cancelled command may take to end, and an idle connection to answer, before it is given up.
    pub cancel_grace: Duration,
    /// After how much silence an idle connection is tried out, so that a dead one is noticed and a path through address
    /// translation stays open.
    pub idle_ping: Duration,
    /// The first pause after a failed connection; doubled by each further failure, with full jitter.
    pub backoff_base: Duration,
    /// The longest pause after failed connections.
    pub backoff_cap: Duration,
    /// The pause after a refusal that only a person can mend: wrong credentials, another router, another service.
    pub refusal_pause: Duration,
    /// What one reply may hold.
    pub limits: Limits,
    /// How many bytes the rows of one answer may take in memory together.
    pub max_answer_bytes: usize,
}

/// The connections to one router. Each has many commands in flight, so one is enough as a rule; RouterOS takes 20
/// sessions of the API from everybody together (`/ip/service max-sessions`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// Connections that are kept though nobody needs them, once there were any; at most `max`.
    pub min: usize,
    /// Connections at most, 1 to 16.
    pub max: usize,
    /// How long a command may wait for a connection.
    pub acquire_timeout: Duration,
    /// How long a connection beyond `min` is kept though nobody needs it.
    pub idle_timeout: Duration,
}

/// In which order commands wait for a router.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The urgent first.
    ByPriority,
    /// First come, first served.
    Arrival,
}

/// What is remembered of one router's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSettings {
    /// For how long.
    pub ttl: Duration,
    /// How many bytes of rows at most.
    pub max_bytes: u64,
    /// Whether what is taken from the cache is compared with its digest first.
    pub integrity: Integrity,
}

/// Whether what is taken from the cache is compared with its digest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integrity {
    /// It is.
    Checked,
    /// It is not.
    Trusted,
}

impl GatewaySettings {
    /// What suits routers in the field.
    #[must_use]
    pub const fn recommended(host_rules: HostRules) -> Self {
        Self {
            host_rules,
            pool: PoolSettings::RECOMMENDED,
            in_flight: 8,
            limiter: Some(BucketSettings {
                burst: 100,
                refill: 10,
                interval: Duration::from_millis(100),
            }),
            queue: 1_000,
            order: Order::ByPriority,
            breaker: Some(BreakerSettings {
                threshold: 5,
                open_for: Duration::from_secs(60),
            }),
            cache: Some(CacheSettings::RECOMMENDED),
            write_gap: Some(Duration::from_millis(8)),
            connect_timeout: Duration::from_secs(10),
            login_timeout: Duration::from_secs(10),
            command_timeout: Duration::from_secs(30),
            table_timeout: Duration::from_secs(120),
            cancel_grace: Duration::from_secs(3),
            idle_ping: Duration::from_secs(30),
            backoff_base: Duration::from_secs(1),
            backoff_cap: Duration::from_secs(300),
            refusal_pause: Duration::from_secs(900),
            limits: Limits::CLIENT,
            max_answer_bytes: 256 * 1024 * 1024,
        }
    }

    /// Commands in flight on one connection, within its bounds.
    pub(crate) fn window(&self) -> usize {
        self.in_flight.clamp(1, 64)
    }

    /// Connections at most, within their bounds.
    pub(crate) fn connections(&self) -> usize {
        self.pool.max.clamp(1, 16)
    }
}

impl PoolSettings {
    /// One connection, which is kept.
    pub const RECOMMENDED: Self = Self {
        min: 1,
        max: 1,
        acquire_timeout: Duration::from_secs(10),
        idle_timeout: Duration::from_secs(300),
    };
}

impl CacheSettings {
    /// Five minutes, 4 MiB, checked.
    pub const RECOMMENDED: Self = Self {
        ttl: Duration::from_secs(300),
        max_bytes: 4 * 1024 * 1024,
        integrity: Integrity::Checked,
    };
}
