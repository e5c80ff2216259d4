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
        match is_charge(*given)? {
            true => charges.push(it),
            false => allowances.push(it),
        }
    }
    // What was prepaid, and what the parties agreed to round by, are facts of the document; they were transcribed beside its totals.
    super::only(expected, &["totals", "vat_breakdown"])?;
    let totals = expected.part("totals")?;
    if !totals.has("payable") {
        return super::unknown("expects nothing to pay");
    }
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
    // Where parts of the lines were not transcribed the note of the case says so.
    let note = case.note.as_deref().unwrap_or_default();
    if !note.contains("take net as input")
        && let Some(why) = nets_differ(input, terms)?
    {
        return Ok(Outcome::Failed(why));
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

/// The first line whose net is not what ours would cost: price times quantity, less its allowances, plus its charges. What
/// is given back has the mirrored amount.
fn nets_differ(input: Given<'_>, terms: PriceTerms) -> Result<Option<String>> {
    let minor = Ratio::whole(10_i64.pow(u32::from(terms.currency.exponent())));
    for line in input.list("lines")? {
        let quantity = line.ratio("quantity")?;
        let per = if line.has("price_base_quantity") {
            line.ratio("price_base_quantity")?
        } else {
            Ratio::ONE
        };
        let price = line.ratio("price")?.checked_mul(minor).context("price")?;
        let mut net = match quantity.is_negative() {
            true => {
                let mirrored = quantity.checked_neg().context("quantity")?;
                line_amount(price, mirrored, per, terms)?.checked_neg()?
            }
            false => line_amount(price, quantity, per, terms)?,
        };
        if line.has("allowances_charges") {
            for it in line.list("allowances_charges")? {
                let own = amount(it, "amount", terms.currency)?;
                net = match is_charge(it)? {
                    true => net.checked_add(own)?,
                    false => net.checked_sub(own)?,
                };
            }
        }
        if net != amount(line, "net", terms.currency)? {
            return Ok(Some(format!("a line of {} costs {net}", line.0)));
        }
    }
    Ok(None)
}

fn is_charge(given: Given<'_>) -> Result<bool> {
    let told = given.part("charge")?.0.as_bool();
    told.context("charge or allowance")
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
            "payable" => ours.payable,
            other => return super::unknown(format!("expects {other}")),
        };
        Ok(((*name).to_owned(), money.minor()))
    };
    computed(totals).iter().map(figure).collect()
}

/// The totals of a case but for those that are facts of its document: what was paid, and what was agreed to round by.
fn computed(totals: Given<'_>) -> Vec<&str> {
    let mut names = totals.names();
    names.retain(|it| *it != "prepaid" && !it.contains("rounding"));
    names
}

fn stated(totals: Given<'_>, currency: Currency) -> Result<Vec<(String, i64)>> {
    let names = computed(totals).into_iter();
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
        super::only(it, &["category", "percent", "tax", "taxable"])?;
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
