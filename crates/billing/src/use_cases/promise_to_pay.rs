//! Takes a customer's word to pay by a day, and ends it before its day.

use kernel::{AccountId, Clock, LocalDate, Scope};

use super::account_change::{AccountError, account_with_entity, changed};
use super::standing::{Cutting, Look, reevaluate};
use crate::dunning::{Cause, Situation, WindowState};
use crate::ports::BillingStore;

/// Until a day, included, an account gets no further behind and no step is taken. The promise is kept when nothing is
/// overdue any more, and broken when its day has passed.
///
/// # Errors
/// [`AccountError`] where nothing is overdue, beyond the procedure's promises, and for a day it does not allow.
pub async fn promise_to_pay(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: AccountId,
    until: LocalDate,
) -> Result<(), AccountError> {
    let mut tx = store.begin(scope).await?;
    let (mut account, entity) = account_with_entity(&mut *tx, id).await?;
    // What time has done is done first: the promise is about the debt as it is today.
    let look = Look::At(clock.now(), Cutting::Withheld);
    reevaluate(&mut *tx, &entity, &mut account, look).await?;
    let open = tx.invoices().owed_of(id).await?;
    let own = account.procedure().cloned();
    let now = Situation {
        currency: account.currency(),
        open: &open,
        today: entity.today(clock.now()),
        window: WindowState::Closed,
        procedure: own.as_ref().unwrap_or_else(|| entity.procedure()),
        after: Cause::Other,
    };
    account.promise_to_pay(until, &now)?;
    reevaluate(&mut *tx, &entity, &mut account, look).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends a promise before its day, for 1 to 300 characters of reason: the account is treated as if there had been none.
///
/// # Errors
/// [`AccountError`] where nothing is promised.
pub async fn break_promise(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: AccountId,
    reason: &str,
) -> Result<(), AccountError> {
    changed(store, clock, scope, id, |account, _| {
        account.break_promise(reason)
    })
    .await
}
