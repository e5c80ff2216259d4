//! Compares a whole router with what it should be, and mends it unless only asked to look.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Clock, GrantId, Priority, RouterId, Scope, Vault};
use serde::Serialize;

use super::comparison::{Comparison, compare};
use super::router_task::{RouterTaskError, failed, note_router, profiles_for};
use super::sync_router::{Pending, Site, record};
use crate::change::{Action, Change};
use crate::gateway::RouterGateway;
use crate::grant::Grant;
use crate::login::{LoginRef, Service};
use crate::menu::Menu;
use crate::outcome::{Outcome, Settlement};
use crate::plan::{Plan, RowRef};
use crate::ports::AccessStore;
use crate::router::{DriftCounts, Router};
use crate::setup::shown_name;

/// Changes between two looks at who has paid meanwhile: two seconds of work for a slow router.
const BATCH: usize = 200;

/// How many customers who have paid meanwhile are served between two batches.
const URGENT: u32 = 100;

/// What to do about differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReconcileMode {
    /// Nothing: show what would be done.
    DryRun,
    /// Mend them, but hold back suspiciously many removals, and everything on a router that was swapped out underneath.
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
    /// Every change as the exact command, passwords as `***`; see [`Self::without_codes`].
    pub commands: Vec<String>,
    /// Rows by other hands under names that are needed.
    pub conflicts: Vec<RowShown>,
    /// Rows of ours that no grant explains and that stay until an operator decides.
    pub held_back: Vec<RowShown>,
    /// Menus that could not be read, with the reason: nothing was concluded about them.
    pub unknown: Vec<String>,
    /// Why nothing is changed until an operator has looked, if so.
    pub paused: Option<String>,
    /// Whether the router has started anew since the last comparison.
    pub rebooted: bool,
    /// Changes that the router refused, in words.
    pub refused: Vec<String>,
    /// Sessions that ended.
    pub cut: u64,
    /// Who is online still and should not be.
    pub still_online: Vec<LoginRef>,
    /// Whether changes were made.
    pub applied: bool,
    #[serde(skip)]
    masked: Vec<String>,
    #[serde(skip)]
    open_logins: BTreeSet<String>,
}

impl ReconcileReport {
    /// The same for who may not see voucher codes: hotspot logins that are not known to be a subscription's are cut down
    /// to two characters.
    #[must_use]
    pub fn without_codes(mut self) -> Self {
        self.commands = std::mem::take(&mut self.masked);
        let open = &self.open_logins;
        for row in self.conflicts.iter_mut().chain(&mut self.held_back) {
            if row.menu == Menu::HotspotUser.path() && !open.contains(&row.name) {
                row.name = shown_name(Menu::HotspotUser, &row.name);
            }
        }
        for login in &mut self.still_online {
            if login.service == Service::Hotspot && !open.contains(&login.name) {
                login.name = shown_name(Menu::HotspotUser, &login.name);
            }
        }
        self
    }
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
/// Changes are made in batches; whoever pays meanwhile is served between two of them.
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
    let mut found = compare(store, gateway, vault, clock, scope, id).await?;
    let now = found.now;
    let mut drift = found.plan.drift(&found.waiting());
    let paused = why_paused(&found.router, &found.plan);
    if paused.is_some() {
        // Forgotten, the loss would look like the usual state to the next comparison.
        drift.owned = last_owned(&found.router);
    }
    if command.mode == ReconcileMode::ApplyEverything {
        found.plan.release_held_back();
    }
    let dry = command.mode == ReconcileMode::DryRun;
    let waits = paused.is_some() && command.mode != ReconcileMode::ApplyEverything;
    let mut outcome = None;
    if !dry && !waits {
        let made = Mending {
            store,
            gateway,
            vault,
            clock,
            scope,
        }
        .mend(&found)
        .await?;
        record(store, scope, &found.router, &found.grants, &made, now).await?;
        if let Some(err) = made.router_error {
            return Err(failed(store, scope, id, err, now).await);
        }
        drift.owned = owned_after(&found.plan, &made);
        outcome = Some(made);
    }
    let (uptime_s, mended) = (found.uptime_s, outcome.is_some());
    let rebooted = found.router.has_rebooted(uptime_s, now);
    note_router(store, scope, id, &|it| {
        if it.has_rebooted(uptime_s, now) {
            it.rebooted(uptime_s);
        }
        it.answered(now);
        it.reconciled(drift, mended, now);
        it.compared_at_uptime(uptime_s, now);
        true
    })
    .await?;
    let paused = paused.filter(|_| dry || waits);
    Ok(report(&found, drift, paused, rebooted, outcome))
}

fn last_owned(router: &Router) -> u64 {
    router.last_reconcile().map_or(0, |it| it.drift.owned)
}

/// How many rows are ours after everything that was planned, as far as it worked.
fn owned_after(plan: &Plan, outcome: &Outcome) -> u64 {
    let counts = |it: &&Change| !it.menu.is_profiles();
    let count = |of: fn(&Action) -> bool| {
        let changes = plan.changes.iter().filter(counts);
        u64::try_from(changes.filter(|it| of(&it.action)).count()).unwrap_or(u64::MAX)
    };
    let failures = u64::try_from(outcome.failures.len()).unwrap_or(u64::MAX);
    let made = count(|it| matches!(it, Action::Create { .. })).saturating_sub(failures);
    let removed = count(|it| matches!(it, Action::Remove { .. }));
    (plan.owned + made).saturating_sub(removed)
}

