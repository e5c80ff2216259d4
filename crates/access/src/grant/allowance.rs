//! What a grant allows, and what the router itself counts.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// What a grant allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Allowance {
    /// Full access.
    Active {
        /// Until this instant, if it is bounded.
        until: Option<Timestamp>,
    },
    /// Slow access on the `wb-restricted` address list, so that the customer can be told why.
    Restricted,
    /// The login exists and is refused.
    Blocked,
    /// The login is gone for good.
    Ended,
}

impl Allowance {
    /// Whether a customer with this allowance may be connected at all at an instant.
    #[must_use]
    pub fn admits(self, now: Timestamp) -> bool {
        match self {
            Self::Active { until } => until.is_none_or(|it| now < it),
            Self::Restricted => true,
            Self::Blocked | Self::Ended => false,
        }
    }
}

/// Limits that the router itself counts, over all sessions of a hotspot login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Limits {
    /// Seconds of connected time in all.
    pub uptime_s: Option<u64>,
    /// Bytes in both directions in all.
    pub bytes: Option<u64>,
}

impl Limits {
    /// No limits.
    pub const NONE: Self = Self {
        uptime_s: None,
        bytes: None,
    };

    /// Whether nothing is limited.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.uptime_s.is_none() && self.bytes.is_none()
    }
}
