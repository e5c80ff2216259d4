//! What all connections and handles of one simulator share.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use routeros_proto::Command;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::SimConfig;
use crate::door::Doors;
use crate::fault::{Fault, FaultBoard};
use crate::meddling::{self, Meddling};
use crate::router::Router;
use crate::state_file;
use crate::stats::SimStats;

/// Shared by the handles, the listener, the sessions and the clock.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Arc<SimConfig>,
    pub(crate) doors: Doors,
    router: Mutex<Router>,
    faults: Mutex<FaultBoard>,
    meddlings: Mutex<Vec<Meddling>>,
    stats: Mutex<SimStats>,
    delay: Mutex<Duration>,
    /// Whether the port takes connections. Told anew whenever any fault changes.
    pub(crate) is_open: watch::Sender<bool>,
    /// Cancelled to close every session of the moment.
    sessions: Mutex<CancellationToken>,
    /// Cancelled to stop listening and everything else.
    running: Mutex<CancellationToken>,
    pub(crate) tasks: TaskTracker,
}

impl Shared {
    pub(crate) fn new(config: Arc<SimConfig>, router: Router, doors: Doors) -> Self {
        Self {
            delay: Mutex::new(config.per_command_delay),
            config,
            doors,
            router: Mutex::new(router),
            faults: Mutex::default(),
            meddlings: Mutex::default(),
            stats: Mutex::default(),
            is_open: watch::Sender::new(true),
            sessions: Mutex::default(),
            running: Mutex::default(),
            tasks: TaskTracker::new(),
        }
    }

    /// The router. Held for one command at a time and never across an await.
    pub(crate) fn router(&self) -> MutexGuard<'_, Router> {
        lock(&self.router)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, FaultBoard> {
        lock(&self.faults)
    }

    /// Arranges for somebody to overwrite a row.
    pub(crate) fn arrange(&self, meddling: Meddling) {
        lock(&self.meddlings).push(meddling);
    }

    /// Lets somebody do what was arranged for just before this command.
    pub(crate) fn meddle(&self, command: &Command) {
        let mut arranged = lock(&self.meddlings);
        if !arranged.is_empty() {
            meddling::before(&mut arranged, &mut self.router(), command);
        }
    }

    pub(crate) fn stats(&self) -> MutexGuard<'_, SimStats> {
        lock(&self.stats)
    }

    pub(crate) fn set_delay(&self, delay: Duration) {
        *lock(&self.delay) = delay;
    }

    /// When a command that arrives now is due, and whether others may overtake it.
    pub(crate) fn due(&self, path: &str) -> (Instant, bool) {
        let now = Instant::now();
        let delay = *lock(&self.delay);
        let mut faults = self.faults();
        let extra = faults.extra_delay(path);
        let due = faults.turn(now) + delay + extra.unwrap_or_default();
        (due, extra.is_some())
    }

    /// Opens or closes the port as the faults say.
    pub(crate) fn follow_faults(&self) {
        let is_open = !self.faults().has(&Fault::RefuseConnections);
        self.is_open.send_replace(is_open);
    }

    /// Cuts the power for a moment.
    pub(crate) fn reboot(&self) {
        self.router().reboot();
        self.close_sessions();
    }

    /// The most sessions a port takes: as a fault, somebody on the router, or the configuration
    /// says.
    pub(crate) fn max_sessions(&self, service: &str) -> usize {
        let by_fault = self.faults().session_limit();
        let on_router = || self.router().max_sessions(service);
        by_fault
            .or_else(on_router)
            .unwrap_or(self.config.max_sessions)
    }

    /// The token of the sessions of the moment.
    pub(crate) fn sessions_token(&self) -> CancellationToken {
        lock(&self.sessions).clone()
    }

    /// Closes every session; those that come later live on.
    pub(crate) fn close_sessions(&self) {
        std::mem::take(&mut *lock(&self.sessions)).cancel();
    }

    pub(crate) fn running_token(&self) -> CancellationToken {
        lock(&self.running).clone()
    }

    /// Makes a simulator that was stopped ready to run again.
    pub(crate) fn rearm(&self) {
        *lock(&self.running) = CancellationToken::new();
        self.tasks.reopen();
    }

    /// Tells every task to end.
    pub(crate) fn stop(&self) {
        self.running_token().cancel();
        self.close_sessions();
        self.tasks.close();
    }

    /// Saves the state when it changed and a file is configured.
    pub(crate) fn save_if_dirty(&self) -> io::Result<()> {
        let Some(path) = &self.config.state_file else {
            return Ok(());
        };
        let state = {
            let mut router = self.router();
            if !router.is_dirty {
                return Ok(());
            }
            router.is_dirty = false;
            router.to_state()?
        };
        let saved = state_file::save(path, &state);
        if saved.is_err() {
            self.router().is_dirty = true;
        }
        saved
    }
}

/// A panic elsewhere leaves the tables usable: go on with them.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
