//! How patient, how fast and how careful the gateway is.

use std::time::Duration;

use access::HostRules;
use routeros_proto::Limits;

/// How the gateway treats every router. Start from [`GatewaySettings::recommended`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewaySettings {
    /// Which addresses may be connected to, checked after names are resolved.
    pub host_rules: HostRules,
    /// Commands in flight on one connection, 1 to 64.
    pub in_flight: usize,
    /// The least time between two writes to one router, so that bulk work leaves it room to breathe; `None` for no
    /// limit. Real routers manage about 130 writes a second.
    pub write_gap: Option<Duration>,
    /// How long resolving a name and connecting may take, each.
    pub connect_timeout: Duration,
    /// How long the login may take.
    pub login_timeout: Duration,
    /// How long a command may take.
    pub command_timeout: Duration,
    /// How long reading a whole table may take.
    pub table_timeout: Duration,
    /// How long a cancelled command may take to end before the connection is given up.
    pub cancel_grace: Duration,
    /// After how much silence the connection is tried out, so that a dead one is noticed and a path through address
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
    /// How many bytes the rows of one answer may hold together.
    pub max_answer_bytes: usize,
}

impl GatewaySettings {
    /// What suits routers in the field.
    #[must_use]
    pub const fn recommended(host_rules: HostRules) -> Self {
        Self {
            host_rules,
            in_flight: 8,
            write_gap: Some(Duration::from_millis(8)),
            connect_timeout: Duration::from_secs(10),
            login_timeout: Duration::from_secs(10),
            command_timeout: Duration::from_secs(30),
            table_timeout: Duration::from_secs(120),
            cancel_grace: Duration::from_secs(3),
            idle_ping: Duration::from_secs(45),
            backoff_base: Duration::from_secs(1),
            backoff_cap: Duration::from_secs(300),
            refusal_pause: Duration::from_secs(900),
            limits: Limits::CLIENT,
            max_answer_bytes: 256 * 1024 * 1024,
        }
    }

    /// Commands in flight, within its bounds.
    pub(crate) fn window(&self) -> usize {
        self.in_flight.clamp(1, 64)
    }
}
