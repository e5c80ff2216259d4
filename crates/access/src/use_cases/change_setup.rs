//! Shows and replaces what a router holds besides customers.

use kernel::{Clock, Ids, MayConflict, Priority, RouterId, Scope, StoreError};

use crate::ports::AccessStore;
use crate::router::RouterRefusal;
use crate::setup::{BadSetup, Destination, Pool, RouterSetupSnapshot};
use crate::sync_request::request_reconcile;

/// Replace a router's pools and walled garden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSetup {
    /// The router.
    pub router: RouterId,
    /// Its pools from now on.
    pub pools: Vec<Pool>,
    /// Where customers may go without having paid.
    pub walled_garden: Vec<Destination>,
}

/// Why a setup was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeSetupError {
    /// There is no such router.
    #[error("no such router")]
    NotFound(RouterId),
    /// The router is out of service.
    #[error("the router is refused")]
    Router(#[from] RouterRefusal),
    /// The setup contradicts itself.
    #[error("the setup is refused")]
    Refused(#[from] BadSetup),
    /// The store could not.
    #[error("the setup could not be stored")]
    Store(#[from] StoreError),
}

impl MayConflict for ChangeSetupError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// What a router holds besides customers; `None` without such a router.
///
/// # Errors
/// [`StoreError`].
pub async fn show_setup(
    store: &dyn AccessStore,
    scope: &Scope,
    router: RouterId,
) -> Result<Option<RouterSetupSnapshot>, StoreError> {
    let mut tx = store.begin(&scope.preliminary()).await?;
    if tx.routers().find(router).await?.is_none() {
        return Ok(None);
    }
    Ok(Some(tx.setups().of(router).await?.snapshot()))
}

/// Replaces pools and walled garden, and has the router compared at once.
///
/// # Errors
/// [`ChangeSetupError`].
pub async fn change_setup(
    store: &dyn AccessStore,
    ids: &dyn Ids,
    clock: &dyn Clock,
    scope: &Scope,
    command: ChangeSetup,
) -> Result<(), ChangeSetupError> {
    let id = command.router;
    let mut tx = store.begin(scope).await?;
    let found = tx.routers().find(id).await?;
    found.ok_or(ChangeSetupError::NotFound(id))?.in_service()?;
    let mut setup = tx.setups().of(id).await?;
    if setup.change(command.pools, command.walled_garden)? {
        tx.setups().save(&mut setup).await?;
        request_reconcile(tx.as_mut(), ids, id, Priority::High, clock.now()).await?;
    }
    tx.commit().await?;
    Ok(())
}
