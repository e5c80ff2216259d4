//! Changes a router's name, address or credentials; a new address must lead to the same router.

use kernel::{Name, RouterId, Scope, Secret, Vault};

use super::enrol_router::EnrolRouterError;
use super::router_task::{RouterTaskError, password_owner, target_at};
use crate::gateway::{GatewayErrorKind, RouterGateway};
use crate::host::Host;
use crate::ports::AccessStore;
use crate::router::{ApiUser, Endpoint, LoginMethod, Router, RouterRefusal};
use crate::transport::{Transport, Trust};

/// Change a router; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRouter {
    /// The router.
    pub id: RouterId,
    /// Its new name.
    pub name: Option<Name>,
    /// Its new address or name.
    pub host: Option<Host>,
    /// The new port. The usual port of one transport becomes the usual port of the other by itself.
    pub port: Option<u16>,
    /// The new protection of the way. [`Trust::FirstUse`] leaves a router alone that uses TLS already.
    pub transport: Option<Transport>,
    /// The new way to log in.
    pub method: Option<LoginMethod>,
    /// The new API account.
    pub username: Option<ApiUser>,
    /// The account's new password.
    pub password: Option<Secret>,
}

/// Why a router was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeRouterError {
    /// There is no such router.
    #[error("no such router")]
    NotFound(RouterId),
    /// The router is retired, or another one answers.
    #[error("the change is refused")]
    Refused(#[from] RouterRefusal),
    /// As when enrolling.
    #[error("the router could not be changed")]
    Enrol(#[from] EnrolRouterError),
}

impl From<kernel::StoreError> for ChangeRouterError {
    fn from(err: kernel::StoreError) -> Self {
        Self::Enrol(err.into())
    }
}

impl kernel::MayConflict for ChangeRouterError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Enrol(err) if err.is_conflict())
    }
}

impl From<RouterTaskError> for ChangeRouterError {
    fn from(err: RouterTaskError) -> Self {
        match err {
            RouterTaskError::NotFound(id) => Self::NotFound(id),
            RouterTaskError::Refused(err) => Self::Refused(err),
            RouterTaskError::Gateway(err) => Self::Enrol(EnrolRouterError::Gateway(err)),
            RouterTaskError::Sealed(err) => Self::Enrol(err.into()),
            RouterTaskError::Undesirable(err) => Self::from(kernel::StoreError::corrupt(err)),
            RouterTaskError::Store(err) => Self::from(err),
        }
    }
}

/// Changes a router. If how it is reached changes, it is inspected first and must be the same board; if that leads to a
/// certificate that nobody has confirmed, the change is stored and the router waits for that.
///
/// # Errors
/// [`ChangeRouterError`]; nothing changes then.
pub async fn change_router(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    vault: &dyn Vault,
    scope: &Scope,
    command: ChangeRouter,
) -> Result<(), ChangeRouterError> {
    let id = command.id;
    let mut router = find(store, scope, id).await?;
    router.in_service()?;
    let name = command
        .name
        .clone()
        .unwrap_or_else(|| router.name().clone());
    let endpoint = changed(router.endpoint(), command, vault);
    let (mut facts, mut unconfirmed) = (None, None);
    if endpoint != *router.endpoint() {
        let target = target_at(id, &endpoint, None, vault).map_err(RouterTaskError::from)?;
        gateway.forget(id).await;
        let inspected = gateway.inspect(&target).await;
        gateway.forget(id).await;
        match inspected {
            Ok(found) => facts = Some(found),
            Err(err) => match err.kind {
                GatewayErrorKind::CertificateUnconfirmed { seen } => unconfirmed = Some(seen),
                _ => return Err(RouterTaskError::Gateway(err).into()),
            },
        }
    }
    match unconfirmed {
        Some(seen) => router.change_unconfirmed(name, endpoint, seen)?,
        None => router.change(name, endpoint, facts)?,
    }
    let mut tx = store.begin(scope).await?;
    tx.routers().save(&mut router).await?;
    tx.commit().await?;
    Ok(())
}

async fn find(
    store: &dyn AccessStore,
    scope: &Scope,
    id: RouterId,
) -> Result<Router, ChangeRouterError> {
    let mut tx = store.begin(&scope.preliminary()).await?;
    tx.routers()
        .find(id)
        .await?
        .ok_or(ChangeRouterError::NotFound(id))
}

fn changed(from: &Endpoint, command: ChangeRouter, vault: &dyn Vault) -> Endpoint {
    let owner = password_owner(command.id);
    let sealed = command.password.map(|it| vault.seal(&owner, &it));
    // Whoever asks for what there is already keeps the certificate that was confirmed.
    let transport = command
        .transport
        .filter(|it| *it != Transport::Tls(Trust::FirstUse) || from.transport == Transport::Plain);
    let transport = transport.unwrap_or_else(|| from.transport.clone());
    // The service moves along with the transport, unless it is where nobody would expect it.
    let port = match from.port == from.transport.default_port() {
        true => transport.default_port(),
        false => from.port,
    };
    Endpoint {
        host: command.host.unwrap_or_else(|| from.host.clone()),
        port: command.port.unwrap_or(port),
        transport,
        method: command.method.unwrap_or(from.method),
        username: command.username.unwrap_or_else(|| from.username.clone()),
        password: sealed.unwrap_or_else(|| from.password.clone()),
    }
}
