//! Monthly recurring revenue: what active subscriptions bring in a month, without tax and one-time charges.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{AccountId, Currency, Money, MoneyError};

use crate::interval::{Interval, IntervalUnit};
use crate::ratio::Ratio;
use crate::rounding::Rounding;

/// Something that is paid again every interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recurring {
    /// The price of one for one interval, without tax.
    pub price: Money,
    /// How many are bought.
    pub quantity: u32,
    /// How often it is paid.
    pub interval: Interval,
}

/// Why there is no such figure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadReport {
    /// Minutes and hours are bought as passes and do not recur.
    #[error("an interval of {count} {unit} does not recur", unit = .unit.as_str())]
    NotRecurring {
        /// The unit.
        unit: IntervalUnit,
        /// How many of it.
        count: u16,
    },
    /// A movement is told by its name, not by its sign.
    #[error("{name} must not be negative, but is {amount}")]
    Negative {
        /// Which movement.
        name: &'static str,
        /// What it was given as.
        amount: Money,
    },
    /// The amounts do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// What it brings in a month, exactly, in minor units.
///
/// A year has 12 months, 52 weeks and 365 days: 300 a year are 25 a month, 12 a week are 52.
///
/// # Errors
/// [`BadReport`] for minutes and hours, and for figures that do not fit.
pub fn monthly(item: Recurring) -> Result<Ratio, BadReport> {
    let count = i128::from(item.interval.count());
    let in_a_month = match item.interval.unit() {
        IntervalUnit::Months => Ratio::new(1, count),
        IntervalUnit::Weeks => Ratio::new(52, 12 * count),
        IntervalUnit::Days => Ratio::new(365, 12 * count),
        unit @ (IntervalUnit::Minutes | IntervalUnit::Hours) => {
            let count = item.interval.count();
            return Err(BadReport::NotRecurring { unit, count });
        }
    };
    let each = Ratio::whole(item.price.minor());
    let all = each.checked_mul(Ratio::whole(i64::from(item.quantity)));
    let monthly = all.and_then(|it| it.checked_mul(in_a_month?));
    Ok(monthly.ok_or(MoneyError::Overflow)?)
}

/// Monthly recurring revenue of many items: summed exactly, rounded once, half away from zero.
///
/// # Errors
/// [`BadReport`] for items that do not recur, in another currency, or too large.
pub fn mrr(currency: Currency, items: &[Recurring]) -> Result<Money, BadReport> {
    let mut sum = Ratio::ZERO;
    for item in items {
        // The sum of nothing tells a foreign currency.
        Money::zero(currency).checked_add(Money::zero(item.price.currency()))?;
        let with = sum.checked_add(monthly(*item)?);
        sum = with.ok_or(MoneyError::Overflow)?;
    }
    money(sum, currency)
}

/// Annual recurring revenue: twelve months of it.
///
/// # Errors
/// [`MoneyError::Overflow`].
pub fn annual(mrr: Money) -> Result<Money, MoneyError> {
    let year = mrr.minor().checked_mul(12).ok_or(MoneyError::Overflow)?;
    Ok(Money::from_minor(year, mrr.currency()))
}

/// Average revenue per account, rounded half away from zero; `None` without accounts.
///
/// # Errors
/// [`BadReport::Money`] for a figure that does not fit.
pub fn per_account(revenue: Money, accounts: u64) -> Result<Option<Money>, BadReport> {
    let average = Ratio::new(i128::from(revenue.minor()), i128::from(accounts));
    average.map(|it| money(it, revenue.currency())).transpose()
}

/// Which part of what was there at the start was lost, of customers or of revenue; `None` where nothing was there.
#[must_use]
pub fn churn_rate(at_start: i64, lost: i64) -> Option<Ratio> {
    Ratio::new(i128::from(lost), i128::from(at_start))
}

fn money(minor: Ratio, currency: Currency) -> Result<Money, BadReport> {
    let minor = minor.round(Rounding::HalfAwayFromZero);
    let minor = i64::try_from(minor).map_err(|_| MoneyError::Overflow)?;
    Ok(Money::from_minor(minor, currency))
}

/// How recurring revenue moved between two dates; every part at or above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MrrMovement {
    /// At the first date.
    pub start: Money,
    /// From accounts that never paid before.
    pub new: Money,
    /// From accounts that pay more.
    pub expansion: Money,
    /// From accounts that had left and came back.
    pub reactivation: Money,
    /// Lost to accounts that pay less.
    pub contraction: Money,
    /// Lost to accounts that left.
    pub churn: Money,
}

impl MrrMovement {
    /// Nothing moved.
    #[must_use]
    pub const fn still(start: Money) -> Self {
        let none = Money::zero(start.currency());
        Self {
            start,
            new: none,
            expansion: none,
            reactivation: none,
            contraction: none,
            churn: none,
        }
    }

    /// Recurring revenue at the second date: start + new + expansion + reactivation − contraction − churn (billing.md,
    /// invariant 44).
    ///
    /// # Errors
    /// [`BadReport`] for a negative part, mixed currencies or overflow.
    pub fn end(&self) -> Result<Money, BadReport> {
        let parts = [
            ("new", self.new),
            ("expansion", self.expansion),
            ("reactivation", self.reactivation),
            ("contraction", self.contraction),
            ("churn", self.churn),
        ];
        if let Some((name, amount)) = parts.into_iter().find(|(_, it)| it.is_negative()) {
            return Err(BadReport::Negative { name, amount });
        }
        let gained = [self.new, self.expansion, self.reactivation];
        let gained = Money::sum(self.start.currency(), gained)?;
        let lost = self.contraction.checked_add(self.churn)?;
        Ok(self.start.checked_add(gained)?.checked_sub(lost)?)
    }
}

/// Tells what moved between two dates, account by account. `earlier` are accounts that paid at any time before the first
/// date: those that come back are reactivated, not new.
///
/// # Errors
/// [`BadReport`] for an account's negative revenue, mixed currencies or overflow.
pub fn mrr_movement(
    currency: Currency,
    before: &BTreeMap<AccountId, Money>,
    after: &BTreeMap<AccountId, Money>,
    earlier: &BTreeSet<AccountId>,
) -> Result<MrrMovement, BadReport> {
    let none = Money::zero(currency);
    let start = Money::sum(currency, before.values().copied())?;
    let mut movement = MrrMovement::still(start);
    let accounts: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for account in accounts {
        let at = |when: &BTreeMap<AccountId, Money>| when.get(account).copied().unwrap_or(none);
        let (was, is) = (at(before), at(after));
        for amount in [was, is] {
            if amount.is_negative() {
                let name = "revenue of an account";
                return Err(BadReport::Negative { name, amount });
            }
        }
        let more = is.checked_sub(was)?;
        let (part, amount) = match (was.is_zero(), is.is_zero()) {
            (true, true) => continue,
            (true, false) if earlier.contains(account) => (&mut movement.reactivation, more),
            (true, false) => (&mut movement.new, more),
            (false, true) => (&mut movement.churn, was),
            (false, false) if more.is_negative() => {
                (&mut movement.contraction, more.checked_neg()?)
            }
            (false, false) => (&mut movement.expansion, more),
        };
        *part = part.checked_add(amount)?;
    }
    Ok(movement)
}
