//! Reads an exported file back and holds the rules of EN 16931 against it. Nothing of the export is used here.

use billing::{Ratio, Stated, StatedAmount, StatedTax, StatedTaxTotal, check_totals};
use roxmltree::{Document as Xml, Node};

/// What the file states.
pub(crate) fn read(text: &str) -> Stated {
    let xml = Xml::parse(text).unwrap();
    let root = xml.root_element();
    let totals = child(root, "LegalMonetaryTotal").unwrap();
    let amount = |name| child(totals, name).map(number);
    let currency = text_of(child(root, "DocumentCurrencyCode").unwrap());
    let line = |it: Node<'_, '_>| it.tag_name().name().ends_with("Line");
    let lines = root.children().filter(|it| it.is_element() && line(*it));
    let extras = |charges: &str| -> Vec<StatedAmount> {
        let all = children(root, "AllowanceCharge");
        let own = all.filter(|it| text_of(child(*it, "ChargeIndicator").unwrap()) == charges);
        own.map(|it| {
            stated(
                number(child(it, "Amount").unwrap()),
                child(it, "TaxCategory"),
            )
        })
        .collect()
    };
    Stated {
        decimals: 2,
        lines: lines.map(stated_line).collect(),
        allowances: extras("false"),
        charges: extras("true"),
        taxes: children(root, "TaxTotal")
            .map(|it| tax_total(it, &currency))
            .collect(),
        sum_line_net: amount("LineExtensionAmount"),
        allowance_total: amount("AllowanceTotalAmount"),
        charge_total: amount("ChargeTotalAmount"),
        tax_exclusive: amount("TaxExclusiveAmount"),
        tax_inclusive: amount("TaxInclusiveAmount"),
        prepaid: amount("PrepaidAmount"),
        rounding: amount("PayableRoundingAmount"),
        payable: amount("PayableAmount"),
        currency: Some(currency),
    }
}

/// BR-CO-10 to BR-CO-17, BR-S-08 and BR-S-09; then what the rules on categories say beside the sums.
pub(crate) fn hold(text: &str) {
    let stated = read(text);
    if let Err(broken) = check_totals(&stated) {
        panic!("{broken:?}\n{text}");
    }
    let breakdown = &stated.taxes[0].breakdown;
    let bears = |it: &StatedAmount| {
        let same = |tax: &&StatedTax| tax.category == it.category && tax.rate == it.rate;
        breakdown.iter().filter(same).count() == 1
    };
    let all = || {
        stated
            .lines
            .iter()
            .chain(&stated.allowances)
            .chain(&stated.charges)
    };
    assert!(all().all(bears), "BR-S-01 and its like: {text}");
    for tax in breakdown {
        let code = tax.category.as_deref().unwrap();
        let free = ["Z", "E", "AE", "G", "O"].contains(&code);
        let none = tax.tax == Some(Ratio::ZERO) && tax.rate.unwrap_or_default().is_zero();
        assert_eq!(free, none, "BR-S-05, BR-Z-09 and their like: {tax:?}");
        assert!(code != "O" || breakdown.len() == 1, "BR-O-11: {text}");
    }
    check_lines(text);
}

/// The net amount of each line follows from its price, quantity and discount; no price is below zero (BR-27).
fn check_lines(text: &str) {
    let xml = Xml::parse(text).unwrap();
    let root = xml.root_element();
    let lines = root
        .children()
        .filter(|it| it.tag_name().name().ends_with("Line"));
    for line in lines {
        let price = child(line, "Price").unwrap();
        let per = number(child(price, "BaseQuantity").unwrap());
        let price = number(child(price, "PriceAmount").unwrap());
        assert!(!price.is_negative(), "BR-27: {text}");
        let quantity = ["InvoicedQuantity", "CreditedQuantity"];
        let quantity = quantity.iter().find_map(|it| child(line, it)).unwrap();
        let whole = number(quantity).checked_mul(price.checked_div(per).unwrap());
        let off = child(line, "AllowanceCharge").map(|it| number(child(it, "Amount").unwrap()));
        let net = whole.unwrap().checked_sub(off.unwrap_or_default());
        assert_eq!(
            net,
            Some(number(child(line, "LineExtensionAmount").unwrap())),
            "{text}"
        );
    }
}

fn stated_line(line: Node<'_, '_>) -> StatedAmount {
    let bears = child(child(line, "Item").unwrap(), "ClassifiedTaxCategory");
    stated(number(child(line, "LineExtensionAmount").unwrap()), bears)
}

fn stated(amount: Ratio, bears: Option<Node<'_, '_>>) -> StatedAmount {
    let bears = bears.unwrap();
    StatedAmount {
        amount,
        category: child(bears, "ID").map(text_of),
        rate: rate(bears),
    }
}

fn tax_total(it: Node<'_, '_>, currency: &str) -> StatedTaxTotal {
    let breakdown = children(it, "TaxSubtotal").map(|it| {
        let bears = child(it, "TaxCategory").unwrap();
        StatedTax {
            category: child(bears, "ID").map(text_of),
            rate: rate(bears),
            taxable: child(it, "TaxableAmount").map(number),
            tax: child(it, "TaxAmount").map(number),
        }
    });
    StatedTaxTotal {
        currency: Some(currency.to_owned()),
        amount: child(it, "TaxAmount").map(number),
        breakdown: breakdown.collect(),
    }
}

fn rate(of: Node<'_, '_>) -> Option<Ratio> {
    let percent = child(of, "Percent").map(number)?;
    percent.checked_div(Ratio::whole(100))
}

fn number(node: Node<'_, '_>) -> Ratio {
    text_of(node).parse().unwrap()
}

fn text_of(node: Node<'_, '_>) -> String {
    node.text().unwrap_or_default().to_owned()
}

pub(crate) fn child<'a, 'x>(of: Node<'a, 'x>, name: &str) -> Option<Node<'a, 'x>> {
    of.children().find(|it| it.tag_name().name() == name)
}

fn children<'a, 'x>(of: Node<'a, 'x>, name: &'static str) -> impl Iterator<Item = Node<'a, 'x>> {
    of.children().filter(move |it| it.tag_name().name() == name)
}
