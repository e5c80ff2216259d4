//! The change feed: what happens on the router, in words a person reads.

use std::fmt;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Counts up by one with every change of this router.
    pub at_seq: u64,
    /// The menu it happened in, such as `/ppp/secret`.
    pub menu: String,
    /// What happened.
    pub what: ChangeKind,
    /// A line for people, such as ``ppp secret `siti.42` disabled``. Never holds a password.
    pub summary: String,
}

/// What happened to a row or a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// A row was added.
    Added,
    /// A row was changed.
    Updated,
    /// A row was removed.
    Removed,
    /// A customer came online.
    SessionUp,
    /// A customer went offline.
    SessionDown,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary)
    }
}