/// Every row of ours is gone, but rows by other hands are there: a backup of something else was restored, or another
/// board answers under this serial. An empty router was merely reset and is provisioned anew without asking.
fn why_paused(router: &Router, plan: &Plan) -> Option<String> {
    let before = last_owned(router);
    let makes = |it: &Change| matches!(it.action, Action::Create { .. });
    let lost = before > 0 && plan.owned == 0 && plan.foreign > 0 && plan.unknown.is_empty();
    (lost && plan.changes.iter().any(makes)).then(|| {
        format!(
            "all {before} rows of ours are gone and {} by other hands are there: was a backup restored?",
            plan.foreign
        )
    })
}

/// Everything that mending needs.
struct Mending<'a> {
    store: &'a dyn AccessStore,
    gateway: &'a dyn RouterGateway,
    vault: &'a dyn Vault,
    clock: &'a dyn Clock,
    scope: &'a Scope,
}

impl Mending<'_> {
    /// Makes the plan's changes in batches, and serves who has paid meanwhile between two of them.
    async fn mend(&self, found: &Comparison) -> Result<Outcome, RouterTaskError> {
        let known = found.grants.iter().map(|it| (it.id(), it.revision()));
        let mut known: BTreeMap<GrantId, u32> = known.collect();
        let mut served = BTreeMap::new();
        let mut settlement = Settlement::begin(self.gateway, &found.target, &found.plan);
        for (place, batch) in found.plan.changes.chunks(BATCH).enumerate() {
            if place > 0 && settlement.goes_on() {
                let urgent = self.serve_urgent(found, &mut known).await?;
                // What this plan knows of their sessions is out of date: who has come back online stays.
                settlement.spare(urgent.values().cloned());
                served.extend(urgent);
            }
            if !settlement.goes_on() {
                break;
            }
            // Who was served in between is further than this plan.
            let stale = |it: &Change| it.grant.is_some_and(|grant| served.contains_key(&grant));
            let rest: Vec<Change> = batch.iter().filter(|it| !stale(it)).cloned().collect();
            settlement.make(&rest).await;
        }
        let mut outcome = settlement.finish(&found.want).await;
        outcome.refuse_uncut(&found.grants);
        Ok(outcome)
    }

    /// Brings the grants of who has paid since the plan was made, and returns them with their logins.
    async fn serve_urgent(
        &self,
        found: &Comparison,
        known: &mut BTreeMap<GrantId, u32>,
    ) -> Result<BTreeMap<GrantId, LoginRef>, RouterTaskError> {
        let (router, now) = (&found.router, self.clock.now());
        let mut tx = self.store.begin(&self.scope.preliminary()).await?;
        let paid = tx
            .grants()
            .paid_since(router.id(), found.now, URGENT)
            .await?;
        let is_news = |it: &Grant| known.get(&it.id()) != Some(&it.revision());
        let grants: Vec<Grant> = paid.into_iter().filter(is_news).collect();
        if grants.is_empty() {
            return Ok(BTreeMap::new());
        }
        let work = Pending {
            profiles: profiles_for(tx.as_mut(), router.id(), &grants).await?,
            setup: found.setup.clone(),
            grants,
        };
        drop(tx);
        let target = found.target.clone().at(Priority::Critical);
        let site = Site {
            gateway: self.gateway,
            vault: self.vault,
            router,
            target: &target,
        };
        // Trouble with the router as a whole is met again by the next batch.
        if let Ok(outcome) = site.bring(&work, now).await? {
            record(self.store, self.scope, router, &work.grants, &outcome, now).await?;
        }
        known.extend(work.grants.iter().map(|it| (it.id(), it.revision())));
        let login = |it: &Grant| LoginRef::new(it.service(), it.login().as_str());
        let served = work.grants.iter().map(|it| (it.id(), login(it)));
        Ok(served.collect())
    }
}

fn report(
    found: &Comparison,
    drift: DriftCounts,
    paused: Option<String>,
    rebooted: bool,
    outcome: Option<Outcome>,
) -> ReconcileReport {
    let plan = &found.plan;
    let applied = outcome.is_some();
    let outcome = outcome.unwrap_or_default();
    let mut refused: Vec<String> = outcome.profile_errors;
    refused.extend(outcome.failures.into_iter().map(|it| it.reason));
    let logins = found.of_subscriptions().map(|it| it.login().to_string());
    let open_logins: BTreeSet<String> = logins.collect();
    let masked = |it: &Change| match it.menu {
        Menu::HotspotUser if !open_logins.contains(&it.name) => it.masked(),
        _ => it.to_string(),
    };
    let unknown = plan.unknown.iter();
    ReconcileReport {
        drift,
        commands: plan.changes.iter().map(ToString::to_string).collect(),
        masked: plan.changes.iter().map(masked).collect(),
        conflicts: plan.conflicts.iter().map(|it| shown(&it.row)).collect(),
        held_back: plan.held_back.iter().map(shown).collect(),
        unknown: unknown
            .map(|(menu, why)| format!("{menu}: {why}"))
            .collect(),
        paused,
        rebooted,
        refused,
        cut: outcome.cut,
        still_online: outcome.still_online,
        applied,
        open_logins,
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
