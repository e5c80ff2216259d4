//! What every use case that talks to a router shares: finding it, opening its password, noting how it does.

use std::collections::BTreeSet;

use kernel::{
    CannotOpen, MayConflict, Priority, ProfileId, RouterId, Scope, StoreError, Timestamp, Vault,
    rerun_on_conflict,
};

use crate::desired::Undesirable;
use crate::gateway::{GatewayError, GatewayErrorKind, Target};
use crate::grant::{Allowance, Grant};
use crate::ports::{AccessStore, AccessTx};
use crate::profile::ServiceProfile;
use crate::router::{Endpoint, Router, RouterRefusal};

/// Why work with a router failed.
#[derive(Debug, thiserror::Error)]
pub enum RouterTaskError {
    /// There is no such router.
    #[error("no such router")]
    NotFound(RouterId),
    /// The router is not in a state for it.
    #[error("the router is refused")]
    Refused(#[from] RouterRefusal),
    /// The router could not, or could not be reached.
    #[error("the router could not be worked with")]
    Gateway(#[source] GatewayError),
    /// A stored password does not open.
    #[error("a stored password cannot be used")]
    Sealed(#[from] CannotOpen),
    /// The stored grants and profiles contradict each other.
    #[error("the grants do not fit the profiles")]
    Undesirable(#[from] Undesirable),
    /// The store could not.
    #[error("the router's data could not be read or stored")]
    Store(#[from] StoreError),
}

impl MayConflict for RouterTaskError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// The owner a router's password is sealed for.
#[must_use]
pub fn password_owner(id: RouterId) -> String {
    format!("routers/{id}")
}

/// Everything needed to talk to a router.
///
/// # Errors
/// [`CannotOpen`] if its password does not open.
pub fn target_of(router: &Router, vault: &dyn Vault) -> Result<Target, CannotOpen> {
    let serial = router.facts().serial.clone();
    target_at(router.id(), router.endpoint(), serial, vault)
}

pub(super) fn target_at(
    router: RouterId,
    endpoint: &Endpoint,
    expected_serial: Option<String>,
    vault: &dyn Vault,
) -> Result<Target, CannotOpen> {
    Ok(Target {
        router,
        host: endpoint.host.clone(),
        port: endpoint.port,
        transport: endpoint.transport.clone(),
        method: endpoint.method,
        username: endpoint.username.as_str().to_owned(),
        password: vault.open(&password_owner(router), &endpoint.password)?,
        expected_serial,
        priority: Priority::Normal,
    })
}

/// The router in service and how to talk to it, read in a transaction of its own.
pub(crate) async fn load_target(
    store: &dyn AccessStore,
    vault: &dyn Vault,
    scope: &Scope,
    id: RouterId,
) -> Result<(Router, Target), RouterTaskError> {
    let mut tx = store.begin(&scope.preliminary()).await?;
    let found = tx.routers().find(id).await?;
    let router = found.ok_or(RouterTaskError::NotFound(id))?;
    router.in_service()?;
    let target = target_of(&router, vault)?;
    Ok((router, target))
}

/// The profiles in use on a router and those of the given grants, each once. The grants were read a moment earlier: one
/// that has been moved since still names the profile it came from.
pub(super) async fn profiles_for(
    tx: &mut dyn AccessTx,
    router: RouterId,
    grants: &[Grant],
) -> Result<Vec<ServiceProfile>, StoreError> {
    let mut profiles = tx.profiles().used_on(router).await?;
    let known: BTreeSet<ProfileId> = profiles.iter().map(ServiceProfile::id).collect();
    let live = grants
        .iter()
        .filter(|it| it.allowance() != Allowance::Ended);
    let named: BTreeSet<ProfileId> = live.map(Grant::profile).collect();
    for missing in named.difference(&known) {
        profiles.extend(tx.profiles().find(*missing).await?);
    }
    Ok(profiles)
}

/// Notes something about a router in a transaction of its own; `note` says whether it was news.
pub(super) async fn note_router(
    store: &dyn AccessStore,
    scope: &Scope,
    id: RouterId,
    note: &(dyn Fn(&mut Router) -> bool + Sync),
) -> Result<(), StoreError> {
    let scope = &scope.preliminary();
    rerun_on_conflict(|| async move {
        let mut tx = store.begin(scope).await?;
        let Some(mut router) = tx.routers().find(id).await? else {
            return Ok(());
        };
        if note(&mut router) {
            tx.routers().save(&mut router).await?;
            tx.commit().await?;
        }
        Ok(())
    })
    .await
}

/// Notes that a router could not be worked with, and passes the error on; trouble with a single row says nothing about it.
pub(crate) async fn failed(
    store: &dyn AccessStore,
    scope: &Scope,
    id: RouterId,
    err: GatewayError,
    at: Timestamp,
) -> RouterTaskError {
    // A router that has too much to do is not silent.
    if err.concerns_router() && err.kind != GatewayErrorKind::Overloaded {
        let noted = note_router(store, scope, id, &|it| it.failed(&err, at)).await;
        if let Err(store_err) = noted {
            return RouterTaskError::Store(store_err);
        }
    }
    RouterTaskError::Gateway(err)
}
