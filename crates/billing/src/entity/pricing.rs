//! How an entity prices its documents: taxes by category and day, prices with or without them, coins, and how it gives back.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use kernel::{Currency, LocalDate, Money};
use serde::{Deserialize, Serialize};

use crate::credit::CreditBy;
use crate::pricing::{
    CashRounding, NoTaxes, PriceError, PriceTerms, Priced, TaxRounding, TaxRule, TaxTable, Taxable,
    price,
};
use crate::ratio::Ratio;
use crate::rounding::{InvoiceScale, Rounding};

/// The largest coin that what is due can be rounded to, in minor units.
pub const LARGEST_COIN: i64 = 1_000_000;

/// What a kind of thing is called where its taxes are looked up: 1 to 40 of a-z, 0-9, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaxCode(String);

/// Not a tax code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tax category must be 1 to 40 of a-z, 0-9, _ and -")]
pub struct BadTaxCode;

impl TaxCode {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TaxCode {
    type Err = BadTaxCode;

    fn from_str(text: &str) -> Result<Self, BadTaxCode> {
        let fits = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"_-".contains(&it);
        match (1..=40).contains(&text.len()) && text.bytes().all(fits) {
            true => Ok(Self(text.to_owned())),
            false => Err(BadTaxCode),
        }
    }
}

impl TryFrom<String> for TaxCode {
    type Error = BadTaxCode;

    fn try_from(text: String) -> Result<Self, BadTaxCode> {
        text.parse()
    }
}

impl From<TaxCode> for String {
    fn from(code: TaxCode) -> Self {
        code.0
    }
}

impl fmt::Display for TaxCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How an entity prices its documents. Without taxes and coin a document is its lines and their sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityPricing {
    /// Whether the prices of plans have their taxes in them; the price is the truth then.
    pub inclusive: bool,
    /// Where taxes are rounded.
    pub tax_rounding: TaxRounding,
    /// The smallest coin in use, in minor units, 1 to [`LARGEST_COIN`]: what is due is rounded to it on a line of its own.
    pub coin: Option<i64>,
    /// How days that are given back are written down where nothing is taxed; what is taxed goes back by credit note.
    pub give_back: CreditBy,
    /// The category of what has none of its own.
    pub usual: Option<TaxCode>,
    /// The taxes of each category, day by day.
    pub taxes: BTreeMap<TaxCode, TaxTable>,
}

/// Why an entity cannot price like that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPricing {
    /// No such coin.
    #[error("the smallest coin must be 1 to {LARGEST_COIN} minor units, not {coin}")]
    Coin {
        /// What was given.
        coin: i64,
    },
    /// There are taxes, but not for what has no category.
    #[error("one of the tax categories must be the usual one")]
    NoUsual,
    /// The usual category has no taxes.
    #[error("the usual tax category {code} is not defined")]
    UnknownUsual {
        /// The category.
        code: TaxCode,
    },
    /// A rate or factor that no tax has.
    #[error(
        "{code}: the rate of {name} must be 0 to 100 % and its factor 0 to 1, not {rate} and {factor}"
    )]
    Rate {
        /// The category.
        code: TaxCode,
        /// The tax.
        name: String,
        /// Its rate.
        rate: Ratio,
        /// Its factor.
        factor: Ratio,
    },
    /// A tax without a usable name.
    #[error("{code}: a tax must be called something of 1 to 60 characters")]
    Name {
        /// The category.
        code: TaxCode,
    },
    /// Taxes that contradict each other on a day.
    #[error("the taxes of {on} contradict each other: {source}")]
    Contradiction {
        /// The first day they are in force together.
        on: LocalDate,
        /// What contradicts what.
        source: PriceError,
    },
    /// Plans and documents may have it.
    #[error("tax category {code} is in use and cannot be taken away")]
    CategoryGone {
        /// The category.
        code: TaxCode,
    },
}

impl EntityPricing {
    /// Nothing but lines and their sum; days that are given back are negative lines of the next invoice.
    pub const PLAIN: Self = Self {
        inclusive: false,
        tax_rounding: TaxRounding::PerRate,
        coin: None,
        give_back: CreditBy::NegativeLines,
        usual: None,
        taxes: BTreeMap::new(),
    };

