//! What is still to be billed: the desired segments minus what was billed already.

mod let_go;
mod rows;

use std::fmt;

use kernel::{InvoiceId, LocalDate, Money, MoneyError};

pub use let_go::{LetGo, let_go};

use crate::days::{lies_within, without};
use crate::rounding::InvoiceScale;
use crate::schedule::Period;
use crate::segment::{ChargeKind, Segment, Terms, cost};

/// A line of an issued invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineRef {
    /// The invoice.
    pub invoice: InvoiceId,
    /// The line, counted from 0.
    pub line: u16,
}

impl fmt::Display for LineRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of invoice {}", self.line, self.invoice)
    }
}

/// A charge that was billed, with what was taken back of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Billed {
    /// Where it stands.
    pub line: LineRef,
    /// What was agreed.
    pub terms: Terms,
    /// The days it is for.
    pub period: Period,
    /// The whole cycle.
    pub cycle: Period,
    /// The price of the whole cycle for one unit.
    pub price: Money,
    /// What was charged.
    pub amount: Money,
    /// What was taken off the amount without taking days back, zero or more.
    pub adjusted: Money,
    /// Parts that were taken back: days, and the amount, above zero.
    pub repaired: Vec<(Period, Money)>,
}

impl Billed {
    /// What is left of its amount after everything that was taken back and taken off.
    ///
    /// # Errors
    /// [`Inconsistent::OverRepaired`] if that is more than was charged.
    pub fn left(&self) -> Result<Money, Inconsistent> {
        let given_back = self.repaired.iter().map(|(_, it)| *it);
        let back = Money::sum(self.amount.currency(), given_back.chain([self.adjusted]))?;
        let left = self.amount.checked_sub(back)?;
        if left.is_negative() {
            return Err(Inconsistent::OverRepaired {
                line: self.line,
                charged: self.amount,
                back,
            });
        }
        Ok(left)
    }
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
        /// What that line is for; `period` is the part that is taken back.
        segment: Segment,
        /// What is given back, below zero.
        amount: Money,
    },
}

impl Due {
    /// What it adds to the invoice.
    #[must_use]
    pub const fn amount(&self) -> Money {
        match self {
            Self::Charge { amount, .. } | Self::Repair { amount, .. } => *amount,
        }
    }

    /// What it is for.
    #[must_use]
    pub const fn segment(&self) -> &Segment {
        match self {
            Self::Charge { segment, .. } | Self::Repair { segment, .. } => segment,
        }
    }
}

/// Billing must stop for the account until a person has looked at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Inconsistent {
    /// The same days of a component were billed twice.
    #[error("days from {from} to {until} were billed twice: by {first} and {second}")]
    BilledTwice {
        /// The one line.
        first: LineRef,
        /// The other line.
        second: LineRef,
        /// The first of the days.
        from: LocalDate,
        /// The day after the last of them.
        until: LocalDate,
    },
    /// The same days of a line were taken back twice.
    #[error("days of {line} from {from} on were taken back twice")]
    RepairedTwice {
        /// The line.
        line: LineRef,
        /// The first of the days that were taken back last.
        from: LocalDate,
    },
    /// Days were taken back that the line is not for.
    #[error("days from {from} to {until} were taken back of {line}, which is not for them")]
    RepairOutside {
        /// The line.
        line: LineRef,
        /// The first day that was taken back.
        from: LocalDate,
        /// The day after the last.
        until: LocalDate,
    },
    /// Something was taken back of a line that does not exist.
    #[error("{line} was taken back but does not exist")]
    NothingToRepair {
        /// The line.
        line: LineRef,
    },
    /// More was taken back than was charged.
    #[error("{back} was taken back of {line}, which charged {charged}")]
    OverRepaired {
        /// The line.
        line: LineRef,
        /// What it charged.
        charged: Money,
        /// What was taken back of it and taken off.
        back: Money,
    },
    /// More is given back than charged, which needs a credit note.
    #[error("more would be given back than charged")]
    NegativeTotal,
    /// An amount does not fit.
    #[error("an amount cannot be computed")]
    Amount(#[from] MoneyError),
}

