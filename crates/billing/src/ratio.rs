//! Exact fractions: shares of a cycle, tax rates, exchange rates. No decimals, no binary floats.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::rounding::Rounding;

/// An exact fraction in lowest terms; the denominator is above zero.
///
/// Sums and products are checked: 128-bit numerators and denominators hold every figure of a bill with room to spare, and
/// whatever would not fit is `None` instead of wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    numerator: i128,
    denominator: i128,
}

/// Not a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a ratio must be a whole number, a decimal, a percentage or a fraction like 3/31")]
pub struct BadRatio;

impl Ratio {
    /// Nothing.
    pub const ZERO: Self = Self {
        numerator: 0,
        denominator: 1,
    };
    /// The whole.
    pub const ONE: Self = Self {
        numerator: 1,
        denominator: 1,
    };

    /// `numerator / denominator`; `None` for a denominator of zero, or one that has no mirror image.
    #[must_use]
    pub fn new(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        if denominator == 1 {
            return Some(Self {
                numerator,
                denominator,
            });
        }
        let shared = gcd(numerator, denominator)?;
        let (numerator, denominator) = (numerator / shared, denominator / shared);
        if denominator < 0 {
            return Some(Self {
                numerator: numerator.checked_neg()?,
                denominator: denominator.checked_neg()?,
            });
        }
        Some(Self {
            numerator,
            denominator,
        })
    }

    /// A whole number.
    #[must_use]
    pub const fn whole(number: i64) -> Self {
        Self {
            numerator: number as i128,
            denominator: 1,
        }
    }

    /// So many hundredths: 12.5 % is `percent(125, 1)`, that is 125 with one decimal.
    #[must_use]
    pub fn percent(digits: i64, decimals: u32) -> Option<Self> {
        let scale = 10_i128.checked_pow(decimals.checked_add(2)?)?;
        Self::new(i128::from(digits), scale)
    }

    /// The number above the line, in lowest terms.
    #[must_use]
    pub const fn numerator(self) -> i128 {
        self.numerator
    }

    /// The number below the line, in lowest terms; above zero.
    #[must_use]
    pub const fn denominator(self) -> i128 {
        self.denominator
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// Whether it is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.numerator < 0
    }

    /// The sum; `None` on overflow.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        if self.denominator == other.denominator {
            let numerator = self.numerator.checked_add(other.numerator)?;
            return Self::new(numerator, self.denominator);
        }
        let left = self.numerator.checked_mul(other.denominator)?;
        let right = other.numerator.checked_mul(self.denominator)?;
        let denominator = self.denominator.checked_mul(other.denominator)?;
        Self::new(left.checked_add(right)?, denominator)
    }

    /// The difference; `None` on overflow.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(other.checked_neg()?)
    }

    /// The product; `None` on overflow.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        let numerator = self.numerator.checked_mul(other.numerator)?;
        Self::new(numerator, self.denominator.checked_mul(other.denominator)?)
    }

    /// The quotient; `None` on overflow or division by zero.
    #[must_use]
    pub fn checked_div(self, other: Self) -> Option<Self> {
        let numerator = self.numerator.checked_mul(other.denominator)?;
        Self::new(numerator, self.denominator.checked_mul(other.numerator)?)
    }

    /// The same with the other sign; `None` for the one that has no mirror image.
    #[must_use]
    pub fn checked_neg(self) -> Option<Self> {
        Some(Self {
            numerator: self.numerator.checked_neg()?,
            denominator: self.denominator,
        })
    }

    /// The nearest whole number under a mode.
    #[must_use]
    pub fn round(self, mode: Rounding) -> i128 {
        mode.apply(self.numerator, self.denominator)
    }

    /// The nearest multiple of a step under a mode: to hundredths with a step of 1/100. `None` on overflow or a step of zero.
    #[must_use]
    pub fn round_to(self, step: Self, mode: Rounding) -> Option<Self> {
        let steps = self.checked_div(step)?.round(mode);
        Self::new(steps, 1)?.checked_mul(step)
    }

    /// `amount × self`, rounded once to a multiple of `step` minor units; `None` if it does not fit or `step` is not above
    /// zero.
    #[must_use]
    pub fn of(self, amount: i64, step: i64, mode: Rounding) -> Option<i64> {
        if step <= 0 {
            return None;
        }
        let numerator = self.numerator.checked_mul(i128::from(amount))?;
        let denominator = self.denominator.checked_mul(i128::from(step))?;
        let steps = mode.apply(numerator, denominator);
        i64::try_from(steps.checked_mul(i128::from(step))?).ok()
    }
}

impl Default for Ratio {
    /// Nothing.
    fn default() -> Self {
        Self::ZERO
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ratio {
    /// Compares whole parts first and then the rests turned over, so that nothing can overflow.
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut left, mut right) = (*self, *other);
        loop {
            let wholes = left.floor().cmp(&right.floor());
            if wholes.is_ne() {
                return wholes;
            }
            let rests = (
                left.numerator.rem_euclid(left.denominator),
                right.numerator.rem_euclid(right.denominator),
            );
            match rests {
                (0, 0) => return Ordering::Equal,
                (0, _) => return Ordering::Less,
                (_, 0) => return Ordering::Greater,
                // 1/a < 1/b exactly when b < a.
                (over, under) => {
                    let turned = Self {
                        numerator: right.denominator,
                        denominator: under,
                    };
                    right = Self {
                        numerator: left.denominator,
                        denominator: over,
                    };
                    left = turned;
                }
            }
        }
    }
}

impl Ratio {
    const fn floor(self) -> i128 {
        self.numerator.div_euclid(self.denominator)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(f, "{}", self.numerator),
            _ => write!(f, "{}/{}", self.numerator, self.denominator),
        }
    }
}

impl FromStr for Ratio {
    type Err = BadRatio;

    /// Reads `3`, `-0.25`, `12.5%` and `3/31`.
    fn from_str(text: &str) -> Result<Self, BadRatio> {
        if let Some((over, under)) = text.split_once('/') {
            let (over, under) = (decimal(over)?, decimal(under)?);
            return over.checked_div(under).ok_or(BadRatio);
        }
        match text.strip_suffix('%') {
            Some(percentage) => {
                let hundred = Self::whole(100);
                decimal(percentage)?.checked_div(hundred).ok_or(BadRatio)
            }
            None => decimal(text),
        }
    }
}

fn decimal(text: &str) -> Result<Ratio, BadRatio> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    let is_number = !(whole.is_empty() && fraction.is_empty()) && plain(whole) && plain(fraction);
    if !is_number {
        return Err(BadRatio);
    }
    let numerator: i128 = format!("{sign}{whole}{fraction}")
        .parse()
        .map_err(|_| BadRatio)?;
    let decimals = u32::try_from(fraction.len()).map_err(|_| BadRatio)?;
    let denominator = 10_i128.checked_pow(decimals).ok_or(BadRatio)?;
    Ratio::new(numerator, denominator).ok_or(BadRatio)
}

/// The greatest common divisor, above zero; `None` where it would not fit.
fn gcd(left: i128, right: i128) -> Option<i128> {
    let (mut left, mut right) = (left.unsigned_abs(), right.unsigned_abs());
    while right != 0 {
        (left, right) = (right, left % right);
    }
    i128::try_from(left).ok().filter(|it| *it > 0)
}

/// As text, exactly: `11/12`.
impl Serialize for Ratio {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
