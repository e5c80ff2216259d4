//! What no document could be priced with is refused, with its figures; what can be reads back as it was stored.

use std::collections::BTreeMap;

use super::{BadPricing, EntityPricing, TaxCode};
use crate::pricing::{DatedTaxes, PriceError, TaxRule, TaxTable};
use crate::rounding::InvoiceScale;

fn code(text: &str) -> TaxCode {
    text.parse().unwrap()
}

fn tax(name: &str, rate: &str) -> TaxRule {
    TaxRule::new(name, rate.parse().unwrap()).unwrap()
}

fn table(rules: Vec<TaxRule>) -> TaxTable {
    let list = DatedTaxes {
        from: "2026-01-01".parse().unwrap(),
        until: None,
        rules,
    };
    TaxTable::new(vec![list]).unwrap()
}

fn pricing(taxes: Vec<(&str, TaxTable)>) -> EntityPricing {
    let taxes: BTreeMap<_, _> = taxes.into_iter().map(|(it, by)| (code(it), by)).collect();
    EntityPricing {
        usual: taxes.keys().next().cloned(),
        taxes,
        ..EntityPricing::PLAIN
    }
}

fn check(it: &EntityPricing) -> Result<(), BadPricing> {
    let currency = "KES".parse().unwrap();
    it.check(currency, InvoiceScale::new(2, currency).unwrap())
}

#[test]
fn usual_taxes_stand_for_what_has_no_category() {
    let it = pricing(vec![
        ("exempt", table(Vec::new())),
        ("standard", table(vec![tax("VAT", "16%")])),
    ]);
    let it = EntityPricing {
        usual: Some(code("standard")),
        ..it
    };
    check(&it).unwrap();
    let day = "2026-11-21".parse().unwrap();
    assert_eq!(it.on(None, day).unwrap().len(), 1);
    assert_eq!(it.on(Some(&code("unknown")), day).unwrap().len(), 1);
    assert_eq!(it.on(Some(&code("exempt")), day).unwrap().len(), 0);
    assert!(it.on(None, "2025-12-31".parse().unwrap()).is_err());
    let plain = EntityPricing::PLAIN;
    assert_eq!(plain.on(None, day).unwrap().len(), 0);
    assert!(plain.is_plain() && !it.is_plain());
}

#[test]
fn what_cannot_be_priced_is_refused() {
    let vat = || table(vec![tax("VAT", "16%")]);
    let coin = EntityPricing {
        coin: Some(0),
        ..EntityPricing::PLAIN
    };
    assert_eq!(check(&coin), Err(BadPricing::Coin { coin: 0 }));
    let nobody = EntityPricing {
        usual: None,
        ..pricing(vec![("standard", vat())])
    };
    assert_eq!(check(&nobody), Err(BadPricing::NoUsual));
    let unknown = EntityPricing {
        usual: Some(code("other")),
        ..pricing(vec![("standard", vat())])
    };
    let other = code("other");
    assert_eq!(
        check(&unknown),
        Err(BadPricing::UnknownUsual { code: other })
    );
    let above = pricing(vec![("standard", table(vec![tax("VAT", "101%")]))]);
    assert!(matches!(check(&above), Err(BadPricing::Rate { name, .. }) if name == "VAT"));
    let unnamed = pricing(vec![("standard", table(vec![tax("", "16%")]))]);
    assert!(matches!(check(&unnamed), Err(BadPricing::Name { .. })));
    let twice = pricing(vec![(
        "standard",
        table(vec![tax("VAT", "16%"), tax("VAT", "16%")]),
    )]);
    let refused = check(&twice);
    let Err(BadPricing::Contradiction { source, .. }) = refused else {
        unreachable!("a tax twice, not {refused:?}");
    };
    let name = "VAT".to_owned();
    assert_eq!(source, PriceError::TaxTwice { name });
}

#[test]
fn categories_stay() {
    let vat = || table(vec![tax("VAT", "16%")]);
    let before = pricing(vec![("exempt", vat()), ("standard", vat())]);
    let after = pricing(vec![("standard", vat())]);
    assert!(before.follows(&after).is_ok());
    let gone = BadPricing::CategoryGone {
        code: code("exempt"),
    };
    assert_eq!(after.follows(&before), Err(gone));
}

#[test]
fn it_reads_back_as_it_was_stored() {
    let it = EntityPricing {
        inclusive: true,
        coin: Some(100),
        ..pricing(vec![("standard", table(vec![tax("VAT", "16%")]))])
    };
    let text = serde_json::to_string(&it).unwrap();
    assert_eq!(serde_json::from_str::<EntityPricing>(&text).unwrap(), it);
    let gap = text.replace("2026-01-01", "2026-01-01\",\"until\":\"2025-01-01");
    assert!(serde_json::from_str::<EntityPricing>(&gap).is_err());
}
