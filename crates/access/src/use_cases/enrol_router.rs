//! Enrols a router: it must answer, or at least show its certificate, before anything is stored.

use kernel::{CannotOpen, MayConflict, Name, RouterId, Scope, Secret, StoreError, Vault};

use super::router_task::{password_owner, target_at};
use crate::gateway::{GatewayError, GatewayErrorKind, RouterGateway};
use crate::host::Host;
use crate::ports::{AccessStore, ROUTER_NAME_UNIQUE, ROUTER_SERIAL_UNIQUE};
use crate::router::{ApiUser, Endpoint, LoginMethod, Router, RouterFacts};
use crate::transport::{Fingerprint, Transport};

/// Enrol a router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolRouter {
    /// The id it will have.
    pub id: RouterId,
    /// Its name, unique among routers in service.
    pub name: Name,
    /// Its address or name, parsed by [`crate::HostRules::parse`].
    pub host: Host,
    /// The port of its API service: 8729 as a rule with TLS, 8728 without.
    pub port: u16,
    /// How the way is protected.
    pub transport: Transport,
    /// How to log in.
    pub method: LoginMethod,
    /// The API account.
    pub username: ApiUser,
    /// The account's password.
    pub password: Secret,
}

/// How far an enrolment has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enrolment {
    /// The router answered and said this.
    Answered(RouterFacts),
    /// The router showed this certificate, which an operator must confirm. Nothing was sent to it.
    AwaitingConfirmation(Fingerprint),
}

/// Why a router was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolRouterError {
    /// It could not be talked to.
    #[error("the router could not be talked to")]
    Gateway(#[source] GatewayError),
    /// Another router in service has the name.
    #[error("another router has this name")]
    NameTaken,
    /// The very router is enrolled already.
    #[error("this router is enrolled already")]
    AlreadyEnrolled,
    /// The password that was just sealed does not open.
    #[error("the password cannot be sealed")]
    Sealed(#[from] CannotOpen),
    /// The store could not.
    #[error("the router could not be stored")]
    Store(#[source] StoreError),
}

impl From<StoreError> for EnrolRouterError {
    fn from(err: StoreError) -> Self {
        if err.is_duplicate_of(ROUTER_NAME_UNIQUE) {
            return Self::NameTaken;
        }
        if err.is_duplicate_of(ROUTER_SERIAL_UNIQUE) {
            return Self::AlreadyEnrolled;
        }
        Self::Store(err)
    }
}

impl MayConflict for EnrolRouterError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Connects, logs in, asks who it is, and only then stores it. With TLS and no certificate confirmed, it stores the
/// router as waiting for that instead of logging in.
///
/// # Errors
/// [`EnrolRouterError`]; nothing is stored then, and nothing stays open.
pub async fn enrol_router(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    vault: &dyn Vault,
    scope: &Scope,
    command: EnrolRouter,
) -> Result<Enrolment, EnrolRouterError> {
    let id = command.id;
    let enrolled = inspect_and_store(store, gateway, vault, scope, command).await;
    if !matches!(enrolled, Ok(Enrolment::Answered(_))) {
        gateway.forget(id).await;
    }
    enrolled
}

async fn inspect_and_store(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    vault: &dyn Vault,
    scope: &Scope,
    command: EnrolRouter,
) -> Result<Enrolment, EnrolRouterError> {
    let EnrolRouter {
        id,
        name,
        host,
        port,
        transport,
        method,
        username,
        password,
    } = command;
    let password = vault.seal(&password_owner(id), &password);
    let endpoint = Endpoint {
        host,
        port,
        transport,
        method,
        username,
        password,
    };
    let target = target_at(id, &endpoint, None, vault)?;
    let (mut router, enrolment) = match gateway.inspect(&target).await {
        Ok(facts) => {
            let router = Router::enrol(id, name, endpoint, facts.clone());
            (router, Enrolment::Answered(facts))
        }
        Err(err) => {
            let GatewayErrorKind::CertificateUnconfirmed { seen } = err.kind else {
                return Err(EnrolRouterError::Gateway(err));
            };
            let router = Router::enrol_unconfirmed(id, name, endpoint, seen);
            (router, Enrolment::AwaitingConfirmation(seen))
        }
    };
    let mut tx = store.begin(scope).await?;
    tx.routers().save(&mut router).await?;
    tx.commit().await?;
    Ok(enrolment)
}
