//! Whether a router answers, as whoever talks to it has noticed.

use kernel::RouterId;

/// What has become of a router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reachability {
    /// It failed several times in a row and is left alone for a while.
    Lost {
        /// What went wrong last, in words.
        reason: String,
    },
    /// It answers again.
    Back,
}

/// A router stopped answering, or began again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachabilityChange {
    /// The router.
    pub router: RouterId,
    /// What has become of it.
    pub to: Reachability,
}
