//! Stops a subscription for now.

use kernel::{Clock, Scope, SubscriptionId};

use super::SubscriptionError;
use super::locked::load;
use crate::ports::BillingStore;

/// Suspends a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuspendSubscription {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Why, 1 to 300 characters.
    pub reason: String,
}

/// Suspends it; on one that is suspended this changes nothing.
///
/// # Errors
/// [`SubscriptionError`]; nothing is changed then.
pub async fn suspend_subscription(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: SuspendSubscription,
) -> Result<(), SubscriptionError> {
    let mut tx = store.begin(scope).await?;
    let mut locked = load(&mut *tx, command.subscription).await?;
    let today = locked.entity.today(clock.now());
    locked.subscription()?.suspend(&command.reason, today)?;
    locked.restate(&mut *tx, today).await?;
    tx.commit().await?;
    Ok(())
}
