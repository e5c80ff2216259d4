//! Fragments of documents that single rules of EN 16931 accept or refuse.

use anyhow::{Context, Result, bail};
use billing::{Identity, Ratio, Stated, StatedAmount, StatedTax, StatedTaxTotal, check_identity};
use serde_json::Value;

use crate::case::{Adopt, Case, Outcome};
use crate::given::Given;

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let (input, expected) = (Given(&case.input), Given(&case.expected));
    if input.names() != ["data", "document"] || expected.names() != ["accepted", "rule"] {
        return Ok(super::unknown_shape(case));
    }
    let code = expected.text("rule")?;
    let Ok(rule) = code.parse::<Identity>() else {
        return super::unknown(format!("rule {code}"));
    };
    let document = stated(input.part("data")?, TaxTotals::of(case))?;
    let accepted = expected.part("accepted")?.0.as_bool();
    let wanted = accepted.context("accepted is neither true nor false")?;
    Ok(Outcome::of(
        case.adopt,
        &check_identity(rule, &document).is_ok(),
        &wanted,
    ))
}

/// What a fragment of UBL states. UBL gives two decimals.
fn stated(data: Given<'_>, order: TaxTotals) -> Result<Stated> {
    let mut lines = Vec::new();
    for name in ["InvoiceLine", "CreditNoteLine"] {
        for line in each(data, name) {
            let item = line.part("Item").ok();
            let category = item.and_then(|it| it.part("ClassifiedTaxCategory").ok());
            lines.push(amount(line, "LineExtensionAmount", category)?);
        }
    }
    let (mut allowances, mut charges) = (Vec::new(), Vec::new());
    for given in each(data, "AllowanceCharge") {
        let it = amount(given, "Amount", given.part("TaxCategory").ok())?;
        match given.text("ChargeIndicator")? {
            "true" | "1" => charges.push(it),
            "false" | "0" => allowances.push(it),
            other => bail!("{other:?} is neither a charge nor an allowance"),
        }
    }
    let totals = data.part("LegalMonetaryTotal").ok();
    let total = |name: &str| totals.map_or(Ok(None), |it| ratio_if_any(it, name));
    Ok(Stated {
        decimals: 2,
        currency: text_if_any(data, "DocumentCurrencyCode"),
        lines,
        allowances,
        charges,
        taxes: tax_totals(data, order)?,
        sum_line_net: total("LineExtensionAmount")?,
        allowance_total: total("AllowanceTotalAmount")?,
        charge_total: total("ChargeTotalAmount")?,
        tax_exclusive: total("TaxExclusiveAmount")?,
        tax_inclusive: total("TaxInclusiveAmount")?,
        prepaid: total("PrepaidAmount")?,
        rounding: total("PayableRoundingAmount")?,
        payable: total("PayableAmount")?,
    })
}

/// In which order two tax totals stand that do not say their currencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TaxTotals {
    /// That in the document's currency first, as all examples have it.
    DocumentFirst,
    /// That in the tax office's currency first.
    AccountingFirst,
}

impl TaxTotals {
    /// The order of a case: the transcription lost the currencies. A case that holds under an option says in its note when
    /// they are what it is about.
    fn of(case: &Case) -> Self {
        let note = case.note.as_deref().unwrap_or_default();
        match case.adopt == Adopt::Mode && note.contains("currencyID") {
            true => Self::AccountingFirst,
            false => Self::DocumentFirst,
        }
    }
}

/// The tax totals. Where there are two, one is in the document's currency and one in the tax office's.
fn tax_totals(data: Given<'_>, order: TaxTotals) -> Result<Vec<StatedTaxTotal>> {
    let document = text_if_any(data, "DocumentCurrencyCode");
    let accounting = text_if_any(data, "TaxCurrencyCode");
    let currencies = match order {
        TaxTotals::DocumentFirst => [document, accounting],
        TaxTotals::AccountingFirst => [accounting, document],
    };
    let totals = each(data, "TaxTotal");
    let alone = totals.len() == 1;
    let read = totals.into_iter().zip(currencies).map(|(total, currency)| {
        let stated = text_if_any(total, "currencyID");
        let breakdown = each(total, "TaxSubtotal").into_iter().map(tax);
        Ok(StatedTaxTotal {
            currency: stated.or(currency).filter(|_| !alone),
            amount: ratio_if_any(total, "TaxAmount")?,
            breakdown: breakdown.collect::<Result<_>>()?,
        })
    });
    read.collect()
}

fn tax(given: Given<'_>) -> Result<StatedTax> {
    let category = given.part("TaxCategory").ok();
    Ok(StatedTax {
        category: category.and_then(|it| text_if_any(it, "ID")),
        rate: rate(category)?,
        taxable: ratio_if_any(given, "TaxableAmount")?,
        tax: ratio_if_any(given, "TaxAmount")?,
    })
}

fn amount(given: Given<'_>, name: &str, category: Option<Given<'_>>) -> Result<StatedAmount> {
    Ok(StatedAmount {
        amount: ratio_if_any(given, name)?.unwrap_or_default(),
        category: category.and_then(|it| text_if_any(it, "ID")),
        rate: rate(category)?,
    })
}

/// A percentage as a fraction.
fn rate(category: Option<Given<'_>>) -> Result<Option<Ratio>> {
    match category.filter(|it| it.has("Percent")) {
        Some(category) => Ok(Some(super::percent(category.part("Percent")?)?)),
        None => Ok(None),
    }
}

/// One element, many, or none.
fn each<'a>(of: Given<'a>, name: &str) -> Vec<Given<'a>> {
    match of.0.get(name) {
        Some(Value::Array(many)) => many.iter().map(Given).collect(),
        Some(one) => vec![Given(one)],
        None => Vec::new(),
    }
}

fn text_if_any(of: Given<'_>, name: &str) -> Option<String> {
    of.text(name).ok().map(str::to_owned)
}

fn ratio_if_any(of: Given<'_>, name: &str) -> Result<Option<Ratio>> {
    match of.has(name) {
        true => of.ratio(name).map(Some),
        false => Ok(None),
    }
}
