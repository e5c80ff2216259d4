//! What a decision about a subscription would bring, before it is taken.

use kernel::{LocalDate, Money, Timestamp};

use super::SubscriptionError;
use super::locked::Locked;
use crate::bill::line;
use crate::difference::Inconsistent;
use crate::generate::ProposedLine;
use crate::invoice::Line;
use crate::ports::BillingTx;
use crate::subscription::Subscription;
use crate::upcoming::total_of;

/// What a decision would bring.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The day on which it would take effect.
    pub from: LocalDate,
    /// The subscription as it would be.
    pub subscription: Subscription,
    /// What the subscription alone would be billed on that day, or today if it has passed.
    pub lines: Vec<Line>,
    /// Their sum; below zero if more would be given back than charged.
    pub total: Money,
}

impl Preview {
    /// Looks at a subscription on which something was decided, in a transaction that is left.
    pub(super) async fn of(
        tx: &mut dyn BillingTx,
        locked: &mut Locked,
        now: Timestamp,
        from: LocalDate,
    ) -> Result<Self, SubscriptionError> {
        let today = locked.entity.today(now);
        let due = locked.look(tx, today, from.max(today)).await?;
        let nothing = Money::zero(locked.account.currency());
        let total = total_of(&due, nothing).map_err(Inconsistent::from)?;
        let subscription = locked.subscription()?.clone();
        let of = subscription.id();
        let proposed = due.into_iter().map(|due| ProposedLine {
            subscription: of,
            due,
        });
        let lines = proposed.map(|it| line(&it)).collect();
        Ok(Self {
            from,
            lines,
            total,
            subscription,
        })
    }
}

impl From<Inconsistent> for SubscriptionError {
    fn from(reason: Inconsistent) -> Self {
        Self::Inconsistent(reason)
    }
}
