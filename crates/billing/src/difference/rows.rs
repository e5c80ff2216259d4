//! What missing days cost: days in a row of one cycle at one price sum to what the row costs, however late each is billed.

use chrono::TimeDelta;
use kernel::{Money, MoneyError};

use super::{Billed, Due, Inconsistent, Standing};
use crate::days::without;
use crate::rounding::InvoiceScale;
use crate::schedule::Period;
use crate::segment::{ChargeKind, Segment};

/// A line of which days stay billed.
pub(super) struct Kept<'a> {
    item: &'a Billed,
    days: Vec<Period>,
    left: Money,
}

/// The lines of which days stay billed after some repairs.
pub(super) fn kept<'a>(
    billed: &'a [Billed],
    standing: &[Standing],
    repairs: &[Due],
) -> Result<Vec<Kept<'a>>, Inconsistent> {
    let recurring = billed
        .iter()
        .filter(|it| it.terms.kind == ChargeKind::Recurring);
    let kept = recurring.map(|item| {
        let of_line = |it: &&Due| matches!(it, Due::Repair { of, .. } if *of == item.line);
        let back = || repairs.iter().filter(of_line);
        let stood = standing.iter().filter(|it| it.line == item.line);
        let days = stood.flat_map(|it| without(it.period, back().map(|it| it.segment().period)));
        let amounts = back().map(Due::amount).chain([item.left()?]);
        Ok(Kept {
            item,
            days: days.collect(),
            left: Money::sum(item.amount.currency(), amounts)?,
        })
    });
    kept.collect()
}

/// The desired days that are not billed, the earliest first.
pub(super) fn missing(desired: &[Segment], standing: &[Standing]) -> Vec<Segment> {
    let parts = desired.iter().flat_map(|segment| {
        let days = missing_days(segment, standing).into_iter();
        days.map(|period| Segment { period, ..*segment })
    });
    let mut missing: Vec<Segment> = parts.collect();
    missing.sort_by_key(|it| (it.period, it.terms.component, it.terms.kind));
    missing
}

fn missing_days(segment: &Segment, standing: &[Standing]) -> Vec<Period> {
    match segment.terms.kind {
        ChargeKind::Recurring => {
            let kept = standing.iter().filter(|it| it.terms == segment.terms);
            without(segment.period, kept.map(|it| it.period))
        }
        ChargeKind::Once => {
            // A charge stands until its day is taken back, which nothing but voiding its invoice does.
            let same = |it: &Standing| {
                let (theirs, ours) = (it.terms, segment.terms);
                theirs.kind == ours.kind
                    && (theirs.component, theirs.plan) == (ours.component, ours.plan)
                    && it.period == segment.period
            };
            let missing = !standing.iter().any(same);
            missing.then_some(segment.period).into_iter().collect()
        }
    }
}

