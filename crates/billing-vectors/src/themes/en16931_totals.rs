//! The totals of whole documents by EN 16931.

use anyhow::{Context, Result};
use billing::{
    CashRounding, InvoiceScale, PriceTerms, Priced, Ratio, TaxCategory, TaxRule, Taxable, Totals,
    check_totals, line_amount, price,
};
use kernel::{Currency, Money};

use crate::case::{Case, Outcome};
use crate::given::Given;

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let (input, expected) = (Given(&case.input), Given(&case.expected));
    if input.names() != ["currency", "document_allowances_charges", "lines"] {
        return Ok(super::unknown_shape(case));
    }
    let currency: Currency = input.text("currency")?.parse()?;
    let scale = InvoiceScale::new(currency.exponent(), currency)?;
    let mut terms = PriceTerms::of(currency, scale);
    let lines = input.list("lines")?;
    let extras = input.list("document_allowances_charges")?;
    let rules = |of: &[Given<'_>]| of.iter().map(|it| rule(*it)).collect::<Result<Vec<_>>>();
    let (line_rules, extra_rules) = (rules(&lines)?, rules(&extras)?);
    let lines = taxable(&lines, &line_rules, "net", currency)?;
    let mut allowances = Vec::new();
    let mut charges = Vec::new();
    for (it, given) in taxable(&extras, &extra_rules, "amount", currency)?
        .into_iter()
        .zip(&extras)
    {
        let is_charge = given
            .part("charge")?
            .0
            .as_bool()
            .context("charge or allowance")?;
        match is_charge {
            true => charges.push(it),
            false => allowances.push(it),
        }
    }
    // What was prepaid, and what the parties agreed to round by, are facts of the document; they were transcribed beside its totals.
    let totals = expected.part("totals")?;
    let prepaid = totals
        .has("prepaid")
        .then(|| amount(totals, "prepaid", currency))
        .transpose()?;
    if let Some(added) = totals
        .names()
        .into_iter()
        .find(|it| it.contains("rounding"))
    {
        terms.cash = CashRounding::By(amount(totals, added, currency)?);
    }
    let document = Priced {
        lines: &lines,
        discounts: &[],
        allowances: &allowances,
        charges: &charges,
        prepaid,
    };
    let priced = price(document, terms)?;
    if let Err(broken) = check_totals(&priced.stated()) {
        return Ok(Outcome::Failed(format!(
            "our own totals are wrong: {broken:?}"
        )));
    }
    if case.note.is_none() && !nets_follow(input, terms)? {
        return Ok(Outcome::Failed(
            "a net amount is not price times quantity".to_owned(),
        ));
    }
    let came_out = (figures(&priced, totals)?, breakdown(&priced));
    let wanted = (
        stated(totals, currency)?,
        stated_breakdown(expected, currency)?,
    );
    Ok(Outcome::of(case.adopt, &came_out, &wanted))
}

fn amount(of: Given<'_>, name: &str, currency: Currency) -> Result<Money> {
    let minor = of.minor(name, u32::from(currency.exponent()))?;
    Ok(Money::from_minor(minor, currency))
}

fn rule(given: Given<'_>) -> Result<Vec<TaxRule>> {
    let code = given.text("tax_category")?;
    let category = TaxCategory::from_code(code).with_context(|| code.to_owned())?;
    let rate = match given.has("tax_percent") {
        true => super::percent(given.part("tax_percent")?)?,
        false => Ratio::ZERO,
    };
    Ok(vec![TaxRule::of_category("VAT", category, rate)?])
}

fn taxable<'a>(
    given: &[Given<'_>],
    rules: &'a [Vec<TaxRule>],
    name: &str,
    currency: Currency,
) -> Result<Vec<Taxable<'a>>> {
    let each = given.iter().zip(rules).map(|(it, taxes)| {
        let amount = amount(*it, name, currency)?;
        Ok(Taxable { amount, taxes })
    });
    each.collect()
}

/// Whether the nets that are given are what our own lines would cost.
fn nets_follow(input: Given<'_>, terms: PriceTerms) -> Result<bool> {
    let minor = Ratio::whole(10_i64.pow(u32::from(terms.currency.exponent())));
    for line in input.list("lines")? {
        let quantity = line.ratio("quantity")?;
        if quantity.is_negative() || line.has("allowances_charges") {
            continue;
        }
        let per = if line.has("price_base_quantity") {
            line.ratio("price_base_quantity")?
        } else {
            Ratio::ONE
        };
        let price = line.ratio("price")?.checked_mul(minor).context("price")?;
        if line_amount(price, quantity, per, terms)? != amount(line, "net", terms.currency)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Our figure for each total the case names.
fn figures(ours: &Totals, totals: Given<'_>) -> Result<Vec<(String, i64)>> {
    let figure = |name: &&str| {
        let money = match *name {
            "sum_line_net" => ours.sum_line_net,
            "allowance_total" => ours.allowance_total,
            "charge_total" => ours.charge_total,
            "tax_exclusive" => ours.tax_exclusive,
            "tax_total" => ours.tax_total,
            "tax_inclusive" => ours.tax_inclusive,
            "prepaid" => ours.prepaid,
            it if it.contains("rounding") => ours.rounding,
            "payable" => ours.payable,
            other => anyhow::bail!("{other} is no known total"),
        };
        Ok(((*name).to_owned(), money.minor()))
    };
    totals.names().iter().map(figure).collect()
}

fn stated(totals: Given<'_>, currency: Currency) -> Result<Vec<(String, i64)>> {
    let names = totals.names().into_iter();
    let each = names.map(|it| Ok((it.to_owned(), amount(totals, it, currency)?.minor())));
    each.collect()
}

/// Category, rate, taxable amount and tax, in order of their values.
type Breakdown = Vec<(String, Option<Ratio>, i64, i64)>;

fn breakdown(ours: &Totals) -> Breakdown {
    let each = ours.taxes.iter().map(|it| {
        let category = it.rule.category();
        let rate = (category != TaxCategory::OutOfScope).then(|| it.rule.rate());
        (
            category.code().to_owned(),
            rate,
            it.taxable.minor(),
            it.tax.minor(),
        )
    });
    sorted(each.collect())
}

fn stated_breakdown(expected: Given<'_>, currency: Currency) -> Result<Breakdown> {
    let each = expected.list("vat_breakdown")?.into_iter().map(|it| {
        let category = it.text("category")?.to_owned();
        let rate = match it.has("percent") && category != "O" {
            true => Some(super::percent(it.part("percent")?)?),
            false if category == "O" => None,
            false => Some(Ratio::ZERO),
        };
        let taxable = amount(it, "taxable", currency)?.minor();
        Ok((
            category,
            rate,
            taxable,
            amount(it, "tax", currency)?.minor(),
        ))
    });
    Ok(sorted(each.collect::<Result<_>>()?))
}

fn sorted(mut all: Breakdown) -> Breakdown {
    all.sort();
    all
}
