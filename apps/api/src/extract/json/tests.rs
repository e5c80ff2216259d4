//! Bad JSON is explained by field and rule, and never echoed.
#![allow(clippy::unwrap_used)]

use kernel::{Money, Name};
use serde::Deserialize;

use super::{Problem, field_error, parse};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the parsing matters")]
struct Sale {
    name: Name,
    price: Money,
    days: Option<u16>,
    how: How,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum How {
    Cash,
    Transfer,
}

fn refusal(body: &str) -> (String, String) {
    let problem: Problem = parse::<Sale>(body.as_bytes()).unwrap_err();
    let text = format!("{problem:?}");
    assert!(!text.contains("hunter2"), "{text}");
    let field = text
        .split("field: \"")
        .nth(1)
        .unwrap_or("")
        .split('"')
        .next()
        .unwrap();
    let rule = text
        .split("rule: \"")
        .nth(1)
        .unwrap_or("")
        .split('"')
        .next()
        .unwrap();
    (field.to_owned(), rule.to_owned())
}

fn with(changes: &str) -> String {
    format!(r#"{{"name":"A","price":{{"amount_minor":1,"currency":"IDR"}},"how":"cash"{changes}}}"#)
}

#[test]
fn each_mistake_names_its_field_and_rule() {
    let money = |amount: &str| {
        format!(
            r#"{{"name":"A","how":"cash","price":{{"amount_minor":{amount},"currency":"IDR"}}}}"#
        )
    };
    for (body, field, rule) in [
        ("{}".to_owned(), "name", "required"),
        (with(r#","hunter":"hunter2""#), "hunter", "unknown_field"),
        (with(r#","name":"B""#), "name", "duplicate_field"),
        (with(r#","days":"hunter2""#), "days", "type"),
        (with(r#","days":-1"#), "days", "range"),
        (money("9223372036854775808"), "price.amount_minor", "range"),
        (money("1.5"), "price.amount_minor", "type"),
        (
            money("1e400").replace("e400", "e30"),
            "price.amount_minor",
            "type",
        ),
        (
            r#"{"name":"A\u0000","price":1}"#.to_owned(),
            "name",
            "characters",
        ),
        (with("").replace("cash", "hunter2"), "how", "one_of"),
        (with("").replace("IDR", "idr"), "price.currency", "format"),
        (with("").replace("\"A\"", "\"\""), "name", "format"),
        ("[]".to_owned(), "body", "type"),
        ("7".to_owned(), "body", "type"),
    ] {
        assert_eq!(
            refusal(&body),
            (field.to_owned(), rule.to_owned()),
            "{body}"
        );
    }
}

#[test]
fn text_that_is_not_json_is_malformed() {
    for body in ["", "{", "{'a':1}", "{} {}", "\u{0}", "nul"] {
        let problem = parse::<serde_json::Value>(body.as_bytes()).unwrap_err();
        assert_eq!(problem.kind().slug, "malformed-body", "{body}");
    }
}

#[test]
fn an_escaped_backslash_is_not_a_nul() {
    assert!(parse::<serde_json::Value>(br#"{"a":"\\u0000"}"#).is_ok());
}

#[test]
fn rust_types_are_put_in_words() {
    let error = field_error("count", "invalid type: string \"hunter2\", expected u16");
    assert_eq!(error.message, "must be a whole number from 0 to 65535");
}
