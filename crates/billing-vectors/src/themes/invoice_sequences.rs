//! Runs of billing over time: target dates, what each run brings, runs that bring nothing, safety stops.

mod items;
mod lives;
mod scenarios;

use anyhow::Result;
use billing::{Due, Inconsistent, Proposal, Stopped};
use chrono::NaiveDate;
use serde_json::Value;

use crate::case::{Case, Outcome};
use crate::given::Given;
use crate::themes::billing_facts::period_at;

/// What comes after the runs of a case.
#[derive(Default)]
enum Next {
    /// The case does not go that far.
    #[default]
    Unknown,
    /// When something more is due, if ever.
    Due(Option<NaiveDate>),
    /// What a further run brought.
    Run(Option<i64>),
}

/// What the runs of a case brought.
#[derive(Default)]
struct Brought {
    /// Each run in turn, in the order of their dates.
    runs: Vec<Option<Proposal>>,
    /// The date of the first run that brought something.
    on: Option<NaiveDate>,
    /// What comes after the runs.
    next: Next,
    /// Why billing stopped.
    stopped: Option<Stopped>,
}

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let given = Given(&case.input);
    let brought = match lives::brought(given)? {
        Some(brought) => brought,
        None => match items::brought(given)? {
            Some(brought) => brought,
            None => {
                return Ok(super::unknown_shape(case));
            }
        },
    };
    let expected = Given(&case.expected);
    let mut came_out = serde_json::Map::new();
    for name in expected.names() {
        let Some(value) = brought.told(name, expected.part(name)?)? else {
            return super::unknown(format!("expects {name}"));
        };
        came_out.insert(name.to_owned(), value);
    }
    let wanted = normal(expected)?;
    Ok(Outcome::of(case.adopt, &Value::Object(came_out), &wanted))
}

impl Brought {
    fn runs(runs: Vec<Option<Proposal>>) -> Self {
        Self {
            runs,
            ..Self::default()
        }
    }

    fn run(&self, number: usize) -> Option<&Proposal> {
        self.runs.get(number).and_then(Option::as_ref)
    }

    /// What came out under a name of the expectation, in its form; amounts in cents.
    fn told(&self, name: &str, expected: Given) -> Result<Option<Value>> {
        let total = |it: Option<&Proposal>| it.map_or(Value::Null, |it| it.total.minor().into());
        let day = |it: Option<NaiveDate>| it.map_or(Value::Null, |it| it.to_string().into());
        Ok(Some(match name {
            "balance" | "amount" | "first" | "first_amount" | "invoice" | "total" => {
                total(self.run(0))
            }
            "second" | "second_amount" | "second_invoice" => total(self.run(1)),
            "third" | "third_amount" | "third_invoice" => total(self.run(2)),
            "next_run" => match self.next {
                Next::Unknown => return Ok(None),
                Next::Due(on) => day(on),
                Next::Run(minor) => minor.map_or(Value::Null, Value::from),
            },
            "on" => day(self.on),
            "amount_per_run" => self.runs.iter().map(|it| total(it.as_ref())).collect(),
            "number_of_items" | "first_items" => lines(self.run(0)).into(),
            "second_items" => lines(self.run(1)).into(),
            "items" => items(self.run(0), expected)?,
            "error" => self
                .stopped
                .as_ref()
                .map_or(Value::Null, |it| named(it).into()),
            _ => return Ok(None),
        }))
    }
}

fn lines(run: Option<&Proposal>) -> usize {
    run.map_or(0, |it| it.lines.len())
}

/// The lines of a run as the expectation writes them: its amounts are only compared where it names any.
fn items(run: Option<&Proposal>, expected: Given) -> Result<Value> {
    let all = run.iter().flat_map(|it| &it.lines);
    let mut found: Vec<_> = all
        .map(|it| (it.due.segment().period, it.due.amount().minor()))
        .collect();
    found.sort_unstable();
    let mut priced: Vec<_> = Vec::new();
    for it in expected.elements()? {
        priced.push((period_at(it)?, it.elements()?.len() > 2));
    }
    let value = |(period, minor): (billing::Period, i64)| {
        let dates = [period.start, period.end].map(|it| Value::from(it.to_string()));
        let shown = priced.contains(&(period, true));
        let amount = shown.then(|| Value::from(minor));
        Value::from_iter(dates.into_iter().chain(amount))
    };
    Ok(found.into_iter().map(value).collect())
}

/// The names the sources give to what stops a run.
fn named(stopped: &Stopped) -> &'static str {
    match stopped {
        Stopped::Inconsistent { reason, .. } => match reason {
            Inconsistent::BilledTwice { .. } => "double billing detected",
            Inconsistent::RepairedTwice { .. } | Inconsistent::OverRepaired { .. } => {
                "too many repairs"
            }
            Inconsistent::RepairOutside { .. } => "invalid cancelled item",
            Inconsistent::NothingToRepair { .. } => "missing cancelled item",
            Inconsistent::NegativeTotal | Inconsistent::Amount(_) => "no amount",
        },
        Stopped::TooFarAhead { .. } => "target date too far in the future",
        Stopped::TooManyLines { .. } => "too many items",
        Stopped::Total(_) => "no total",
    }
}

/// The expectation with amounts in cents and lines in order.
fn normal(expected: Given) -> Result<Value> {
    let mut all = serde_json::Map::new();
    for name in expected.names() {
        let value = expected.part(name)?;
        let amount = |it: Given| -> Result<Value> {
            match it.0 {
                Value::Null => Ok(Value::Null),
                _ => Ok(it.as_minor(2)?.into()),
            }
        };
        let normal = match name {
            "items" => {
                let mut items = Vec::new();
                for it in value.elements()? {
                    let (period, parts) = (period_at(it)?, it.elements()?);
                    let minor = parts.get(2).map(|it| it.as_minor(2)).transpose()?;
                    items.push((period, minor));
                }
                items.sort_unstable();
                let value = |(period, minor): (billing::Period, Option<i64>)| {
                    let dates = [period.start, period.end].map(|it| Value::from(it.to_string()));
                    Value::from_iter(dates.into_iter().chain(minor.map(Value::from)))
                };
                items.into_iter().map(value).collect()
            }
            "amount_per_run" => {
                let amounts: Result<Vec<_>> = value.elements()?.into_iter().map(amount).collect();
                Value::from(amounts?)
            }
            "error" if value.as_text()?.contains("target") => {
                Value::from("target date too far in the future")
            }
            "next_run" if value.0.is_string() && value.as_date().is_err() => amount(value)?,
            "next_run" | "on" | "error" | "number_of_items" | "first_items" | "second_items" => {
                value.0.clone()
            }
            _ => amount(value)?,
        };
        all.insert(name.to_owned(), normal);
    }
    Ok(Value::Object(all))
}

/// What is taken back in a run, below zero.
fn taken_back(run: &Proposal) -> impl Iterator<Item = i64> {
    let repairs = run
        .lines
        .iter()
        .filter(|it| matches!(it.due, Due::Repair { .. }));
    repairs.map(|it| it.due.amount().minor())
}
