//! Confirms the certificate of a router: from then on it must show exactly this one.

use kernel::{Clock, RouterId, Scope, Vault};

use super::change_router::ChangeRouterError;
use super::router_task::{RouterTaskError, load_target};
use crate::gateway::RouterGateway;
use crate::ports::AccessStore;
use crate::router::RouterFacts;
use crate::transport::{Fingerprint, Transport, Trust};

/// Confirm a router's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustRouter {
    /// The router.
    pub router: RouterId,
    /// The certificate, as the operator has read it on the router or compared it.
    pub certificate: Fingerprint,
}

/// Connects, and only if exactly this certificate is shown logs in, asks who it is and stores both.
///
/// # Errors
/// [`ChangeRouterError`], with [`crate::GatewayErrorKind::CertificateChanged`] if another certificate is shown; nothing
/// changes then.
pub async fn trust_router(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    vault: &dyn Vault,
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
    router.trust(certificate, facts.clone(), clock.now())?;
    let mut tx = store.begin(scope).await?;
    tx.routers().save(&mut router).await?;
    tx.commit().await?;
    Ok(facts)
}
