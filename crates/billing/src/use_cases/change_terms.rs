//! Gives an account terms of its own, or its entity's again.

use kernel::{AccountId, Clock, Scope};

use super::account_change::{AccountError, changed};
use crate::ports::BillingStore;

/// From the next invoice on, the account has so many days from issue to due; its entity's if `None`. What is issued keeps
/// its due date.
///
/// # Errors
/// [`AccountError`] beyond 365 days.
pub async fn change_terms(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    id: AccountId,
    days: Option<u16>,
) -> Result<(), AccountError> {
    changed(store, clock, scope, id, |account, _| {
        account.change_terms(days)
    })
    .await
}
