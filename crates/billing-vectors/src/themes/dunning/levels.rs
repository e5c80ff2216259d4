//! Levels by days, by number of invoices, by balance.

use anyhow::{Context, Result};
use billing::{
    Application, Books, Debt, InvoiceFact, Ladder, Measure, PayOrder, Refund, SettledPayment,
};
use chrono::Days;
use kernel::testing::CountingIds;
use kernel::{Currency, Ids, LocalDate, Money};
use serde_json::{Value, json};

use crate::case::Case;
use crate::given::Given;
use crate::themes::words::any_of;

/// The policy of the test the cases by number of invoices come from: the cases tell only the number.
const BY_COUNT: [i64; 3] = [2, 3, 5];
/// The policy of the test the cases by balance come from, in minor units.
const BY_BALANCE: [i64; 3] = [40_000, 70_000, 120_000];
/// The policy of the test of shifting invoices, where a case tells none.
const SHIFTING: [(&str, i64); 3] = [("WARNING", 5), ("BLOCKED", 7), ("CANCELLATION", 11)];

/// A ladder whose rungs have names.
struct Named {
    names: Vec<String>,
    ladder: Ladder,
}

impl Named {
    fn new(mut rungs: Vec<(String, i64)>, measure: Measure) -> Result<Self> {
        rungs.sort_by_key(|it| it.1);
        let (names, values) = rungs.into_iter().unzip();
        let ladder = Ladder::new(measure, values, 0)?;
        Ok(Self { names, ladder })
    }

    fn by_days(given: Given<'_>) -> Result<Self> {
        let told = any_of(given, &["policy_days", "policy"]);
        let rungs = match told.and_then(|it| it.0.as_object()) {
            Some(all) => {
                let rungs = all
                    .iter()
                    .map(|(name, days)| Ok((name.clone(), Given(days).as_whole()?)));
                rungs.collect::<Result<Vec<_>>>()?
            }
            None => SHIFTING
                .map(|(name, days)| (name.to_owned(), days))
                .to_vec(),
        };
        Self::new(rungs, Measure::DaysSinceIssue)
    }

    fn numbered(values: &[i64], measure: Measure) -> Result<Self> {
        let rungs = (1..)
            .zip(values)
            .map(|(n, value)| (format!("OD{n}"), *value));
        Self::new(rungs.collect(), measure)
    }

    fn state(&self, open: &[Debt], today: LocalDate) -> Result<String> {
        let rung = self.ladder.reached(open, today)?;
        let name = rung.checked_sub(1).and_then(|it| self.names.get(it));
        Ok(name.map_or("CLEAR", String::as_str).to_owned())
    }
}

fn kes() -> Result<Currency> {
    Ok("KES".parse()?)
}

fn debt(issued_on: LocalDate, minor: i64) -> Result<Debt> {
    Ok(Debt {
        issued_on,
        due_on: issued_on,
        due: Money::from_minor(minor, kes()?),
    })
}

/// What the oldest unpaid invoice, or all of them, are told as.
const UNPAID: [&str; 4] = ["oldest_unpaid", "earliest_unpaid", "unpaid", "unpaid_since"];

/// Whether a case is about days: it tells a policy of days, or since when something is unpaid.
pub(super) fn tells_days(given: Given<'_>) -> bool {
    given.has("policy_days") || given.has("checks") || any_of(given, &UNPAID).is_some()
}

pub(super) fn by_days(case: &Case) -> Result<Option<Value>> {
    let given = Given(&case.input);
    let named = Named::by_days(given)?;
    if given.has("checks") {
        return checked(given, &named).map(Some);
    }
    let days = match any_of(given, &["dates", "days"]) {
        Some(list) => list
            .elements()?
            .into_iter()
            .map(Given::as_date)
            .collect::<Result<Vec<_>>>()?,
        None => vec![given.date("today")?],
    };
    let mut states = Vec::new();
    for today in days {
        if let Some(invoice) = any_of(given, &["refunded_invoice", "charged_back"]) {
            let is_refund = given.has("refunded_invoice");
            states.extend(taken_back(&named, invoice.as_date()?, today, is_refund)?);
        } else {
            states.push(named.state(&unpaid(given)?, today)?);
        }
    }
    Ok(told(case, &states))
}

