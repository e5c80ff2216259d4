//! Counts what a run did, so that one thing that fails never stops the others.

use std::fmt::Display;

use kernel::StoreError;

use crate::failure::{Failure, Remedy};

/// What was done, how much failed, and the first failure in words.
#[derive(Debug)]
pub(super) struct Tally {
    done: u64,
    failed: u64,
    first: Option<String>,
}

impl Tally {
    pub(super) const fn new() -> Self {
        Self {
            done: 0,
            failed: 0,
            first: None,
        }
    }

    /// How many went well.
    pub(super) const fn done(&self) -> u64 {
        self.done
    }

    /// Notes how one thing went. Fails only if nothing works right now, because the database is away.
    pub(super) fn note(
        &mut self,
        what: impl Display,
        result: Result<(), StoreError>,
    ) -> Result<(), Failure> {
        match result {
            Ok(()) => self.done += 1,
            Err(err @ StoreError::Unavailable(_)) => return Err(err.into()),
            Err(err) => {
                self.failed += 1;
                let reason = Failure::retry(&err).reason;
                self.first
                    .get_or_insert_with(|| format!("{what}: {reason}"));
            }
        }
        Ok(())
    }

    /// Ends the run: what failed is tried again, and `failed` says in words what that is.
    pub(super) fn end(self, failed: &str) -> Result<(), Failure> {
        match self.first {
            None => Ok(()),
            Some(first) => Err(Failure {
                reason: format!("{} {failed}, the first of them {first}", self.failed),
                remedy: Remedy::Retry,
            }),
        }
    }
}
