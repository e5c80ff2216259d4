//! How many cycles a lifetime costs up to a date.

use anyhow::{Context, Result};
use billing::{Lifetime, Period, Ratio, Rounding, Schedule};

use super::calendar::{bill_day, day_count, due_rule, interval, is_shape};
use crate::case::{Case, Outcome};
use crate::given::Given;

const NEEDED: [&str; 3] = ["start", "target", "period"];
const ALLOWED: [&str; 5] = [
    "end",
    "bill_cycle_day",
    "mode",
    "in_arrear_mode",
    "fixed_days_in_month",
];

/// The exact parts, and their sum with each of them rounded to nine decimals.
#[derive(Debug, PartialEq)]
struct Parts {
    nine_decimals: Ratio,
    exact: Option<Vec<(Period, Ratio)>>,
}

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let given = Given(&case.input);
    let expected = Given(&case.expected);
    if !is_shape(given, &NEEDED, &ALLOWED) || expected.names() != ["billing_cycles"] {
        return Ok(super::unknown_shape(case));
    }
    let interval = interval(given, "period")?;
    let life = Lifetime {
        schedule: Schedule::new(
            given.date("start")?,
            interval,
            bill_day(given, "bill_cycle_day")?,
        ),
        ends_on: given.date_if_any("end")?,
        rule: due_rule(given)?,
    };
    let count = day_count(given)?;
    let parts: Vec<_> = life
        .due(given.date("target")?)
        .map(|it| (it.part, it.ratio(interval, count)))
        .collect();
    let wanted = Parts {
        nine_decimals: expected.ratio("billing_cycles")?,
        exact: by_hand(Given(&case.derived))?,
    };
    let ours = Parts {
        nine_decimals: nine_decimals(&parts)?,
        exact: wanted.exact.is_some().then_some(parts),
    };
    Ok(Outcome::of(case.adopt, &ours, &wanted))
}

/// What was computed by hand, if anything was.
fn by_hand(derived: Given<'_>) -> Result<Option<Vec<(Period, Ratio)>>> {
    if !derived.has("parts") {
        return Ok(None);
    }
    let part = |it: Given<'_>| {
        super::only(it, &["start", "end", "ratio"])?;
        let (start, end) = (it.date("start")?, it.date("end")?);
        Ok((Period { start, end }, it.ratio("ratio")?))
    };
    let parts = derived.list("parts")?.into_iter().map(part);
    parts.collect::<Result<_>>().map(Some)
}

/// The source keeps nine decimals of each part.
fn nine_decimals(parts: &[(Period, Ratio)]) -> Result<Ratio> {
    let billion = 1_000_000_000;
    let rounded = parts
        .iter()
        .map(|(_, it)| it.of(billion, 1, Rounding::HalfAwayFromZero));
    let sum: Option<i64> = rounded.sum();
    let sum = sum.context("a part does not fit")?;
    Ratio::new(i128::from(sum), i128::from(billion)).context("no ratio")
}
