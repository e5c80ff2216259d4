//! Brings a router's pending grants to it: reads those rows, changes what differs, ends sessions, confirms.

use kernel::{Clock, Priority, RouterId, Scope, Timestamp, Vault};
use serde::Serialize;

use super::router_task::{RouterTaskError, failed, load_target, note_router, profiles_for};
use crate::desired::{Desired, OpenGrant, desired};
use crate::gateway::{RouterGateway, Selection, Target};
use crate::grant::{Allowance, Grant, Subject, secret_owner};
use crate::login::LoginRef;
use crate::outcome::{Outcome, settle};
use crate::plan::{Reach, diff};
use crate::ports::{AccessStore, Confirmation};
use crate::profile::ServiceProfile;
use crate::router::Router;

/// Up to how many grants are no bulk work.
const FEW: usize = 50;

/// Bring pending grants to a router.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncRouter {
    /// The router.
    pub router: RouterId,
    /// How many grants at most, 1 to 10000: the rest waits for the next run, so that nothing urgent waits long.
    pub page: u32,
}

/// What a run has come to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SyncReport {
    /// Grants whose newest revision the router has now.
    pub confirmed: u64,
    /// Grants that the router refused, with reasons.
    pub refused: u64,
    /// Sessions that ended.
    pub cut: u64,
    /// Who is online still; tried again with the next run.
    pub still_online: Vec<LoginRef>,
    /// Profiles that the router refused, in words.
    pub profile_errors: Vec<String>,
    /// Whether more grants are waiting that may pass at once: run again.
    pub more: bool,
}

/// Brings one page of pending grants to a router.
///
/// Repeating it at any point is harmless: the router is read first, and what a run left undone (sessions to end
/// included) stays owed until it is confirmed.
///
/// # Errors
/// [`RouterTaskError::Gateway`] if the router could not be worked with; what was done until then is confirmed.
pub async fn sync_router(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    vault: &dyn Vault,
    clock: &dyn Clock,
    scope: &Scope,
    command: SyncRouter,
) -> Result<SyncReport, RouterTaskError> {
    let now = clock.now();
    let (router, target) = load_target(store, vault, scope, command.router).await?;
    let work = load_pending(store, scope, command, now).await?;
    let target = target.at(urgency(&work.grants));
    let open = open_all(&work.grants, vault)?;
    let want = desired(&router.mark(), &work.profiles, &open, now)?;
    let mut outcome = match bring(gateway, &target, &want, &work.grants).await {
        Ok(outcome) => outcome,
        Err(err) => return Err(failed(store, scope, command.router, err, now).await),
    };
    outcome.refuse_uncut(&work.grants);
    let confirmed = confirmations(&work.grants, &outcome, now);
    record(store, scope, &router, &confirmed, &outcome, now).await?;
    if let Some(err) = outcome.router_error {
        return Err(failed(store, scope, command.router, err, now).await);
    }
    // Who has failed comes last, so a page with somebody new in it was worth running.
    let news = work
        .grants
        .iter()
        .any(|it| it.applied().failing_since.is_none());
    let full = u32::try_from(work.grants.len()).unwrap_or(u32::MAX) >= command.page;
    Ok(SyncReport {
        confirmed: count(confirmed.len()),
        refused: count(outcome.failures.len()),
        cut: outcome.cut,
        still_online: outcome.still_online,
        profile_errors: outcome.profile_errors,
        more: full && (news || !confirmed.is_empty()),
    })
}

/// Somebody who has paid, or not paid, is urgent; a page full of them is bulk work, and so are vouchers.
fn urgency(grants: &[Grant]) -> Priority {
    let people = grants
        .iter()
        .filter(|it| matches!(it.subject(), Subject::Subscription(_)))
        .count();
    match people {
        1..=FEW if grants.len() <= FEW => Priority::Critical,
        _ => Priority::Normal,
    }
}

struct Pending {
    profiles: Vec<ServiceProfile>,
    grants: Vec<Grant>,
}

async fn load_pending(
    store: &dyn AccessStore,
    scope: &Scope,
    command: SyncRouter,
    now: Timestamp,
) -> Result<Pending, RouterTaskError> {
    let mut tx = store.begin(&scope.preliminary()).await?;
    let page = command.page.clamp(1, 10_000);
    let grants = tx.grants().pending(command.router, now, page).await?;
    let profiles = profiles_for(tx.as_mut(), command.router, &grants).await?;
    Ok(Pending { profiles, grants })
}

/// Opens the passwords of grants that have not ended.
pub(super) fn open_all(
    grants: &[Grant],
    vault: &dyn Vault,
) -> Result<Vec<OpenGrant>, RouterTaskError> {
    let open = |grant: &Grant| {
        let owner = secret_owner(grant.id());
        let password = match grant.allowance() {
            Allowance::Ended => kernel::Secret::new(""),
            _ => vault.open(&owner, grant.secret())?,
        };
        Ok(OpenGrant {
            grant: grant.clone(),
            password,
        })
    };
    grants.iter().map(open).collect()
}

async fn bring(
    gateway: &dyn RouterGateway,
    target: &Target,
    want: &Desired,
    grants: &[Grant],
) -> Result<Outcome, crate::GatewayError> {
    let login = |it: &Grant| LoginRef::new(it.service(), it.login().as_str());
    let selection = Selection::Logins(grants.iter().map(login).collect());
    let actual = gateway.read(target, &selection).await?;
    let plan = diff(want, &actual, Reach::Selected);
    Ok(settle(gateway, target, want, &plan).await)
}

/// The pending grants that are on the router now, sessions ended where owed.
pub(super) fn confirmations(
    grants: &[Grant],
    outcome: &Outcome,
    now: Timestamp,
) -> Vec<Confirmation> {
    let done = |it: &&Grant| it.is_pending(now) && !outcome.is_unsettled(it);
    let confirm = |it: &Grant| Confirmation {
        grant: it.id(),
        subject: it.subject(),
        revision: it.revision(),
    };
    grants.iter().filter(done).map(confirm).collect()
}

/// Stores what came of it, in one short transaction. `now` is the instant the desired state was computed for: a grant
/// that ran out since then is not confirmed as such.
pub(super) async fn record(
    store: &dyn AccessStore,
    scope: &Scope,
    router: &Router,
    confirmed: &[Confirmation],
    outcome: &Outcome,
    now: Timestamp,
) -> Result<(), RouterTaskError> {
    if !confirmed.is_empty() || !outcome.failures.is_empty() {
        let mut tx = store.begin(&scope.preliminary()).await?;
        tx.grants()
            .confirm_many(router.id(), confirmed, now)
            .await?;
        tx.grants().fail_many(&outcome.failures, now).await?;
        tx.commit().await?;
    }
    if outcome.router_error.is_none() {
        note_router(store, scope, router.id(), &|it| it.answered(now)).await?;
    }
    Ok(())
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
