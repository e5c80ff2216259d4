//! Reads a whole router and everything it should hold, and finds the difference.

use std::collections::BTreeSet;

use kernel::{Clock, GrantId, Priority, RouterId, Scope, Timestamp, Vault};

use super::refresh_facts::refresh_facts;
use super::router_task::{RouterTaskError, failed, load_target, profiles_for};
use super::sync_router::open_all;
use crate::desired::{Desired, desired};
use crate::gateway::{RouterGateway, Selection, Target};
use crate::grant::{Grant, Subject};
use crate::plan::{Plan, Reach, diff};
use crate::ports::AccessStore;
use crate::profile::ServiceProfile;
use crate::router::Router;
use crate::row::Actual;
use crate::setup::RouterSetup;

/// How many grants are loaded at a time.
const PAGE: u32 = 1_000;

/// A router beside what it should be.
pub(super) struct Comparison {
    pub(super) router: Router,
    pub(super) target: Target,
    pub(super) uptime_s: u64,
    pub(super) actual: Actual,
    pub(super) grants: Vec<Grant>,
    pub(super) setup: RouterSetup,
    pub(super) want: Desired,
    pub(super) plan: Plan,
    /// The instant the desired state was computed for.
    pub(super) now: Timestamp,
}

/// Compares a whole router with what it should be.
///
/// The router is read before the grants are: whatever of ours is on it then has its grant in the store, so work that
/// happens meanwhile is never mistaken for surplus.
pub(super) async fn compare(
    store: &dyn AccessStore,
    gateway: &dyn RouterGateway,
    vault: &dyn Vault,
    clock: &dyn Clock,
    scope: &Scope,
    id: RouterId,
) -> Result<Comparison, RouterTaskError> {
    let (router, target) = load_target(store, vault, scope, id).await?;
    let target = target.at(Priority::Low);
    let pulse = match gateway.pulse(&target).await {
        Ok(pulse) => pulse,
        Err(err) => return Err(failed(store, scope, id, err, clock.now()).await),
    };
    refresh_facts(store, gateway, clock, scope, (&router, &target, &pulse)).await?;
    let actual = match gateway.read(&target, &Selection::All).await {
        Ok(actual) => actual,
        Err(err) => return Err(failed(store, scope, id, err, clock.now()).await),
    };
    let now = clock.now();
    let (grants, profiles, setup) = load_all(store, scope, id).await?;
    let open = open_all(&grants, vault)?;
    let want = desired(&router.mark(), &profiles, &open, now)?.with_setup(&setup);
    let plan = diff(&want, &actual, Reach::Whole);
    Ok(Comparison {
        router,
        target,
        uptime_s: pulse.uptime_s,
        actual,
        grants,
        setup,
        want,
        plan,
        now,
    })
}

impl Comparison {
    /// The grants the router was not told about yet.
    pub(super) fn waiting(&self) -> BTreeSet<GrantId> {
        let waits = self.grants.iter().filter(|it| it.is_pending(self.now));
        waits.map(Grant::id).collect()
    }

    /// The grants whose logins are no secret: everybody's but the vouchers', whose logins are their codes.
    pub(super) fn of_subscriptions(&self) -> impl Iterator<Item = &Grant> {
        let is_open = |it: &&Grant| matches!(it.subject(), Subject::Subscription(_));
        self.grants.iter().filter(is_open)
    }
}

/// Each page in a transaction of its own, so that none stays open for long.
async fn load_all(
    store: &dyn AccessStore,
    scope: &Scope,
    router: RouterId,
) -> Result<(Vec<Grant>, Vec<ServiceProfile>, RouterSetup), RouterTaskError> {
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
    let setup = tx.setups().of(router).await?;
    Ok((grants, profiles, setup))
}