/// Days of a line that were not taken back: a *net segment*.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The line.
    pub line: LineRef,
    /// What was agreed.
    pub terms: Terms,
    /// The days.
    pub period: Period,
    /// What these days cost: all of the line, or their share of its price.
    pub amount: Money,
}

/// The days that stand billed, the earliest first.
///
/// # Errors
/// [`Inconsistent`] if days were billed twice, or taken back twice, or of a line that is not for them. Amounts are not
/// compared: [`diff`] does that.
pub fn standing(billed: &[Billed], scale: InvoiceScale) -> Result<Vec<Standing>, Inconsistent> {
    let mut all = Vec::new();
    for item in in_order(billed) {
        for period in standing_days(item)? {
            let share = || cost(item.price, item.terms.quantity, period, item.cycle, scale);
            let whole = period == item.period;
            let amount = if whole { Some(item.amount) } else { share() };
            all.push(Standing {
                line: item.line,
                terms: item.terms,
                period,
                amount: amount.ok_or(MoneyError::Overflow)?,
            });
        }
    }
    all.sort_by_key(|it| (it.period, it.line));
    refuse_overlaps(&all, billed, scale)?;
    Ok(all)
}

/// What must be charged and taken back so that what was billed equals what is desired. Empty: nothing to do.
///
/// Days that are billed on the desired terms are kept, whatever cycle they were billed in. The rest of what was billed
/// becomes repairs, capped at what is left of their line after adjustments and earlier repairs; the rest of what is
/// desired becomes charges. Days in a row of one cycle at one price cost together what the whole row costs, however many
/// bills and plans they are spread over (billing.md, invariant 10). One-time charges are billed once for their component,
/// plan and day; nothing but voiding their invoice takes them back.
/// Applying the result and asking again yields nothing, and the order of the facts does not matter.
///
/// # Errors
/// [`Inconsistent`] if what was billed contradicts itself; nothing is guessed.
pub fn diff(
    desired: &[Segment],
    billed: &[Billed],
    scale: InvoiceScale,
) -> Result<Vec<Due>, Inconsistent> {
    diff_keeping(desired, desired, billed, scale)
}

/// The same, where more may stand than is desired now: only what is not kept either is taken back. For a date before the
/// last one that was billed.
pub(crate) fn diff_keeping(
    desired: &[Segment],
    kept: &[Segment],
    billed: &[Billed],
    scale: InvoiceScale,
) -> Result<Vec<Due>, Inconsistent> {
    let standing = standing(billed, scale)?;
    let mut due = Vec::new();
    for item in in_order(billed) {
        due.extend(repairs(item, &standing, kept, scale)?);
    }
    due.sort_by_key(order);
    let kept = rows::kept(billed, &standing, &due)?;
    let missing = rows::missing(desired, &standing);
    due.extend(rows::charges(&missing, &kept, scale)?);
    Ok(due)
}

/// By days and line, so that the order of the facts leaves no trace.
fn order(due: &Due) -> (Period, Option<LineRef>) {
    let line = match due {
        Due::Charge { .. } => None,
        Due::Repair { of, .. } => Some(*of),
    };
    (due.segment().period, line)
}

fn in_order(billed: &[Billed]) -> Vec<&Billed> {
    let mut all: Vec<_> = billed.iter().collect();
    all.sort_by_key(|it| (it.period, it.line));
    all
}

