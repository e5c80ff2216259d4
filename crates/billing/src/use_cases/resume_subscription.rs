//! Lets a subscription go on that is suspended or rests.

use kernel::{Clock, Scope, SubscriptionId};

use super::SubscriptionError;
use super::locked::load;
use crate::ports::BillingStore;
use crate::subscription::At;

/// Resumes a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResumeSubscription {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// When; a suspension always ends today.
    pub when: At,
}

/// Lets it go on; on one that neither is suspended nor rests this changes nothing.
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
    let subscription = locked.subscription()?;
    subscription.resume(command.when, today)?;
    subscription.ask_for_renewal(today);
    locked.restate(&mut *tx, today).await?;
    tx.commit().await?;
    Ok(())
}