    /// Whether a document without discounts is its lines and their sum.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.taxes.is_empty() && self.coin.is_none()
    }

    /// What documents are priced in.
    #[must_use]
    pub fn terms(&self, currency: Currency, scale: InvoiceScale) -> PriceTerms {
        PriceTerms {
            currency,
            scale,
            rounding: Rounding::default(),
            tax_rounding: self.tax_rounding,
            inclusive: self.inclusive,
            cash: self.coin.map_or(CashRounding::None, CashRounding::ToCoin),
        }
    }

    /// The taxes of a category on a day; of the usual one for none or one that is not defined.
    ///
    /// # Errors
    /// [`NoTaxes`] for a day without any.
    pub fn on(&self, code: Option<&TaxCode>, day: LocalDate) -> Result<&[TaxRule], NoTaxes> {
        let own = code.and_then(|it| self.taxes.get(it));
        let usual = || self.taxes.get(self.usual.as_ref()?);
        own.or_else(usual).map_or(Ok(&[]), |it| it.on(day))
    }

    /// Refuses what no document could be priced with.
    ///
    /// # Errors
    /// [`BadPricing`] names what is wrong.
    pub fn check(&self, currency: Currency, scale: InvoiceScale) -> Result<(), BadPricing> {
        if let Some(coin) = self.coin.filter(|it| !(1..=LARGEST_COIN).contains(it)) {
            return Err(BadPricing::Coin { coin });
        }
        match &self.usual {
            None if !self.taxes.is_empty() => return Err(BadPricing::NoUsual),
            Some(code) if !self.taxes.contains_key(code) => {
                return Err(BadPricing::UnknownUsual { code: code.clone() });
            }
            _ => {}
        }
        for (code, table) in &self.taxes {
            let rules = table.lists().iter().flat_map(|it| &it.rules);
            rules.into_iter().try_for_each(|it| check_rule(code, it))?;
        }
        let days = self.taxes.values().flat_map(TaxTable::lists);
        let mut days = days.map(|it| it.from);
        days.try_for_each(|it| self.check_day(it, self.terms(currency, scale)))
    }

    /// A document with one line of each category must be possible: no tax twice, none before and after another.
    fn check_day(&self, on: LocalDate, terms: PriceTerms) -> Result<(), BadPricing> {
        let step = terms.scale.step(terms.currency);
        let amount = Money::from_minor(step.saturating_mul(1_000), terms.currency);
        let lists = self.taxes.values().filter_map(|it| it.on(on).ok());
        let lines: Vec<_> = lists.map(|taxes| Taxable { amount, taxes }).collect();
        let document = Priced {
            lines: &lines,
            ..Priced::default()
        };
        let priced = price(document, terms);
        let contradiction = |source| BadPricing::Contradiction { on, source };
        priced.map(|_| ()).map_err(contradiction)
    }

    /// Refuses to follow on another pricing if a category were gone.
    pub(super) fn follows(&self, before: &Self) -> Result<(), BadPricing> {
        match before.taxes.keys().find(|it| !self.taxes.contains_key(*it)) {
            Some(code) => Err(BadPricing::CategoryGone { code: code.clone() }),
            None => Ok(()),
        }
    }
}

/// Fractions of more than a million parts would only fill documents up.
const FINEST: i128 = 1_000_000;

fn check_rule(code: &TaxCode, rule: &TaxRule) -> Result<(), BadPricing> {
    let name = rule.name();
    let usable = (1..=60).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if !usable {
        return Err(BadPricing::Name { code: code.clone() });
    }
    let fits = |it: Ratio| !it.is_negative() && it <= Ratio::ONE && it.denominator() <= FINEST;
    if fits(rule.rate()) && fits(rule.factor()) {
        return Ok(());
    }
    Err(BadPricing::Rate {
        code: code.clone(),
        name: name.to_owned(),
        rate: rule.rate(),
        factor: rule.factor(),
    })
}

#[cfg(test)]
mod tests;
