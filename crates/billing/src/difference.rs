//! What is still to be billed: the desired segments minus what was billed already.

use kernel::{InvoiceId, Money, MoneyError, PlanId};

use crate::rounding::InvoiceScale;
use crate::schedule::Period;
use crate::segment::{Segment, cost};

/// A line of an issued invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineRef {
    /// The invoice.
    pub invoice: InvoiceId,
    /// The line, counted from 0.
    pub line: u16,
}

/// A charge that was billed, with what was taken back of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Billed {
    /// Where it stands.
    pub line: LineRef,
    /// The plan.
    pub plan: PlanId,
    /// The days it is for.
    pub period: Period,
    /// The whole cycle.
    pub cycle: Period,
    /// The price of the whole cycle.
    pub price: Money,
    /// What was charged.
    pub amount: Money,
    /// Parts that were taken back: days, and the amount, above zero.
    pub repaired: Vec<(Period, Money)>,
}

/// A line that is to be billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// A charge.
    Charge {
        /// What it is for; `period` is the part to charge.
        segment: Segment,
        /// What it costs.
        amount: Money,
    },
    /// A charge taken back in part or whole.
    Repair {
        /// The line that is repaired.
        of: LineRef,
        /// The plan of that line.
        plan: PlanId,
        /// The days that are taken back.
        period: Period,
        /// The whole cycle.
        cycle: Period,
        /// The price of the whole cycle.
        price: Money,
        /// What is given back, below zero.
        amount: Money,
    },
}

/// Billing must stop for the account until a person has looked at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Inconsistent {
    /// The same days were billed twice.
    #[error("days were billed twice")]
    BilledTwice,
    /// More was taken back than was charged.
    #[error("more was taken back than was charged")]
    OverRepaired,
    /// More is given back than charged, which needs a credit note.
    #[error("more would be given back than charged")]
    NegativeTotal,
    /// An amount does not fit.
    #[error("an amount cannot be computed")]
    Amount(#[from] MoneyError),
}

/// What must be charged and taken back so that what was billed equals what is desired. Empty: nothing to do.
///
/// Days that are billed on the desired plan and price are kept. The rest of what was billed becomes repairs, the rest of
/// what is desired becomes charges. Applying the result and asking again yields nothing.
///
/// # Errors
/// [`Inconsistent`] if what was billed contradicts itself; nothing is guessed.
pub fn diff(
    desired: &[Segment],
    billed: &[Billed],
    scale: InvoiceScale,
) -> Result<Vec<Due>, Inconsistent> {
    let standing: Vec<(usize, Period)> = billed
        .iter()
        .enumerate()
        .flat_map(|(index, it)| standing(it).into_iter().map(move |period| (index, period)))
        .collect();
    refuse_overlaps(billed, &standing, scale)?;
    let mut due = Vec::new();
    for (index, period) in &standing {
        let item = &billed[*index];
        let kept = desired
            .iter()
            .filter(|it| same_price(it, item))
            .map(|it| it.period);
        for gone in without(*period, kept) {
            due.extend(repair(item, gone, &due, scale)?);
        }
    }
    for segment in desired {
        let kept = standing
            .iter()
            .filter(|(index, _)| same_price(segment, &billed[*index]));
        for missing in without(segment.period, kept.map(|(_, period)| *period)) {
            due.extend(charge(segment, missing, scale)?);
        }
    }
    Ok(due)
}

fn same_price(segment: &Segment, item: &Billed) -> bool {
    segment.plan == item.plan && segment.price == item.price && segment.cycle == item.cycle
}

/// The days of a billed line that were not taken back.
fn standing(item: &Billed) -> Vec<Period> {
    without(item.period, item.repaired.iter().map(|(period, _)| *period))
}

/// Days that stand on two lines were billed twice, unless they cost nothing on one of them: such days are never taken
/// back, because there is nothing to give back (billing.md, invariant 19).
fn refuse_overlaps(
    billed: &[Billed],
    standing: &[(usize, Period)],
    scale: InvoiceScale,
) -> Result<(), Inconsistent> {
    let costs = |index: usize, days: Period| {
        let item = &billed[index];
        cost(item.price, days, item.cycle, scale).is_none_or(|it| !it.is_zero())
    };
    for (place, (left, period)) in standing.iter().enumerate() {
        let twice = standing[place + 1..].iter().any(|(right, other)| {
            let both = period.overlap(*other);
            both.is_some_and(|days| costs(*left, days) && costs(*right, days))
        });
        if twice {
            return Err(Inconsistent::BilledTwice);
        }
    }
    Ok(())
}

/// What is left of a period without some others.
fn without(period: Period, others: impl IntoIterator<Item = Period>) -> Vec<Period> {
    let mut left = vec![period];
    for other in others {
        left = left.into_iter().flat_map(|it| minus(it, other)).collect();
    }
    left
}

fn minus(period: Period, other: Period) -> impl Iterator<Item = Period> {
    let parts = match period.overlap(other) {
        None => [
            period,
            Period {
                start: period.end,
                end: period.end,
            },
        ],
        Some(both) => [
            Period {
                start: period.start,
                end: both.start,
            },
            Period {
                start: both.end,
                end: period.end,
            },
        ],
    };
    parts.into_iter().filter(|it| it.start < it.end)
}

fn charge(
    segment: &Segment,
    missing: Period,
    scale: InvoiceScale,
) -> Result<Option<Due>, Inconsistent> {
    let amount = segment.amount(missing, scale).ok_or(MoneyError::Overflow)?;
    let segment = Segment {
        period: missing,
        ..*segment
    };
    Ok(amount
        .is_positive()
        .then_some(Due::Charge { segment, amount }))
}

/// Takes days back for what the same days cost, so that an equal price never leaves a difference; the last days of a
/// line take whatever is left of its amount.
fn repair(
    item: &Billed,
    gone: Period,
    so_far: &[Due],
    scale: InvoiceScale,
) -> Result<Option<Due>, Inconsistent> {
    let now = so_far.iter().filter_map(|it| match it {
        Due::Repair {
            of, period, amount, ..
        } if *of == item.line => Some((*period, amount.checked_neg())),
        _ => None,
    });
    let mut left = item.amount;
    let mut days = item.period.days();
    for (period, amount) in item
        .repaired
        .iter()
        .map(|(it, money)| (*it, Ok(*money)))
        .chain(now)
    {
        left = left.checked_sub(amount?)?;
        days -= period.days();
    }
    if left.is_negative() || days < gone.days() {
        return Err(Inconsistent::OverRepaired);
    }
    let back = if days == gone.days() {
        left
    } else {
        let cost = cost(item.price, gone, item.cycle, scale);
        cost.ok_or(MoneyError::Overflow)?.min(left)?
    };
    let amount = back.checked_neg()?;
    let (of, plan, cycle, price) = (item.line, item.plan, item.cycle, item.price);
    Ok(back.is_positive().then_some(Due::Repair {
        of,
        plan,
        period: gone,
        cycle,
        price,
        amount,
    }))
}

#[cfg(test)]
mod tests;
