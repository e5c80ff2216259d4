//! Compares our books with payment providers: what somebody asked for, and every day that is over.

use billing::gateway::{
    AskReconciliation, GatewayAccountSnapshot, ReconciliationError, ask_reconciliation,
    reconcile_gateway,
};
use chrono::Days;
use kernel::{LocalDate, PageRequest, ReconciliationId, Scope, StoreError};

use super::gateway_jobs::failure;
use super::tally::Tally;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::workbench::Workbench;

/// How many days are made up for after a standstill.
const MOST_DAYS: u64 = 31;

/// Compares what was asked for.
pub(super) async fn compare(
    bench: &Workbench,
    scope: &Scope,
    id: ReconciliationId,
) -> Result<(), Failure> {
    let queries = &*bench.payment_gateways.queries;
    let compared = reconcile_gateway(bench.gateway_desk(), queries, scope, id).await;
    compared.map_err(failure)
}

/// Asks for a comparison of every gateway account that is in use, for the days that are over and were not compared.
pub(super) async fn ask(
    bench: &Workbench,
    scope: &Scope,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let today = bench.clock.now().utc().date_naive();
    let Some(yesterday) = today.checked_sub_days(Days::new(1)) else {
        return Ok(());
    };
    let (mut tally, mut page) = (Tally::new(), PageRequest::default());
    loop {
        let queries = &bench.payment_gateways.queries;
        let accounts = queries.gateway_accounts(scope.tenant, page).await?;
        for account in accounts.items.iter().filter(|it| it.is_enabled) {
            tally.note(account.id, one(bench, scope, account, yesterday).await)?;
        }
        let next = accounts.next.as_deref().and_then(|it| it.parse().ok());
        let Some(after) = next else {
            return tally.end("gateway accounts could not be compared");
        };
        page = PageRequest::new(page.limit(), Some(after));
        if !progress.report(tally.done(), None).await? {
            return Ok(());
        }
    }
}

async fn one(
    bench: &Workbench,
    scope: &Scope,
    account: &GatewayAccountSnapshot,
    yesterday: LocalDate,
) -> Result<(), StoreError> {
    let queries = &bench.payment_gateways.queries;
    let until = queries.reconciled_until(scope.tenant, account.id).await?;
    let Some(first_on) = first_of(account, until, yesterday) else {
        return Ok(());
    };
    let command = AskReconciliation {
        id: bench.ids.next(),
        gateway_account: account.id,
        first_on,
        last_on: yesterday,
    };
    match ask_reconciliation(bench.gateway_desk(), scope, command).await {
        Err(ReconciliationError::Store(err)) => Err(err),
        // It went away meanwhile, or the day is not over on the store's clock: the next sweep sees.
        Ok(()) | Err(ReconciliationError::NoGatewayAccount(_) | ReconciliationError::Days(_)) => {
            Ok(())
        }
    }
}

/// The first day that was not compared, of those since the account was configured; `None` if there is none.
fn first_of(
    account: &GatewayAccountSnapshot,
    until: Option<LocalDate>,
    yesterday: LocalDate,
) -> Option<LocalDate> {
    let configured = account.created_at.utc().date_naive();
    let next = until.and_then(|it| it.succ_opt()).unwrap_or(configured);
    let oldest = yesterday.checked_sub_days(Days::new(MOST_DAYS - 1))?;
    Some(next.max(oldest)).filter(|it| *it <= yesterday)
}
