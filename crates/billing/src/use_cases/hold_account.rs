//! Keeps the consequences of debt away from an account, and lets them come again.

use kernel::{AccountId, Clock, Scope};

use super::account_change::{AccountError, changed};
use crate::dunning::Hold;
use crate::ports::BillingStore;

/// Holds an account, for 1 to 300 characters of reason, until a day or until it is lifted: it is clear from now on, and
/// access comes back in the same transaction. The same hold again changes nothing.
///
/// # Errors
/// [`AccountError`]; nothing is changed then.
pub async fn place_hold(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: AccountId,
    hold: Hold,
) -> Result<(), AccountError> {
    let now = clock.now();
    changed(store, clock, scope, id, |account, entity| {
        account.place_hold(hold, entity.today(now)).map(|_| ())
    })
    .await
}

/// Treats an account like any other again: its level is what its debt says, in the same transaction. On one that is not held
/// this changes nothing.
///
/// # Errors
/// [`AccountError`]; nothing is changed then.
pub async fn lift_hold(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: AccountId,
) -> Result<(), AccountError> {
    changed(store, clock, scope, id, |account, _| {
        account.lift_hold();
        Ok(())
    })
    .await
}
