//! Rounding: once for each published number, half away from zero, to the invoice scale.

use std::cmp::Ordering;

use kernel::Currency;
use serde::{Deserialize, Serialize};

/// How many decimal digits an entity's invoices show: at most the currency's own, fewer where nobody pays with the
/// smallest coins (IDR has two in ISO 4217 and none in practice).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InvoiceScale(u8);

/// The largest price or payment, in minor units: no provider comes near it, and thousands of them still sum without
/// overflow.
pub const MOST_MINOR: i64 = 1_000_000_000_000_000;

/// More digits than the currency has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invoice scale must be 0 to {most} digits for this currency")]
pub struct BadScale {
    /// The digits the currency has.
    pub most: u8,
}

impl InvoiceScale {
    /// A scale of `digits` decimals for a currency.
    ///
    /// # Errors
    /// [`BadScale`] for more digits than the currency has.
    pub fn new(digits: u8, currency: Currency) -> Result<Self, BadScale> {
        let most = currency.exponent();
        if digits > most {
            return Err(BadScale { most });
        }
        Ok(Self(digits))
    }

    /// The digits.
    #[must_use]
    pub const fn digits(self) -> u8 {
        self.0
    }

    /// The smallest step of an amount, in minor units.
    #[must_use]
    pub fn step(self, currency: Currency) -> i64 {
        10_i64.pow(u32::from(currency.exponent().saturating_sub(self.0)))
    }
}

/// How the middle between two steps is decided, and what else stands between them.
///
/// The product rounds half away from zero, so that `round(-x) = -round(x)` and a credit note of the whole mirrors its
/// invoice to the cent (billing.md, invariant 4). The other modes are named options for operators whose books want them.
/// Names as moneyphp and Java have them mislead: their `HALF_UP` is away from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// 2.5 becomes 3, -2.5 becomes -3.
    #[default]
    HalfAwayFromZero,
    /// 2.5 becomes 2, -2.5 becomes -2.
    HalfTowardsZero,
    /// 2.5 becomes 2, 3.5 becomes 4: the banker's way.
    HalfEven,
    /// 2.5 becomes 3, 3.5 becomes 3.
    HalfOdd,
    /// 2.5 becomes 3, -2.5 becomes -2.
    HalfUpwards,
    /// 2.5 becomes 2, -2.5 becomes -3.
    HalfDownwards,
    /// Every rest goes away from zero.
    AwayFromZero,
    /// Every rest is cut off.
    TowardsZero,
    /// Every rest goes up: 2.1 becomes 3, -2.9 becomes -2.
    Upwards,
    /// Every rest goes down: 2.9 becomes 2, -2.1 becomes -3.
    Downwards,
}

/// Not the name of a rounding mode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not a rounding mode, expected one such as half_away_from_zero or half_even")]
pub struct BadRounding {
    /// What was given.
    pub name: String,
}

impl std::str::FromStr for Rounding {
    type Err = BadRounding;

    /// Reads the product's names and those of moneyphp and Java, in any case: `half_even`, `HALF_UP` (away from zero).
    fn from_str(text: &str) -> Result<Self, BadRounding> {
        let name = text.trim().to_ascii_lowercase().replace([' ', '-'], "_");
        Ok(match name.as_str() {
            "half_away_from_zero" | "half_up" | "commercial" => Self::HalfAwayFromZero,
            "half_towards_zero" | "half_down" => Self::HalfTowardsZero,
            "half_even" | "banker" | "bankers" => Self::HalfEven,
            "half_odd" => Self::HalfOdd,
            "half_upwards" | "half_positive_infinity" => Self::HalfUpwards,
            "half_downwards" | "half_negative_infinity" => Self::HalfDownwards,
            "away_from_zero" => Self::AwayFromZero,
            "towards_zero" | "truncate" => Self::TowardsZero,
            "upwards" | "up" | "ceiling" => Self::Upwards,
            "downwards" | "down" | "floor" => Self::Downwards,
            _ => {
                let name = text.to_owned();
                return Err(BadRounding { name });
            }
        })
    }
}

