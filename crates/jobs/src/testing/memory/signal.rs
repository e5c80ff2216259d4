//! A wake-up that needs no runtime: it is kept until somebody takes it.

use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

#[derive(Debug, Default)]
struct State {
    woken: bool,
    waiting: Vec<Waker>,
}

#[derive(Debug, Default)]
pub(super) struct Signal(Mutex<State>);

impl Signal {
    pub(super) async fn woken(&self) {
        poll_fn(|context| self.poll(context)).await;
    }

    pub(super) fn wake(&self) {
        let mut state = self.lock();
        state.woken = true;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    fn poll(&self, context: &Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if std::mem::take(&mut state.woken) {
            return Poll::Ready(());
        }
        state.waiting.push(context.waker().clone());
        Poll::Pending
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
