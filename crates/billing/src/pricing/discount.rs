//! Discounts over lines: percentages first, then fixed amounts, never below zero, and not a minor unit lost.

use kernel::{Currency, Money};
use serde::{Deserialize, Serialize};

use super::weights::{common, round_together};
use crate::ratio::Ratio;
use crate::rounding::Rounding;

/// Decimals of a minor unit that a line's precise share of a fixed discount keeps; they bound the size of the fractions
/// when discounts follow one another, and are what Lago keeps.
pub const SHARE_DECIMALS: u32 = 5;

/// How much a discount takes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiscountAmount {
    /// A fraction of what other percentages left, 0 to 1.
    Percent(Ratio),
    /// A fraction, but no more than an amount.
    PercentUpTo(Ratio, Money),
    /// An amount.
    Fixed(Money),
}

/// The lines a discount is spread over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiscountScope {
    /// These, counted from 0.
    Lines(Vec<usize>),
    /// All.
    All,
}

impl DiscountScope {
    fn holds(&self, line: usize) -> bool {
        match self {
            Self::Lines(lines) => lines.contains(&line),
            Self::All => true,
        }
    }

    fn width(&self) -> usize {
        match self {
            Self::Lines(lines) => lines.len(),
            Self::All => usize::MAX,
        }
    }
}

/// A discount, before tax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discount {
    amount: DiscountAmount,
    scope: DiscountScope,
}

/// A discount that cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadDiscount {
    /// More than everything.
    #[error("discount of {percent} is above the whole")]
    AboveWhole {
        /// The fraction.
        percent: Ratio,
    },
    /// Below zero.
    #[error("discount of {amount} is below zero")]
    Negative {
        /// The amount or fraction.
        amount: String,
    },
    /// In another currency than the lines.
    #[error("discount is in {discount}, the lines in {lines}")]
    Currency {
        /// The discount's.
        discount: Currency,
        /// The lines'.
        lines: Currency,
    },
    /// A line that does not exist.
    #[error("discount names line {line}, but there are {lines}")]
    NoSuchLine {
        /// The line, counted from 0.
        line: usize,
        /// How many there are.
        lines: usize,
    },
    /// The figures do not fit.
    #[error("a discount of {lines} lines cannot be computed: a figure is too large")]
    Overflow {
        /// How many lines there are.
        lines: usize,
    },
}

impl Discount {
    /// A discount over some lines.
    ///
    /// # Errors
    /// [`BadDiscount`] for a fraction outside of 0 to 1 or an amount below zero.
    pub fn new(amount: DiscountAmount, scope: DiscountScope) -> Result<Self, BadDiscount> {
        let negative = |amount: String| Err(BadDiscount::Negative { amount });
        match amount {
            DiscountAmount::Percent(percent) | DiscountAmount::PercentUpTo(percent, _)
                if percent > Ratio::ONE =>
            {
                Err(BadDiscount::AboveWhole { percent })
            }
            DiscountAmount::Percent(percent) | DiscountAmount::PercentUpTo(percent, _)
                if percent.is_negative() =>
            {
                negative(percent.to_string())
            }
            DiscountAmount::Fixed(most) | DiscountAmount::PercentUpTo(_, most)
                if most.is_negative() =>
            {
                negative(most.to_string())
            }
            _ => Ok(Self { amount, scope }),
        }
    }

    /// A fraction off every line.
    ///
    /// # Errors
    /// [`BadDiscount`] for a fraction outside of 0 to 1.
    pub fn percent(percent: Ratio) -> Result<Self, BadDiscount> {
        Self::new(DiscountAmount::Percent(percent), DiscountScope::All)
    }

    /// An amount off the whole, spread over every line.
    ///
    /// # Errors
    /// [`BadDiscount`] for an amount below zero.
    pub fn fixed(amount: Money) -> Result<Self, BadDiscount> {
        Self::new(DiscountAmount::Fixed(amount), DiscountScope::All)
    }

    /// How much it takes off.
    #[must_use]
    pub const fn amount(&self) -> DiscountAmount {
        self.amount
    }

    fn fits(&self, lines: usize, currency: Currency) -> Result<(), BadDiscount> {
        if let DiscountScope::Lines(named) = &self.scope
            && let Some(line) = named.iter().find(|it| **it >= lines)
        {
            return Err(BadDiscount::NoSuchLine { line: *line, lines });
        }
        match self.amount {
            DiscountAmount::Fixed(money) | DiscountAmount::PercentUpTo(_, money)
                if money.currency() != currency =>
            {
                Err(BadDiscount::Currency {
                    discount: money.currency(),
                    lines: currency,
                })
            }
            _ => Ok(()),
        }
    }

    /// Where it stands in the order: percentages, capped ones after others, then amounts; narrow ones first, so that a wide
    /// one takes what they leave. The order they are given in never matters (billing.md, invariant 26).
    fn place(&self) -> (u8, usize, i64, Ratio, DiscountScope) {
        let scope = self.scope.clone();
        let (kind, minor, percent) = match self.amount {
            DiscountAmount::Percent(percent) => (0, 0, percent),
            DiscountAmount::PercentUpTo(percent, most) => (1, most.minor(), percent),
            DiscountAmount::Fixed(amount) => (2, amount.minor(), Ratio::ZERO),
        };
        (kind, scope.width(), minor, percent, scope)
    }
}

