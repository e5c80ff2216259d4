//! Compares a whole router with what it should be, and mends it unless only asked to look.

use std::collections::BTreeSet;

use kernel::{Clock, GrantId, Priority, RouterId, Scope, Timestamp, Vault};
use serde::Serialize;

use super::router_task::{RouterTaskError, failed, load_target, note_router, profiles_for};
use super::sync_router::{confirmations, open_all, record};
use crate::desired::desired;
use crate::gateway::{RouterGateway, Selection};
use crate::grant::Grant;
use crate::login::LoginRef;
use crate::outcome::{Outcome, settle};
use crate::plan::{Plan, Reach, RowRef, diff};
use crate::ports::AccessStore;
use crate::profile::ServiceProfile;
use crate::router::{DriftCounts, Router};

/// How many grants are loaded at a time.
const PAGE: u32 = 1_000;

/// What to do about differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReconcileMode {
    /// Nothing: show what would be done.
    DryRun,
    /// Mend them, but hold back suspiciously many removals.
    Apply,
    /// Mend them all: an operator has looked at what was held back.
    ApplyEverything,
}

/// Compare a router with what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReconcileRouter {
    /// The router.
    pub router: RouterId,
    /// What to do about differences.
    pub mode: ReconcileMode,
}

/// What a comparison has shown and done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReconcileReport {
    /// By how much the router differed, changes that were merely waiting left out.
    pub drift: DriftCounts,
    /// Every change as the exact command, passwords as `***`; voucher codes are not hidden.
    pub commands: Vec<String>,
    /// Rows by other hands under names that are needed.
    pub conflicts: Vec<RowShown>,
    /// Rows of ours that no grant explains and that stay until an operator decides.
    pub held_back: Vec<RowShown>,
    /// Changes that the router refused, in words.
    pub refused: Vec<String>,
    /// Sessions that ended.
    pub cut: u64,
    /// Who is online still and should not be.
    pub still_online: Vec<LoginRef>,
    /// Whether changes were made.
    pub applied: bool,
}

/// A row, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowShown {
    /// The menu's path.
    pub menu: &'static str,
    /// The row's own name on the router: `*1A`.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// Compares a whole router with what it should be.
///
/// The router is read before the grants are: whatever of ours is on it then has its grant in the store, so work that
/// happens meanwhile is never mistaken for surplus.
///
/// # Errors
/// [`RouterTaskError::Gateway`] if the router could not be worked with; what was done until then is confirmed.
pub async fn reconcile_router(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    vault: &dyn Vault,
    clock: &dyn Clock,
    scope: &Scope,
    command: ReconcileRouter,
) -> Result<ReconcileReport, RouterTaskError> {
    let id = command.router;
    let (router, target) = load_target(store, vault, scope, id).await?;
    let target = target.at(Priority::Low);
    let actual = match gateway.read(&target, &Selection::All).await {
        Ok(actual) => actual,
        Err(err) => return Err(failed(store, scope, id, err, clock.now()).await),
    };
    let now = clock.now();
    let all = load_all(store, scope, id).await?;
    let want = desired(
        &router.mark(),
        &all.profiles,
        &open_all(&all.grants, vault)?,
        now,
    )?;
    let mut plan = diff(&want, &actual, Reach::Whole);
    let drift = plan.drift(&pending(&all.grants, now));
    if command.mode == ReconcileMode::ApplyEverything {
        plan.release_held_back();
    }
    if command.mode == ReconcileMode::DryRun {
        note_router(store, scope, id, &|it| seen(it, drift, false, now)).await?;
        return Ok(report(&plan, drift, None));
    }
    let outcome = settle(gateway, &target, &want, &plan).await;
    record(
        store,
        scope,
        &router,
        &confirmations(&all.grants, &outcome, now),
        &outcome,
        now,
    )
    .await?;
    if let Some(err) = outcome.router_error {
        return Err(failed(store, scope, id, err, now).await);
    }
    note_router(store, scope, id, &|it| seen(it, drift, true, now)).await?;
    Ok(report(&plan, drift, Some(outcome)))
}

fn seen(router: &mut Router, drift: DriftCounts, mended: bool, now: Timestamp) -> bool {
    router.answered(now);
    router.reconciled(drift, mended, now);
    true
}

struct Everything {
    profiles: Vec<ServiceProfile>,
    grants: Vec<Grant>,
}

/// Each page in a transaction of its own, so that none stays open for long.
async fn load_all(
    store: &dyn AccessStore,
    scope: &Scope,
    router: RouterId,
) -> Result<Everything, RouterTaskError> {
    let scope = scope.preliminary();
    let mut grants: Vec<Grant> = Vec::new();
    loop {
        let after = grants.last().map(Grant::id);
        let page = store
            .begin(&scope)
            .await?
            .grants()
            .page_of(router, after, PAGE)
            .await?;
        let last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        grants.extend(page);
        if last {
            break;
        }
    }
    let mut tx = store.begin(&scope).await?;
    let profiles = profiles_for(tx.as_mut(), router, &grants).await?;
    Ok(Everything { profiles, grants })
}

fn pending(grants: &[Grant], now: Timestamp) -> BTreeSet<GrantId> {
    grants
        .iter()
        .filter(|it| it.is_pending(now))
        .map(Grant::id)
        .collect()
}

fn report(plan: &Plan, drift: DriftCounts, outcome: Option<Outcome>) -> ReconcileReport {
    let applied = outcome.is_some();
    let outcome = outcome.unwrap_or_default();
    let mut refused: Vec<String> = outcome.profile_errors;
    refused.extend(outcome.failures.into_iter().map(|it| it.reason));
    ReconcileReport {
        drift,
        commands: plan.changes.iter().map(ToString::to_string).collect(),
        conflicts: plan.conflicts.iter().map(|it| shown(&it.row)).collect(),
        held_back: plan.held_back.iter().map(shown).collect(),
        refused,
        cut: outcome.cut,
        still_online: outcome.still_online,
        applied,
    }
}

fn shown(row: &RowRef) -> RowShown {
    let RowRef { menu, id, name } = row;
    RowShown {
        menu: menu.path(),
        id: id.to_string(),
        name: name.clone(),
    }
}
