//! How urgent a call is.

/// How urgent a call is: within a class, first come, first served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Somebody is cut off wrongly, or online wrongly.
    Critical,
    /// A person waits for the answer.
    High,
    /// Work of the day.
    Normal,
    /// Sweeps and imports: any time will do.
    Low,
}

impl Class {
    /// Every class, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Normal, Self::Low];

    /// Its place in [`Class::ALL`].
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Critical => 0,
            Self::High => 1,
            Self::Normal => 2,
            Self::Low => 3,
        }
    }
}
