//! One connection in the pool, and whether it is still of use.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::FutureExt;
use routeros_proto::Command;
use tokio::io::AsyncReadExt;
use tokio::time::Instant;

use crate::connect::Wire;
use crate::handshake::exchange;

/// A connection that is logged in.
pub(crate) struct Link {
    /// The connection.
    pub(crate) wire: Wire,
    /// The tag of the next command. None is used twice on a connection.
    pub(crate) next_tag: u64,
    /// When the router was last heard of.
    pub(crate) heard_at: Instant,
    /// Whether it ever answered a command.
    pub(crate) has_served: bool,
    /// Whether commands are in flight: who takes it then would get other people's answers.
    pub(crate) is_busy: bool,
    used_at: Instant,
    /// Where it is counted as long as it is there.
    _places: Vec<Place>,
}

/// Counts one connection as long as it is held.
#[derive(Debug)]
pub(crate) struct Place(Arc<AtomicUsize>);

impl Place {
    /// One more than are counted there already.
    pub(crate) fn take(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(count))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Link {
    /// A fresh connection.
    pub(crate) fn new(wire: Wire, places: Vec<Place>) -> Self {
        Self {
            _places: places,
            wire,
            next_tag: 1,
            heard_at: Instant::now(),
            has_served: false,
            is_busy: false,
            used_at: Instant::now(),
        }
    }

    /// Nobody needs it any more.
    pub(crate) fn rest(&mut self) {
        self.is_busy = false;
        self.used_at = Instant::now();
    }

    /// For how long nobody has needed it.
    pub(crate) fn idle_for(&self) -> Duration {
        self.used_at.elapsed()
    }

    /// Whether it is of use; after so much silence the router is asked.
    pub(crate) async fn check(&mut self, silence: Duration) -> Result<(), &'static str> {
        if self.is_busy {
            return Err("it was left with commands in flight");
        }
        // Nothing is asked, so nothing may be said: what arrives is the end, or its announcement.
        if self.wire.reader.read(&mut [0]).now_or_never().is_some() {
            return Err("the router closed it");
        }
        if self.heard_at.elapsed() < silence {
            return Ok(());
        }
        let ping = Command::new("/system/identity/print");
        self.is_busy = true;
        let answer = exchange(&mut self.wire, ping).await;
        answer.map_err(|_| "the router no longer answers on it")?;
        self.is_busy = false;
        self.heard_at = Instant::now();
        Ok(())
    }
}
