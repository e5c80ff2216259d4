//! Amounts as Midtrans counts them: whole rupiah in, text with two decimals out.

use billing::gateway::ProviderError;
use kernel::Money;

use crate::json::{nonsense, unpayable};

/// Our amount in whole rupiah.
///
/// # Errors
/// A refusal of the amount if it is in another currency, not above zero, or has a part of a rupiah.
pub(super) fn to_rupiah(amount: Money) -> Result<i64, ProviderError> {
    let refuse = |why| Err(unpayable(amount, why));
    if amount.currency().code() != "IDR" {
        return refuse("Midtrans takes rupiah only");
    }
    if !amount.is_positive() {
        return refuse("it is not above zero");
    }
    if amount.minor() % 100 != 0 {
        return refuse("it has a part of a rupiah");
    }
    Ok(amount.minor() / 100)
}

/// Midtrans' text, `150000.00`, in minor units.
///
/// # Errors
/// Nonsense if it is another text or another currency.
pub(super) fn from_text(text: &str, currency: &str) -> Result<Money, ProviderError> {
    let impossible = || nonsense("an impossible amount");
    let currency = match currency {
        "IDR" => "IDR".parse().map_err(|_| impossible())?,
        _ => return Err(nonsense("another currency than rupiah")),
    };
    let (whole, part) = text.split_once('.').unwrap_or((text, "00"));
    let is_plain = |it: &str| !it.is_empty() && it.bytes().all(|digit| digit.is_ascii_digit());
    if !is_plain(whole) || !is_plain(part) || part.len() > 2 {
        return Err(impossible());
    }
    let minor = format!("{whole}{part:0<2}").parse();
    Ok(Money::from_minor(
        minor.map_err(|_| impossible())?,
        currency,
    ))
}

#[cfg(test)]
mod tests {
    //! Exact both ways, and nothing else than rupiah.

    use kernel::Money;

    use super::{from_text, to_rupiah};

    fn money(minor: i64, currency: &str) -> Money {
        Money::from_minor(minor, currency.parse().unwrap())
    }

    #[test]
    fn rupiah_are_whole() {
        assert_eq!(to_rupiah(money(15_000_000, "IDR")), Ok(150_000));
        for (minor, currency) in [(0, "IDR"), (-100, "IDR"), (150, "IDR"), (15_000, "KES")] {
            assert!(
                to_rupiah(money(minor, currency)).is_err(),
                "{minor} {currency}"
            );
        }
    }

    #[test]
    fn texts_are_read_exactly() {
        for (text, minor) in [
            ("150000.00", 15_000_000),
            ("150000", 15_000_000),
            ("0.5", 50),
            ("1.05", 105),
            ("92233720368547758.07", i64::MAX),
        ] {
            assert_eq!(from_text(text, "IDR"), Ok(money(minor, "IDR")), "{text}");
        }
        for bad in [
            "",
            ".",
            "1.",
            ".5",
            "-1.00",
            "+1",
            "1.000",
            "1e3",
            "92233720368547758.08",
        ] {
            assert!(from_text(bad, "IDR").is_err(), "{bad}");
        }
        assert!(from_text("1.00", "USD").is_err());
    }
}
