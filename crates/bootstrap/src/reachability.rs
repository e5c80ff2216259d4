//! Writes down which routers stopped answering and which are back, as the gateway of this process notices.

use std::collections::HashMap;
use std::time::Duration;

use access::{ReachabilityChange, note_reachability};
use kernel::{RouterId, Scope, StoreError, TenantId};
use tokio::time::sleep;

use crate::homes;
use crate::ports::Ports;

/// How often it is tried to write a change down.
const ATTEMPTS: u32 = 5;
/// How long a database that is away is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// Writes changes down until it is dropped.
pub(crate) async fn watch(ports: &Ports) {
    let mut homes = HashMap::new();
    loop {
        let change = ports.gateway.reachability_changed().await;
        for _ in 0..ATTEMPTS {
            match note(ports, &mut homes, &change).await {
                Ok(()) => break,
                // What is missed altogether is found out by the next job with the router.
                Err(err) => {
                    tracing::warn!(%err, router = %change.router, "what became of a router could not be noted");
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

async fn note(
    ports: &Ports,
    homes: &mut HashMap<RouterId, TenantId>,
    change: &ReachabilityChange,
) -> Result<(), StoreError> {
    if !homes.contains_key(&change.router) {
        *homes = homes::find(ports).await?;
    }
    let Some(tenant) = homes.get(&change.router) else {
        // Retired meanwhile, or not enrolled after all.
        return Ok(());
    };
    let scope = Scope::system(*tenant, "reachability", ports.ids.fresh());
    note_reachability(&*ports.access, &*ports.clock, &scope, change).await
}

#[cfg(test)]
mod tests;
