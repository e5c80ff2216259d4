//! Cases that put one question to one function.

use anyhow::Result;
use billing::{
    Application, BooksRefusal, Claim, Fund, ParentItem, Ratio, RefundRefusal, Rounding, Wallet,
    left_of_child, refund_amount,
};
use kernel::testing::CountingIds;
use kernel::{AccountId, Currency, Ids, Money};
use serde_json::{Value, json};

use super::DECIMALS;
use super::scene::{Scene, in_words};
use crate::case::Case;
use crate::given::Given;
use crate::themes::payments::{asked_for, paid};
use crate::themes::words::{any_of, decimal};

/// Whether one of its names tells which question it is.
pub(super) fn knows(case: &Case) -> bool {
    let names = Given(&case.input).names();
    let telling = [
        "states",
        "child_charged",
        "requested",
        "precise",
        "usage",
        "coupon",
        "invoice_currency",
        "applied",
    ];
    let asks_how_much = Given(&case.expected).has("refund");
    names.iter().any(|it| telling.contains(it)) || names == ["amount"] || asks_how_much
}

/// Every name that these questions tell facts under.
const KNOWN: [&str; 23] = [
    "add_ons",
    "amount",
    "applied",
    "balance",
    "charges",
    "child_charged",
    "commitment",
    "coupon",
    "credit_note",
    "credit_note_currency",
    "invoice_currency",
    "items",
    "other_child_items",
    "parent_items",
    "payment",
    "precise",
    "prepaid",
    "requested",
    "states",
    "subscription",
    "tax",
    "usage",
    "currency",
];

pub(super) fn run(case: &Case) -> Result<Option<Value>> {
    let given = Given(&case.input);
    crate::themes::no_more_than(given, &KNOWN)?;
    let expected = Given(&case.expected);
    let came_out = match given {
        _ if given.has("states") => while_unknown(given)?,
        _ if given.has("child_charged") => of_child(given, expected)?,
        _ if case.input.get("requested").is_some() || expected.has("refund") => {
            refunded(given, expected)?
        }
        _ if given.has("precise") => whole_units(given)?,
        _ if given.has("subscription") || given.has("coupon") => claimed(given, expected)?,
        _ if given.has("usage") => forecast(given, expected)?,
        _ if given.has("invoice_currency") => foreign_note(given)?,
        _ if given.0.get("applied") == Some(&Value::Bool(true)) => applied_twice()?,
        _ if given.has("amount") => published(given, expected)?,
        _ => return Ok(None),
    };
    Ok(Some(came_out))
}

fn kes() -> Result<Currency> {
    Ok("KES".parse()?)
}

fn money(given: Given<'_>) -> Result<Money> {
    Ok(Money::from_minor(given.as_minor(DECIMALS)?, kes()?))
}

fn shown(amount: Money, expected: Given<'_>, name: &str) -> Result<Value> {
    let like = expected.part(name)?;
    Ok(match like.0 {
        Value::Number(_) => json!(amount.minor()),
        _ => json!(decimal(amount.minor(), DECIMALS, like)),
    })
}

/// A payment in each of the states is charged a second time.
fn while_unknown(given: Given<'_>) -> Result<Value> {
    let ids: &dyn Ids = &CountingIds::from(1);
    let mut never = true;
    let states = given.list("states")?;
    if states.is_empty() {
        return crate::themes::unknown("no state");
    }
    for state in states {
        let amount = Money::from_minor(100, kes()?);
        let mut payment = asked_for(ids.next(), ids.next(), amount)?;
        match state.as_text()? {
            "SUCCESS" | "SETTLED" => {
                payment.settle(paid(amount)?)?;
            }
            "FAILED" | "ERROR" | "FAILURE" => {
                payment.fail("declined")?;
            }
            "UNKNOWN" | "PENDING" => {}
            other => return crate::themes::unknown(format!("state {other}")),
        }
        never &= payment.check_retry().is_err();
    }
    let rule = match never {
        true => "never charge again while the state is unknown",
        false => "charge again",
    };
    Ok(json!({ "rule": rule }))
}

fn of_child(given: Given<'_>, expected: Given<'_>) -> Result<Value> {
    let ids: &dyn Ids = &CountingIds::from(1);
    let (child, sibling): (AccountId, AccountId) = (ids.next(), ids.next());
    let mut items = Vec::new();
    for (name, child) in [("parent_items", child), ("other_child_items", sibling)] {
        if given.has(name) {
            for item in given.list(name)? {
                let amount = money(item)?;
                items.push(ParentItem { child, amount });
            }
        }
    }
    let left = left_of_child(child, money(given.part("child_charged")?)?, &items)?;
    Ok(json!({ "child_balance": shown(left, expected, "child_balance")? }))
}

