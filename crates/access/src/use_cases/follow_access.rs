//! Follows a decision about a subject's access: what it allows, on which profile.

use kernel::{Clock, Ids, Priority, ProfileId, Scope, Timestamp};

use super::grant_access::GrantError;
use crate::grant::{Allowance, GrantRefusal, Subject};
use crate::ports::{AccessStore, AccessTx};
use crate::sync_request::request_sync;

/// Follow a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FollowAccess {
    /// Whose access.
    pub subject: Subject,
    /// What it allows from now on.
    pub allowance: Allowance,
    /// The profile from now on; `None` keeps the one it has.
    pub profile: Option<ProfileId>,
    /// The decision's number: grows per subject, and older ones are ignored.
    pub version: u64,
}

/// Follows a decision in a transaction of its own; returns whether it changed anything.
///
/// # Errors
/// [`GrantError`].
pub async fn follow_access(
    store: &dyn AccessStore,
    ids: &dyn Ids,
    clock: &dyn Clock,
    scope: &Scope,
    command: FollowAccess,
) -> Result<bool, GrantError> {
    let mut tx = store.begin(scope).await?;
    let changed = follow_within(tx.as_mut(), ids, clock.now(), command).await?;
    // Committed even if nothing changed: the delivery that brought the decision is done with it.
    tx.commit().await?;
    Ok(changed)
}

/// The same within a transaction that does more.
///
/// # Errors
/// [`GrantError`]; leave the transaction then.
pub async fn follow_within(
    tx: &mut dyn AccessTx,
    ids: &dyn Ids,
    now: Timestamp,
    command: FollowAccess,
) -> Result<bool, GrantError> {
    let found = tx.grants().find_by_subject(command.subject).await?;
    let mut grant = found.ok_or(GrantError::NoGrant(command.subject))?;
    let profile = command.profile.unwrap_or_else(|| grant.profile());
    if profile != grant.profile() {
        let found = tx.profiles().find(profile).await?;
        if found.ok_or(GrantError::NoProfile(profile))?.service() != grant.service() {
            return Err(GrantRefusal::OtherService.into());
        }
    }
    let known = grant.access_version();
    let changed = grant.follow(command.allowance, profile, command.version, now);
    if changed || grant.access_version() != known {
        // Also a decision that changes nothing is remembered: an older one that comes late must not undo it.
        tx.grants().save(&mut grant).await?;
    }
    if !changed {
        return Ok(false);
    }
    request_sync(tx, ids, grant.router(), urgency(command.allowance), now).await?;
    Ok(true)
}

/// Who has paid waits for it; who has not can wait.
const fn urgency(allowance: Allowance) -> Priority {
    match allowance {
        Allowance::Active { .. } => Priority::Critical,
        Allowance::Restricted | Allowance::Blocked | Allowance::Ended => Priority::High,
    }
}
