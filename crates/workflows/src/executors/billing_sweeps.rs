//! Sweeps over accounts: start the billing runs, evaluate who is overdue. One account that fails never stops the others.

use billing::{
    AccountError, Cutting, DuePage, FoundDebt, SweepPage, dun_account, park_unreadable,
    plan_dunning_run,
};
use futures::{StreamExt, stream};
use kernel::{
    AccountId, EntityId, JobRequest, Lane, Priority, Scope, StoreError, Timestamp,
    rerun_on_conflict,
};

use super::tally::Tally;
use crate::failure::Failure;
use crate::job_kinds::BILL_ENTITY;
use crate::progress::Progress;
use crate::workbench::Workbench;

/// Accounts per page.
const PAGE: u16 = 200;
/// Accounts that are dunned at once: their commits share the way to the disk.
const AT_ONCE: usize = 8;

/// Has the accounts of every entity billed that has any to bill, each entity in a job and lane of its own: there is one
/// run of an entity at a time.
pub(super) async fn raise_invoices(bench: &Workbench, scope: &Scope) -> Result<(), Failure> {
    let now = bench.clock.now();
    for entity in bench.billing_queries.entities(scope.tenant).await? {
        let page = SweepPage {
            today: entity.zone.date_at(now),
            after: None,
            limit: 1,
        };
        let queries = &*bench.billing_queries;
        let due = queries.accounts_to_bill(scope.tenant, entity.id, page);
        if due.await?.is_empty() {
            continue;
        }
        let mut tx = bench.billing.begin(scope).await?;
        tx.enqueue(run_of(bench, entity.id, now)).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn run_of(bench: &Workbench, entity: EntityId, now: Timestamp) -> JobRequest {
    let lane = format!("billing:{entity}");
    JobRequest {
        id: bench.ids.next(),
        kind: BILL_ENTITY.to_owned(),
        lane: Lane::named(lane.clone()),
        priority: Priority::Normal,
        run_at: now,
        unique_key: Some(lane),
        payload: serde_json::json!({ "entity": entity }),
        max_attempts: 5,
        total: None,
    }
}

pub(super) async fn evaluate_overdue(
    bench: &Workbench,
    scope: &Scope,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let mut tally = Tally::new();
    for entity in bench.billing_queries.entities(scope.tenant).await? {
        evaluate_entity(bench, scope, entity.id, progress, &mut tally).await?;
    }
    tally.end("accounts could not be evaluated")
}

async fn evaluate_entity(
    bench: &Workbench,
    scope: &Scope,
    entity: EntityId,
    progress: &dyn Progress,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let stores = (&*bench.billing, &*bench.billing_queries);
    // Whoever is looked at moves on beyond this moment, so nobody comes twice; and nobody comes whom the plan did not know.
    let now = bench.clock.now();
    let plan = || plan_dunning_run(stores, &*bench.ids, &*bench.clock, scope, entity);
    let cutting = rerun_on_conflict(plan).await?;
    let mut after = None;
    loop {
        let page = DuePage {
            now,
            after,
            limit: PAGE,
        };
        let queries = &*bench.billing_queries;
        let due = queries.accounts_to_evaluate(scope.tenant, entity, page);
        let Some((_, accounts)) = due.await? else {
            return Ok(());
        };
        let Some(last) = accounts.last() else {
            return Ok(());
        };
        after = Some(last.place);
        let works = accounts
            .into_iter()
            .map(|it| dun(bench, scope, it, cutting));
        let mut done = stream::iter(works).buffered(AT_ONCE);
        while let Some((id, done)) = done.next().await {
            tally.note(id, done)?;
        }
        if !progress.report(tally.done(), None).await? {
            return Ok(());
        }
    }
}

async fn dun(
    bench: &Workbench,
    scope: &Scope,
    it: FoundDebt,
    cutting: Cutting,
) -> (AccountId, Result<(), StoreError>) {
    let (_, id) = it.place;
    let done = match it.facts {
        Ok(_) => evaluate(bench, scope, id, cutting).await,
        Err(err) => park(bench, scope, id, &err).await,
    };
    (id, done)
}

async fn evaluate(
    bench: &Workbench,
    scope: &Scope,
    id: AccountId,
    cutting: Cutting,
) -> Result<(), StoreError> {
    let work = || dun_account(&*bench.billing, &*bench.clock, scope, id, cutting);
    let evaluated = rerun_on_conflict(work).await;
    bench.probe.reached("evaluate_overdue.account_evaluated");
    match evaluated {
        // Nothing is refused to a run: there is nothing it asks for.
        Ok(()) | Err(AccountError::NotFound(_) | AccountError::Refused(_)) => Ok(()),
        Err(AccountError::Store(err @ StoreError::Corrupt(_))) => {
            park(bench, scope, id, &err).await
        }
        Err(AccountError::Store(err)) => Err(err),
    }
}

/// What is stored of it makes no sense: a person has to look at it, and the others are dunned all the same.
async fn park(
    bench: &Workbench,
    scope: &Scope,
    id: AccountId,
    err: &StoreError,
) -> Result<(), StoreError> {
    let (store, clock) = (&*bench.billing, &*bench.clock);
    rerun_on_conflict(|| park_unreadable(store, clock, scope, id, err)).await?;
    bench.probe.made("parked_accounts.unreadable", 1);
    Ok(())
}
