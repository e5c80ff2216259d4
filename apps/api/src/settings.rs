//! The limits and switches of the API.

use std::time::Duration;

use bootstrap::Metrics;
use operators::SignInPolicy;
use tokio::sync::watch;

/// How the API behaves, apart from what it stores.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// The most bytes a body may have.
    pub body_limit_bytes: usize,
    /// How long a request may take before it is abandoned.
    pub request_timeout: Duration,
    /// How many requests are served at once; more wait for a second, then are refused with a `Retry-After`.
    pub max_in_flight: usize,
    /// How long tokens live and how many wrong passwords are too many.
    pub sign_in: SignInPolicy,
    /// Whether payment providers may tell of payments; the address of a webhook leads nowhere otherwise.
    pub takes_webhooks: bool,
    /// Turns true when the worker in this process claims; `None` if it runs in a process of its own.
    pub worker_ready: Option<watch::Receiver<bool>>,
    /// What this process has counted, for `/monitoring/metrics`; `None` if it counts nothing.
    pub metrics: Option<Metrics>,
}

impl ApiSettings {
    /// The largest body that is taken: 1 MiB.
    pub const BODY_LIMIT_BYTES: usize = 1024 * 1024;
}
