//! What is heard from a router in memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use kernel::RouterId;

use super::fake_router::FakeRouter;
use crate::gateway::GatewayError;
use crate::listening::SessionFeed;

/// Who listens to one router.
#[derive(Debug, Default)]
pub(super) struct Ears {
    open: Vec<Ear>,
    opened: u64,
    deaf: Option<GatewayError>,
}

impl Ears {
    pub(super) fn open(&mut self) -> Result<Box<dyn SessionFeed>, GatewayError> {
        self.opened += 1;
        if let Some(err) = &self.deaf {
            return Err(err.clone());
        }
        let ear = Ear::default();
        self.open.push(ear.clone());
        Ok(Box::new(ear))
    }
}

impl FakeRouter {
    /// Whoever listens hears that sessions have begun or ended.
    pub fn ring(&self, router: RouterId) {
        self.with(router, |it| it.ears.open.iter().for_each(Ear::ring));
    }

    /// The connections of whoever listens break like this.
    pub fn hang_up_on_listeners(&self, router: RouterId, err: &GatewayError) {
        self.with(router, |it| {
            it.ears.open.drain(..).for_each(|ear| ear.cut(err));
        });
    }

    /// Nobody can listen to the router from now on, for this reason; `None` heals it.
    pub fn let_nobody_listen(&self, router: RouterId, reason: Option<GatewayError>) {
        self.with(router, |it| it.ears.deaf = reason);
    }

    /// How many listen to the router, and how often it was tried.
    #[must_use]
    pub fn listeners(&self, router: RouterId) -> (usize, u64) {
        self.with(router, |it| {
            it.ears.open.retain(|ear| !ear.is_dropped());
            (it.ears.open.len(), it.ears.opened)
        })
    }
}

/// Somebody who listens to a router.
#[derive(Debug, Clone, Default)]
struct Ear(Arc<Mutex<Heard>>);

#[derive(Debug, Default)]
struct Heard {
    has_changed: bool,
    broken: Option<GatewayError>,
    waiter: Option<Waker>,
}

impl Ear {
    fn ring(&self) {
        self.hear(|it| it.has_changed = true);
    }

    fn cut(&self, err: &GatewayError) {
        self.hear(|it| it.broken = Some(err.clone()));
    }

    /// Whether nobody listens any more.
    fn is_dropped(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    fn hear(&self, what: impl FnOnce(&mut Heard)) {
        let mut heard = self.lock();
        what(&mut heard);
        if let Some(waiter) = heard.waiter.take() {
            waiter.wake();
        }
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<Result<(), GatewayError>> {
        let mut heard = self.lock();
        if let Some(err) = &heard.broken {
            return Poll::Ready(Err(err.clone()));
        }
        if std::mem::take(&mut heard.has_changed) {
            return Poll::Ready(Ok(()));
        }
        heard.waiter = Some(cx.waker().clone());
        Poll::Pending
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SessionFeed for Ear {
    async fn changed(&mut self) -> Result<(), GatewayError> {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }
}
