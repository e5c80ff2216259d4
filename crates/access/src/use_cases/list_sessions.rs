//! Lists who is online on a router.

use kernel::{Clock, Priority, RouterId, Scope, Vault};

use super::router_task::{RouterTaskError, failed, load_target};
use crate::gateway::{LiveSession, RouterGateway};
use crate::ports::AccessStore;

/// Who is online, as the router says right now.
///
/// # Errors
/// [`RouterTaskError`].
pub async fn list_sessions(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    vault: &dyn Vault,
    clock: &dyn Clock,
    scope: &Scope,
    id: RouterId,
) -> Result<Vec<LiveSession>, RouterTaskError> {
    let (_, target) = load_target(store, vault, scope, id).await?;
    match gateway.sessions(&target.at(Priority::High)).await {
        Ok(sessions) => Ok(sessions),
        Err(err) => Err(failed(store, scope, id, err, clock.now()).await),
    }
}
