//! The tasks of one router: each takes a connection when there is something to do, and gives it back after.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use access::{GatewayError, GatewayErrorKind};
use deadpool::managed::Object;
use resilience::Breaker;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::time::sleep;
use tracing::info;

use crate::cache::Cache;
use crate::failure::Failure;
use crate::line::Request;
use crate::meter::Meter;
use crate::pool::{Links, Maker, NoLink};
use crate::pump::{End, Pump};
use crate::settings::GatewaySettings;

/// Commands to run, shared by the tasks of a router.
pub(crate) type Inbox = Arc<Mutex<mpsc::Receiver<Request>>>;

/// What reaches a task from the router's handles.
#[derive(Clone)]
pub(crate) struct Ends {
    /// Commands to run.
    pub(crate) inbox: Inbox,
    /// Changes whenever a caller goes away.
    pub(crate) dropped: watch::Receiver<u64>,
}

/// The next command that somebody still waits for; `None` once the last handle is dropped. It is promised to its caller
/// that its turn has come.
pub(crate) async fn next(inbox: &Inbox) -> Option<Request> {
    // The tasks take turns at waiting: whoever holds the lock is next.
    let mut inbox = inbox.lock().await;
    loop {
        let mut request = inbox.recv().await?;
        let is_awaited = match request.begun.take() {
            Some(caller) => caller.send(()).is_ok(),
            // Promised already, by a task that found no connection.
            None => !request.reply.is_closed(),
        };
        if is_awaited {
            return Some(request);
        }
    }
}

/// Until a caller goes away.
pub(crate) async fn caller_left(dropped: &mut watch::Receiver<u64>) {
    if dropped.changed().await.is_err() {
        // No handle is left: the inbox says so.
        std::future::pending::<()>().await;
    }
}

/// What the tasks of a router share.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) links: Links,
    pub(crate) settings: Arc<GatewaySettings>,
    pub(crate) meter: Arc<Meter>,
    pub(crate) cache: Arc<Cache>,
    pub(crate) breaker: Option<Arc<Breaker>>,
    pub(crate) working: Working,
    /// Where a command goes that another task is to run.
    pub(crate) requests: mpsc::WeakSender<Request>,
}

/// How many tasks run commands on a connection at this moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Working(Arc<AtomicUsize>);

impl Working {
    fn begin(&self) -> AtWork {
        self.0.fetch_add(1, Ordering::AcqRel);
        AtWork(Arc::clone(&self.0))
    }

    fn any(&self) -> bool {
        self.0.load(Ordering::Acquire) > 0
    }
}

/// One task at work, until it is dropped.
struct AtWork(Arc<AtomicUsize>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Serves a router until its last handle is dropped, as the task of this number, counted from 0.
pub(crate) async fn serve(shop: Shop, mut ends: Ends, number: usize) {
    loop {
        // A router that takes few sessions has few tasks at work.
        tokio::select! {
            () = shop.links.room_for(number) => {}
            () = gone(&mut ends.dropped) => return,
        }
        let Some(first) = next(&ends.inbox).await else {
            return;
        };
        if first.reply.is_closed() {
            continue;
        }
        if first.insists {
            shop.links.insist();
        }
        match shop.links.take().await {
            Ok(link) => {
                shop.meter.show(shop.links.count());
                if matches!(work(&shop, link, first, &mut ends).await, End::Closed) {
                    return;
                }
            }
            // A connection alone is not enough: who tries out an idle one runs no commands. A task sleeps only while
            // another is at work, so the last one awake never does.
            Err(no_link) if shop.working.any() => {
                let pause = match no_link.was_tried {
                    // The router takes no more sessions, or not now.
                    true => shop.settings.refusal_pause,
                    false => shop.settings.cancel_grace,
                };
                info!(router = shop.meter.router(), err = %no_link.err, "no further connection to the router");
                hand_over(&shop, first, no_link);
                tokio::select! {
                    () = sleep(pause) => {}
                    () = gone(&mut ends.dropped) => return,
                }
            }
            Err(no_link) => refuse(first, no_link),
        }
        shop.meter.show(shop.links.count());
    }
}

/// Runs commands on a connection until there are none.
async fn work(shop: &Shop, mut link: Object<Maker>, first: Request, ends: &mut Ends) -> End {
    let at_work = shop.working.begin();
    let end = Pump::new(&mut link, &shop.settings).run(first, ends).await;
    drop(at_work);
    match &end {
        End::Idle => {
            if link.has_served {
                shop.links.served();
            }
            link.rest();
        }
        End::Closed => drop(Object::take(link)),
        End::Broken(reason) => {
            info!(
                router = shop.meter.router(),
                reason, "connection to the router ended"
            );
            match link.has_served {
                true => shop.links.lost(),
                false => shop.links.failed(reason),
            }
            drop(Object::take(link));
        }
    }
    end
}

fn refuse(request: Request, no_link: NoLink) {
    // A caller that has gone away needs no answer.
    let _gone = request.reply.send(Err(Failure::NoConnection(no_link)));
}

/// Leaves a command to the tasks that have a connection.
fn hand_over(shop: &Shop, request: Request, no_link: NoLink) {
    let Some(requests) = shop.requests.upgrade() else {
        // Nobody waits any more.
        return;
    };
    if let Err(TrySendError::Full(request)) = requests.try_send(request) {
        refuse(request, no_link);
    }
}

/// Looks after idle connections and shows how the router does, until its last handle is dropped.
pub(crate) async fn look_after(shop: Shop, mut ends: Ends) {
    loop {
        let rest = sleep(shop.settings.idle_ping);
        tokio::select! {
            () = rest => {}
            () = gone(&mut ends.dropped) => return,
        }
        shop.links.look_after().await;
        shop.meter.show(shop.links.count());
        shop.meter.show_cache(shop.cache.figures().entries);
        if let Some(breaker) = &shop.breaker {
            shop.meter.show_breaker(breaker.snapshot());
        }
    }
}

/// Until the last handle is dropped.
async fn gone(dropped: &mut watch::Receiver<u64>) {
    while dropped.changed().await.is_ok() {}
}

/// Every connection was being made, or full, for too long.
pub(crate) fn busy() -> NoLink {
    let message = "no connection to the router became free in time";
    NoLink {
        err: GatewayError::new(GatewayErrorKind::Unreachable, message),
        was_tried: false,
    }
}

/// The router was forgotten while somebody waited.
pub(crate) fn closed() -> NoLink {
    let message = "the connection was closed because the router was changed";
    NoLink {
        err: GatewayError::new(GatewayErrorKind::Unreachable, message),
        was_tried: false,
    }
}
