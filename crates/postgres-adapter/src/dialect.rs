//! The words that PostgreSQL and SQLite do not share.

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Many writers, row locks, notifications.
    Postgres,
    /// One writer, no locks needed.
    Sqlite,
}

impl Dialect {
    /// Ends a query that picks rows of a table which nobody else is picking at this moment.
    pub(crate) fn skip_locked(self, table: &str) -> String {
        match self {
            Self::Postgres => format!("FOR UPDATE OF {table} SKIP LOCKED"),
            Self::Sqlite => String::new(),
        }
    }
}
