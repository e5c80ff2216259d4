//! Puts a subscription on another plan; a change that takes effect now is invoiced at once.

use kernel::{Clock, Ids, InvoiceId, PlanId, Scope, SubscriptionId};

use super::SubscriptionError;
use crate::ports::BillingStore;
use crate::subscription::{SubscriptionRefusal, When};

/// Changes the plan of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangePlan {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The new plan, with the same interval and currency.
    pub plan: PlanId,
    /// When; if absent, a dearer plan now and a cheaper one at the end of the period.
    pub when: Option<When>,
}

/// What a change came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanChange {
    /// When it takes effect.
    pub when: When,
    /// The invoice with its prorated lines, if it cost anything.
    pub invoice: Option<InvoiceId>,
}

/// Changes the plan.
///
/// # Errors
/// [`SubscriptionError`]; nothing is changed then.
pub async fn change_plan(
    store: &dyn BillingStore,
    ids: &dyn Ids,
    clock: &dyn Clock,
    scope: &Scope,
    command: ChangePlan,
) -> Result<PlanChange, SubscriptionError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let mut locked = super::locked::load(&mut *tx, command.subscription).await?;
    let plan = tx.plans().find(command.plan).await?;
    let plan = plan.ok_or(SubscriptionError::NoPlan(command.plan))?;
    if plan.defined().price.currency() != locked.account.currency() {
        return Err(SubscriptionRefusal::OtherCurrency.into());
    }
    let today = locked.entity.today(now);
    let subscription = locked.subscription()?;
    let when = command
        .when
        .unwrap_or_else(|| subscription.usual_time_for(&plan));
    subscription.change_plan(&plan, when, today)?;
    let invoice = match when {
        When::Now if !locked.account.is_parked() => locked.bill(&mut *tx, ids, now).await?,
        When::Now | When::PeriodEnd => {
            locked.restate(&mut *tx, today).await?;
            None
        }
    };
    tx.commit().await?;
    Ok(PlanChange { when, invoice })
}
