//! One breaker per thing that is called, by name, and somebody who hears of every change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::breaker::{Breaker, BreakerSettings, BreakerSnapshot, BreakerState};

/// A breaker changed its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// Whose breaker.
    pub name: Arc<str>,
    /// What it did.
    pub from: BreakerState,
    /// What it does now.
    pub to: BreakerState,
}

type Observer = Arc<dyn Fn(Transition) + Send + Sync>;

/// Breakers by name, each made when it is first asked for.
pub struct Breakers {
    settings: BreakerSettings,
    observer: Observer,
    known: Mutex<HashMap<Arc<str>, Arc<Breaker>>>,
}

impl std::fmt::Debug for Breakers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Breakers")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Breakers {
    /// No breakers yet. `observer` hears of every change, on the task that caused it; it must not block.
    #[must_use]
    pub fn new(
        settings: BreakerSettings,
        observer: impl Fn(Transition) + Send + Sync + 'static,
    ) -> Self {
        Self {
            settings,
            observer: Arc::new(observer),
            known: Mutex::default(),
        }
    }

    /// The breaker of this name.
    #[must_use]
    pub fn of(&self, name: &str) -> Arc<Breaker> {
        let mut known = self.lock();
        if let Some(breaker) = known.get(name) {
            return Arc::clone(breaker);
        }
        let name: Arc<str> = name.into();
        let (observer, whose) = (Arc::clone(&self.observer), Arc::clone(&name));
        let listener = move |from, to| {
            let name = Arc::clone(&whose);
            observer(Transition { name, from, to });
        };
        let breaker = Breaker::watched(self.settings, Arc::new(listener));
        known.insert(name, Arc::clone(&breaker));
        breaker
    }

    /// Forgets a breaker: the next one of this name begins closed.
    pub fn forget(&self, name: &str) {
        self.lock().remove(name);
    }

    /// Every breaker, by name.
    #[must_use]
    pub fn snapshots(&self) -> Vec<(Arc<str>, BreakerSnapshot)> {
        let mut all: Vec<_> = self
            .lock()
            .iter()
            .map(|(name, it)| (Arc::clone(name), it.snapshot()))
            .collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Breaker>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    //! Breakers are apart, and every change is heard of once.

    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::Breakers;
    use crate::breaker::{BreakerSettings, BreakerState};

    #[tokio::test(start_paused = true)]
    async fn each_name_has_its_own_and_every_change_is_heard_of_once() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        let settings = BreakerSettings {
            threshold: 1,
            open_for: Duration::from_secs(1),
        };
        let breakers = Breakers::new(settings, move |it| {
            ear.lock().unwrap().push((it.name.to_string(), it.to));
        });
        breakers.of("a").permit().unwrap().failed();
        assert!(breakers.of("a").permit().is_err());
        assert!(breakers.of("b").permit().is_ok());
        tokio::time::advance(Duration::from_secs(1)).await;
        breakers.of("a").permit().unwrap().succeeded();
        let states = [
            BreakerState::Open,
            BreakerState::HalfOpen,
            BreakerState::Closed,
        ];
        let expected = states.map(|it| ("a".to_owned(), it));
        assert_eq!(*heard.lock().unwrap(), expected);
        assert_eq!(breakers.snapshots().len(), 2);
        breakers.of("a").permit().unwrap().failed();
        breakers.forget("a");
        assert!(breakers.of("a").permit().is_ok());
    }
}
