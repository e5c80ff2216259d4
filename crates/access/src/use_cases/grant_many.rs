//! Gives many subjects a login on one router and profile at once: the vouchers of a batch.

use kernel::{Clock, GrantId, Ids, Priority, ProfileId, RouterId, Scope, Secret, Timestamp, Vault};

use super::grant_access::{GrantError, usable_profile};
use crate::grant::{Allowance, Grant, Limits, NewGrant, Subject, secret_owner};
use crate::login::Login;
use crate::ports::{AccessStore, AccessTx};
use crate::sync_request::request_sync;

/// Give many subjects a login each; all start active without an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantMany {
    /// The router.
    pub router: RouterId,
    /// The profile; it decides the service.
    pub profile: ProfileId,
    /// What the router counts for each; hotspot only.
    pub limits: Limits,
    /// Who gets which login.
    pub entries: Vec<GrantEntry>,
}

/// One of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantEntry {
    /// The id the grant will have.
    pub id: GrantId,
    /// Who it is for.
    pub subject: Subject,
    /// The login, unique per router and service.
    pub login: Login,
    /// The password.
    pub secret: Secret,
}

/// Gives many subjects a login, in a transaction of its own. Subjects that have one are skipped, so repeating it is
/// harmless; returns how many were new.
///
/// # Errors
/// [`GrantError`].
pub async fn grant_many(
    store: &dyn AccessStore,
    vault: &dyn Vault,
    ids: &dyn Ids,
    clock: &dyn Clock,
    scope: &Scope,
    command: GrantMany,
) -> Result<u64, GrantError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let granted = grant_many_within(tx.as_mut(), vault, ids, now, command).await?;
    tx.commit().await?;
    Ok(granted)
}

/// The same within a transaction that does more.
///
/// # Errors
/// [`GrantError`]; leave the transaction then.
pub async fn grant_many_within(
    tx: &mut dyn AccessTx,
    vault: &dyn Vault,
    ids: &dyn Ids,
    now: Timestamp,
    command: GrantMany,
) -> Result<u64, GrantError> {
    let GrantMany {
        router,
        profile,
        limits,
        entries,
    } = command;
    let service = usable_profile(tx, router, profile).await?.service();
    let make = |it: GrantEntry| {
        Grant::make(NewGrant {
            id: it.id,
            router,
            subject: it.subject,
            service,
            login: it.login,
            address: None,
            secret: vault.seal(&secret_owner(it.id), &it.secret),
            profile,
            allowance: Allowance::Active { until: None },
            limits,
            access_version: 0,
            at: now,
        })
    };
    let grants: Vec<Grant> = entries.into_iter().map(make).collect::<Result<_, _>>()?;
    let count = tx.grants().insert_many(grants).await?;
    if count > 0 {
        request_sync(tx, ids, router, Priority::Normal, now).await?;
    }
    Ok(count)
}
