//! Cases told in words: amounts paid in whole coins, and the formula of a tax inside a price.

use anyhow::{Result, bail};
use billing::{CashRounding, InvoiceScale, PriceTerms, Priced, Ratio, TaxRule, Taxable, price};
use kernel::{Currency, Money};
use serde_json::Value;

use crate::case::{Case, Outcome};
use crate::given::Given;
use crate::themes::{formula, only, unknown};

/// Amounts in words such as `x.50`, paid in whole units: which way each goes.
pub(super) fn to_whole_coins(case: &Case) -> Result<Outcome> {
    let currency: Currency = "INR".parse()?;
    let scale = InvoiceScale::new(currency.exponent(), currency)?;
    let coin = 10_i64.pow(u32::from(currency.exponent()));
    let terms = PriceTerms {
        cash: CashRounding::ToCoin(coin),
        ..PriceTerms::of(currency, scale)
    };
    only(Given(&case.expected), &["round"])?;
    let mut ways = Vec::new();
    for words in Given(&case.input).list("cases")? {
        let amount: Value = words.as_text()?.replace('x', "117").into();
        let amount = Given(&amount).as_minor(u32::from(currency.exponent()))?;
        let line = Taxable {
            amount: Money::from_minor(amount, currency),
            taxes: &[],
        };
        let document = Priced {
            lines: &[line],
            ..Priced::default()
        };
        ways.push(match price(document, terms)?.rounding.minor() {
            1.. => "up",
            0 => "none",
            _ => "down",
        });
    }
    let wanted = Given(&case.expected)
        .list("round")?
        .into_iter()
        .map(Given::as_text);
    let wanted: Vec<&str> = wanted.collect::<Result<_>>()?;
    Ok(Outcome::of(case.adopt, &ways, &wanted))
}

/// A formula in words for the taxable part of a price with its tax: Indonesia's 12 % on 11/12 of the net amount, against ours
/// for several prices.
pub(super) fn inside_a_price(case: &Case) -> Result<Outcome> {
    let words = Given(&case.expected).text("formula")?;
    let Some((what, formula)) = words.split_once('=') else {
        bail!("{words:?} is no formula");
    };
    if what.trim() != "base" {
        return unknown(format!("a formula of {what}"));
    }
    let currency: Currency = "IDR".parse()?;
    let mut terms = PriceTerms::of(currency, InvoiceScale::new(currency.exponent(), currency)?);
    terms.inclusive = true;
    let rules = [TaxRule::new("PPN", "12%".parse()?)?.with_factor("11/12".parse()?)?];
    let mut came_out = Vec::new();
    let mut wanted = Vec::new();
    for price_minor in [100, 11_100, 19_990_000, 35_000_000] {
        let line = Taxable {
            amount: Money::from_minor(price_minor, currency),
            taxes: &rules,
        };
        let document = Priced {
            lines: &[line],
            ..Priced::default()
        };
        let totals = price(document, terms)?;
        came_out.extend(totals.taxes.iter().map(|it| i128::from(it.taxable.minor())));
        let value = formula::value(formula, "price", Ratio::whole(price_minor))?;
        wanted.push(value.round(terms.rounding));
    }
    Ok(Outcome::of(case.adopt, &came_out, &wanted))
}
