//! Confirms the certificate of a router: from then on it must show exactly this one.

use kernel::{Clock, Ids, Priority, RouterId, Scope, Vault};

use super::change_router::ChangeRouterError;
use super::router_task::{RouterTaskError, load_target};
use crate::gateway::RouterGateway;
use crate::ports::AccessStore;
use crate::router::RouterFacts;
use crate::sync_request::request_sync;
use crate::transport::{Fingerprint, Transport, Trust};

/// Confirm a router's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustRouter {
    /// The router.
    pub router: RouterId,
    /// The certificate, as the operator has read it on the router or compared it.
    pub certificate: Fingerprint,
}

/// Connects, and only if exactly this certificate is shown logs in, asks who it is and stores both. What has waited for
/// the router is then brought to it at once.
///
/// # Errors
/// [`ChangeRouterError`], with [`crate::GatewayErrorKind::CertificateChanged`] if another certificate is shown; nothing
/// changes then.
pub async fn trust_router(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    vault: &dyn Vault,
    ids: &dyn Ids,
    clock: &dyn Clock,
    scope: &Scope,
    command: TrustRouter,
) -> Result<RouterFacts, ChangeRouterError> {
    let TrustRouter {
        router: id,
        certificate,
    } = command;
    let (mut router, mut target) = load_target(store, vault, scope, id).await?;
    router.may_be_trusted()?;
    target.transport = Transport::Tls(Trust::Pinned(certificate));
    gateway.forget(id).await;
    let inspected = gateway.inspect(&target).await;
    if inspected.is_err() {
        gateway.forget(id).await;
    }
    let facts = inspected.map_err(RouterTaskError::Gateway)?;
    let now = clock.now();
    router.trust(certificate, facts.clone(), now)?;
    let mut tx = store.begin(scope).await?;
    tx.routers().save(&mut router).await?;
    request_sync(&mut *tx, ids, id, Priority::High, now).await?;
    tx.commit().await?;
    Ok(facts)
}
