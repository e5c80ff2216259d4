//! What a decision about a subscription would bring, before it is taken: the very bill, on paper (billing.md, invariant 22).

use kernel::{Ids, LocalDate, Money, Timestamp};

use super::SubscriptionError;
use super::bill_account::{BillAccountError, prepared};
use super::locked::Locked;
use super::standing::next_day;
use crate::bill::{AccountFacts, Bill, BillOrder};
use crate::difference::Inconsistent;
use crate::entity::LegalEntity;
use crate::ports::BillingTx;
use crate::run::PreparedBill;
use crate::subscription::Subscription;
use crate::upcoming::after;

/// What a decision would bring.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The day on which it would take effect.
    pub from: LocalDate,
    /// The subscription as it would be.
    pub subscription: Subscription,
    /// What the account would be billed on that day, or today if it has passed: its invoice and its credit notes. Absent
    /// where billing has stopped or would stop.
    pub bill: Option<Bill>,
    /// The credit of the account after that bill, zero or more.
    pub credit: Money,
    /// Why billing has stopped for the account, or would stop.
    pub parked: Option<String>,
}

impl Preview {
    /// Looks at a subscription on which something was decided, in a transaction that is left. On a later day the account
    /// looks as the runs of every day before leave it, if what is owed is paid by then.
    pub(super) async fn of(
        tx: &mut dyn BillingTx,
        ids: &dyn Ids,
        locked: &mut Locked,
        now: Timestamp,
        from: LocalDate,
    ) -> Result<Self, SubscriptionError> {
        let subscription = locked.subscription()?.clone();
        let facts = locked.facts(tx, now).await?;
        let stopped = Self {
            from,
            subscription,
            bill: None,
            credit: facts
                .papers
                .credit(Money::zero(locked.account.currency()))?,
            parked: locked.account.parked().map(str::to_owned),
        };
        if stopped.parked.is_some() {
            return Ok(stopped);
        }
        match bill_on(tx, ids, &locked.entity, facts, (now, from)).await {
            Ok((done, before)) => {
                let nothing = Money::zero(locked.account.currency());
                let (bill, then) = (done.bill.clone(), after(before, done));
                let then = then.map_err(|reason| BillAccountError::Parked {
                    account: locked.account.id(),
                    reason,
                })?;
                Ok(Self {
                    bill: Some(bill),
                    credit: then.papers.credit(nothing)?,
                    ..stopped
                })
            }
            Err(BillAccountError::Parked { reason, .. }) => Ok(Self {
                parked: Some(reason.to_string()),
                ..stopped
            }),
            Err(err) => Err(err.into()),
        }
    }
}

/// The bill of a day, or of today if it has passed, after those of every day before it; and the facts it is made from.
async fn bill_on(
    tx: &mut dyn BillingTx,
    ids: &dyn Ids,
    entity: &LegalEntity,
    mut facts: AccountFacts,
    (now, from): (Timestamp, LocalDate),
) -> Result<(PreparedBill, AccountFacts), BillAccountError> {
    let today = entity.today(now);
    let limits = tx.bill_limits();
    let at = |day: LocalDate| match day <= today {
        true => now,
        false => entity.zone().start_of(day),
    };
    let order = |day| BillOrder {
        invoice: ids.next(),
        now: at(day),
        limits,
    };
    let mut since = today;
    while let Some(day) = due_before(&facts, since, from) {
        let account = facts.account.id();
        let (done, before) = prepared(tx, entity, facts, order(day)).await?;
        let next = after(before, done);
        facts = next.map_err(|reason| BillAccountError::Parked { account, reason })?;
        since = next_day(day);
    }
    if from > today {
        facts.papers.open.clear();
    }
    prepared(tx, entity, facts, order(from.max(today))).await
}

/// The next day before another on which something may be billed, from a day on.
fn due_before(facts: &AccountFacts, since: LocalDate, day: LocalDate) -> Option<LocalDate> {
    let next = facts
        .subscriptions
        .iter()
        .filter_map(Subscription::next_bill_on);
    let next = next.min().map(|it| it.max(since));
    next.filter(|it| *it < day)
}

impl From<Inconsistent> for SubscriptionError {
    fn from(reason: Inconsistent) -> Self {
        Self::Inconsistent(reason)
    }
}

impl From<kernel::MoneyError> for SubscriptionError {
    fn from(err: kernel::MoneyError) -> Self {
        Self::Inconsistent(err.into())
    }
}
