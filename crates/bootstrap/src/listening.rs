//! Listens to every router in service, and has one read at once when sessions begin or end there.
//!
//! What is heard only says when to read: the reading itself is the usual one, and goes on at its own interval whether
//! a router can be listened to or not.

use std::collections::HashMap;
use std::time::Duration;

use access::{GatewayError, GatewayErrorKind as Kind, RouterTaskError, listen_to_sessions};
use chrono::Duration as Span;
use jobs::RetryPolicy;
use kernel::{RouterId, Scope, StoreError, TenantId};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep};
use workflows::request_watch;

use crate::homes;
use crate::ports::Ports;

/// How often it is seen which routers there are.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// How often it is seen whether a router is still reached in the same way.
const CHECK: Duration = Duration::from_secs(300);
/// The least time between two readings of one router because of what was heard.
const GAP: Duration = Duration::from_secs(5);
/// A connection that lasted so long was a good one: the next pause is a first one again.
const HEALTHY: Duration = Duration::from_secs(60);
/// How long a router is left alone that needs a person, or cannot be listened to.
const NEEDS_A_PERSON: Duration = Duration::from_secs(900);
/// The first connections are spread over so many milliseconds.
const SPREAD_MS: u32 = 2_000;

/// Why listening to a router has ended.
enum Ended {
    /// It is in service no more.
    Gone,
    /// It is reached in another way now.
    Moved,
    /// The connection, or what it takes to make one, failed; in so long it may be tried again.
    Failed { pause: Option<Duration> },
}

/// Listens until it is dropped.
pub(crate) async fn listen(ports: &Ports) {
    let mut running = JoinSet::new();
    let mut known: HashMap<RouterId, AbortHandle> = HashMap::new();
    loop {
        match homes::find(ports).await {
            Ok(homes) => fit(ports, &homes, &mut known, &mut running),
            Err(err) => tracing::warn!(%err, "the routers to listen to could not be read"),
        }
        while running.try_join_next().is_some() {}
        sleep(LOOK_AGAIN).await;
    }
}

/// One task for each router in service, and none for others.
fn fit(
    ports: &Ports,
    homes: &HashMap<RouterId, TenantId>,
    known: &mut HashMap<RouterId, AbortHandle>,
    running: &mut JoinSet<()>,
) {
    known.retain(|router, task| {
        let stays = homes.contains_key(router) && !task.is_finished();
        if !stays {
            task.abort();
        }
        stays
    });
    for (router, tenant) in homes {
        known.entry(*router).or_insert_with(|| {
            let (ports, router, tenant) = (ports.clone(), *router, *tenant);
            running.spawn(async move { Ear::new(&ports, tenant, router).listen().await })
        });
    }
}

/// Listens to one router.
struct Ear<'a> {
    ports: &'a Ports,
    scope: Scope,
    router: RouterId,
    failures: u16,
}

impl<'a> Ear<'a> {
    fn new(ports: &'a Ports, tenant: TenantId, router: RouterId) -> Self {
        Self {
            ports,
            scope: Scope::system(tenant, "listening", ports.ids.fresh()),
            router,
            failures: 0,
        }
    }

    /// Again and again, until the router is in service no more.
    async fn listen(mut self) {
        let spread = self.ports.randomness.below(SPREAD_MS);
        sleep(Duration::from_millis(spread.into())).await;
        loop {
            let begun = Instant::now();
            let ended = self.listen_once().await.unwrap_or_else(Ended::from);
            if begun.elapsed() >= HEALTHY {
                self.failures = 0;
            }
            match ended {
                Ended::Gone => return,
                Ended::Moved => self.failures = 0,
                Ended::Failed { pause } => {
                    self.failures = self.failures.saturating_add(1);
                    sleep(pause.unwrap_or_else(|| self.backoff())).await;
                }
            }
        }
    }

    async fn listen_once(&self) -> Result<Ended, RouterTaskError> {
        let ports = self.ports;
        let endpoint = self.endpoint().await?;
        let (store, gateway, vault) = (&*ports.access, &*ports.gateway, &*ports.vault);
        let feed = listen_to_sessions(store, gateway, vault, &self.scope, self.router).await;
        let mut feed = feed?;
        // Nobody listened before, so something may have happened.
        self.has_changed().await?;
        loop {
            tokio::select! {
                heard = feed.changed() => {
                    heard.map_err(RouterTaskError::Gateway)?;
                    self.has_changed().await?;
                }
                () = sleep(CHECK) => {
                    let now = self.endpoint().await?;
                    if now.is_none() || now != endpoint {
                        return Ok(Ended::Moved);
                    }
                }
            }
        }
    }

    /// What is heard in the pause is one more change: nothing queues up here.
    async fn has_changed(&self) -> Result<(), StoreError> {
        request_watch(&self.ports.workbench(), &self.scope, self.router).await?;
        sleep(GAP).await;
        Ok(())
    }

    /// How the router is reached, if it is there.
    async fn endpoint(&self) -> Result<Option<access::Endpoint>, StoreError> {
        let mut tx = self.ports.access.begin(&self.scope).await?;
        let router = tx.routers().find(self.router).await?;
        Ok(router.map(|it| it.endpoint().clone()))
    }

    /// One second, doubled with each failure up to five minutes, with jitter.
    fn backoff(&self) -> Duration {
        let Ok(policy) = RetryPolicy::new(Span::seconds(1), Span::minutes(5), u16::MAX) else {
            return NEEDS_A_PERSON;
        };
        let now = self.ports.clock.now();
        let at = policy.wait_at_most_cap(self.failures, now, &*self.ports.randomness);
        at.since(now).to_std().unwrap_or(NEEDS_A_PERSON)
    }
}

impl From<RouterTaskError> for Ended {
    fn from(err: RouterTaskError) -> Self {
        match err {
            RouterTaskError::NotFound(_) | RouterTaskError::Refused(_) => Self::Gone,
            RouterTaskError::Gateway(err) => Self::Failed {
                pause: patience(&err),
            },
            RouterTaskError::Store(_) => Self::Failed { pause: None },
            RouterTaskError::Sealed(_) | RouterTaskError::Undesirable(_) => Self::Failed {
                pause: Some(NEEDS_A_PERSON),
            },
        }
    }
}

/// A router that is away may be back at any time; what only a person can mend is not tried again and again.
fn patience(err: &GatewayError) -> Option<Duration> {
    let is_usual = err.is_transient() || matches!(err.kind, Kind::Other);
    (!is_usual).then_some(NEEDS_A_PERSON)
}

#[cfg(test)]
mod tests;
