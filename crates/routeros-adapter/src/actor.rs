//! The tasks of one router: each takes a connection when there is something to do, and gives it back after.

use std::sync::Arc;

use access::{GatewayError, GatewayErrorKind};
use deadpool::managed::Object;
use resilience::Breaker;
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
    let mut inbox = inbox.lock().await;
    loop {
        let mut request = inbox.recv().await?;
        let has_begun = request.begun.take().is_some_and(|it| it.send(()).is_ok());
        if has_begun {
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
}

/// Serves a router until its last handle is dropped.
pub(crate) async fn serve(shop: Shop, mut ends: Ends) {
    while let Some(first) = next(&ends.inbox).await {
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
            Err(no_link) => refuse(first, no_link),
        }
        shop.meter.show(shop.links.count());
    }
}

/// Runs commands on a connection until there are none.
async fn work(shop: &Shop, mut link: Object<Maker>, first: Request, ends: &mut Ends) -> End {
    let end = Pump::new(&mut link, &shop.settings).run(first, ends).await;
    match &end {
        End::Idle => link.rest(),
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