/// Charges missing days beside those that are kept.
pub(super) fn charges(
    missing: &[Segment],
    kept: &[Kept<'_>],
    scale: InvoiceScale,
) -> Result<Vec<Due>, Inconsistent> {
    let (mut rows, mut charges) = (Vec::<Row>::new(), Vec::new());
    for segment in missing {
        let alone = segment.amount(segment.period, scale);
        let alone = alone.ok_or(MoneyError::Overflow)?;
        let among = rows.iter_mut().find(|it| it.holds(segment));
        let amount = match among {
            Some(row) => row.charge(segment, scale)?,
            None if is_whole_cycle(segment) => alone,
            None => {
                let mut row = Row::around(segment, missing, kept, scale)?;
                let amount = row.charge(segment, scale)?;
                rows.push(row);
                amount
            }
        };
        // A charge of nothing is dropped, unless its price is nothing: then it is recorded (billing.md, invariant 19).
        let costs = amount.is_positive() || alone.is_positive();
        if costs || segment.price.is_zero() {
            let segment = *segment;
            charges.push(Due::Charge { segment, amount });
        }
    }
    Ok(charges)
}

/// Days in a row of one cycle at one price, however often the plan changed within them and however many bills they came
/// on: their charges sum to what the row costs, so that neither a change of plan nor a late bill costs a step of rounding.
struct Row {
    like: Segment,
    days: Period,
    /// How many of its days are charged now, and how many were so far.
    missing: i64,
    counted: i64,
    charged: Money,
    /// What the days that are kept cost less than their part of the row, or more: rounding, never anything else.
    short: Money,
}

impl Row {
    fn around(
        segment: &Segment,
        missing: &[Segment],
        kept: &[Kept<'_>],
        scale: InvoiceScale,
    ) -> Result<Self, Inconsistent> {
        let missing: Vec<Period> = missing
            .iter()
            .filter(|it| same_price(it, segment))
            .map(|it| it.period)
            .collect();
        let kept: Vec<&Kept<'_>> = kept.iter().filter(|it| it.costs_like(segment)).collect();
        let stood = kept.iter().flat_map(|it| &it.days);
        let days = joined(segment.period, stood.chain(&missing).copied().collect());
        let in_row = missing.iter().filter(|it| it.overlap(days).is_some());
        let mut row = Self {
            like: *segment,
            days,
            missing: in_row.map(|it| it.days()).sum(),
            counted: 0,
            charged: Money::zero(segment.price.currency()),
            short: Money::zero(segment.price.currency()),
        };
        row.short = row.short_of(&kept, scale)?;
        Ok(row)
    }

    /// What is kept falls short of its part of the row by this: nothing where a line also stands for other days, or where
    /// more than rounding lies between them.
    fn short_of(&self, kept: &[&Kept<'_>], scale: InvoiceScale) -> Result<Money, Inconsistent> {
        let none = Money::zero(self.charged.currency());
        let inside = |it: &Period| self.days.overlap(*it) == Some(*it);
        let touches = |it: &&&Kept<'_>| it.days.iter().any(inside);
        let lines: Vec<_> = kept.iter().filter(touches).collect();
        let whole = |it: &&&Kept<'_>| it.item.adjusted.is_zero() && it.days.iter().all(inside);
        if !lines.iter().all(whole) {
            return Ok(none);
        }
        let left = Money::sum(none.currency(), lines.iter().map(|it| it.left))?;
        let cost = self.cost(self.days.days(), scale)?;
        let short = cost
            .checked_sub(self.cost(self.missing, scale)?)?
            .checked_sub(left)?;
        // Every line and every repair was rounded once.
        let rounded = lines
            .iter()
            .map(|it| 1 + it.item.repaired.len())
            .sum::<usize>()
            + 2;
        let most = i64::try_from(rounded)
            .ok()
            .and_then(|it| it.checked_mul(scale.step(none.currency())));
        let is_rounding = most.is_some_and(|it| short.minor().unsigned_abs() <= it.unsigned_abs());
        Ok(if is_rounding { short } else { none })
    }

    fn holds(&self, segment: &Segment) -> bool {
        same_price(&self.like, segment) && self.days.overlap(segment.period).is_some()
    }

    /// What the next days of the row add to what it costs; the last ones make up for what it is short of.
    fn charge(&mut self, next: &Segment, scale: InvoiceScale) -> Result<Money, Inconsistent> {
        self.counted += next.period.days();
        let mut whole = self.cost(self.counted, scale)?;
        if self.counted == self.missing {
            whole = whole.checked_add(self.short)?;
        }
        let amount = whole.checked_sub(self.charged)?;
        self.charged = whole;
        // A repair of rounding alone is never written.
        Ok(match amount.is_negative() {
            true => Money::zero(amount.currency()),
            false => amount,
        })
    }

    /// What so many days of the cycle cost.
    fn cost(&self, days: i64, scale: InvoiceScale) -> Result<Money, MoneyError> {
        let start = self.like.cycle.start;
        let end = start.checked_add_signed(TimeDelta::days(days));
        let part = end.map(|end| Period { start, end });
        let cost = part.and_then(|it| self.like.amount(it, scale));
        cost.ok_or(MoneyError::Overflow)
    }
}

impl Kept<'_> {
    fn costs_like(&self, segment: &Segment) -> bool {
        let item = self.item;
        let quantity = item.terms.quantity;
        item.cycle == segment.cycle
            && (item.terms.component, item.terms.kind)
                == (segment.terms.component, segment.terms.kind)
            && (item.price, quantity) == (segment.price, segment.terms.quantity)
    }
}

/// Whether nothing of the cycle is billed yet and no other price is in it: it costs its price, beside nothing.
fn is_whole_cycle(segment: &Segment) -> bool {
    segment.terms.kind == ChargeKind::Recurring && segment.period == segment.cycle
}

/// Whether two parts of a cycle cost the same a day. What is charged once is a row of its own.
fn same_price(one: &Segment, other: &Segment) -> bool {
    let price = |it: &Segment| (it.terms.component, it.price, it.terms.quantity);
    // Cycles first: they tell most apart.
    one.cycle == other.cycle
        && (one == other
            || one.terms.kind == ChargeKind::Recurring
                && other.terms.kind == ChargeKind::Recurring
                && price(one) == price(other))
}

/// The days in a row around some days, among others.
fn joined(mut days: Period, mut others: Vec<Period>) -> Period {
    loop {
        let touches = |it: &Period| it.start <= days.end && days.start <= it.end;
        let (near, far): (Vec<_>, Vec<_>) = others.into_iter().partition(touches);
        for it in &near {
            days.start = days.start.min(it.start);
            days.end = days.end.max(it.end);
        }
        if near.is_empty() {
            return days;
        }
        others = far;
    }
}
