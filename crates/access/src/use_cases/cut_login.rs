//! Ends the sessions of one login, because an operator wants it.

use kernel::{Clock, Priority, RouterId, Scope, StoreError, Vault, rerun_on_conflict};

use super::router_task::{RouterTaskError, failed, load_target};
use crate::gateway::{CutReport, RouterGateway};
use crate::login::LoginRef;
use crate::ports::AccessStore;

/// Cut a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutLogin {
    /// The router.
    pub router: RouterId,
    /// Who.
    pub login: LoginRef,
}

/// Ends every session of a login and forgets its cookies. The login itself stays valid: who may, can come back.
///
/// # Errors
/// [`RouterTaskError`].
pub async fn cut_login(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    vault: &dyn Vault,
    clock: &dyn Clock,
    scope: &Scope,
    command: CutLogin,
) -> Result<CutReport, RouterTaskError> {
    let CutLogin { router: id, login } = command;
    let (_, target) = load_target(store, vault, scope, id).await?;
    let target = target.at(Priority::Critical);
    let report = match gateway.cut(&target, std::slice::from_ref(&login)).await {
        Ok(report) => report,
        Err(err) => return Err(failed(store, scope, id, err, clock.now()).await),
    };
    let removed = report.removed;
    rerun_on_conflict(|| record(store, scope, id, &login, removed)).await?;
    Ok(report)
}

async fn record(
    store: &dyn AccessStore,
    scope: &Scope,
    id: RouterId,
    login: &LoginRef,
    removed: u64,
) -> Result<(), StoreError> {
    let mut tx = store.begin(scope).await?;
    if let Some(mut router) = tx.routers().find(id).await? {
        router.cut(login.service, removed);
        tx.routers().save(&mut router).await?;
    }
    tx.commit().await
}
