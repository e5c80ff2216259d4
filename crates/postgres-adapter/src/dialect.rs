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
    /// Makes whoever locks the same name wait until the transaction ends; `None` where there is only one writer.
    pub(crate) const fn lock_name(self) -> Option<&'static str> {
        match self {
            Self::Postgres => Some("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"),
            Self::Sqlite => None,
        }
    }

    /// Ends a query that picks rows of a table which nobody else is picking at this moment.
    pub(crate) fn skip_locked(self, table: &str) -> String {
        match self {
            Self::Postgres => format!("FOR UPDATE OF {table} SKIP LOCKED"),
            Self::Sqlite => String::new(),
        }
    }
}
