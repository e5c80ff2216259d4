//! Amounts, rates and dates as a language writes them.
//!
//! Separators, groups, months and the place of the currency are those of the Unicode CLDR; where a reader would not know a
//! foreign currency by its sign, its ISO 4217 code stands instead.

use billing::{Ratio, Rounding};
use chrono::Datelike;
use kernel::{Currency, LocalDate, Locale, Money};

use crate::words;

/// Keeps what belongs together on one line.
const NO_BREAK: char = '\u{a0}';

/// A number of minor units in major ones, exactly, with a point: what machines read.
pub(crate) fn exact(amount: Money) -> String {
    let (whole, part) = parts(amount.minor(), amount.currency().exponent());
    let sign = if amount.is_negative() { "-" } else { "" };
    match part.is_empty() {
        true => format!("{sign}{whole}"),
        false => format!("{sign}{whole}.{part}"),
    }
}

/// A rate in percent with a point and at most six decimals, rounded half away from zero.
pub(crate) fn percent(rate: Ratio) -> String {
    let millionths = rate.checked_mul(Ratio::whole(100_000_000));
    let millionths = millionths.map_or(0, |it| it.round(Rounding::HalfAwayFromZero));
    let sign = if millionths < 0 { "-" } else { "" };
    let (whole, part) = (
        millionths.unsigned_abs() / 1_000_000,
        millionths.unsigned_abs() % 1_000_000,
    );
    let part = format!("{part:06}");
    match part.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        part => format!("{sign}{whole}.{part}"),
    }
}

/// The digits before and after the point.
fn parts(minor: i64, exponent: u8) -> (String, String) {
    let width = usize::from(exponent);
    let digits = format!("{:0>1$}", minor.unsigned_abs(), width + 1);
    let (whole, part) = digits.split_at(digits.len() - width);
    (whole.to_owned(), part.to_owned())
}

/// How a language writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hand {
    locale: Locale,
    /// Decimal digits that are always shown.
    digits: u8,
}

impl Hand {
    pub(crate) const fn new(locale: Locale, digits: u8) -> Self {
        Self { locale, digits }
    }

    /// An amount with its currency.
    pub(crate) fn money(self, amount: Money) -> String {
        let sign = if amount.is_negative() { "-" } else { "" };
        let number = self.unsigned(amount);
        let currency = amount.currency();
        match (self.locale, self.sign_of(currency)) {
            (Locale::Es, code) => format!("{sign}{number}{NO_BREAK}{code}"),
            (_, "₹") => format!("{sign}₹{number}"),
            (_, code) => format!("{sign}{code}{NO_BREAK}{number}"),
        }
    }

    /// An amount alone, where the currency stands elsewhere.
    pub(crate) fn number(self, amount: Money) -> String {
        let sign = if amount.is_negative() { "-" } else { "" };
        format!("{sign}{}", self.unsigned(amount))
    }

    /// A rate in percent.
    pub(crate) fn rate(self, rate: Ratio) -> String {
        let text = percent(rate).replace('.', self.point());
        match self.locale {
            Locale::Es => format!("{text}{NO_BREAK}%"),
            _ => format!("{text}%"),
        }
    }

    /// A date.
    pub(crate) fn date(self, date: LocalDate) -> String {
        let (day, year) = (date.day(), date.year());
        let months = &words::of(self.locale).months;
        let month = usize::try_from(date.month0()).unwrap_or_default();
        let month = months.get(month).copied().unwrap_or_default();
        let between = match self.locale {
            Locale::Pt => "\u{a0}de\u{a0}",
            _ => "\u{a0}",
        };
        format!("{day}{between}{month}{between}{year}")
    }

    /// A first and a last day.
    pub(crate) fn days(self, first: LocalDate, last: LocalDate) -> String {
        match first == last {
            true => self.date(first),
            false => format!("{} – {}", self.date(first), self.date(last)),
        }
    }

    /// Digits that no coin stands for are left out.
    fn unsigned(self, amount: Money) -> String {
        let (whole, part) = parts(amount.minor(), amount.currency().exponent());
        let shown = usize::from(self.digits).min(part.len());
        let rest = part.get(shown..).unwrap_or_default();
        let keep = shown + rest.trim_end_matches('0').len();
        let part = part.get(..keep).unwrap_or_default();
        let whole = self.grouped(&whole);
        match part.is_empty() {
            true => whole,
            false => format!("{whole}{}{part}", self.point()),
        }
    }

    /// Groups of three; in India of two above the thousands. Spanish leaves four digits together.
    fn grouped(self, digits: &str) -> String {
        if self.locale == Locale::Es && digits.len() <= 4 {
            return digits.to_owned();
        }
        let upper = match self.locale {
            Locale::Hi => 2,
            _ => 3,
        };
        let mut text = String::with_capacity(digits.len() * 2);
        for (place, digit) in digits.chars().enumerate() {
            let behind = digits.len() - place;
            let ends = behind == 3 || (behind > 3 && (behind - 3).is_multiple_of(upper));
            if place > 0 && ends {
                text.push_str(self.group());
            }
            text.push(digit);
        }
        text
    }

    const fn point(self) -> &'static str {
        match self.locale {
            Locale::Id | Locale::Es | Locale::Pt => ",",
            Locale::En | Locale::Sw | Locale::Hi => ".",
        }
    }

    const fn group(self) -> &'static str {
        match self.locale {
            Locale::Id | Locale::Es | Locale::Pt => ".",
            Locale::En | Locale::Sw | Locale::Hi => ",",
        }
    }

    /// The sign where it is at home, the code elsewhere.
    fn sign_of(self, currency: Currency) -> &'static str {
        match (self.locale, currency.code()) {
            (Locale::Id, "IDR") => "Rp",
            (Locale::Pt, "BRL") => "R$",
            (Locale::Sw, "KES") => "Ksh",
            (Locale::Sw, "TZS") => "TSh",
            (Locale::Hi, "INR") => "₹",
            (_, code) => code,
        }
    }
}

#[cfg(test)]
mod tests;
