//! How a reaction or a job fails, by what should happen next.

use std::error::Error;
use std::fmt::Write;

use access::GrantError;
use chrono::Duration;
use kernel::StoreError;

/// How long work waits for a database that is away.
const DATABASE_AWAY: Duration = Duration::seconds(5);

/// What should happen after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Try again with backoff, a bounded number of times.
    Retry,
    /// Wait for something outside, such as a router that is away; the attempt does not count.
    WaitFor(Duration),
    /// Nothing but a person can help.
    Park,
}

/// Why a reaction or a job did not end well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Failure {
    /// For people: the whole chain of causes.
    pub reason: String,
    /// What should happen next.
    pub remedy: Remedy,
}

impl Failure {
    /// Another attempt may work.
    pub fn retry(err: &dyn Error) -> Self {
        Self {
            reason: chain(err),
            remedy: Remedy::Retry,
        }
    }

    /// Something outside must come back first.
    pub fn wait(err: &dyn Error, wait: Duration) -> Self {
        Self {
            reason: chain(err),
            remedy: Remedy::WaitFor(wait),
        }
    }

    /// No attempt will ever work, because of an error.
    pub fn park_because(err: &dyn Error) -> Self {
        Self::park(chain(err))
    }

    /// No attempt will ever work.
    pub fn park(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            remedy: Remedy::Park,
        }
    }
}

impl From<StoreError> for Failure {
    /// A database that is away says nothing about the work, so that attempt does not count.
    fn from(err: StoreError) -> Self {
        match err {
            StoreError::Unavailable(_) => Self::wait(&err, DATABASE_AWAY),
            StoreError::Conflict | StoreError::Duplicate { .. } | StoreError::Corrupt(_) => {
                Self::retry(&err)
            }
        }
    }
}

impl From<GrantError> for Failure {
    fn from(err: GrantError) -> Self {
        match err {
            GrantError::Store(err) => Self::from(err),
            GrantError::NoRouter(_)
            | GrantError::NoProfile(_)
            | GrantError::NoGrant(_)
            | GrantError::Router(_)
            | GrantError::Refused(_)
            | GrantError::LoginTaken => Self::park_because(&err),
        }
    }
}

/// An error and everything that caused it, in one line.
fn chain(err: &dyn Error) -> String {
    let mut text = err.to_string();
    let mut cause = err.source();
    while let Some(err) = cause {
        let _ = write!(text, ": {err}");
        cause = err.source();
    }
    text
}

#[cfg(test)]
mod tests {
    //! A failure keeps every cause.

    use super::{Failure, Remedy};
    use kernel::StoreError;

    #[test]
    fn the_reason_names_every_cause() {
        let failure = Failure::from(StoreError::unavailable("connection refused"));
        assert_eq!(
            failure.reason,
            "the database is unavailable: connection refused"
        );
    }

    #[test]
    fn a_database_that_is_away_costs_no_attempt() {
        let away = Failure::from(StoreError::unavailable("connection refused"));
        assert_eq!(away.remedy, Remedy::WaitFor(super::DATABASE_AWAY));
        assert_eq!(Failure::from(StoreError::Conflict).remedy, Remedy::Retry);
    }

    #[test]
    fn a_grant_that_can_never_be_made_is_parked() {
        let failure = Failure::from(access::GrantError::LoginTaken);
        assert_eq!(failure.remedy, Remedy::Park);
    }
}
