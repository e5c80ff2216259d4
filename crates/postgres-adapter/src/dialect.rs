//! The words that PostgreSQL and SQLite do not share.

use sea_orm::DbBackend;

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Many writers, row locks, notifications.
    Postgres,
    /// One writer, no locks needed.
    Sqlite,
}

impl Dialect {
    /// The same in sea-orm's words.
    pub(crate) const fn backend(self) -> DbBackend {
        match self {
            Self::Postgres => DbBackend::Postgres,
            Self::Sqlite => DbBackend::Sqlite,
        }
    }

    /// Ends a subquery that picks rows nobody else is picking at this moment.
    pub(crate) const fn skip_locked(self) -> &'static str {
        match self {
            Self::Postgres => " FOR UPDATE SKIP LOCKED",
            Self::Sqlite => "",
        }
    }

    /// How many parameters one statement may bind.
    pub(crate) const fn bind_limit(self) -> usize {
        match self {
            Self::Postgres => 65_535,
            Self::Sqlite => 32_766,
        }
    }
}
