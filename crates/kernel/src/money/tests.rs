//! Sums of money are exact or refused.

#![allow(clippy::unwrap_used)]

use crate::{Currency, Money, MoneyError};

fn money(minor: i64, code: &str) -> Money {
    Money::from_minor(minor, code.parse::<Currency>().unwrap())
}

#[test]
fn currencies_do_not_mix() {
    let refused = money(1, "KES").checked_add(money(1, "IDR"));
    assert!(matches!(refused, Err(MoneyError::CurrencyMismatch { .. })));
}

#[test]
fn an_overflow_is_refused_in_both_directions() {
    assert_eq!(
        money(i64::MAX, "KES").checked_add(money(1, "KES")),
        Err(MoneyError::Overflow)
    );
    assert_eq!(
        money(i64::MIN, "KES").checked_neg(),
        Err(MoneyError::Overflow)
    );
    assert_eq!(
        money(-2, "KES").checked_sub(money(i64::MAX, "KES")),
        Err(MoneyError::Overflow)
    );
}

#[test]
fn text_has_the_decimals_of_the_currency() {
    assert_eq!(money(150_000, "KES").to_string(), "KES 1500.00");
    assert_eq!(money(-5, "KES").to_string(), "KES -0.05");
    assert_eq!(money(500, "UGX").to_string(), "UGX 500");
    assert_eq!(money(1_234, "KWD").to_string(), "KWD 1.234");
}

#[test]
fn json_names_the_minor_unit() {
    let json = serde_json::to_string(&money(15_000_000, "IDR")).unwrap();
    assert_eq!(json, r#"{"amount_minor":15000000,"currency":"IDR"}"#);
}
