//! Shows in which rows a router differs, leaves one as it is, or takes one back.

use std::collections::BTreeSet;

use kernel::{Clock, MayConflict, Priority, RouterId, Scope, StoreError, Vault, rerun_on_conflict};

use super::comparison::{Comparison, compare};
use super::router_task::{RouterTaskError, failed};
use super::sync_router::record;
use crate::change::{Action, Change};
use crate::drift_rows::{DriftClass, DriftRow, drift_rows};
use crate::gateway::RouterGateway;
use crate::menu::Menu;
use crate::outcome::Settlement;
use crate::ports::AccessStore;
use crate::row::RowId;
use crate::setup::{BadSetup, Kept, RouterSetup, shown_name};

/// Every row in which a router differs right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftReview {
    /// The rows, foreign ones last.
    pub rows: Vec<DriftRow>,
    /// Menus that could not be read, with the reason.
    pub unknown: Vec<String>,
    open_logins: BTreeSet<String>,
}

impl DriftReview {
    /// A review of these rows, everything else being known and nothing hidden.
    #[cfg(test)]
    pub(crate) fn of_rows(rows: Vec<DriftRow>) -> Self {
        Self {
            rows,
            unknown: Vec::new(),
            open_logins: BTreeSet::new(),
        }
    }

    /// The same for who may not see voucher codes.
    #[must_use]
    pub fn without_codes(mut self) -> Self {
        for row in &mut self.rows {
            if row.menu == Menu::HotspotUser && !self.open_logins.contains(&row.name) {
                row.name = shown_name(row.menu, &row.name);
            }
        }
        self
    }
}

/// One row of a router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftRowRef {
    /// The router.
    pub router: RouterId,
    /// The menu.
    pub menu: Menu,
    /// The row's name.
    pub name: String,
}

/// Why nothing was decided about a row.
#[derive(Debug, thiserror::Error)]
pub enum DriftError {
    /// The router could not be compared or worked with.
    #[error("the router could not be compared")]
    Task(#[from] RouterTaskError),
    /// No such row differs.
    #[error("no row of this name differs in this menu")]
    NoSuchRow,
    /// Access is decided by what is paid, not by hand.
    #[error(
        "this difference decides who may connect, so it cannot be kept: change the subscription instead"
    )]
    NotAcceptable,
    /// A row by another hand is not the product's to restore.
    #[error("the row is by another hand: rename or remove it on the router")]
    Foreign,
    /// The router's setup refuses it.
    #[error("the decision is refused")]
    Setup(#[from] BadSetup),
    /// The router refused the change.
    #[error("the router refused: {0}")]
    RouterRefused(String),
}

impl From<StoreError> for DriftError {
    fn from(err: StoreError) -> Self {
        Self::Task(err.into())
    }
}

impl MayConflict for DriftError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Task(err) if err.is_conflict())
    }
}

/// Reads the whole router and lists what differs.
///
/// # Errors
/// [`RouterTaskError`].
pub async fn review_drift(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    vault: &dyn Vault,
    clock: &dyn Clock,
    scope: &Scope,
    router: RouterId,
) -> Result<DriftReview, RouterTaskError> {
    let found = compare(store, gateway, vault, clock, scope, router).await?;
    let logins = found.of_subscriptions().map(|it| it.login().to_string());
    let unknown = found.plan.unknown.iter();
    Ok(DriftReview {
        rows: rows_of(&found),
        unknown: unknown
            .map(|(menu, why)| format!("{menu}: {why}"))
            .collect(),
        open_logins: logins.collect(),
    })
}

fn rows_of(found: &Comparison) -> Vec<DriftRow> {
    drift_rows(&found.want, &found.actual, &found.plan, &found.waiting())
}

/// Leaves a row as the router has it: values that differ become what is wanted, a row that is missing or unexplained is
/// the operator's from now on. Recorded with who decided.
///
/// # Errors
/// [`DriftError`].
pub async fn accept_drift(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    vault: &dyn Vault,
    clock: &dyn Clock,
    scope: &Scope,
    row: DriftRowRef,
) -> Result<(), DriftError> {
    let found = compare(store, gateway, vault, clock, scope, row.router).await?;
    let mut rows = rows_of(&found).into_iter();
    let differs = rows
        .find(|it| it.menu == row.menu && it.name == row.name && it.class != DriftClass::Foreign)
        .ok_or(DriftError::NoSuchRow)?;
    if !differs.may_be_accepted {
        return Err(DriftError::NotAcceptable);
    }
    let (kept, name) = (kept(&differs), ours_of(&found, &row));
    change_setup(store, scope, row.router, &|setup| {
        setup.accept(row.menu, &name, kept.clone())
    })
    .await
}