/// What discounts take off, line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discounted {
    /// The precise share of each line in minor units; amounts keep [`SHARE_DECIMALS`].
    pub precise: Vec<Ratio>,
    /// The share of each line as it is printed: they sum to the total.
    pub shares: Vec<Money>,
    /// What is taken off in total.
    pub total: Money,
}

/// Spreads discounts over the amounts of lines, in proportion to what is left of each.
///
/// Percentages apply one after the other to what the others left; then each amount is spread, capped at what is left. The
/// total is rounded once to a multiple of `step` minor units; the printed shares are the precise ones rounded so that they
/// sum to it. Lines below zero take their part of percentages and none of amounts.
///
/// # Errors
/// [`BadDiscount`] for another currency, a line that does not exist, or figures that do not fit.
pub fn discount_lines(
    amounts: &[Money],
    discounts: &[Discount],
    currency: Currency,
    step: i64,
    rounding: Rounding,
) -> Result<Discounted, BadDiscount> {
    let lines = amounts.len();
    let overflow = BadDiscount::Overflow { lines };
    for discount in discounts {
        discount.fits(lines, currency)?;
    }
    if let Some(other) = amounts.iter().find(|it| it.currency() != currency) {
        let discount = currency;
        let lines = other.currency();
        return Err(BadDiscount::Currency { discount, lines });
    }
    let mut ordered: Vec<&Discount> = discounts.iter().collect();
    ordered.sort_by_cached_key(|it| it.place());
    let mut spread = Spread::over(amounts);
    for discount in ordered {
        spread.take(discount).ok_or_else(|| overflow.clone())?;
    }
    spread.printed(currency, step, rounding).ok_or(overflow)
}

/// What is left of each line, and what was taken off so far.
struct Spread {
    left: Vec<Ratio>,
    precise: Vec<Ratio>,
    total: Ratio,
}

impl Spread {
    fn over(amounts: &[Money]) -> Self {
        Self {
            left: amounts.iter().map(|it| Ratio::whole(it.minor())).collect(),
            precise: vec![Ratio::ZERO; amounts.len()],
            total: Ratio::ZERO,
        }
    }

    fn take(&mut self, discount: &Discount) -> Option<()> {
        match discount.amount {
            DiscountAmount::Fixed(amount) => {
                self.take_amount(Ratio::whole(amount.minor()), &discount.scope)
            }
            DiscountAmount::Percent(percent) => self.take_percent(percent, &discount.scope),
            DiscountAmount::PercentUpTo(percent, most) => {
                let most = Ratio::whole(most.minor());
                let whole = self.sum(|line, _| discount.scope.holds(line))?;
                match whole.checked_mul(percent)? > most {
                    true => self.take_amount(most, &discount.scope),
                    false => self.take_percent(percent, &discount.scope),
                }
            }
        }
    }

    fn sum(&self, wanted: impl Fn(usize, Ratio) -> bool) -> Option<Ratio> {
        let all = self.left.iter().copied().enumerate();
        all.filter(|(line, left)| wanted(*line, *left))
            .try_fold(Ratio::ZERO, |sum, (_, left)| sum.checked_add(left))
    }

    fn take_percent(&mut self, percent: Ratio, scope: &DiscountScope) -> Option<()> {
        for line in (0..self.left.len()).filter(|it| scope.holds(*it)) {
            let share = self.left.get(line)?.checked_mul(percent)?;
            self.give(line, share)?;
            self.total = self.total.checked_add(share)?;
        }
        Some(())
    }

    fn take_amount(&mut self, amount: Ratio, scope: &DiscountScope) -> Option<()> {
        let open = |line: usize, left: Ratio| scope.holds(line) && left > Ratio::ZERO;
        let available = self.sum(open)?;
        let overall = self.sum(|_, _| true)?.max(Ratio::ZERO);
        let applied = amount.min(available).min(overall);
        if applied.is_zero() {
            return Some(());
        }
        let part = applied.checked_div(available)?;
        let fine = Ratio::new(1, 10_i128.pow(SHARE_DECIMALS))?;
        for line in 0..self.left.len() {
            let left = *self.left.get(line)?;
            if open(line, left) {
                let exact = left.checked_mul(part)?;
                let near = exact.round_to(fine, Rounding::HalfAwayFromZero)?;
                let share = if part == Ratio::ONE {
                    left
                } else {
                    near.min(left)
                };
                self.give(line, share)?;
            }
        }
        self.total = self.total.checked_add(applied)?;
        Some(())
    }

    fn give(&mut self, line: usize, share: Ratio) -> Option<()> {
        let left = self.left.get_mut(line)?;
        *left = left.checked_sub(share)?;
        let taken = self.precise.get_mut(line)?;
        *taken = taken.checked_add(share)?;
        Some(())
    }

    fn printed(self, currency: Currency, step: i64, rounding: Rounding) -> Option<Discounted> {
        let total = self.total.of(1, step, rounding)?;
        let (numerators, denominator) = common(&self.precise)?;
        let shares = round_together(&numerators, denominator, total, step)?;
        let money = |it: i64| Money::from_minor(it, currency);
        Some(Discounted {
            precise: self.precise,
            shares: shares.into_iter().map(money).collect(),
            total: money(total),
        })
    }
}

#[cfg(test)]
mod tests;
