//! What every call passes: a queue by urgency, a token bucket, and a window of calls in flight.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use crate::bucket::{BucketSettings, TokenBucket};
use crate::class::Class;
use crate::queue::PriorityQueue;

/// How much passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TurnstileSettings {
    /// The rate; `None` for no limit.
    pub bucket: Option<BucketSettings>,
    /// How many may wait, all classes together.
    pub queue: usize,
    /// How many may be in flight, at least 1.
    pub window: usize,
}

/// Why a caller got no turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoTurn {
    /// Too many wait already: come back later.
    #[error("{limit} wait already")]
    Full {
        /// How many may wait.
        limit: usize,
    },
    /// Everybody who waited was sent away.
    #[error("everybody who waited was sent away")]
    Dismissed,
}

/// What a turnstile does at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TurnstileSnapshot {
    /// How many wait in each class, the most urgent first.
    pub waiting: [usize; 4],
    /// How many are in flight.
    pub running: usize,
    /// How many tokens are left; `None` without a limit.
    pub tokens: Option<u32>,
    /// How many were refused because the queue was full.
    pub refused: u64,
}

/// Lets callers pass one by one. Cloning it clones a handle.
#[derive(Debug, Clone)]
pub struct Turnstile(Arc<Shared>);

/// Permission to have one call in flight; dropping it lets the next one pass.
#[derive(Debug)]
pub struct Turn(Option<Arc<Shared>>);

/// Who waits: told that it may pass, or that it made room; nothing when it is dismissed.
type Caller = oneshot::Sender<Result<Turn, NoTurn>>;

#[derive(Debug)]
struct Shared(Mutex<Inside>);

#[derive(Debug)]
struct Inside {
    bucket: Option<TokenBucket>,
    queue: PriorityQueue<Caller>,
    window: usize,
    running: usize,
    refused: u64,
    /// Whether a timer is under way that lets the next one pass.
    timed: bool,
}

/// What can happen now.
enum Next {
    Pass(Caller),
    PassAt(Instant),
    Nothing,
}

impl Turnstile {
    /// A turnstile that nobody has passed.
    #[must_use]
    pub fn new(settings: TurnstileSettings) -> Self {
        Self(Arc::new(Shared(Mutex::new(Inside {
            bucket: settings
                .bucket
                .map(|it| TokenBucket::new(it, Instant::now())),
            queue: PriorityQueue::new(settings.queue),
            window: settings.window.max(1),
            running: 0,
            refused: 0,
            timed: false,
        }))))
    }

    /// Waits for a turn. Dropping the future gives the place up.
    ///
    /// # Errors
    /// [`NoTurn::Full`] at once if too many wait, or later if somebody more urgent takes the place;
    /// [`NoTurn::Dismissed`] by [`Turnstile::dismiss`].
    pub async fn turn(&self, class: Class) -> Result<Turn, NoTurn> {
        let (pass, passed) = oneshot::channel();
        self.0.lock().admit(class, pass)?;
        self.0.let_pass();
        passed.await.unwrap_or(Err(NoTurn::Dismissed))
    }

    /// Sends everybody away who waits.
    pub fn dismiss(&self) {
        self.0.lock().queue.retain(|_| false);
    }

    /// What it does now.
    #[must_use]
    pub fn snapshot(&self) -> TurnstileSnapshot {
        let mut inside = self.0.lock();
        TurnstileSnapshot {
            waiting: inside.queue.lengths(),
            running: inside.running,
            tokens: inside.bucket.as_mut().map(|it| it.tokens(Instant::now())),
            refused: inside.refused,
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets everybody pass who can, and sees to it that the next one will.
    fn let_pass(self: &Arc<Self>) {
        loop {
            let next = self.lock().next(Instant::now());
            match next {
                Next::Pass(caller) => {
                    let turn = Turn(Some(Arc::clone(self)));
                    if let Err(Ok(mut unused)) = caller.send(Ok(turn)) {
                        unused.0 = None;
                        self.lock().never_mind();
                    }
                }
                Next::PassAt(instant) => return self.wake_at(instant),
                Next::Nothing => return,
            }
        }
    }

    /// Outside a runtime nobody waits.
    fn wake_at(self: &Arc<Self>, instant: Instant) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if std::mem::replace(&mut self.lock().timed, true) {
            return;
        }
        let shared: Weak<Self> = Arc::downgrade(self);
        runtime.spawn(async move {
            sleep_until(instant).await;
            if let Some(shared) = shared.upgrade() {
                shared.lock().timed = false;
                shared.let_pass();
            }
        });
    }
}

impl Inside {
    /// Queues a caller; those who have gone away make room, and then the least urgent.
    fn admit(&mut self, class: Class, caller: Caller) -> Result<(), NoTurn> {
        if self.queue.is_full() {
            self.queue.retain(|it| !it.is_closed());
        }
        let limit = self.queue.limit();
        let full = NoTurn::Full { limit };
        match self.queue.push(class, caller) {
            Ok(None) => Ok(()),
            Ok(Some(displaced)) => {
                self.refused += 1;
                // One that has just gone away needs no word.
                let _gone = displaced.send(Err(full));
                Ok(())
            }
            Err(_) => {
                self.refused += 1;
                Err(full)
            }
        }
    }

    fn next(&mut self, now: Instant) -> Next {
        if self.running >= self.window || self.queue.is_empty() {
            return Next::Nothing;
        }
        if let Some(Err(instant)) = self.bucket.as_mut().map(|it| it.take(now)) {
            return Next::PassAt(instant);
        }
        while let Some(caller) = self.queue.pop() {
            if !caller.is_closed() {
                self.running += 1;
                return Next::Pass(caller);
            }
        }
        self.put_back();
        Next::Nothing
    }

    /// The caller went away at the last moment.
    fn never_mind(&mut self) {
        self.running = self.running.saturating_sub(1);
        self.put_back();
    }

    fn put_back(&mut self) {
        if let Some(bucket) = &mut self.bucket {
            bucket.put_back();
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(shared) = self.0.take() else {
            return;
        };
        {
            let mut inside = shared.lock();
            inside.running = inside.running.saturating_sub(1);
        }
        shared.let_pass();
    }
}

#[cfg(test)]
mod tests;
