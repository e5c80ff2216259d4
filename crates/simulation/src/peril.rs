//! Crashes: the process dies at a chosen write, before it reached the store or right after.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kernel::{DeliveryId, StoreError};

/// When the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// With this commit, which never reaches the store.
    Before(u32),
    /// With this commit, of which nobody hears that it succeeded.
    After(u32),
}

/// What becomes of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Lives,
    DiesBefore,
    DiesAfter,
}

#[derive(Debug, Default)]
struct State {
    death: Option<Death>,
    commits: u32,
    dead: bool,
    /// With a write, and after one.
    deaths: (u64, u64),
    delivered: HashSet<DeliveryId>,
}

/// The process that all stores of the simulated product live in, as far as it can die.
#[derive(Debug, Default)]
pub(crate) struct Peril(Mutex<State>);

impl Peril {
    /// The process is started anew; it will die like this, if at all.
    pub(crate) fn start(&self, death: Option<Death>) {
        let mut state = self.lock();
        state.death = death;
        state.commits = 0;
        state.dead = false;
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.lock().dead
    }

    /// How often it died with a write, and right after one.
    pub(crate) fn deaths(&self) -> (u64, u64) {
        self.lock().deaths
    }

    /// A dead process does nothing any more.
    pub(crate) fn begin(&self) -> Result<(), StoreError> {
        match self.is_dead() {
            true => Err(StoreError::unavailable("the process died")),
            false => Ok(()),
        }
    }

    /// What becomes of the next commit.
    pub(crate) fn fate(&self) -> Fate {
        let mut state = self.lock();
        if state.dead {
            return Fate::DiesBefore;
        }
        state.commits += 1;
        let commit = state.commits;
        let fate = match state.death {
            Some(Death::Before(at)) if at == commit => Fate::DiesBefore,
            Some(Death::After(at)) if at == commit => Fate::DiesAfter,
            _ => Fate::Lives,
        };
        if fate != Fate::Lives {
            state.dead = true;
            state.deaths.0 += u64::from(fate == Fate::DiesBefore);
            state.deaths.1 += u64::from(fate == Fate::DiesAfter);
        }
        fate
    }

    /// A transaction that carried a delivery was committed: like the real store, a second one is refused.
    pub(crate) fn delivered(&self, delivery: Option<DeliveryId>) -> Result<(), StoreError> {
        match delivery {
            Some(id) if !self.lock().delivered.insert(id) => Err(StoreError::Conflict),
            _ => Ok(()),
        }
    }

    pub(crate) fn is_delivered(&self, delivery: DeliveryId) -> bool {
        self.lock().delivered.contains(&delivery)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
