//! Requests for payment above a threshold, some days apart, a limited number of times.

use anyhow::{Context, Result};
use billing::{Attempts, Campaign};
use chrono::Days;
use kernel::{Currency, LocalDate, Money};
use serde_json::{Map, Value, json};

use crate::case::Case;
use crate::given::Given;
use crate::themes::words::any_of;

/// What the campaign of the source has where a case does not tell it.
const DAYS_BETWEEN: u16 = 2;
/// See [`DAYS_BETWEEN`].
const MOST_ATTEMPTS: u32 = 2;
/// In the source the first invoice is of this day; the next follow three days apart, all with two days to pay.
const FIRST_INVOICE: &str = "2025-01-01";

pub(super) fn run(case: &Case) -> Result<Option<Value>> {
    let given = Given(&case.input);
    if given.part("overdue")?.0.is_object() {
        return apart(case);
    }
    let currency: Currency = "EUR".parse()?;
    let threshold = Money::from_minor(given.minor("threshold", 2)?, currency);
    let campaign = campaign(given, vec![threshold])?;
    let mut invoices = Vec::new();
    let mut overdue_from: LocalDate = FIRST_INVOICE.parse::<LocalDate>()? + Days::new(3);
    let overdue = given.part("overdue")?;
    for amount in overdue.elements().unwrap_or_else(|_| vec![overdue]) {
        invoices.push((
            overdue_from,
            Money::from_minor(amount.as_minor(2)?, currency),
        ));
        overdue_from = overdue_from + Days::new(3);
    }
    let mut attempts = Attempts::default();
    let mut today: LocalDate = FIRST_INVOICE.parse()?;
    let last = today + Days::new(60);
    while today <= last {
        let late = invoices.iter().filter(|(from, _)| *from <= today);
        let late: Vec<Money> = late.map(|(_, amount)| *amount).collect();
        attempts.make(&campaign, &late, today)?;
        today = today + Days::new(1);
    }
    Ok(told(case, &attempts, &campaign))
}

fn told(case: &Case, attempts: &Attempts, campaign: &Campaign) -> Option<Value> {
    let made = attempts.made();
    let exhausted = u32::try_from(made.len()).is_ok_and(|it| it == campaign.most_attempts);
    let mut told = Map::new();
    for name in Given(&case.expected).names() {
        let like = case.expected.get(name)?;
        let value = match name {
            "requests" if like.is_number() => json!(made.len()),
            "requests" => {
                let plain = made
                    .iter()
                    .map(|it| json!({ "date": it.on.to_string(), "amount": it.amount.minor() }));
                Value::Array(plain.collect())
            }
            "after" if exhausted => json!("no more attempts"),
            "after" => json!("more attempts"),
            _ => return None,
        };
        told.insert(name.to_owned(), value);
    }
    Some(Value::Object(told))
}

fn campaign(given: Given<'_>, thresholds: Vec<Money>) -> Result<Campaign> {
    let whole = |name| any_of(given, &[name]).map(Given::as_whole).transpose();
    Ok(Campaign {
        thresholds,
        days_between: whole("days_between_attempts")?.map_or(Ok(DAYS_BETWEEN), u16::try_from)?,
        most_attempts: whole("max_attempts")?.map_or(Ok(MOST_ATTEMPTS), u32::try_from)?,
    })
}

/// Currencies apart: on each date, one more invoice of each currency is overdue.
fn apart(case: &Case) -> Result<Option<Value>> {
    let given = Given(&case.input);
    let overdue = given.part("overdue")?;
    let mut thresholds = Vec::new();
    for code in overdue.names() {
        let threshold = threshold(case, code)?;
        thresholds.push(Money::from_minor(threshold, code.parse()?));
    }
    let campaign = campaign(given, thresholds)?;
    let mut attempts = Attempts::default();
    let mut counts = Vec::new();
    for (index, today) in given.list("dates")?.into_iter().enumerate() {
        let mut late = Vec::new();
        for code in overdue.names() {
            for amount in overdue.list(code)?.into_iter().take(index + 1) {
                late.push(Money::from_minor(amount.as_minor(2)?, code.parse()?));
            }
        }
        attempts.make(&campaign, &late, today.as_date()?)?;
        let mut counted = Map::new();
        for code in overdue.names() {
            let count = attempts.count(code.parse()?);
            if count > 0 {
                counted.insert(code.to_owned(), json!(count));
            }
        }
        counts.push(Value::Object(counted));
    }
    Ok(Some(json!({ "attempts": counts })))
}

/// The threshold of a currency: told in the input, or else in the words of the case ("EUR 15000 and USD 10000").
fn threshold(case: &Case, code: &str) -> Result<i64> {
    let given = Given(&case.input);
    for name in ["threshold", "thresholds"] {
        if let Ok(told) = given.part(name) {
            return told.minor(code, 2);
        }
    }
    let words: Vec<&str> = case.about.split_whitespace().collect();
    let pairs = words.iter().zip(words.iter().skip(1));
    let mut told = pairs.filter(|(word, _)| **word == code);
    let number = told.find_map(|(_, number)| number.parse().ok());
    number.with_context(|| format!("no threshold for {code}"))
}
