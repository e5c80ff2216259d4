//! A circuit breaker: after failures in a row nothing is tried for a while, then one call finds out.
//!
//! The states and the counting are those of `failsafe`. Around it stands what it lacks: one probe at a time when half
//! open, a state that can be read, and a clock that tests can pause. To `failsafe` the open time is zero; how long the
//! breaker really stays open is decided here.

use std::iter::{Repeat, repeat};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use failsafe::failure_policy::{ConsecutiveFailures, consecutive_failures};
use failsafe::{Instrument, StateMachine};
use tokio::time::Instant;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Failures in a row that open it, at least 1.
    pub threshold: u32,
    /// How long it stays open.
    pub open_for: Duration,
}

/// What a breaker does with calls. The numbers are those of the metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BreakerState {
    /// 0: every call passes.
    Closed,
    /// 1: no call passes.
    Open,
    /// 2: one call passes and finds out.
    HalfOpen,
}

impl BreakerState {
    /// Its number: 0 closed, 1 open, 2 half open.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Closed => 0,
            Self::Open => 1,
            Self::HalfOpen => 2,
        }
    }

    const fn numbered(number: u8) -> Self {
        match number {
            0 => Self::Closed,
            1 => Self::Open,
            _ => Self::HalfOpen,
        }
    }

    /// In one word: `closed`, `open` or `half_open`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// The breaker is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the circuit breaker is open")]
pub struct Open {
    /// How long until one call may pass; zero while that call is under way.
    pub retry_after: Duration,
}

/// A breaker at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSnapshot {
    /// What it does.
    pub state: BreakerState,
    /// Failures since it was made.
    pub failures: u64,
    /// Calls it turned away.
    pub rejected: u64,
    /// How long it stays open yet.
    pub open_for: Option<Duration>,
}

/// Told of every change: from, to.
pub(crate) type Listener = Arc<dyn Fn(BreakerState, BreakerState) + Send + Sync>;

/// Writes down the state that `failsafe` does not tell.
#[derive(Debug, Clone)]
struct Witness(Arc<AtomicU8>);

impl Witness {
    fn state(&self) -> BreakerState {
        BreakerState::numbered(self.0.load(Ordering::Acquire))
    }

    fn note(&self, state: BreakerState) {
        self.0.store(state.number(), Ordering::Release);
    }
}

impl Instrument for Witness {
    fn on_call_rejected(&self) {}

    fn on_open(&self) {
        self.note(BreakerState::Open);
    }

    fn on_half_open(&self) {
        self.note(BreakerState::HalfOpen);
    }

    fn on_closed(&self) {
        self.note(BreakerState::Closed);
    }
}

type Machine = StateMachine<ConsecutiveFailures<Repeat<Duration>>, Witness>;

struct Inside {
    machine: Machine,
    open_until: Instant,
    is_probed: bool,
    failures: u64,
    rejected: u64,
}

/// The breaker of one thing that is called.
pub struct Breaker {
    settings: BreakerSettings,
    witness: Witness,
    inside: Mutex<Inside>,
    listener: Listener,
}

impl std::fmt::Debug for Breaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Breaker")
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

/// Permission for one call. Dropped without a word, it counts as nothing: the caller went away.
#[derive(Debug)]
pub struct Permit {
    breaker: Arc<Breaker>,
    is_probe: bool,
}

impl Breaker {
    /// A closed breaker that nobody watches.
    #[must_use]
    pub fn new(settings: BreakerSettings) -> Arc<Self> {
        Self::watched(settings, Arc::new(|_, _| ()))
    }

    pub(crate) fn watched(settings: BreakerSettings, listener: Listener) -> Arc<Self> {
        let witness = Witness(Arc::new(AtomicU8::new(0)));
        let policy = consecutive_failures(settings.threshold.max(1), repeat(Duration::ZERO));
        let machine = StateMachine::new(policy, witness.clone());
        Arc::new(Self {
            settings,
            witness,
            inside: Mutex::new(Inside {
                machine,
                open_until: Instant::now(),
                is_probed: false,
                failures: 0,
                rejected: 0,
            }),
            listener,
        })
    }

