//! Gives days to a prepaid subscription that were paid for elsewhere: with a voucher.

use kernel::{Clock, LocalDate, Scope, SubscriptionId};

use super::SubscriptionError;
use super::locked::load;
use crate::ports::BillingStore;

/// Adds days to what is paid for, without an invoice, and derives access in the same transaction. Returns the first day that is
/// not paid for then. Whoever calls it sees to it that it happens once: each call adds days.
///
/// # Errors
/// [`SubscriptionError`]; nothing is changed then.
pub async fn give_time(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    (id, days): (SubscriptionId, u16),
    reason: &str,
) -> Result<LocalDate, SubscriptionError> {
    let mut tx = store.begin(scope).await?;
    let mut locked = load(&mut *tx, id).await?;
    let today = locked.entity.today(clock.now());
    let until = locked.subscription()?.give_days(days, reason, today)?;
    locked.restate(&mut *tx, today).await?;
    tx.commit().await?;
    Ok(until)
}