/// As one state or as many, as the case asks.
fn told(case: &Case, states: &[String]) -> Option<Value> {
    let expected = Given(&case.expected);
    if expected.has("states") {
        return Some(json!({ "states": states }));
    }
    let [one] = states else {
        return None;
    };
    expected.has("state").then(|| json!({ "state": one }))
}

/// The invoices that are unpaid: the oldest, or all.
fn unpaid(given: Given<'_>) -> Result<Vec<Debt>> {
    let Some(told) = any_of(given, &UNPAID) else {
        return Ok(Vec::new());
    };
    let dates = told.elements().unwrap_or_else(|_| vec![told]);
    dates
        .into_iter()
        .map(|it| debt(it.as_date()?, 24_995))
        .collect()
}

/// An invoice that was paid; on the day its money goes back, refunded without adjustment or charged back and won again.
fn taken_back(
    named: &Named,
    issued_on: LocalDate,
    today: LocalDate,
    is_refund: bool,
) -> Result<Vec<String>> {
    let ids: &dyn Ids = &CountingIds::from(1);
    let amount = Money::from_minor(24_995, kes()?);
    let mut books = Books::new(Application::Automatic, PayOrder::OldestFirst);
    books.issue(InvoiceFact {
        invoice: ids.next(),
        issued_on,
        due_on: issued_on,
        number: 1,
        net: amount,
        tax: Money::zero(kes()?),
    })?;
    let payment = ids.next();
    books.settle(SettledPayment {
        payment,
        amount,
        settled_as: None,
        meant_for: None,
    })?;
    if is_refund {
        books.refund(payment, None, Refund::Reopening)?;
        return Ok(vec![named.state(&books.debts(kes()?)?, today)?]);
    }
    books.reverse(payment)?;
    let lost = named.state(&books.debts(kes()?)?, today)?;
    books.undo_reversal(payment)?;
    Ok(vec![lost, named.state(&books.debts(kes()?)?, today)?])
}

/// The states an account goes through from the first check to the last, each day looked at: the two oldest invoices of four
/// were paid before.
fn checked(given: Given<'_>, named: &Named) -> Result<Value> {
    let open = match unpaid(given)? {
        none if none.is_empty() => vec![
            debt("2012-06-02".parse()?, 70_000)?,
            debt("2012-06-03".parse()?, 20_000)?,
        ],
        told => told,
    };
    let checks = given.list("checks")?;
    let first = checks.first().context("no check")?.as_date()?;
    let last = checks.last().context("no check")?.as_date()?;
    let mut states: Vec<String> = Vec::new();
    let mut today = first;
    while today <= last {
        let state = named.state(&open, today)?;
        if states.last() != Some(&state) {
            states.push(state);
        }
        today = today + Days::new(1);
    }
    Ok(json!({ "states": states }))
}

pub(super) fn by_count(case: &Case) -> Result<Option<Value>> {
    let named = Named::numbered(&BY_COUNT, Measure::OpenInvoices)?;
    let today = "2026-11-21".parse()?;
    let count = Given(&case.input).whole("unpaid_invoices")?;
    let open = (0..count).map(|_| debt(today, 24_995));
    let state = named.state(&open.collect::<Result<Vec<_>>>()?, today)?;
    Ok(told(case, &[state]))
}

pub(super) fn by_balance(case: &Case) -> Result<Option<Value>> {
    let named = Named::numbered(&BY_BALANCE, Measure::OpenBalance)?;
    let today = "2026-11-21".parse()?;
    let balance = Given(&case.input).minor("balance", 2)?;
    let state = named.state(&[debt(today, balance)?], today)?;
    Ok(told(case, &[state]))
}