impl Rounding {
    /// `numerator / denominator` as a whole number; the denominator is above zero.
    pub(crate) fn apply(self, numerator: i128, denominator: i128) -> i128 {
        let floor = numerator.div_euclid(denominator);
        let rest = numerator.rem_euclid(denominator);
        if rest == 0 {
            return floor;
        }
        let negative = numerator < 0;
        let up = match rest.cmp(&(denominator - rest)) {
            _ if self.is_directed() => match self {
                Self::AwayFromZero => !negative,
                Self::TowardsZero => negative,
                other => other == Self::Upwards,
            },
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal => match self {
                Self::HalfTowardsZero => negative,
                Self::HalfEven => floor % 2 != 0,
                Self::HalfOdd => floor % 2 == 0,
                Self::HalfUpwards => true,
                Self::HalfDownwards => false,
                _ => !negative,
            },
        };
        if up { floor + 1 } else { floor }
    }

    /// Whether it does not ask which of the two is nearer.
    const fn is_directed(self) -> bool {
        matches!(
            self,
            Self::AwayFromZero | Self::TowardsZero | Self::Upwards | Self::Downwards
        )
    }
}

/// `amount × part / whole`, rounded half away from zero to a multiple of `step`; `None` if it does not fit or `whole`
/// or `step` is not above zero.
#[must_use]
pub fn share(amount: i64, part: i64, whole: i64, step: i64) -> Option<i64> {
    if whole <= 0 || step <= 0 {
        return None;
    }
    let numerator = i128::from(amount) * i128::from(part);
    let denominator = i128::from(whole) * i128::from(step);
    let doubled = numerator.abs() * 2 + denominator;
    let rounded = doubled / (denominator * 2);
    let signed = if numerator < 0 { -rounded } else { rounded };
    i64::try_from(signed * i128::from(step)).ok()
}

#[cfg(test)]
mod tests {
    //! Halves go away from zero, in both directions.

    use super::{Rounding, share};
    use proptest::prelude::{any, prop_assert_eq, proptest};

    #[test]
    fn halves_go_away_from_zero() {
        assert_eq!(share(5, 1, 2, 1), Some(3));
        assert_eq!(share(-5, 1, 2, 1), Some(-3));
        assert_eq!(share(150, 1, 1, 100), Some(200));
        assert_eq!(share(149, 1, 1, 100), Some(100));
    }

    #[test]
    fn what_cannot_be_is_none() {
        assert_eq!(share(1, 1, 0, 1), None);
        assert_eq!(share(1, 1, 1, 0), None);
        assert_eq!(share(i64::MAX, 2, 1, 1), None);
    }

    #[test]
    fn every_mode_decides_as_it_says() {
        // Tenths: -29, -25, -21, 21, 25, 29, 35.
        let cases = [
            (Rounding::HalfAwayFromZero, [-3, -3, -2, 2, 3, 3, 4]),
            (Rounding::HalfTowardsZero, [-3, -2, -2, 2, 2, 3, 3]),
            (Rounding::HalfEven, [-3, -2, -2, 2, 2, 3, 4]),
            (Rounding::HalfOdd, [-3, -3, -2, 2, 3, 3, 3]),
            (Rounding::HalfUpwards, [-3, -2, -2, 2, 3, 3, 4]),
            (Rounding::HalfDownwards, [-3, -3, -2, 2, 2, 3, 3]),
            (Rounding::AwayFromZero, [-3, -3, -3, 3, 3, 3, 4]),
            (Rounding::TowardsZero, [-2, -2, -2, 2, 2, 2, 3]),
            (Rounding::Upwards, [-2, -2, -2, 3, 3, 3, 4]),
            (Rounding::Downwards, [-3, -3, -3, 2, 2, 2, 3]),
        ];
        for (mode, wanted) in cases {
            let tenths = [-29, -25, -21, 21, 25, 29, 35];
            assert_eq!(tenths.map(|it| mode.apply(it, 10)), wanted, "{mode:?}");
        }
    }

    #[test]
    fn modes_are_read_by_their_own_names_and_those_of_others() {
        for (name, mode) in [
            ("half_away_from_zero", Rounding::HalfAwayFromZero),
            ("HALF_UP", Rounding::HalfAwayFromZero),
            ("half down", Rounding::HalfTowardsZero),
            ("Half-Even", Rounding::HalfEven),
            ("HALF_POSITIVE_INFINITY", Rounding::HalfUpwards),
            ("floor", Rounding::Downwards),
        ] {
            assert_eq!(name.parse(), Ok(mode), "{name}");
        }
        assert!("half".parse::<Rounding>().is_err());
    }

    proptest! {
        #[test]
        fn a_credit_of_the_whole_mirrors_it(amount in any::<i32>(), part in 0_i64..400, whole in 1_i64..400) {
            let amount = i64::from(amount);
            prop_assert_eq!(share(-amount, part, whole, 100), share(amount, part, whole, 100).map(|it| -it));
        }
    }
}
