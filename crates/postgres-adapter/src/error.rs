//! Database errors by what the caller can do about them.

use std::sync::Arc;

use kernel::StoreError;
use sea_orm::{DbErr, RuntimeErr, TryGetError};
use sqlx::error::{DatabaseError, ErrorKind};

/// Turns a database result into a store's result.
pub(crate) trait Stored<T> {
    /// The value, or the error in the words of [`StoreError`].
    fn stored(self) -> Result<T, StoreError>;
}

impl<T> Stored<T> for Result<T, DbErr> {
    fn stored(self) -> Result<T, StoreError> {
        self.map_err(from_sea_orm)
    }
}

impl<T> Stored<T> for Result<T, sqlx::Error> {
    fn stored(self) -> Result<T, StoreError> {
        self.map_err(|err| classify(Arc::new(err)))
    }
}

impl<T> Stored<T> for Result<T, TryGetError> {
    fn stored(self) -> Result<T, StoreError> {
        self.map_err(|err| from_sea_orm(err.into()))
    }
}

fn from_sea_orm(err: DbErr) -> StoreError {
    match err {
        DbErr::Exec(RuntimeErr::SqlxError(err))
        | DbErr::Query(RuntimeErr::SqlxError(err))
        | DbErr::Conn(RuntimeErr::SqlxError(err)) => classify(err),
        DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => StoreError::unavailable(err),
        other => StoreError::corrupt(other),
    }
}

fn classify(err: Arc<sqlx::Error>) -> StoreError {
    match &*err {
        sqlx::Error::Database(refusal) => match verdict(refusal.as_ref()) {
            Verdict::Duplicate(constraint) => StoreError::Duplicate { constraint },
            Verdict::Conflict => StoreError::Conflict,
            Verdict::Unavailable => StoreError::unavailable(err),
            Verdict::Corrupt => StoreError::corrupt(err),
        },
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => StoreError::unavailable(err),
        _ => StoreError::corrupt(err),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Duplicate(String),
    Conflict,
    Unavailable,
    Corrupt,
}

fn verdict(refusal: &dyn DatabaseError) -> Verdict {
    if refusal.kind() == ErrorKind::UniqueViolation {
        let named = refusal.constraint().map(str::to_owned);
        return Verdict::Duplicate(named.unwrap_or_else(|| sqlite_constraint(refusal.message())));
    }
    let code = refusal.code().unwrap_or_default();
    if code == EXCLUDED {
        return Verdict::Duplicate(refusal.constraint().unwrap_or_default().to_owned());
    }
    if code == REFUSED_BY_TRIGGER {
        return Verdict::Duplicate(refusal.message().to_owned());
    }
    if refusal
        .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
        .is_some()
    {
        return postgres_verdict(&code);
    }
    sqlite_verdict(code.parse().unwrap_or(0))
}

/// PostgreSQL 15 manual, appendix A: exclusion violation.
const EXCLUDED: &str = "23P01";
/// SQLite's extended code for a trigger that refuses; ours say the name of the constraint they stand for.
const REFUSED_BY_TRIGGER: &str = "1811";

/// PostgreSQL 15 manual, appendix A: 40 transaction rollback, 55P03 lock not available; 08 connection, 53 resources,
/// 57P01 to 57P05 shutdown and not yet started, 58 system.
fn postgres_verdict(code: &str) -> Verdict {
    match code {
        "40001" | "40P01" | "55P03" => Verdict::Conflict,
        _ if code.starts_with("57P") => Verdict::Unavailable,
        _ if ["08", "53", "58"].iter().any(|it| code.starts_with(it)) => Verdict::Unavailable,
        _ => Verdict::Corrupt,
    }
}

/// SQLite result codes: the low byte is the primary one; 5 busy, 6 locked; 7 memory, 10 input/output, 13 full,
/// 14 cannot open.
const fn sqlite_verdict(code: i32) -> Verdict {
    match code & 0xff {
        5 | 6 => Verdict::Conflict,
        7 | 10 | 13 | 14 => Verdict::Unavailable,
        _ => Verdict::Corrupt,
    }
}

/// SQLite names the columns, not the constraint: `UNIQUE constraint failed: jobs.tenant_id, jobs.lane`. Ours are
/// called after their table and their columns without the tenant, as PostgreSQL would: `jobs_lane_key`, `jobs_pkey`.
fn sqlite_constraint(message: &str) -> String {
    let columns = message.rsplit_once(": ").map_or(message, |(_, it)| it);
    let table = columns.split('.').next().unwrap_or_default();
    let own: Vec<&str> = columns
        .split(", ")
        .filter_map(|it| it.split_once('.'))
        .map(|(_, column)| column)
        .filter(|column| *column != "tenant_id")
        .collect();
    if matches!(own[..], [] | ["id"]) {
        return format!("{table}_pkey");
    }
    format!("{table}_{}_key", own.join("_"))
}

#[cfg(test)]
mod tests;
