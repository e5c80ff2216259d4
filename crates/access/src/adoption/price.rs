//! A price as Mikhmon keeps it: a number that people typed, without a currency.

use kernel::{Currency, Money};
use serde::{Deserialize, Serialize};

use super::moment::number;

/// A non-negative decimal number with at most 4 places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Price {
    /// The digits, the decimal point left out.
    pub digits: u64,
    /// How many of them stand behind the point.
    pub places: u8,
}

impl Price {
    /// Reads `5000`, `5000.00` or `2.5`; nothing else.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let part = part.trim_end_matches('0');
        if part.len() > 4 || !part.bytes().all(|it| it.is_ascii_digit()) {
            return None;
        }
        let places = u8::try_from(part.len()).ok()?;
        let whole = u64::from(number(whole)?);
        let scaled = whole.checked_mul(10_u64.checked_pow(u32::from(places))?)?;
        let part = if part.is_empty() { 0 } else { number(part)? };
        Some(Self {
            digits: scaled.checked_add(u64::from(part))?,
            places,
        })
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// The amount in a currency; `None` if the currency has fewer places, or the number is too large.
    #[must_use]
    pub fn in_currency(self, currency: Currency) -> Option<Money> {
        let missing = u32::from(currency.exponent().checked_sub(self.places)?);
        let minor = self.digits.checked_mul(10_u64.checked_pow(missing)?)?;
        Some(Money::from_minor(i64::try_from(minor).ok()?, currency))
    }
}

impl std::fmt::Display for Price {
    /// As somebody would type it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scale = 10_u64.pow(u32::from(self.places.min(4)));
        write!(f, "{}", self.digits / scale)?;
        if self.places == 0 {
            return Ok(());
        }
        let width = usize::from(self.places);
        write!(f, ".{:0width$}", self.digits % scale)
    }
}

#[cfg(test)]
mod tests {
    //! Prices are exact, or refused.
    #![allow(clippy::unwrap_used)]

    use super::Price;

    #[test]
    fn typed_numbers_become_money() {
        let minor = |text: &str, currency: &str| {
            let price = Price::read(text)?;
            Some(price.in_currency(currency.parse().unwrap())?.minor())
        };
        assert_eq!(minor("5000", "IDR"), Some(500_000));
        assert_eq!(minor("2.5", "USD"), Some(250));
        assert_eq!(minor("2.500", "USD"), Some(250));
        let typed = |text: &str| Price::read(text).unwrap().to_string();
        assert_eq!(
            (typed("2.050"), typed("5000")),
            ("2.05".to_owned(), "5000".to_owned())
        );
        assert_eq!(minor("500", "UGX"), Some(500));
        assert_eq!(minor("2.5", "UGX"), None);
        assert_eq!(minor("1.00001", "USD"), None);
        for bad in ["", "x", "-1", "1,000", "5e3", "+5", ".5", "12345678901"] {
            assert_eq!(Price::read(bad), None, "{bad}");
        }
    }
}
