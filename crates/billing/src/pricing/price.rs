//! Pricing a document: discounts, then taxes, then totals, with one rounding for each published figure.

use kernel::{Currency, Money, MoneyError};
use serde::{Deserialize, Serialize};

use super::cash::CashRounding;
use super::discount::{BadDiscount, Discount, Discounted, discount_lines};
use super::inclusive::tax_gross;
use super::summing::sum_up;
use super::tax::TaxRule;
use super::taxing::{Bearer, Step, groups, tax_net};
use super::totals::Totals;
use crate::ratio::Ratio;
use crate::rounding::{InvoiceScale, Rounding};

/// Where a tax is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxRounding {
    /// Once for each (category, rate) of the document, as EN 16931 BR-CO-17 says; a line's tax is its part of it by largest
    /// remainder.
    #[default]
    PerRate,
    /// On each line; the document's tax is their sum. Some fiscal devices and Brazil want it.
    PerLine,
    /// Once for the document. Lines show their own rounded tax, which need not sum to it (Lago).
    Document,
}

/// What a document is priced in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceTerms {
    /// The currency of every amount.
    pub currency: Currency,
    /// The smallest step of an amount.
    pub scale: InvoiceScale,
    /// How figures are rounded to it.
    pub rounding: Rounding,
    /// Where taxes are rounded.
    pub tax_rounding: TaxRounding,
    /// Whether listed amounts have their taxes in them. The listed amount is the truth then.
    pub inclusive: bool,
    /// How what is due is rounded, on a line of its own.
    pub cash: CashRounding,
}

impl PriceTerms {
    /// The product's own: taxes on top, rounded for each rate, half away from zero, no coins.
    #[must_use]
    pub fn of(currency: Currency, scale: InvoiceScale) -> Self {
        Self {
            currency,
            scale,
            rounding: Rounding::default(),
            tax_rounding: TaxRounding::default(),
            inclusive: false,
            cash: CashRounding::None,
        }
    }
}

/// An amount that bears taxes: a line, or an allowance or charge on the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taxable<'a> {
    /// The amount, a multiple of the scale; below zero for what is taken back.
    pub amount: Money,
    /// Its taxes, in the order they are charged.
    pub taxes: &'a [TaxRule],
}

/// What a document consists of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Priced<'a> {
    /// Its lines.
    pub lines: &'a [Taxable<'a>],
    /// Discounts on lines, before tax.
    pub discounts: &'a [Discount],
    /// Allowances on the whole, above zero; below on a document that mirrors another.
    pub allowances: &'a [Taxable<'a>],
    /// Charges on the whole, above zero; below on a document that mirrors another.
    pub charges: &'a [Taxable<'a>],
    /// What was paid before.
    pub prepaid: Option<Money>,
}

/// A document that cannot be priced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// A discount does not fit.
    #[error(transparent)]
    Discount(#[from] BadDiscount),
    /// Amounts in other currencies or too large.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// An amount finer than the scale.
    #[error("{amount} is finer than the invoice scale, a step of {step} minor units")]
    OffScale {
        /// The amount.
        amount: Money,
        /// The smallest step, in minor units.
        step: i64,
    },
    /// A quantity below zero.
    #[error("quantity {quantity} of {per} is out of range")]
    Quantity {
        /// The quantity.
        quantity: Ratio,
        /// How many the price is for.
        per: Ratio,
    },
    /// The same tax twice on one line.
    #[error("{name} stands twice in one list of taxes")]
    TaxTwice {
        /// The tax.
        name: String,
    },
    /// Two lines charge the same taxes in different orders.
    #[error("{name} stands before and after the same tax on different lines")]
    TaxOrder {
        /// A tax that waits for another that waits for it.
        name: String,
    },
    /// Taxes inside the price eat it up.
    #[error("{name} and the other taxes inside the price leave nothing of it")]
    NothingLeft {
        /// One of the taxes.
        name: String,
    },
    /// No coin.
    #[error("a smallest coin of {coin} minor units cannot be")]
    Coin {
        /// What was given, in minor units.
        coin: i64,
    },
    /// A figure does not fit.
    #[error("a figure of the document is too large")]
    Overflow,
}

