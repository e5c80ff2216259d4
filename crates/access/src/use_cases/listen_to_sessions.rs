//! Listens to a router in service for sessions that begin and end.

use kernel::{Priority, RouterId, Scope, Vault};

use super::router_task::{RouterTaskError, load_target};
use crate::gateway::RouterGateway;
use crate::listening::SessionFeed;
use crate::ports::AccessStore;

/// Opens a connection on which sessions are heard of. A router that cannot be listened to is polled all the same, so
/// nothing is noted about it here.
///
/// # Errors
/// [`RouterTaskError`] if there is no such router in service or it cannot be listened to now.
pub async fn listen_to_sessions(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    vault: &dyn Vault,
    scope: &Scope,
    router: RouterId,
) -> Result<Box<dyn SessionFeed>, RouterTaskError> {
    let (_, target) = load_target(store, vault, scope, router).await?;
    let feed = gateway.listen(&target.at(Priority::Low)).await;
    feed.map_err(RouterTaskError::Gateway)
}
