//! What billing one subscription on some day will bring, if nothing else is decided: a look ahead, by the very functions
//! that bill it then (billing.md, invariant 22).

use kernel::{InvoiceId, LocalDate, Money, MoneyError};

use crate::difference::{Billed, Due, Inconsistent, diff};
use crate::record::write_down;
use crate::rounding::InvoiceScale;
use crate::segment::desired;
use crate::subscription::Subscription;

/// What the run of a day would charge and take back for a subscription, after the runs of every day before have done the
/// same. `billed` is what was billed in cycles that end after its [`billing_horizon`](Subscription::billing_horizon) of
/// today.
///
/// # Errors
/// [`Inconsistent`] if what was billed contradicts itself.
pub(crate) fn due_on(
    subscription: &Subscription,
    mut billed: Vec<Billed>,
    scale: InvoiceScale,
    today: LocalDate,
    day: LocalDate,
) -> Result<Vec<Due>, Inconsistent> {
    let mut then = subscription.clone();
    then.catch_up(day);
    let horizon = then.billing_horizon(today);
    billed.retain(|it| it.cycle.end > horizon);
    let timeline = then.timeline();
    if let Some(eve) = day.pred_opt().filter(|it| *it >= today) {
        let before = diff(&desired(&timeline, horizon, eve), &billed, scale)?;
        // Whatever number that invoice has: it is none of those that are known.
        let invoice = InvoiceId::from_uuid(subscription.id().uuid());
        write_down(&mut billed, before, invoice, 0)?;
    }
    diff(&desired(&timeline, horizon, day), &billed, scale)
}

/// The sum of some lines.
///
/// # Errors
/// [`MoneyError`] if it does not fit.
pub(crate) fn total_of(due: &[Due], nothing: Money) -> Result<Money, MoneyError> {
    Money::sum(nothing.currency(), due.iter().map(Due::amount))
}
