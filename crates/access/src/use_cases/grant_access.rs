//! Gives a subject a login on a router.

use std::net::Ipv4Addr;

use kernel::{
    Clock, GrantId, Ids, MayConflict, Priority, ProfileId, RouterId, Scope, Secret, StoreError,
    Timestamp, Vault,
};

use crate::grant::{Allowance, Grant, GrantRefusal, Limits, NewGrant, Subject, secret_owner};
use crate::login::Login;
use crate::ports::{AccessStore, AccessTx, GRANT_LOGIN_UNIQUE};
use crate::profile::{ProfileStatus, ServiceProfile};
use crate::router::RouterRefusal;
use crate::sync_request::request_sync;

/// Give a subject a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantAccess {
    /// The id the grant will have.
    pub id: GrantId,
    /// The router.
    pub router: RouterId,
    /// Who it is for.
    pub subject: Subject,
    /// The login, unique per router and service: a name, an address or a device, as the service wants it.
    pub login: Login,
    /// The address a device is always to have; `dhcp_lease` and `mac_bypass` only.
    pub address: Option<Ipv4Addr>,
    /// The password.
    pub secret: Secret,
    /// The profile; it decides the service.
    pub profile: ProfileId,
    /// What it allows at first.
    pub allowance: Allowance,
    /// What the router counts; hotspot only.
    pub limits: Limits,
    /// The desired version it starts from.
    pub access_version: u64,
}

/// Why access was not granted or changed.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// There is no such router.
    #[error("no such router")]
    NoRouter(RouterId),
    /// There is no such profile.
    #[error("no such service profile")]
    NoProfile(ProfileId),
    /// The subject has no grant.
    #[error("the subject has no login on any router")]
    NoGrant(Subject),
    /// The router is out of service.
    #[error("the router is refused")]
    Router(#[from] RouterRefusal),
    /// The grant makes no sense.
    #[error("the login is refused")]
    Refused(#[from] GrantRefusal),
    /// Another grant on the router has the login.
    #[error("another customer has this login on the router")]
    LoginTaken,
    /// The store could not.
    #[error("the login could not be stored")]
    Store(#[source] StoreError),
}

impl From<StoreError> for GrantError {
    fn from(err: StoreError) -> Self {
        if err.is_duplicate_of(GRANT_LOGIN_UNIQUE) {
            Self::LoginTaken
        } else {
            Self::Store(err)
        }
    }
}

impl MayConflict for GrantError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Gives a subject a login, in a transaction of its own. A subject that has one keeps it: its id is returned.
///
/// # Errors
/// [`GrantError`]; [`GrantRefusal::Ended`] if the one that the subject has is over.
pub async fn grant_access(
    store: &dyn AccessStore,
    vault: &dyn Vault,
    ids: &dyn Ids,
    clock: &dyn Clock,
    scope: &Scope,
    command: GrantAccess,
) -> Result<GrantId, GrantError> {
    let mut tx = store.begin(scope).await?;
    let granted = grant_within(tx.as_mut(), vault, ids, clock.now(), command).await?;
    tx.commit().await?;
    Ok(granted)
}

/// The same within a transaction that does more.
///
/// # Errors
/// [`GrantError`]; leave the transaction then.
pub async fn grant_within(
    tx: &mut dyn AccessTx,
    vault: &dyn Vault,
    ids: &dyn Ids,
    now: Timestamp,
    command: GrantAccess,
) -> Result<GrantId, GrantError> {
    if let Some(known) = tx.grants().find_by_subject(command.subject).await? {
        if known.allowance() == Allowance::Ended {
            // What has ended never lets anybody connect again: whoever relied on it would have nothing.
            return Err(GrantRefusal::Ended.into());
        }
        return Ok(known.id());
    }
    let (id, router) = (command.id, command.router);
    let profile = usable_profile(tx, router, command.profile).await?;
    let mut grant = Grant::make(NewGrant {
        id,
        router,
        subject: command.subject,
        service: profile.service(),
        login: command.login,
        address: command.address,
        secret: vault.seal(&secret_owner(id), &command.secret),
        profile: command.profile,
        allowance: command.allowance,
        limits: command.limits,
        access_version: command.access_version,
        at: now,
    })?;
    tx.grants().save(&mut grant).await?;
    request_sync(tx, ids, router, Priority::High, now).await?;
    Ok(id)
}

/// The profile, offered, and the router in service: what a new grant needs.
pub(super) async fn usable_profile(
    tx: &mut dyn AccessTx,
    router: RouterId,
    profile: ProfileId,
) -> Result<ServiceProfile, GrantError> {
    let found = tx.routers().find(router).await?;
    found.ok_or(GrantError::NoRouter(router))?.in_service()?;
    let found = tx.profiles().find(profile).await?;
    let profile = found.ok_or(GrantError::NoProfile(profile))?;
    if profile.status() == ProfileStatus::Retired {
        return Err(GrantRefusal::ProfileRetired.into());
    }
    Ok(profile)
}