/// What a row of the router is called in what it should be: a queue that was taken over keeps a name of its own there.
fn ours_of(found: &Comparison, row: &DriftRowRef) -> String {
    let here = found.actual.rows(row.menu).iter();
    let here = here.filter(|it| row.menu == Menu::SimpleQueue && it.name == row.name);
    let tags: Vec<_> = here.filter_map(|it| Some(it.tag()?.id)).collect();
    let mut wanted = found.want.rows(row.menu);
    let own = wanted.find(|it| tags.contains(&it.tag.id));
    own.map_or_else(|| row.name.clone(), |it| it.name.clone())
}

fn kept(row: &DriftRow) -> Vec<Kept> {
    if row.class != DriftClass::Changed {
        return vec![Kept::Row];
    }
    let kept = row.values.iter().filter(|it| it.may_be_kept);
    let value = kept.filter_map(|it| {
        Some(Kept::Value {
            attribute: it.which?,
            value: it.routers.clone(),
        })
    });
    value.collect()
}

/// Takes a row back: makes it what it should be now, and from now on. Recorded with who decided.
///
/// # Errors
/// [`DriftError`]; the decision stands even if the router cannot be reached.
pub async fn restore_drift(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    vault: &dyn Vault,
    clock: &dyn Clock,
    scope: &Scope,
    row: DriftRowRef,
) -> Result<(), DriftError> {
    let name = match row.menu {
        Menu::SimpleQueue => {
            let found = compare(store, gateway, vault, clock, scope, row.router).await?;
            ours_of(&found, &row)
        }
        _ => row.name.clone(),
    };
    change_setup(store, scope, row.router, &|setup| {
        setup.restore_row(row.menu, &name);
        Ok(())
    })
    .await?;
    let found = compare(store, gateway, vault, clock, scope, row.router).await?;
    let is_it = |menu: Menu, name: &str| menu == row.menu && name == row.name;
    let mut conflicts = found.plan.conflicts.iter();
    if conflicts.any(|it| is_it(it.row.menu, &it.row.name)) {
        return Err(DriftError::Foreign);
    }
    let changes = found.plan.changes.iter();
    let mut changes: Vec<Change> = changes
        .filter(|it| is_it(it.menu, &it.name))
        .cloned()
        .collect();
    let held_back = found.plan.held_back.iter();
    let held_back = held_back.filter(|it| is_it(it.menu, &it.name));
    changes.extend(held_back.map(|it| removal(it.menu, &it.name, it.id.clone())));
    if changes.is_empty() {
        return Err(DriftError::NoSuchRow);
    }
    mend(store, gateway, scope, &found, &changes).await
}

fn removal(menu: Menu, name: &str, id: RowId) -> Change {
    Change {
        menu,
        name: name.to_owned(),
        action: Action::Remove { id },
        grant: None,
        cuts: true,
    }
}

async fn mend(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    scope: &Scope,
    found: &Comparison,
    changes: &[Change],
) -> Result<(), DriftError> {
    let empty = crate::plan::Plan::default();
    let target = found.target.clone().at(Priority::High);
    let mut settlement = Settlement::begin(gateway, &target, &empty);
    settlement.make(changes).await;
    let mut outcome = settlement.outcome();
    let concerned: BTreeSet<_> = changes.iter().filter_map(|it| it.grant).collect();
    let grants = found.grants.iter();
    let grants: Vec<_> = grants
        .filter(|it| concerned.contains(&it.id()))
        .cloned()
        .collect();
    outcome.refuse_uncut(&grants);
    // Confirmed by the next sync, which sees every row of the grant: here only one was looked at.
    record(store, scope, &found.router, &[], &outcome, found.now).await?;
    if let Some(err) = outcome.router_error {
        return Err(failed(store, scope, found.router.id(), err, found.now)
            .await
            .into());
    }
    let failures = outcome.failures.into_iter().map(|it| it.reason);
    match outcome.profile_errors.into_iter().chain(failures).next() {
        Some(reason) => Err(DriftError::RouterRefused(reason)),
        None => Ok(()),
    }
}

async fn change_setup(
    store: &dyn AccessStore,
    scope: &Scope,
    router: RouterId,
    change: &(dyn Fn(&mut RouterSetup) -> Result<(), BadSetup> + Sync),
) -> Result<(), DriftError> {
    rerun_on_conflict(|| async move {
        let mut tx = store.begin(scope).await?;
        let found = tx.routers().find(router).await?;
        found.ok_or(RouterTaskError::NotFound(router))?;
        let mut setup = tx.setups().of(router).await?;
        change(&mut setup)?;
        tx.setups().save(&mut setup).await?;
        tx.commit().await?;
        Ok(())
    })
    .await
}
