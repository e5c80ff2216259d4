//! Asks a router anew who it is, because what was known may no longer hold.

use kernel::{Clock, Scope};

use super::router_task::{RouterTaskError, failed, note_router};
use crate::gateway::{Pulse, RouterGateway, Target};
use crate::ports::AccessStore;
use crate::router::Router;

/// Reads and notes what a router says about itself, if its pulse tells that it has started anew or was upgraded.
pub(super) async fn refresh_facts(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    clock: &dyn Clock,
    scope: &Scope,
    (router, target, pulse): (&Router, &Target, &Pulse),
) -> Result<(), RouterTaskError> {
    let now = clock.now();
    if !router.is_outdated(pulse, now) {
        return Ok(());
    }
    let facts = match gateway.inspect(target).await {
        Ok(facts) => facts,
        Err(err) if err.concerns_router() => {
            return Err(failed(store, scope, router.id(), err, now).await);
        }
        // An account that may not write yet is found out by what is written.
        Err(_) => return Ok(()),
    };
    let note = |it: &mut Router| it.inspected(facts.clone(), now).unwrap_or(false);
    note_router(store, scope, router.id(), &note).await?;
    Ok(())
}
