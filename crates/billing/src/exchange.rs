//! What changing components in the middle of a cycle takes back and charges.

use kernel::{Currency, LocalDate, Money, MoneyError};

use crate::interval::Interval;
use crate::period::Period;
use crate::proration::{DayCount, prorate};
use crate::rounding::{InvoiceScale, Rounding};

/// One change of what a subscription is made of. Prices are those of a whole cycle, quantity included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// A component got another price: what is left of the old one goes back, what is left of the new one is charged.
    Replaced {
        /// The price until now.
        old: Money,
        /// The price from now on.
        new: Money,
    },
    /// A component went.
    Removed(Money),
    /// A component came.
    Added(Money),
    /// A component came whose price is for a cycle of its own; it is charged for what is left of the subscription's.
    AddedForOwnCycle {
        /// The price of its own cycle.
        price: Money,
        /// That cycle's length.
        interval: Interval,
    },
    /// A fee that is paid once came: it is charged in full, whatever day it is.
    AddedOnce(Money),
    /// A component billed by what was used changed: it is billed when the cycle is over, and never prorated.
    Metered,
}

/// How an exchange is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExchangeTerms {
    /// How days are weighed.
    pub day_count: DayCount,
    /// The invoice scale.
    pub scale: InvoiceScale,
    /// The rounding of each line.
    pub rounding: Rounding,
}

/// The lines of an exchange on a day of a cycle, in the order of the changes, credits below zero; each is rounded by
/// itself. On the day the cycle ends nothing is left, and there are no lines.
///
/// The day of the change belongs to the new components (billing.md, section 3.2).
///
/// # Errors
/// [`MoneyError::Overflow`] if an amount does not fit.
pub fn exchange(
    changes: &[Exchange],
    cycle: Period,
    interval: Interval,
    on: LocalDate,
    terms: ExchangeTerms,
) -> Result<Vec<Money>, MoneyError> {
    let rest = Period {
        start: on.max(cycle.start),
        end: cycle.end,
    };
    let share = |price: Money, cycle: Period, interval: Interval| {
        let ratio = terms.day_count.ratio(rest, cycle, interval);
        prorate(price, ratio, terms.scale, terms.rounding)
    };
    let left = |price: Money| share(price, cycle, interval);
    let mut lines = Vec::new();
    for change in changes {
        match *change {
            Exchange::Replaced { old, new } => {
                lines.extend([left(old)?.checked_neg()?, left(new)?]);
            }
            Exchange::Removed(price) => lines.push(left(price)?.checked_neg()?),
            Exchange::Added(price) => lines.push(left(price)?),
            Exchange::AddedForOwnCycle { price, interval } => {
                let own = own_cycle(rest.start, interval).unwrap_or(cycle);
                lines.push(share(price, own, interval)?);
            }
            Exchange::AddedOnce(amount) => lines.push(amount),
            Exchange::Metered => {}
        }
    }
    lines.retain(|it| !it.is_zero());
    Ok(lines)
}

fn own_cycle(start: LocalDate, interval: Interval) -> Option<Period> {
    let end = interval.advance(start, 1)?;
    Some(Period { start, end })
}

/// What lines come to, and who owes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Net {
    /// The sum of the lines; below zero when more goes back than is charged.
    pub total: Money,
    /// What is to be paid; never below zero.
    pub due: Money,
    /// What becomes credit of the customer; never below zero.
    pub credit: Money,
}

impl Net {
    /// The sum of lines of one currency.
    ///
    /// # Errors
    /// [`MoneyError`] on mixed currencies or overflow.
    pub fn of(
        currency: Currency,
        lines: impl IntoIterator<Item = Money>,
    ) -> Result<Self, MoneyError> {
        let total = Money::sum(currency, lines)?;
        let zero = Money::zero(currency);
        let (due, credit) = match total.is_negative() {
            true => (zero, total.checked_neg()?),
            false => (total, zero),
        };
        Ok(Self { total, due, credit })
    }
}

#[cfg(test)]
mod tests;
