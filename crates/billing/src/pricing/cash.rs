//! The rounding of what is handed over in cash or mobile money: a line of its own, never hidden in a price.

use kernel::Money;

use crate::ratio::Ratio;
use crate::rounding::Rounding;

/// How what is due comes to be payable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CashRounding {
    /// To the minor unit: nothing is added.
    #[default]
    None,
    /// To the smallest coin in use, in minor units.
    ToCoin(i64),
    /// By an amount that was agreed, above or below zero.
    By(Money),
}

/// What is added to a document's total so that it can be paid in the smallest coin in use: EN 16931 BT-114.
///
/// `coin` is that coin in minor units: 100 for whole rupees, where 50 paise and more go up (India, CGST Act, section 170).
/// Tax stays what it is. `None` if it does not fit or the coin is not above zero.
///
/// ```
/// use billing::{Rounding, cash_rounding};
/// use kernel::Money;
///
/// let total = Money::from_minor(118_050, "INR".parse()?);
/// let added = cash_rounding(total, 100, Rounding::default());
/// assert_eq!(added, Some(Money::from_minor(50, total.currency())));
/// # Ok::<(), kernel::BadCurrency>(())
/// ```
#[must_use]
pub fn cash_rounding(total: Money, coin: i64, rounding: Rounding) -> Option<Money> {
    let rounded = Ratio::ONE.of(total.minor(), coin, rounding)?;
    let added = rounded.checked_sub(total.minor())?;
    Some(Money::from_minor(added, total.currency()))
}
