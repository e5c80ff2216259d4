//! Tests whether a router answers, and notes what it says about itself.

use kernel::{Clock, Priority, RouterId, Scope, Vault};

use super::router_task::{RouterTaskError, failed, load_target, note_router};
use crate::gateway::RouterGateway;
use crate::ports::AccessStore;
use crate::router::RouterFacts;

/// Connects, logs in and asks who it is.
///
/// # Errors
/// [`RouterTaskError::Gateway`] with what is wrong; the router's status then says so too.
pub async fn test_router(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    vault: &dyn Vault,
    clock: &dyn Clock,
    scope: &Scope,
    id: RouterId,
) -> Result<RouterFacts, RouterTaskError> {
    let (mut router, target) = load_target(store, vault, scope, id).await?;
    let facts = match gateway.inspect(&target.at(Priority::High)).await {
        Ok(facts) => facts,
        Err(err) => return Err(failed(store, scope, id, err, clock.now()).await),
    };
    router.inspected(facts.clone(), clock.now())?;
    let note = |it: &mut crate::Router| it.inspected(facts.clone(), clock.now()).unwrap_or(false);
    note_router(store, scope, id, &note).await?;
    Ok(facts)
}