/// The amount of a line: `price / per × quantity`, rounded once. The price is in minor units and may be finer than one.
///
/// # Errors
/// [`PriceError::Quantity`] for a quantity below zero or a price for none, [`PriceError::Overflow`] if it does not fit.
pub fn line_amount(
    price: Ratio,
    quantity: Ratio,
    per: Ratio,
    terms: PriceTerms,
) -> Result<Money, PriceError> {
    if quantity.is_negative() || per <= Ratio::ZERO {
        return Err(PriceError::Quantity { quantity, per });
    }
    let exact = price
        .checked_mul(quantity)
        .and_then(|it| it.checked_div(per));
    let step = terms.scale.step(terms.currency);
    let minor = exact.and_then(|it| it.of(1, step, terms.rounding));
    let minor = minor.ok_or(PriceError::Overflow)?;
    Ok(Money::from_minor(minor, terms.currency))
}

/// Prices a document: discounts are spread, taxes computed by rule and parted over what bears them, totals summed.
///
/// The result keeps EN 16931 BR-CO-10 to BR-CO-16 exactly, and BR-CO-17 exactly under [`TaxRounding::PerRate`] for prices
/// without tax (billing.md, invariant 24); see [`check_totals`](super::check_totals).
///
/// ```
/// use billing::{Discount, InvoiceScale, PriceTerms, Priced, TaxRule, Taxable, price};
/// use kernel::Money;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let kes = "KES".parse()?;
/// let vat = [TaxRule::new("VAT", "16%".parse()?)?];
/// let line = Taxable { amount: Money::from_minor(300_000, kes), taxes: &vat };
/// let welcome = [Discount::percent("10%".parse()?)?];
/// let document = Priced { lines: &[line], discounts: &welcome, ..Priced::default() };
/// let totals = price(document, PriceTerms::of(kes, InvoiceScale::new(2, kes)?))?;
/// assert_eq!(totals.sum_line_net.to_string(), "KES 2700.00");
/// assert_eq!(totals.payable.to_string(), "KES 3132.00");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`PriceError`] names what cannot be priced.
pub fn price(document: Priced<'_>, terms: PriceTerms) -> Result<Totals, PriceError> {
    let step = terms.scale.step(terms.currency);
    check(document, terms.currency, step)?;
    let discounted = discounts(document, terms, step)?;
    let bearers = bearers(document, discounted.as_ref())?;
    let mut groups = groups(&bearers);
    let how = Step {
        minor: step,
        rounding: terms.rounding,
        taxes: terms.tax_rounding,
    };
    let borne = match terms.inclusive {
        true => tax_gross(&bearers, &mut groups, how)?,
        false => tax_net(&bearers, &mut groups, how)?,
    };
    sum_up(document, terms, discounted.as_ref(), (&borne, &groups))
}

fn check(document: Priced<'_>, currency: Currency, step: i64) -> Result<(), PriceError> {
    let extras = document.allowances.iter().chain(document.charges);
    for it in document.lines.iter().chain(extras) {
        if it.amount.minor() % step != 0 {
            let amount = it.amount;
            return Err(PriceError::OffScale { amount, step });
        }
        Money::zero(currency).checked_add(it.amount)?;
        for (place, rule) in it.taxes.iter().enumerate() {
            if it.taxes.iter().take(place).any(|earlier| earlier == rule) {
                let name = rule.name().to_owned();
                return Err(PriceError::TaxTwice { name });
            }
        }
    }
    Ok(())
}

fn discounts(
    document: Priced<'_>,
    terms: PriceTerms,
    step: i64,
) -> Result<Option<Discounted>, PriceError> {
    if document.discounts.is_empty() {
        return Ok(None);
    }
    let amounts: Vec<Money> = document.lines.iter().map(|it| it.amount).collect();
    let (currency, rounding) = (terms.currency, terms.rounding);
    let spread = discount_lines(&amounts, document.discounts, currency, step, rounding)?;
    Ok(Some(spread))
}

/// Lines after discounts, allowances as amounts below zero, charges: in this order.
fn bearers<'a>(
    document: Priced<'a>,
    discounted: Option<&Discounted>,
) -> Result<Vec<Bearer<'a>>, PriceError> {
    let mut bearers = Vec::with_capacity(document.lines.len());
    for (index, line) in document.lines.iter().enumerate() {
        let share = discounted.and_then(|it| it.shares.get(index));
        let left = share.map_or(Ok(line.amount), |it| line.amount.checked_sub(*it))?;
        bearers.push(Bearer {
            amount: left.minor(),
            rules: line.taxes,
        });
    }
    for allowance in document.allowances {
        bearers.push(Bearer {
            amount: allowance.amount.checked_neg()?.minor(),
            rules: allowance.taxes,
        });
    }
    bearers.extend(document.charges.iter().map(|it| Bearer {
        amount: it.amount.minor(),
        rules: it.taxes,
    }));
    Ok(bearers)
}

#[cfg(test)]
mod tests;
