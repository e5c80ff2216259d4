//! Ends a subscription.

use kernel::{Clock, Scope, SubscriptionId};

use super::SubscriptionError;
use super::locked::load;
use crate::ports::BillingStore;
use crate::subscription::When;

/// Cancels a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CancelSubscription {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Today, or when the period that has begun is over.
    pub when: When,
}

/// Ends it today or when the period is over; twice is harmless.
///
/// # Errors
/// [`SubscriptionError`]; nothing is changed then.
pub async fn cancel_subscription(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: CancelSubscription,
) -> Result<(), SubscriptionError> {
    let mut tx = store.begin(scope).await?;
    let mut locked = load(&mut *tx, command.subscription).await?;
    let today = locked.entity.today(clock.now());
    locked.subscription()?.cancel(command.when, today);
    locked.restate(&mut *tx, today).await?;
    tx.commit().await?;
    Ok(())
}
