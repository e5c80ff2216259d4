//! What a router says about itself.

use serde::{Deserialize, Serialize};

use crate::capabilities::Capabilities;

/// What a router says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouterFacts {
    /// `/system/identity`: the name it was given.
    pub identity: String,
    /// Its serial number or, on virtual routers, its licence's system id; the best proof of which router it is.
    pub serial: Option<String>,
    /// The RouterOS version: `7.18.2 (stable)`.
    pub version: String,
    /// The board: `RB5009UG+S+`.
    pub board: String,
    /// Seconds since it started.
    pub uptime_s: u64,
}

impl RouterFacts {
    /// Nothing is known yet: the router has never answered.
    #[must_use]
    pub const fn unknown() -> Self {
        Self {
            identity: String::new(),
            serial: None,
            version: String::new(),
            board: String::new(),
            uptime_s: 0,
        }
    }

    /// What its version can do.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        Capabilities::of(&self.version)
    }

    /// Whether the router has never answered.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        *self == Self::unknown()
    }
}
