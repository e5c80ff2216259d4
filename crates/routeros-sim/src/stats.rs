//! Counters of what clients asked of the router.

use std::collections::BTreeMap;

/// Counters since the simulator was made; a restart or reboot does not reset them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SimStats {
    /// Commands answered after login, refused ones included.
    pub commands: u64,
    /// The same by path, such as `/ppp/secret/add`.
    pub by_command: BTreeMap<String, u64>,
    /// Commands that were refused.
    pub traps: u64,
    /// Logins that passed.
    pub logins: u64,
    /// Logins that were refused.
    pub failed_logins: u64,
    /// Connections accepted.
    pub connections: u64,
    /// Rows that prints compared with a query: one that an index answers looks at its own rows
    /// only.
    pub rows_examined: u64,
    /// Connections open now.
    pub open_connections: usize,
}
