//! Ends a subscription.

use kernel::{Clock, LocalDate, Scope, SubscriptionId, Timestamp};

use super::SubscriptionError;
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

/// Ends it; twice is harmless, and the earlier end stands.
///
/// # Errors
/// [`SubscriptionError`]; nothing is changed then.
pub async fn cancel_subscription(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: CancelSubscription,
) -> Result<(), SubscriptionError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let (mut locked, ends_on) = planned(&mut *tx, now, command).await?;
    let today = locked.entity.today(now);
    locked.must_not_give_back(&mut *tx, today, ends_on).await?;
    locked.restate(&mut *tx, today).await?;
    tx.commit().await?;
    Ok(())
}

/// What ending it would bring; ends nothing.
///
/// # Errors
/// [`SubscriptionError`], but not for what would be given back: that is shown.
pub async fn preview_cancellation(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: CancelSubscription,
) -> Result<Preview, SubscriptionError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let (mut locked, ends_on) = planned(&mut *tx, now, command).await?;
    Preview::of(&mut *tx, &mut locked, now, ends_on).await
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
