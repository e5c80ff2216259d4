//! How urgent a call to a router is.

/// How urgent a call to a router is. Within a priority, first come, first served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Priority {
    /// Somebody is cut off wrongly, or online wrongly: a cut, access that was paid for.
    Critical,
    /// A person waits for the answer.
    High,
    /// The work of the day.
    Normal,
    /// Sweeps and imports: any time will do.
    Low,
}