    /// What it does with calls now.
    #[must_use]
    pub fn state(&self) -> BreakerState {
        self.witness.state()
    }

    /// Whether a call would be turned away now. Asking changes nothing.
    ///
    /// # Errors
    /// [`Open`].
    pub fn check(&self) -> Result<(), Open> {
        let mut inside = self.lock();
        let refused = self.refusal(&inside);
        if refused.is_some() {
            inside.rejected += 1;
        }
        refused.map_or(Ok(()), Err)
    }

    /// Asks to make a call.
    ///
    /// # Errors
    /// [`Open`].
    pub fn permit(self: &Arc<Self>) -> Result<Permit, Open> {
        self.admit(false)
    }

    /// Asks to make a call on behalf of a person: an open breaker takes it for its probe.
    ///
    /// # Errors
    /// Never while the breaker is closed or open; a second probe is let through uncounted.
    pub fn insist(self: &Arc<Self>) -> Result<Permit, Open> {
        self.admit(true)
    }

    fn admit(self: &Arc<Self>, insists: bool) -> Result<Permit, Open> {
        let before;
        let permit = {
            let mut inside = self.lock();
            before = self.state();
            if let Some(open) = self.refusal(&inside).filter(|_| !insists) {
                inside.rejected += 1;
                return Err(open);
            }
            if before == BreakerState::Open {
                half_open(&inside.machine);
            }
            let is_probe = self.state() == BreakerState::HalfOpen && !inside.is_probed;
            inside.is_probed |= is_probe;
            Permit {
                breaker: Arc::clone(self),
                is_probe,
            }
        };
        self.tell(before);
        Ok(permit)
    }

    fn refusal(&self, inside: &Inside) -> Option<Open> {
        let retry_after = match self.state() {
            BreakerState::Closed => return None,
            BreakerState::HalfOpen if inside.is_probed => Duration::ZERO,
            BreakerState::HalfOpen => return None,
            BreakerState::Open => inside.open_until.saturating_duration_since(Instant::now()),
        };
        let is_due = self.state() == BreakerState::Open && retry_after.is_zero();
        (!is_due).then_some(Open { retry_after })
    }

    /// A breaker at this moment.
    #[must_use]
    pub fn snapshot(&self) -> BreakerSnapshot {
        let inside = self.lock();
        let state = self.state();
        let left = inside.open_until.saturating_duration_since(Instant::now());
        BreakerSnapshot {
            state,
            failures: inside.failures,
            rejected: inside.rejected,
            open_for: (state == BreakerState::Open).then_some(left),
        }
    }

    fn settle(&self, is_probe: bool, has_failed: bool) {
        let before;
        {
            let mut inside = self.lock();
            before = self.state();
            inside.failures += u64::from(has_failed);
            if is_probe {
                inside.is_probed = false;
            }
            // What was begun before the breaker opened says nothing about now.
            if is_probe || before == BreakerState::Closed {
                match has_failed {
                    true => inside.machine.on_error(),
                    false => inside.machine.on_success(),
                }
            }
            if before != BreakerState::Open && self.state() == BreakerState::Open {
                inside.open_until = Instant::now() + self.settings.open_for;
            }
        }
        self.tell(before);
    }

    fn tell(&self, before: BreakerState) {
        let now = self.state();
        if now != before {
            (self.listener)(before, now);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The open time of `failsafe` is zero, but its clock has to move on by a tick.
fn half_open(machine: &Machine) {
    while !machine.is_call_permitted() {
        std::hint::spin_loop();
    }
}

impl Permit {
    /// The call was answered: what was called is alive.
    pub fn succeeded(self) {
        self.settle(false);
    }

    /// The call was not answered.
    pub fn failed(self) {
        self.settle(true);
    }

    /// Whether the breaker's state hangs on this call.
    #[must_use]
    pub const fn is_probe(&self) -> bool {
        self.is_probe
    }

    fn settle(mut self, has_failed: bool) {
        let is_probe = std::mem::take(&mut self.is_probe);
        self.breaker.settle(is_probe, has_failed);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.is_probe {
            self.breaker.lock().is_probed = false;
        }
    }
}

#[cfg(test)]
mod tests;
