//! Amounts as Stripe counts them, which is not always by ISO 4217.
//!
//! Source: docs.stripe.com/currencies, "zero-decimal", "three-decimal" and "special cases".

use billing::gateway::ProviderError;
use kernel::{Currency, Money};

use crate::json::{nonsense, unpayable};

/// Counted in whole units.
const WHOLE: [&str; 15] = [
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF",
    "XOF", "XPF",
];

/// Counted in thousandths, of which the last digit is 0.
const THOUSANDTHS: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];

/// Counted in hundredths although only whole units exist.
const WHOLE_AS_HUNDREDTHS: [&str; 2] = ["ISK", "UGX"];

struct Unit {
    /// Digits behind the point in Stripe's amounts.
    digits: u8,
    /// What Stripe's amount must be a multiple of.
    step: i128,
}

fn unit(currency: Currency) -> Option<Unit> {
    let code = currency.code();
    let (digits, step) = match code {
        _ if WHOLE.contains(&code) => (0, 1),
        _ if THOUSANDTHS.contains(&code) => (3, 10),
        _ if WHOLE_AS_HUNDREDTHS.contains(&code) => (2, 100),
        _ if currency.exponent() == 2 => (2, 1),
        _ => return None,
    };
    Some(Unit { digits, step })
}

/// Our amount in Stripe's units.
///
/// # Errors
/// A refusal of the amount if Stripe has no such amount.
pub(super) fn to_stripe(amount: Money) -> Result<i64, ProviderError> {
    let refuse = |why| unpayable(amount, why);
    if !amount.is_positive() {
        return Err(refuse("it is not above zero"));
    }
    let currency = amount.currency();
    let unit = unit(currency).ok_or_else(|| refuse("the currency is not known there"))?;
    let scaled = rescale(i128::from(amount.minor()), currency.exponent(), unit.digits);
    let units = scaled.filter(|it| it % unit.step == 0);
    let units = units.ok_or_else(|| refuse("it has a part of the smallest coin"))?;
    i64::try_from(units).map_err(|_| refuse("it is too large"))
}

/// Stripe's amount in our minor units.
///
/// # Errors
/// Nonsense if the currency is unknown or the amount has no whole minor units.
pub(super) fn from_stripe(units: i64, currency: &str) -> Result<Money, ProviderError> {
    let currency: Currency = currency
        .to_uppercase()
        .parse()
        .map_err(|_| nonsense("an unknown currency"))?;
    let unit = unit(currency).ok_or_else(|| nonsense("a currency that it does not have"))?;
    let minor = rescale(i128::from(units), unit.digits, currency.exponent())
        .and_then(|it| i64::try_from(it).ok())
        .filter(|it| *it >= 0);
    let minor = minor.ok_or_else(|| nonsense("an impossible amount"))?;
    Ok(Money::from_minor(minor, currency))
}

/// The number with other digits behind the point, if none is lost.
fn rescale(number: i128, from: u8, to: u8) -> Option<i128> {
    let power = 10_i128.checked_pow(u32::from(from.abs_diff(to)))?;
    if to >= from {
        return number.checked_mul(power);
    }
    (number % power == 0).then_some(number / power)
}

#[cfg(test)]
mod tests {
    //! Every kind of currency there and back, and what has no amount there.

    use billing::gateway::{ProviderError, Refusal};
    use kernel::Money;

    use super::{from_stripe, to_stripe};

    fn money(minor: i64, currency: &str) -> Money {
        Money::from_minor(minor, currency.parse().unwrap())
    }

    #[test]
    fn amounts_go_there_and_back() {
        for (minor, currency, units) in [
            (1_000, "USD", 1_000),
            (15_000_000, "IDR", 15_000_000),
            (150_000, "KES", 150_000),
            (500, "JPY", 500),
            (500, "XOF", 500),
            // ISO 4217 counts the ariary in hundredths, Stripe does not.
            (50_000, "MGA", 500),
            (5, "UGX", 500),
            (5, "ISK", 500),
            (5_120, "KWD", 5_120),
        ] {
            assert_eq!(to_stripe(money(minor, currency)), Ok(units), "{currency}");
            let back = from_stripe(units, &currency.to_lowercase());
            assert_eq!(back, Ok(money(minor, currency)), "{currency}");
        }
    }

    #[test]
    fn amounts_that_do_not_exist_there_are_refused() {
        for (minor, currency) in [
            (0, "USD"),
            (-5, "USD"),
            (50_001, "MGA"),
            (5_124, "KWD"),
            (1_000, "LYD"),
            (i64::MAX, "UGX"),
        ] {
            let refused = to_stripe(money(minor, currency));
            let refusal = refused.err().and_then(|it| ProviderError::refusal(&it));
            assert_eq!(refusal, Some(Refusal::Amount), "{minor} {currency}");
        }
        for (units, currency) in [(-1, "usd"), (1, "nope"), (550, "ugx"), (1, "lyd")] {
            assert!(from_stripe(units, currency).is_err(), "{units} {currency}");
        }
    }
}
