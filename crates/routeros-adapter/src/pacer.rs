//! The protective limiter: keeps a little time between two writes to one router.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// Hands out turns, in the order they are asked for.
#[derive(Debug)]
pub(crate) struct Pacer {
    gap: Option<Duration>,
    next: Mutex<Instant>,
}

impl Pacer {
    /// A pacer with a gap between turns; none for no limit.
    pub(crate) fn new(gap: Option<Duration>) -> Self {
        Self {
            gap,
            next: Mutex::new(Instant::now()),
        }
    }

    /// Waits for a turn.
    pub(crate) async fn turn(&self) {
        let Some(gap) = self.gap else {
            return;
        };
        let mut next = self.next.lock().await;
        sleep_until(*next).await;
        *next = Instant::now() + gap;
    }
}
