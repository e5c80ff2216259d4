//! The simplest bill: lines, a discount before tax, one tax rate.

use kernel::{Money, MoneyError};

use crate::ratio::Ratio;
use crate::rounding::Rounding;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The lines less the discount.
    pub subtotal: Money,
    /// Tax on the subtotal, rounded once, half away from zero.
    pub tax: Money,
    /// Both.
    pub total: Money,
}

/// A claim that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadClaim {
    /// A discount below zero or above the lines (billing.md, invariant 26).
    #[error("a discount of {discount} does not fit lines of {lines}")]
    Discount {
        /// The discount.
        discount: Money,
        /// The sum of the lines.
        lines: Money,
    },
    /// A tax rate below zero.
    #[error("a tax rate must not be negative, but is {0}")]
    Rate(Ratio),
    /// The amounts do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Claim {
    /// What lines, a discount and a tax rate come to.
    ///
    /// # Errors
    /// [`BadClaim`] names the rule.
    pub fn of(lines: &[Money], discount: Money, tax_rate: Ratio) -> Result<Self, BadClaim> {
        let lines = Money::sum(discount.currency(), lines.iter().copied())?;
        let subtotal = lines.checked_sub(discount)?;
        if discount.is_negative() || subtotal.is_negative() {
            return Err(BadClaim::Discount { discount, lines });
        }
        let tax = tax_on(subtotal, tax_rate)?;
        let total = subtotal.checked_add(tax)?;
        Ok(Self {
            subtotal,
            tax,
            total,
        })
    }
}

/// Tax on an amount, rounded once, half away from zero.
pub(crate) fn tax_on(net: Money, rate: Ratio) -> Result<Money, BadClaim> {
    if rate.is_negative() {
        return Err(BadClaim::Rate(rate));
    }
    let tax = rate.of(net.minor(), 1, Rounding::HalfAwayFromZero);
    let tax = tax.ok_or(MoneyError::Overflow)?;
    Ok(Money::from_minor(tax, net.currency()))
}
