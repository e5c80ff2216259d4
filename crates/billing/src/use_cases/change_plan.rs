//! Puts a subscription on another plan; a change that has taken effect is invoiced at once.

use kernel::{Clock, Ids, LocalDate, PlanId, Scope, SubscriptionId, Timestamp};

use super::SubscriptionError;
use super::bill_account::Issued;
use super::locked::{Locked, load};
use super::preview::Preview;
use crate::ports::{BillingStore, BillingTx};
use crate::subscription::{At, SubscriptionRefusal};

/// Changes the plan of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangePlan {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The new plan, in the same currency.
    pub plan: PlanId,
    /// When; if absent, a dearer plan now and a cheaper one at the end of the period.
    pub when: Option<At>,
}

/// What a change came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanChange {
    /// When it was to take effect.
    pub when: At,
    /// The day on which it does.
    pub from: LocalDate,
    /// The invoice with its prorated lines, if it cost anything, and the notes over what is given back.
    pub issued: Issued,
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
    let (mut locked, when, from) = planned(&mut *tx, now, command).await?;
    let issued = locked.settle(&mut *tx, ids, now, from).await?;
    tx.commit().await?;
    Ok(PlanChange { when, from, issued })
}

/// What changing the plan would bring; changes nothing.
///
/// # Errors
/// [`SubscriptionError`]; why billing would stop is shown.
pub async fn preview_plan_change(
    store: &dyn BillingStore,
    ids: &dyn Ids,
    clock: &dyn Clock,
    scope: &Scope,
    command: ChangePlan,
) -> Result<Preview, SubscriptionError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let (mut locked, _, from) = planned(&mut *tx, now, command).await?;
    Preview::of(&mut *tx, ids, &mut locked, now, from).await
}

async fn planned(
    tx: &mut dyn BillingTx,
    now: Timestamp,
    command: ChangePlan,
) -> Result<(Locked, At, LocalDate), SubscriptionError> {
    let mut locked = load(tx, command.subscription).await?;
    let plan = tx.plans().find(command.plan).await?;
    let plan = plan.ok_or(SubscriptionError::NoPlan(command.plan))?;
    let (wanted, given) = (locked.account.currency(), plan.defined().price.currency());
    if wanted != given {
        return Err(SubscriptionRefusal::OtherCurrency { wanted, given }.into());
    }
    let today = locked.entity.today(now);
    let subscription = locked.subscription()?;
    subscription.catch_up(today);
    let when = match command.when {
        Some(when) => when,
        None => {
            let usual = subscription.usual_time_for(&plan);
            usual.map_err(crate::difference::Inconsistent::from)?
        }
    };
    let from = subscription.change_plan(&plan, when, today)?;
    Ok((locked, when, from))
}
