//! Ends a subscription.

use kernel::{Clock, Ids, LocalDate, Scope, SubscriptionId, Timestamp};

use super::SubscriptionError;
use super::bill_account::{BillAccountError, Issued};
use super::locked::{Locked, load};
use super::preview::Preview;
use crate::ports::{BillingStore, BillingTx};
use crate::subscription::Ending;

/// Cancels a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CancelSubscription {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// When, and what becomes of the days that are billed and not used.
    pub ending: Ending,
}

/// Ends it; twice is harmless, and the earlier end stands. What the end brings is billed at once where it has come: an
/// invoice over what was used and not billed, credit notes over what is given back. What was paid for that is credit of the
/// account then. Nobody is kept because of what cannot be billed: the next run says why.
///
/// # Errors
/// [`SubscriptionError`]; nothing is changed then.
pub async fn cancel_subscription(
    store: &dyn BillingStore,
    ids: &dyn Ids,
    clock: &dyn Clock,
    scope: &Scope,
    command: CancelSubscription,
) -> Result<Issued, SubscriptionError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let (mut locked, ends_on) = planned(&mut *tx, now, command).await?;
    let issued = match locked.settle(&mut *tx, ids, now, ends_on).await {
        // Nothing of such a bill was written.
        Err(SubscriptionError::Billing(BillAccountError::Parked { .. })) => {
            let today = locked.entity.today(now);
            locked.restate(&mut *tx, today).await?;
            Issued::default()
        }
        settled => settled?,
    };
    tx.commit().await?;
    Ok(issued)
}

/// What ending it would bring; ends nothing.
///
/// # Errors
/// [`SubscriptionError`]; why billing would stop is shown.
pub async fn preview_cancellation(
    store: &dyn BillingStore,
    ids: &dyn Ids,
    clock: &dyn Clock,
    scope: &Scope,
    command: CancelSubscription,
) -> Result<Preview, SubscriptionError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let (mut locked, ends_on) = planned(&mut *tx, now, command).await?;
    Preview::of(&mut *tx, ids, &mut locked, now, ends_on).await
}

async fn planned(
    tx: &mut dyn BillingTx,
    now: Timestamp,
    command: CancelSubscription,
) -> Result<(Locked, LocalDate), SubscriptionError> {
    let mut locked = load(tx, command.subscription).await?;
    let today = locked.entity.today(now);
    let subscription = locked.subscription()?;
    subscription.cancel(command.ending, today)?;
    let ends_on = subscription.ends_on().unwrap_or(today);
    Ok((locked, ends_on))
}
