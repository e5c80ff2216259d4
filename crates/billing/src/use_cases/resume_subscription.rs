//! Lets a suspended subscription go on.

use kernel::{Clock, Scope, SubscriptionId};

use super::SubscriptionError;
use super::locked::load;
use crate::ports::BillingStore;

/// Resumes a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResumeSubscription {
    /// The subscription.
    pub subscription: SubscriptionId,
}

/// Lets it go on; on one that is not suspended this changes nothing.
///
/// # Errors
/// [`SubscriptionError`]; nothing is changed then.
pub async fn resume_subscription(
    store: &dyn BillingStore,
    clock: &dyn Clock,
    scope: &Scope,
    command: ResumeSubscription,
) -> Result<(), SubscriptionError> {
    let mut tx = store.begin(scope).await?;
    let mut locked = load(&mut *tx, command.subscription).await?;
    let today = locked.entity.today(clock.now());
    locked.subscription()?.resume(today)?;
    locked.restate(&mut *tx, today).await?;
    tx.commit().await?;
    Ok(())
}