fn refunded(given: Given<'_>, expected: Given<'_>) -> Result<Value> {
    let requested = any_of(given, &["requested"]).map(money).transpose()?;
    let mut items = Vec::new();
    if given.has("items") {
        for item in given.list("items")? {
            items.push(money(item)?);
        }
    }
    // Where no payment is told, it was large enough.
    let paid = match any_of(given, &["payment"]) {
        Some(it) => money(it)?,
        None => Money::from_minor(1_000_000_000, kes()?),
    };
    match refund_amount(paid, requested, &items) {
        Ok(amount) => Ok(json!({ "refund": shown(amount, expected, "refund")? })),
        Err(refusal @ (RefundRefusal::TooLarge { .. } | RefundRefusal::Mismatch { .. })) => {
            Ok(json!({ "error": in_words(&BooksRefusal::Refund(refusal)) }))
        }
        Err(other) => Ok(json!({ "error": other.to_string() })),
    }
}

/// Usage of fractions of minor units is invoiced in whole ones, and credit pays the invoice.
fn whole_units(given: Given<'_>) -> Result<Value> {
    let precise = given.ratio("precise")?;
    let minor = i64::try_from(precise.round(Rounding::default()))?;
    let mut scene = Scene::new(Application::Automatic, kes()?);
    scene.grant(Money::from_minor(1_000_000_000, kes()?))?;
    scene.issue(Money::from_minor(minor, kes()?), Money::zero(kes()?))?;
    let used = Money::sum(kes()?, scene.used()?)?;
    Ok(json!({ "used": used.minor() }))
}

fn claimed(given: Given<'_>, expected: Given<'_>) -> Result<Value> {
    let mut lines = Vec::new();
    for name in ["subscription", "usage", "charges", "add_ons", "commitment"] {
        if given.has(name) {
            lines.push(money(given.part(name)?)?);
        }
    }
    let none = Money::zero(kes()?);
    let discount = any_of(given, &["coupon"]).map_or(Ok(none), money)?;
    let tax = any_of(given, &["tax"]).map_or(Ok(Ratio::ZERO), Given::as_ratio)?;
    let claim = Claim::of(&lines, discount, tax)?;
    let mut scene = Scene::new(Application::Automatic, kes()?);
    for name in ["credit_note", "prepaid"] {
        if given.has(name) {
            scene.grant(money(given.part(name)?)?)?;
        }
    }
    let invoice = scene.issue(claim.subtotal, claim.tax)?;
    let mut told = serde_json::Map::new();
    for name in expected.names() {
        let amount = match name {
            "subtotal" => claim.subtotal,
            "tax" => claim.tax,
            "total" => claim.total,
            "due" | "amount_due" => scene.books.due(invoice)?,
            _ => return crate::themes::unknown(format!("expects {name}")),
        };
        told.insert(name.to_owned(), shown(amount, expected, name)?);
    }
    Ok(Value::Object(told))
}

fn forecast(given: Given<'_>, expected: Given<'_>) -> Result<Value> {
    let wallet = Wallet::new(money(given.part("balance")?)?, Money::zero(kes()?))?;
    let tax = any_of(given, &["tax"]).map_or(Ok(Ratio::ZERO), Given::as_ratio)?;
    let forecast = wallet.forecast(money(given.part("usage")?)?, tax)?;
    let mut told = serde_json::Map::new();
    for name in expected.names() {
        let amount = match name {
            "ongoing_balance" | "left" | "balance" => forecast.left,
            "usage_with_tax" | "with_tax" => forecast.with_tax,
            _ => return crate::themes::unknown(format!("expects {name}")),
        };
        told.insert(name.to_owned(), shown(amount, expected, name)?);
    }
    Ok(Value::Object(told))
}

/// Credit in another currency lies beside an invoice.
fn foreign_note(given: Given<'_>) -> Result<Value> {
    let invoice: Currency = given.text("invoice_currency")?.parse()?;
    let note: Currency = given.text("credit_note_currency")?.parse()?;
    let mut scene = Scene::new(Application::Automatic, invoice);
    let credit = scene.grant(Money::from_minor(1_000, note))?;
    // The account has debt of the one currency and credit of the other.
    scene.issue(Money::from_minor(1_000, invoice), Money::zero(invoice))?;
    let used = scene.books.used(Fund::Credit(credit))?;
    Ok(json!({ "used": used.minor() }))
}

fn applied_twice() -> Result<Value> {
    let mut scene = Scene::new(Application::ByHand, kes()?);
    let credit = Fund::Credit(scene.grant(Money::from_minor(1_000, kes()?))?);
    let invoice = scene.issue(Money::from_minor(300, kes()?), Money::zero(kes()?))?;
    let amount = Money::from_minor(100, kes()?);
    scene.books.allocate(credit, invoice, amount)?;
    Ok(match scene.books.allocate(credit, invoice, amount) {
        Ok(()) => json!({ "used": scene.books.used(credit)?.minor() }),
        Err(refusal) => json!({ "error": in_words(&refusal) }),
    })
}

/// An amount with more decimals than its currency has is published once.
fn published(given: Given<'_>, expected: Given<'_>) -> Result<Value> {
    let scale = 10_i64.pow(DECIMALS);
    let minor = given.ratio("amount")?.of(scale, 1, Rounding::default());
    let minor = minor.ok_or_else(|| anyhow::anyhow!("the amount does not fit"))?;
    let amount = Money::from_minor(minor, kes()?);
    Ok(json!({ "amount": shown(amount, expected, "amount")? }))
}
