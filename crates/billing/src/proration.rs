//! What part of a cycle's price some of its days cost.

use chrono::Datelike;
use kernel::{LocalDate, Money, MoneyError};
use serde::{Deserialize, Serialize};

use crate::interval::{Interval, IntervalUnit};
use crate::period::Period;
use crate::ratio::Ratio;
use crate::rounding::{InvoiceScale, Rounding};
use crate::schedule::Cycle;

/// How the days of a part are weighed against those of its cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayCount {
    /// The real days of both: 14 days from 1 February are 14/28, or 14/29 in a leap year.
    #[default]
    ActualDays,
    /// A month counts as 30 days, wherever it is cut: from 23 February to 15 March are 22/30. Weeks and days keep their
    /// real length.
    ThirtyDayMonths,
    /// Nothing is prorated: any part of a cycle costs all of it. Changes then wait for the end of the cycle.
    WholeCycles,
}

impl DayCount {
    /// The share of a cycle that a part of it is, from 0 for no day to 1 for all of them; days outside the cycle do not
    /// count. The parts of a cycle sum to 1 however it is cut, unless nothing is prorated (billing.md, invariant 10).
    ///
    /// ```
    /// use billing::{DayCount, Interval, Period};
    ///
    /// let day = |text: &str| text.parse();
    /// let cycle = Period { start: day("2023-02-15")?, end: day("2023-03-15")? };
    /// let part = Period { start: day("2023-02-23")?, ..cycle };
    /// let share = |count: DayCount| count.ratio(part, cycle, Interval::MONTH).to_string();
    /// assert_eq!(share(DayCount::ActualDays), "5/7", "20 of 28");
    /// assert_eq!(share(DayCount::ThirtyDayMonths), "11/15", "22 of 30");
    /// assert_eq!(share(DayCount::WholeCycles), "1");
    /// # Ok::<_, chrono::ParseError>(())
    /// ```
    #[must_use]
    pub fn ratio(self, part: Period, cycle: Period, interval: Interval) -> Ratio {
        let Some(part) = part.overlap(cycle) else {
            return Ratio::ZERO;
        };
        let (days, of) = match self {
            Self::ActualDays => (part.days(), cycle.days()),
            Self::ThirtyDayMonths if interval.unit() == IntervalUnit::Months => {
                let of = i64::from(interval.count()) * 30;
                let at = |day| thirtieths(cycle, day, of);
                (at(part.end) - at(part.start), of)
            }
            Self::ThirtyDayMonths => (part.days(), cycle.days()),
            Self::WholeCycles => (1, 1),
        };
        Ratio::new(i128::from(days), i128::from(of)).unwrap_or(Ratio::ZERO)
    }
}

/// How many days of 30-day months lie between the start of a cycle and a day of it. The end is always the full count, so
/// that a cycle cut short by a February is a whole one all the same.
fn thirtieths(cycle: Period, day: LocalDate, of: i64) -> i64 {
    if day >= cycle.end {
        return of;
    }
    let number = |it: LocalDate| {
        let months = i64::from(it.year()) * 12 + i64::from(it.month0());
        months * 30 + i64::from(it.day().min(30))
    };
    (number(day) - number(cycle.start)).clamp(0, of)
}

impl Cycle {
    /// What share of the whole cycle its part is.
    #[must_use]
    pub fn ratio(&self, interval: Interval, count: DayCount) -> Ratio {
        count.ratio(self.part, self.whole, interval)
    }
}

/// A share of a price, rounded once to the invoice scale.
///
/// ```
/// use billing::{InvoiceScale, Ratio, Rounding, prorate};
/// use kernel::Money;
///
/// let usd = "USD".parse()?;
/// let price = Money::from_minor(24_995, usd);
/// let scale = InvoiceScale::new(2, usd)?;
/// let cost = |ratio: Ratio| prorate(price, ratio, scale, Rounding::default());
/// assert_eq!(cost("14/31".parse()?)?.to_string(), "USD 112.88");
/// assert_eq!(cost("14/30".parse()?)?.to_string(), "USD 116.64");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`MoneyError::Overflow`] if it does not fit.
pub fn prorate(
    price: Money,
    ratio: Ratio,
    scale: InvoiceScale,
    rounding: Rounding,
) -> Result<Money, MoneyError> {
    let currency = price.currency();
    let minor = ratio.of(price.minor(), scale.step(currency), rounding);
    let minor = minor.ok_or(MoneyError::Overflow)?;
    Ok(Money::from_minor(minor, currency))
}

/// The costs of parts of a cycle that follow each other, rounded by difference: each one is what the cycle costs up to its
/// end, minus what it costs up to its start. However a cycle is cut, the parts sum to its price (billing.md, invariant 10).
///
/// ```
/// use billing::{InvoiceScale, Ratio, Rounding, prorate_parts};
/// use kernel::Money;
///
/// let usd = "USD".parse()?;
/// let third: Ratio = "1/3".parse()?;
/// let scale = InvoiceScale::new(2, usd)?;
/// let costs = prorate_parts(Money::from_minor(200, usd), &[third; 3], scale, Rounding::default())?;
/// let minor: Vec<_> = costs.iter().map(|it| it.minor()).collect();
/// assert_eq!(minor, [67, 66, 67]);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`MoneyError::Overflow`] if an amount or the sum of the ratios does not fit.
pub fn prorate_parts(
    price: Money,
    parts: &[Ratio],
    scale: InvoiceScale,
    rounding: Rounding,
) -> Result<Vec<Money>, MoneyError> {
    let mut so_far = Ratio::ZERO;
    let mut before = Money::zero(price.currency());
    let mut costs = Vec::with_capacity(parts.len());
    for part in parts {
        so_far = so_far.checked_add(*part).ok_or(MoneyError::Overflow)?;
        let until = prorate(price, so_far, scale, rounding)?;
        costs.push(until.checked_sub(before)?);
        before = until;
    }
    Ok(costs)
}

#[cfg(test)]
mod tests;
