//! The totals of the examples that come with the standard, through the export.

use billing::{
    CashRounding, InvoiceScale, PriceTerms, Priced, Ratio, TaxCategory, TaxRule, Taxable,
    TaxedLine, Totals, price,
};
use documents::{Document, Extra, Kind, Line, Sums, Vat};
use kernel::{Currency, Money};
use serde_json::Value;

use crate::rules::{hold, read};
use crate::sample;

const CASES: &str = include_str!("../../../billing-vectors/data/en16931-totals.jsonl");

#[test]
fn every_example_comes_out_as_it_went_in() {
    let mut compared = 0;
    for case in CASES.lines() {
        let case: Value = serde_json::from_str(case).unwrap();
        if case["adopt"] != "match" {
            continue;
        }
        let text = document(&case).ubl().unwrap();
        hold(&text);
        let stated = read(&text);
        let expected = case["expected"]["totals"].as_object().unwrap();
        for (name, amount) in expected {
            let ours = match name.as_str() {
                "sum_line_net" => stated.sum_line_net,
                "allowance_total" => stated.allowance_total,
                "charge_total" => stated.charge_total,
                "tax_exclusive" => stated.tax_exclusive,
                "tax_total" => stated.taxes[0].amount,
                "tax_inclusive" => stated.tax_inclusive,
                "prepaid" => stated.prepaid,
                "payable" => stated.payable,
                rounding if rounding.contains("rounding") => stated.rounding,
                other => panic!("{} expects {other}", case["id"]),
            };
            let ours = ours.unwrap_or_default();
            assert_eq!(ours, number(amount), "{} of {}", name, case["id"]);
            compared += 1;
        }
    }
    assert!(compared >= 14 * 5, "only {compared} figures");
}

fn number(of: &Value) -> Ratio {
    of.as_str().unwrap().parse().unwrap()
}

fn money(of: &Value, currency: Currency) -> Money {
    let minor = Ratio::whole(10_i64.pow(u32::from(currency.exponent())));
    let minor = number(of).checked_mul(minor).unwrap();
    assert_eq!(minor.denominator(), 1);
    Money::from_minor(i64::try_from(minor.numerator()).unwrap(), currency)
}

fn rule(of: &Value) -> TaxRule {
    let category = TaxCategory::from_code(of["tax_category"].as_str().unwrap()).unwrap();
    let percent = of.get("tax_percent").map(number).unwrap_or_default();
    let rate = percent.checked_div(Ratio::whole(100)).unwrap();
    TaxRule::of_category("VAT", category, rate).unwrap()
}

fn document(case: &Value) -> Document {
    let input = &case["input"];
    let currency: Currency = input["currency"].as_str().unwrap().parse().unwrap();
    let given = |of: &Value, name: &str| -> Vec<(Money, Vec<TaxRule>)> {
        let all = of.as_array().unwrap().iter();
        all.map(|it| (money(&it[name], currency), vec![rule(it)]))
            .collect()
    };
    let lines = given(&input["lines"], "net");
    let (charges, allowances): (Vec<_>, Vec<_>) = input["document_allowances_charges"]
        .as_array()
        .unwrap()
        .iter()
        .partition(|it| it["charge"].as_bool().unwrap());
    let of = |all: Vec<&Value>| given(&Value::Array(all.into_iter().cloned().collect()), "amount");
    let (charges, allowances) = (of(charges), of(allowances));
    let scale = InvoiceScale::new(currency.exponent(), currency).unwrap();
    let mut terms = PriceTerms::of(currency, scale);
    let stated = case["expected"]["totals"].as_object().unwrap();
    if let Some((_, by)) = stated.iter().find(|it| it.0.contains("rounding")) {
        terms.cash = CashRounding::By(money(by, currency));
    }
    let [lines, charges, allowances] = [&lines, &charges, &allowances].map(|it| taxable(it));
    let priced = Priced {
        lines: &lines,
        discounts: &[],
        allowances: &allowances,
        charges: &charges,
        prepaid: stated.get("prepaid").map(|it| money(it, currency)),
    };
    of_totals(&price(priced, terms).unwrap())
}

fn taxable(of: &[(Money, Vec<TaxRule>)]) -> Vec<Taxable<'_>> {
    let each = of.iter().map(|(amount, taxes)| Taxable {
        amount: *amount,
        taxes,
    });
    each.collect()
}

fn of_totals(totals: &Totals) -> Document {
    let vat = |it: &TaxedLine| {
        let rule = it.taxes.first().map(|it| &totals.taxes[it.group].rule);
        rule.map_or(Vat::NONE, |it| Vat {
            category: it.category(),
            rate: it.rate(),
        })
    };
    let line = |it: &TaxedLine| Line {
        text: "Item".to_owned(),
        days: None,
        quantity: 1,
        amount: it.amount,
        discount: it.discount,
        net: it.net,
        tax: it.tax().unwrap(),
        vat: vat(it),
    };
    let extra = |it: &TaxedLine| Extra {
        text: "Agreed".to_owned(),
        net: it.net,
        tax: it.tax().unwrap(),
        vat: vat(it),
    };
    let extras = totals.allowances.iter().chain(&totals.charges);
    let mut it = sample::document(&sample::COUNTRIES[0]);
    it.kind = Kind::Invoice;
    it.seller.country = Some("DE".to_owned());
    it.buyer.tax_id = Some("DE123456789".to_owned());
    it.lines = totals.lines.iter().map(line).collect();
    it.extras = extras.map(extra).collect();
    it.taxes = Vec::new();
    it.standing = None;
    it.sums = Sums {
        discount: totals.discount,
        net: totals.tax_exclusive,
        tax: totals.tax_total,
        prepaid: totals.prepaid,
        rounding: totals.rounding,
        total: totals.payable,
    };
    it
}
