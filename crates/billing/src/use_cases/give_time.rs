//! Gives days to a prepaid subscription that were paid for elsewhere: with a voucher.

use kernel::{Clock, LocalDate, Scope, SubscriptionId, Timestamp};

use super::SubscriptionError;
use super::locked::load;
use crate::ports::{BillingStore, BillingTx};

/// Adds days to what is paid for, without an invoice, and derives access in the same transaction. Returns the first day that is
/// not paid for then. Whoever calls it sees to it that it happens once: each call adds days.
///
/// # Errors
/// [`SubscriptionError`]; nothing is changed then.
pub async fn give_time(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    what: (SubscriptionId, u16),
    reason: &str,
) -> Result<LocalDate, SubscriptionError> {
    let mut tx = store.begin(scope).await?;
    let until = give_time_within(&mut *tx, clock.now(), what, reason).await?;
    tx.commit().await?;
    Ok(until)
}

/// The same in the caller's transaction: the caller commits, and may write to other contexts in it.
///
/// # Errors
/// [`SubscriptionError`]; the transaction is of no further use then.
pub async fn give_time_within(
    tx: &mut dyn BillingTx,
    now: Timestamp,
    (id, days): (SubscriptionId, u16),
    reason: &str,
) -> Result<LocalDate, SubscriptionError> {
    let mut locked = load(tx, id).await?;
    let today = locked.entity.today(now);
    let until = locked.subscription()?.give_days(days, reason, today)?;
    locked.restate(tx, today).await?;
    Ok(until)
}

/// Whether a subscription takes days now; its account is locked from here on.
///
/// # Errors
/// [`SubscriptionError`] says why it does not.
pub async fn check_takes_days(
    tx: &mut dyn BillingTx,
    now: Timestamp,
    id: SubscriptionId,
) -> Result<(), SubscriptionError> {
    let mut locked = load(tx, id).await?;
    let today = locked.entity.today(now);
    Ok(locked.subscription()?.takes_days(today)?)
}
