//! A change of plan by exact shares: at an instant of a period instead of on a day, and which of two prices is dearer.

use std::cmp::Ordering;

use kernel::{Money, MoneyError};

use crate::interval::{Interval, IntervalUnit};
use crate::ratio::Ratio;
use crate::rounding::{InvoiceScale, Rounding};

/// What a change within a period gives back and charges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch {
    /// What was not used of the old price, zero or below.
    pub credit: Money,
    /// What the rest of the period costs at the new price.
    pub charge: Money,
}

impl Switch {
    /// A change when a share of a period is over: for passes that are counted in minutes or hours, and to check systems
    /// that count seconds. Each of the two lines is rounded once.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] for a share outside 0 to 1 or an amount that does not fit.
    ///
    /// ```
    /// use billing::{InvoiceScale, Switch};
    /// use kernel::Money;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let usd = "USD".parse()?;
    /// let (old, new) = (Money::from_minor(1_000, usd), Money::from_minor(2_000, usd));
    /// let half_way = Switch::after("1/2".parse()?, old, new, InvoiceScale::new(2, usd)?)?;
    /// assert_eq!(half_way.net()?.to_string(), "USD 5.00");
    /// # Ok(())
    /// # }
    /// ```
    pub fn after(
        elapsed: Ratio,
        old: Money,
        new: Money,
        scale: InvoiceScale,
    ) -> Result<Self, MoneyError> {
        let left = Ratio::ONE.checked_sub(elapsed);
        let left = left.filter(|it| !it.is_negative() && !elapsed.is_negative());
        let left = left.ok_or(MoneyError::Overflow)?;
        let share = |price: Money| {
            let currency = price.currency();
            let minor = left.of(price.minor(), scale.step(currency), Rounding::default());
            let minor = minor.ok_or(MoneyError::Overflow)?;
            Ok::<_, MoneyError>(Money::from_minor(minor, currency))
        };
        Ok(Self {
            credit: share(old)?.checked_neg()?,
            charge: share(new)?,
        })
    }

    /// What both come to.
    ///
    /// # Errors
    /// [`MoneyError`] on overflow or for prices of two currencies.
    pub fn net(self) -> Result<Money, MoneyError> {
        self.charge.checked_add(self.credit)
    }
}

/// Which way a change goes: the new price against the current one, both brought to a year, so that a cheap year is below a
/// dear month. A year has twelve months, 365 days, and 365/7 weeks.
///
/// # Errors
/// [`MoneyError`] for two currencies, or prices that do not fit.
pub fn price_direction(
    (current, every): (Money, Interval),
    (new, new_every): (Money, Interval),
) -> Result<Ordering, MoneyError> {
    // Fails on two currencies.
    current.checked_sub(new)?;
    let current = a_year_of(current, every).ok_or(MoneyError::Overflow)?;
    let new = a_year_of(new, new_every).ok_or(MoneyError::Overflow)?;
    Ok(new.cmp(&current))
}

fn a_year_of(price: Money, every: Interval) -> Option<Ratio> {
    let (over, under) = match every.unit() {
        IntervalUnit::Months => (12, 1),
        IntervalUnit::Weeks => (365, 7),
        IntervalUnit::Days => (365, 1),
        IntervalUnit::Hours => (365 * 24, 1),
        IntervalUnit::Minutes => (365 * 24 * 60, 1),
    };
    let times = Ratio::new(over, under * i128::from(every.count()))?;
    times.checked_mul(Ratio::whole(price.minor()))
}

#[cfg(test)]
mod tests {
    //! Shares of a period at both prices, and years compared with months.

    #![allow(clippy::unwrap_used)]

    use std::cmp::Ordering;

    use kernel::Money;

    use super::{Switch, price_direction};
    use crate::interval::{Interval, IntervalUnit};
    use crate::ratio::Ratio;
    use crate::rounding::InvoiceScale;

    fn usd(minor: i64) -> Money {
        Money::from_minor(minor, "USD".parse().unwrap())
    }

    fn after(elapsed: Ratio) -> Option<Switch> {
        let cents = InvoiceScale::new(2, usd(0).currency()).unwrap();
        Switch::after(elapsed, usd(1_001), usd(999), cents).ok()
    }

    #[test]
    fn both_shares_are_rounded_once() {
        let half = Ratio::new(1, 2).unwrap();
        let found = after(half).unwrap();
        assert_eq!((found.credit, found.charge), (usd(-501), usd(500)));
        assert_eq!(found.net(), Ok(usd(-1)));
        assert_eq!(after(Ratio::ONE).unwrap().credit, usd(0));
        assert_eq!(after(Ratio::whole(2)), None);
        assert_eq!(after(Ratio::whole(-1)), None);
    }

    #[test]
    fn a_year_is_compared_with_months() {
        let year = Interval::new(IntervalUnit::Months, 12).unwrap();
        let month = (usd(2_000), Interval::MONTH);
        assert_eq!(
            price_direction(month, (usd(30_000), year)),
            Ok(Ordering::Greater)
        );
        assert_eq!(
            price_direction(month, (usd(24_000), year)),
            Ok(Ordering::Equal)
        );
        assert_eq!(
            price_direction(month, (usd(18_000), year)),
            Ok(Ordering::Less)
        );
        let days = Interval::new(IntervalUnit::Days, 30).unwrap();
        assert_eq!(
            price_direction(month, (usd(2_000), days)),
            Ok(Ordering::Greater)
        );
        let other = Money::from_minor(1, "KES".parse().unwrap());
        assert!(price_direction(month, (other, year)).is_err());
    }
}