/// The days of a line that were not taken back.
fn standing_days(item: &Billed) -> Result<Vec<Period>, Inconsistent> {
    let mut back: Vec<Period> = item.repaired.iter().map(|(days, _)| *days).collect();
    back.sort_unstable();
    let line = item.line;
    for days in &back {
        if !lies_within(*days, item.period) {
            let (from, until) = (days.start, days.end);
            return Err(Inconsistent::RepairOutside { line, from, until });
        }
    }
    if let Some(pair) = back.windows(2).find(|it| it[1].start < it[0].end) {
        let from = pair[1].start;
        return Err(Inconsistent::RepairedTwice { line, from });
    }
    Ok(without(item.period, back))
}

/// Days of one component that stand on two lines were billed twice, unless they cost nothing on one of them: such days
/// are never taken back, because there is nothing to give back (billing.md, invariants 17 and 19). Neither do lines
/// conflict of which nothing is left.
fn refuse_overlaps(
    all: &[Standing],
    billed: &[Billed],
    scale: InvoiceScale,
) -> Result<(), Inconsistent> {
    let costs = |line: LineRef, days: Period| {
        let item = billed.iter().find(|it| it.line == line);
        item.is_some_and(|it| {
            let cost = cost(it.price, it.terms.quantity, days, it.cycle, scale);
            let spent = it.left().is_ok_and(Money::is_zero);
            !spent && cost.is_none_or(|it| !it.is_zero())
        })
    };
    for (place, first) in all.iter().enumerate() {
        // Sorted by their first day: what begins after this one ends cannot reach back.
        let near = all[place + 1..]
            .iter()
            .take_while(|it| it.period.start < first.period.end);
        for second in near.filter(|it| same_component(first, it)) {
            let Some(both) = first.period.overlap(second.period) else {
                continue;
            };
            if costs(first.line, both) && costs(second.line, both) {
                return Err(Inconsistent::BilledTwice {
                    first: first.line,
                    second: second.line,
                    from: both.start,
                    until: both.end,
                });
            }
        }
    }
    Ok(())
}

fn same_component(first: &Standing, second: &Standing) -> bool {
    let (first, second) = (first.terms, second.terms);
    let recur = (first.kind, second.kind) == (ChargeKind::Recurring, ChargeKind::Recurring);
    recur && first.component == second.component
}

fn repairs(
    item: &Billed,
    standing: &[Standing],
    desired: &[Segment],
    scale: InvoiceScale,
) -> Result<Vec<Due>, Inconsistent> {
    let mut back = Vec::new();
    for (gone, given) in given_back(item, standing, desired, scale)? {
        if given.is_positive() {
            back.push(repair(item, gone, given.checked_neg()?));
        }
    }
    Ok(back)
}

/// The days of a line that are not desired on its terms, and what is given back for each: what the same days cost, so
/// that an equal price never leaves a difference; the last days of a line take whatever is left of its amount.
fn given_back(
    item: &Billed,
    standing: &[Standing],
    desired: &[Segment],
    scale: InvoiceScale,
) -> Result<Vec<(Period, Money)>, Inconsistent> {
    let mut left = item.left()?;
    if item.terms.kind == ChargeKind::Once {
        return Ok(Vec::new());
    }
    let mine = || standing.iter().filter(|it| it.line == item.line);
    let mut days_left: i64 = mine().map(|it| it.period.days()).sum();
    let mut back = Vec::new();
    for days in mine() {
        let kept = desired.iter().filter(|it| it.terms == item.terms);
        for gone in without(days.period, kept.map(|it| it.period)) {
            let share = || cost(item.price, item.terms.quantity, gone, item.cycle, scale);
            let given = match days_left == gone.days() {
                true => left,
                false => share().ok_or(MoneyError::Overflow)?.min(left)?,
            };
            days_left -= gone.days();
            left = left.checked_sub(given)?;
            back.push((gone, given));
        }
    }
    Ok(back)
}

const fn repair(item: &Billed, days: Period, amount: Money) -> Due {
    Due::Repair {
        of: item.line,
        segment: Segment {
            terms: item.terms,
            period: days,
            cycle: item.cycle,
            price: item.price,
        },
        amount,
    }
}

#[cfg(test)]
mod tests;
