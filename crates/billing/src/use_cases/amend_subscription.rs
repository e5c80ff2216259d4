//! What else can be decided about a subscription: quantities, add-ons, pauses, the bill day, and that a change that was
//! scheduled does not happen. What has taken effect is invoiced at once.

use kernel::{Clock, Ids, LocalDate, PlanId, Scope, SubscriptionId, Timestamp};

use super::SubscriptionError;
use super::bill_account::Issued;
use super::locked::{Locked, load};
use crate::plan::Plan;
use crate::ports::{BillingStore, BillingTx};
use crate::schedule::BillDay;
use crate::subscription::{At, Subscription, SubscriptionRefusal};
use crate::timeline::PausePolicy;

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amendment {
    /// The change of plan that is scheduled does not happen.
    DropScheduled,
    /// A component is sold in another quantity.
    Quantity {
        /// The component; 0 is the base plan.
        component: u16,
        /// How many units, at least one.
        quantity: u32,
        /// When; if absent, more now and fewer at the end of the period.
        when: Option<At>,
    },
    /// Something is added.
    Add {
        /// A plan that is sold as an add-on, with the periods of the base plan.
        plan: PlanId,
        /// How many units, at least one.
        quantity: u32,
        /// When.
        when: At,
    },
    /// An add-on is taken away.
    Remove {
        /// The component.
        component: u16,
        /// When.
        when: At,
    },
    /// It rests, without access.
    Pause {
        /// From when on.
        when: At,
        /// The day after the last; until it is resumed if absent.
        until: Option<LocalDate>,
        /// What that does to the money.
        policy: PausePolicy,
    },
    /// Months begin on another day.
    BillDay {
        /// The day.
        bill_day: BillDay,
        /// When.
        when: At,
    },
}

/// Decides something about a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmendSubscription {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// What is decided.
    pub what: Amendment,
}

/// What a decision came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amended {
    /// The day on which it takes effect.
    pub from: LocalDate,
    /// The component that was added, if one was.
    pub component: Option<u16>,
    /// The invoice with its prorated lines, if it cost anything, and the notes over what is given back.
    pub issued: Issued,
}

/// Takes the decision.
///
/// # Errors
/// [`SubscriptionError`]; nothing is changed then.
pub async fn amend_subscription(
    store: &dyn BillingStore,
    ids: &dyn Ids,
    clock: &dyn Clock,
    scope: &Scope,
    command: AmendSubscription,
) -> Result<Amended, SubscriptionError> {
    let now = clock.now();
    let mut tx = store.begin(scope).await?;
    let (mut locked, from, component) = planned(&mut *tx, now, command).await?;
    let issued = locked.settle(&mut *tx, ids, now, from).await?;
    tx.commit().await?;
    Ok(Amended {
        from,
        component,
        issued,
    })
}

async fn planned(
    tx: &mut dyn BillingTx,
    now: Timestamp,
    command: AmendSubscription,
) -> Result<(Locked, LocalDate, Option<u16>), SubscriptionError> {
    let mut locked = load(tx, command.subscription).await?;
    let plan = match command.what {
        Amendment::Add { plan, .. } => {
            let found = tx.plans().find(plan).await?;
            Some(found.ok_or(SubscriptionError::NoPlan(plan))?)
        }
        _ => None,
    };
    let today = locked.entity.today(now);
    let subscription = locked.subscription()?;
    let (from, component) = decide(subscription, command.what, plan.as_ref(), today)?;
    Ok((locked, from, component))
}

fn decide(
    it: &mut Subscription,
    what: Amendment,
    plan: Option<&Plan>,
    today: LocalDate,
) -> Result<(LocalDate, Option<u16>), SubscriptionRefusal> {
    let from = match (what, plan) {
        (Amendment::DropScheduled, _) => {
            it.cancel_scheduled_change(today)?;
            today
        }
        (
            Amendment::Quantity {
                component,
                quantity,
                when,
            },
            _,
        ) => {
            it.catch_up(today);
            let usual = it.usual_time_for_quantity(component, quantity);
            it.change_quantity(component, quantity, when.unwrap_or(usual), today)?
        }
        (Amendment::Add { quantity, when, .. }, Some(plan)) => {
            let (component, from) = it.add(plan, quantity, when, today)?;
            return Ok((from, Some(component)));
        }
        (Amendment::Add { plan, .. }, None) => {
            return Err(SubscriptionRefusal::PlanNotOffered { plan });
        }
        (Amendment::Remove { component, when }, _) => it.remove(component, when, today)?,
        (
            Amendment::Pause {
                when,
                until,
                policy,
            },
            _,
        ) => it.pause(when, until, policy, today)?,
        (Amendment::BillDay { bill_day, when }, _) => it.change_bill_day(bill_day, when, today)?,
    };
    Ok((from, None))
}
