//! Brings a router's pending grants to it: reads those rows, changes what differs, ends sessions, confirms.

use std::collections::BTreeSet;

use kernel::{Clock, GrantId, Priority, RouterId, Scope, Timestamp, Vault};
use serde::Serialize;

use super::router_task::{RouterTaskError, failed, load_target, note_router, profiles_for};
use crate::desired::{OpenGrant, desired};
use crate::gateway::{GatewayError, RouterGateway, Selection, Target};
use crate::grant::{Allowance, Grant, STILL_ONLINE, Subject, secret_owner};
use crate::login::LoginRef;
use crate::outcome::{Outcome, settle};
use crate::plan::{Reach, diff};
use crate::ports::{AccessStore, Confirmation};
use crate::profile::ServiceProfile;
use crate::router::Router;
use crate::setup::RouterSetup;

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
    /// Whether the router has started anew since it was last compared: compare it as a whole.
    pub rebooted: bool,
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
    let rebooted = match has_rebooted(gateway, &router, &target, now).await {
        Ok(rebooted) => rebooted,
        Err(err) => return Err(failed(store, scope, command.router, err, now).await),
    };
    let site = Site {
        gateway,
        vault,
        router: &router,
        target: &target,
    };
    let outcome = match site.bring(&work, now).await? {
        Ok(outcome) => outcome,
        Err(err) => return Err(failed(store, scope, command.router, err, now).await),
    };
    let confirmed = record(store, scope, &router, &work.grants, &outcome, now).await?;
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
        rebooted,
    })
}

/// A router that has never been compared needs no other reason to be.
async fn has_rebooted(
    gateway: &dyn RouterGateway,
    router: &Router,
    target: &Target,
    now: Timestamp,
) -> Result<bool, GatewayError> {
    if router
        .last_reconcile()
        .and_then(|it| it.booted_at)
        .is_none()
    {
        return Ok(false);
    }
    let uptime_s = gateway.uptime(target).await?;
    Ok(router.has_rebooted(uptime_s, now))
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

/// Grants to bring, and what is needed for that.
pub(super) struct Pending {
    pub(super) profiles: Vec<ServiceProfile>,
    pub(super) grants: Vec<Grant>,
    pub(super) setup: RouterSetup,
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
    let setup = tx.setups().of(command.router).await?;
    Ok(Pending {
        profiles,
        grants,
        setup,
    })
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

/// A router, and the hands to work on it.
pub(super) struct Site<'a> {
    pub(super) gateway: &'a dyn RouterGateway,
    pub(super) vault: &'a dyn Vault,
    pub(super) router: &'a Router,
    pub(super) target: &'a Target,
}

impl Site<'_> {
    /// Brings grants to the router: reads their rows, changes what differs, ends sessions. The inner error is the
    /// router's.
    pub(super) async fn bring(
        &self,
        work: &Pending,
        now: Timestamp,
    ) -> Result<Result<Outcome, GatewayError>, RouterTaskError> {
        let open = open_all(&work.grants, self.vault)?;
        let want = desired(&self.router.mark(), &work.profiles, &open, now)?;
        let want = want.with_exceptions(&work.setup);
        let login = |it: &Grant| LoginRef::new(it.service(), it.login().as_str());
        let selection = Selection::Logins(work.grants.iter().map(login).collect());
        let actual = match self.gateway.read(self.target, &selection).await {
            Ok(actual) => actual,
            Err(err) => return Ok(Err(err)),
        };
        let plan = diff(&want, &actual, Reach::Selected);
        let mut outcome = settle(self.gateway, self.target, &want, &plan).await;
        outcome.refuse_uncut(&work.grants);
        Ok(Ok(outcome))
    }
}

/// The pending grants that are on the router now, sessions ended where owed.
fn confirmations(grants: &[Grant], outcome: &Outcome, now: Timestamp) -> Vec<Confirmation> {
    let done = |it: &&Grant| it.is_pending(now) && !outcome.is_unsettled(it);
    let confirm = |it: &Grant| Confirmation {
        grant: it.id(),
        subject: it.subject(),
        revision: it.revision(),
    };
    grants.iter().filter(done).map(confirm).collect()
}

/// Stores what came of it in short transactions, and returns what is confirmed. `now` is the instant the desired state
/// was computed for: a grant that ran out since then is not confirmed as such.
pub(super) async fn record(
    store: &dyn AccessStore,
    scope: &Scope,
    router: &Router,
    grants: &[Grant],
    outcome: &Outcome,
    now: Timestamp,
) -> Result<Vec<Confirmation>, RouterTaskError> {
    let confirmed = confirmations(grants, outcome, now);
    if !confirmed.is_empty() || !outcome.failures.is_empty() {
        let mut tx = store.begin(&scope.preliminary()).await?;
        tx.grants()
            .confirm_many(router.id(), &confirmed, now)
            .await?;
        tx.grants().fail_many(&outcome.failures, now).await?;
        tx.commit().await?;
    }
    let alerts = Alerts::of(grants, outcome, &confirmed);
    let answered = outcome.router_error.is_none();
    note_router(store, scope, router.id(), &|it| {
        let back = answered && it.answered(now);
        it.cuts_went(alerts.failed.clone(), alerts.settled.clone()) || back
    })
    .await?;
    Ok(confirmed)
}

/// Who is online still and was not known to be, and who was and is gone.
struct Alerts {
    failed: Vec<GrantId>,
    settled: Vec<GrantId>,
}

impl Alerts {
    fn of(grants: &[Grant], outcome: &Outcome, confirmed: &[Confirmation]) -> Self {
        let known = |it: &Grant| it.applied().error.as_deref() == Some(STILL_ONLINE);
        let alarming: BTreeSet<GrantId> = grants
            .iter()
            .filter(|it| known(it))
            .map(Grant::id)
            .collect();
        let uncut = outcome
            .failures
            .iter()
            .filter(|it| it.reason == STILL_ONLINE);
        let failed = uncut.map(|it| it.grant);
        let settled = confirmed.iter().map(|it| it.grant);
        Self {
            failed: failed.filter(|it| !alarming.contains(it)).collect(),
            settled: settled.filter(|it| alarming.contains(it)).collect(),
        }
    }
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
