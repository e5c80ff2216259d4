//! The billing run of one legal entity: page by page, each account in a transaction of its own. What one account meets
//! never stops the others, and a run that was broken off goes on where accounts are still due.

use billing::{
    AccountFacts, BillAccountError, BillOrder, LegalEntity, NET_SEGMENTS_APART, PreparedBill,
    RunPage, Unbillable, bill_account, park_account, prepare_bill,
};
use kernel::{AccountId, EntityId, Scope, StoreError, Timestamp, rerun_on_conflict};

use super::tally::Tally;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::workbench::Workbench;

/// Accounts per page: large enough that reading costs little, small enough that memory does not notice.
const PAGE: u16 = 500;

/// Bills every account of an entity that is due.
pub(super) async fn run(
    bench: &Workbench,
    scope: &Scope,
    entity: EntityId,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let mut tally = Tally::new();
    let mut after = None;
    loop {
        let now = bench.clock.now();
        let page = RunPage {
            now,
            after,
            limit: PAGE,
        };
        let found = bench.billing_run.facts_to_bill(scope.tenant, entity, page);
        let Some((entity, facts)) = found.await? else {
            return Err(Failure::park(format!("there is no legal entity {entity}")));
        };
        let Some(last) = facts.last().map(|it| it.account.id()) else {
            bench.billing_run.give_numbers_back(scope, &entity).await?;
            return tally.end("accounts could not be billed");
        };
        after = Some(last);
        bill_page(bench, scope, &entity, (facts, now), &mut tally).await?;
        bench.probe.reached("raise_invoices.page_billed");
        if !progress.report(tally.done(), None).await? {
            bench.billing_run.give_numbers_back(scope, &entity).await?;
            return Ok(());
        }
    }
}

async fn bill_page(
    bench: &Workbench,
    scope: &Scope,
    entity: &LegalEntity,
    (facts, now): (Vec<AccountFacts>, Timestamp),
    tally: &mut Tally,
) -> Result<(), Failure> {
    let (mut plain, mut other) = (Vec::new(), Vec::new());
    for facts in facts {
        let account = facts.account.id();
        let order = BillOrder {
            invoice: bench.ids.next(),
            now,
            limits: bench.bill_limits,
        };
        match prepare_bill(entity, facts, order) {
            Ok(prepared) if prepared.is_plain => plain.push(prepared),
            Ok(prepared) => other.push(prepared),
            // The page was read in several statements: what contradicts itself there may be sound under the lock.
            // So is what corrects an invoice, which a page does not read.
            Err(Unbillable::Inconsistent(_) | Unbillable::Unread { .. }) => {
                tally.note(account, bill_alone(bench, scope, account).await)?;
            }
            Err(reason) => tally.note(account, park(bench, scope, account, reason).await)?,
        }
    }
    let numbers = numbers_for(bench, scope, entity, plain.iter().chain(&other)).await?;
    let mut numbers = numbers.into_iter();
    let plain = plain.into_iter().map(|it| (it, numbers.next())).collect();
    write(bench, scope, plain, tally).await?;
    // They take what numbers are left, so they must not meet those that have one already.
    let other = other.into_iter().map(|it| (it, None)).collect();
    write(bench, scope, other, tally).await
}

/// As many numbers as there will be invoices.
async fn numbers_for(
    bench: &Workbench,
    scope: &Scope,
    entity: &LegalEntity,
    bills: impl Iterator<Item = &PreparedBill>,
) -> Result<Vec<u64>, StoreError> {
    let invoices = bills.filter(|it| it.bill.draft.is_some()).count();
    let invoices = u16::try_from(invoices).unwrap_or(PAGE);
    if invoices == 0 {
        return Ok(Vec::new());
    }
    let run = &bench.billing_run;
    let numbers = run.reserve_numbers(scope, entity, invoices).await?;
    bench.probe.reached("raise_invoices.numbers_set_aside");
    Ok(numbers)
}

async fn write(
    bench: &Workbench,
    scope: &Scope,
    bills: Vec<(PreparedBill, Option<u64>)>,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let accounts: Vec<AccountId> = bills.iter().map(|(it, _)| it.account.id()).collect();
    let written = bench.billing_run.write_bills(scope, bills).await;
    for (account, written) in accounts.into_iter().zip(written) {
        let written = match written {
            // Somebody has touched it since it was read: from the beginning, under its lock.
            Err(StoreError::Conflict) => bill_alone(bench, scope, account).await,
            other => other,
        };
        let written = match written {
            Err(err) if err.is_duplicate_of(NET_SEGMENTS_APART) => {
                park(bench, scope, account, Unbillable::StandsBilled).await
            }
            other => other,
        };
        tally.note(account, written)?;
    }
    Ok(())
}

/// Billing that stopped for one account is on record there; the run goes on.
async fn bill_alone(bench: &Workbench, scope: &Scope, id: AccountId) -> Result<(), StoreError> {
    let work = || bill_account(&*bench.billing, &*bench.ids, &*bench.clock, scope, id);
    match rerun_on_conflict(work).await {
        Ok(_) | Err(BillAccountError::Parked { .. } | BillAccountError::NotFound(_)) => Ok(()),
        Err(BillAccountError::Store(err)) => Err(err),
    }
}

async fn park(
    bench: &Workbench,
    scope: &Scope,
    id: AccountId,
    reason: Unbillable,
) -> Result<(), StoreError> {
    rerun_on_conflict(|| park_account(&*bench.billing, scope, id, reason)).await
}
