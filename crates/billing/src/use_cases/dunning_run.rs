//! Plans a day's dunning of an entity, and takes a person's word about it.

use std::collections::BTreeSet;

use kernel::{
    AccountId, Clock, DunningRunId, EntityId, Ids, MayConflict, Scope, StoreError, Timestamp,
};

use super::standing::Cutting;
use crate::dunning::{DunningRun, RunDecision, RunRefusal};
use crate::dunning_ports::{DUNNING_RUN_DAY_UNIQUE, DuePage};
use crate::outlook::outlook;
use crate::ports::{BillingQueries, BillingStore};

/// Accounts per page.
const PAGE: u16 = 200;

/// Says whether the dunning of an entity may cut anybody off now. Where its procedure sets a share, the accounts that are
/// due are looked at first; if the run of the day would cut off more than that, it waits for a person and is told once.
///
/// # Errors
/// [`StoreError`] as the store's own.
pub async fn plan_dunning_run(
    (store, queries): (&dyn BillingStore, &dyn BillingQueries),
    ids: &dyn Ids,
    clock: &dyn Clock,
    scope: &Scope,
    entity: EntityId,
) -> Result<Cutting, StoreError> {
    let now = clock.now();
    let first = page(now, None, 1);
    let found = queries
        .accounts_to_evaluate(scope.tenant, entity, first)
        .await?;
    let Some((found, facts)) = found else {
        return Ok(Cutting::Allowed);
    };
    let Some(most) = found.procedure().defined().most_cut_percent else {
        return Ok(Cutting::Allowed);
    };
    if facts.is_empty() {
        return Ok(Cutting::Allowed);
    }
    let mut cut = cuts_of(queries, scope, entity, now).await?;
    let active = queries.accounts_with_access(scope.tenant, entity).await?;
    let mut tx = store.begin(scope).await?;
    let today = found.today(now);
    let known = tx.dunning_runs().of_day(entity, today).await?;
    let mut run = known.unwrap_or_else(|| DunningRun::begin(ids.next(), entity, today));
    if !cut.is_empty() && run.may_cut() {
        let before = run.snapshot();
        // Another worker may have cut off some of them since they were looked at: each counts once.
        cut.append(&mut tx.dunning_runs().cuts_of((entity, today)).await?);
        run.plan(cut.len(), active, most);
        if run.snapshot() != before {
            begun(tx.dunning_runs().save(&mut run).await)?;
            tx.commit().await?;
        }
    }
    Ok(match run.may_cut() {
        true => Cutting::Allowed,
        false => Cutting::Withheld,
    })
}

/// Two sweeps may begin the run of a day at once: whoever is later takes up the other's.
fn begun(saved: Result<(), StoreError>) -> Result<(), StoreError> {
    match saved {
        Err(err) if err.is_duplicate_of(DUNNING_RUN_DAY_UNIQUE) => Err(StoreError::Conflict),
        saved => saved,
    }
}

const fn page(now: Timestamp, after: Option<(Timestamp, AccountId)>, limit: u16) -> DuePage {
    DuePage { now, after, limit }
}

async fn cuts_of(
    queries: &dyn BillingQueries,
    scope: &Scope,
    entity: EntityId,
    now: Timestamp,
) -> Result<BTreeSet<AccountId>, StoreError> {
    let (mut cuts, mut after) = (BTreeSet::new(), None);
    loop {
        let next = page(now, after, PAGE);
        let found = queries
            .accounts_to_evaluate(scope.tenant, entity, next)
            .await?;
        let Some((entity, facts)) = found else {
            return Ok(cuts);
        };
        let Some(last) = facts.last() else {
            return Ok(cuts);
        };
        after = Some(last.place);
        // One that cannot be read or evaluated fails on its own, in the run.
        let readable = facts.iter().filter_map(|it| it.facts.as_ref().ok());
        let cut = readable.filter(|it| outlook(&entity, it, now).is_ok_and(|seen| seen.cuts));
        cuts.extend(cut.map(|it| it.account.id()));
    }
}

/// Why a run was not decided.
#[derive(Debug, thiserror::Error)]
pub enum DecideRunError {
    /// The tenant has no such run.
    #[error("there is no dunning run {0}")]
    NotFound(DunningRunId),
    /// A rule refuses it.
    #[error("the run refuses it")]
    Refused(#[from] RunRefusal),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for DecideRunError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Takes a person's word about a run that waits, for 1 to 300 characters of reason. Approved, it cuts off whom it would when
/// it looks at them next, within the hour; refused, nobody. Both count until the day is over.
///
/// # Errors
/// [`DecideRunError`]; nothing is changed then.
pub async fn decide_dunning_run(
    store: &dyn BillingStore,
    scope: &Scope,
    id: DunningRunId,
    word: RunDecision,
    reason: &str,
) -> Result<(), DecideRunError> {
    let mut tx = store.begin(scope).await?;
    let run = tx.dunning_runs().find(id).await?;
    let mut run = run.ok_or(DecideRunError::NotFound(id))?;
    if run.decide(word, reason)? {
        tx.dunning_runs().save(&mut run).await?;
        tx.commit().await?;
    }
    Ok(())
}
