//! Takes a router out of service once nobody depends on it.

use kernel::{RouterId, Scope};

use super::router_task::RouterTaskError;
use crate::gateway::RouterGateway;
use crate::ports::AccessStore;

/// Takes a router out of service and closes its connection. Doing it twice is harmless.
///
/// # Errors
/// [`RouterTaskError::Refused`] while grants on it have not ended.
pub async fn retire_router(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    scope: &Scope,
    id: RouterId,
) -> Result<(), RouterTaskError> {
    let mut tx = store.begin(scope).await?;
    let Some(mut router) = tx.routers().find(id).await? else {
        return Err(RouterTaskError::NotFound(id));
    };
    let live = tx.grants().count_live(id).await?;
    router.retire(live)?;
    tx.routers().save(&mut router).await?;
    tx.commit().await?;
    gateway.forget(id).await;
    Ok(())
}
