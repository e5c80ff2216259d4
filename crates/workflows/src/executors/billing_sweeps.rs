//! Sweeps over accounts: raise due invoices, evaluate who is overdue. One account that fails never stops the others.

use billing::{BillAccountError, EvaluateAccountError, SweepPage, bill_account, evaluate_account};
use kernel::{AccountId, EntityId, Scope, StoreError, rerun_on_conflict};

use super::tally::Tally;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::workbench::Workbench;

/// Accounts per page.
const PAGE: u16 = 200;

pub(super) async fn raise_invoices(
    bench: &Workbench,
    scope: &Scope,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let mut tally = Tally::new();
    for entity in bench.billing_queries.entities(scope.tenant).await? {
        let today = entity.zone.date_at(bench.clock.now());
        let mut after = None;
        loop {
            let page = SweepPage {
                today,
                after,
                limit: PAGE,
            };
            let queries = &*bench.billing_queries;
            let accounts = queries
                .accounts_to_bill(scope.tenant, entity.id, page)
                .await?;
            let Some(last) = accounts.last().copied() else {
                break;
            };
            for account in accounts {
                tally.note(account, bill(bench, scope, account).await)?;
            }
            after = Some(last);
            if !progress.report(tally.done(), None).await? {
                return Ok(());
            }
        }
    }
    tally.end("accounts could not be billed")
}

/// Billing that stopped for one account is on record there; the sweep goes on.
async fn bill(bench: &Workbench, scope: &Scope, id: AccountId) -> Result<(), StoreError> {
    let work = || bill_account(&*bench.billing, &*bench.ids, &*bench.clock, scope, id);
    let billed = rerun_on_conflict(work).await;
    bench.probe.reached("raise_invoices.account_billed");
    match billed {
        Ok(_) | Err(BillAccountError::Parked { .. } | BillAccountError::NotFound(_)) => Ok(()),
        Err(BillAccountError::Store(err)) => Err(err),
    }
}

pub(super) async fn evaluate_overdue(
    bench: &Workbench,
    scope: &Scope,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let mut tally = Tally::new();
    for entity in bench.billing_queries.entities(scope.tenant).await? {
        evaluate_entity(bench, scope, (entity.id, entity.zone), progress, &mut tally).await?;
    }
    tally.end("accounts could not be evaluated")
}

async fn evaluate_entity(
    bench: &Workbench,
    scope: &Scope,
    (entity, zone): (EntityId, kernel::Zone),
    progress: &dyn Progress,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let today = zone.date_at(bench.clock.now());
    let mut after = None;
    loop {
        let page = SweepPage {
            today,
            after,
            limit: PAGE,
        };
        let queries = &*bench.billing_queries;
        let accounts = queries
            .accounts_to_evaluate(scope.tenant, entity, page)
            .await?;
        let Some(last) = accounts.last().copied() else {
            return Ok(());
        };
        for account in accounts {
            tally.note(account, evaluate(bench, scope, account).await)?;
        }
        after = Some(last);
        if !progress.report(tally.done(), None).await? {
            return Ok(());
        }
    }
}

async fn evaluate(bench: &Workbench, scope: &Scope, id: AccountId) -> Result<(), StoreError> {
    let work = || evaluate_account(&*bench.billing, &*bench.clock, scope, id);
    let evaluated = rerun_on_conflict(work).await;
    bench.probe.reached("evaluate_overdue.account_evaluated");
    match evaluated {
        Ok(()) | Err(EvaluateAccountError::NotFound(_)) => Ok(()),
        Err(EvaluateAccountError::Store(err)) => Err(err),
    }
}
