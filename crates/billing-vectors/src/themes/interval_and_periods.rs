//! Periods of an interval: boundaries, elapsed cycles, what contains a date.

use anyhow::{Context, Result};
use billing::{Cycle, EndDay, Lifetime, Period, Ratio, Schedule};
use chrono::NaiveDate;
use serde_json::{Value, json};

use super::calendar::{bill_day, compare, due_rule, interval, is_shape, period};
use crate::case::{Case, Outcome};
use crate::given::Given;

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let given = Given(&case.input);
    let has = |needed: &[&str], allowed: &[&str]| is_shape(given, needed, allowed);
    let lived = [
        "end",
        "target",
        "target_any",
        "period",
        "mode",
        "in_arrear_mode",
    ];
    if has(&["bill_cycle_day", "start"], &lived) {
        return lifetime(case, given);
    }
    if has(&["full", "partial"], &[]) {
        let partial = period(given, "partial", EndDay::NotBilled)?;
        let full = period(given, "full", EndDay::NotBilled)?;
        return factor(case, partial, full);
    }
    if has(&["start"], &["billing_day", "period"]) {
        let first = schedule(given, "start")?.nth(0).context("no period")?;
        return factor(case, first.part, first.whole);
    }
    let meteroid = ["billing_day", "period"];
    if has(&["invoice_date", "is_first_period"], &meteroid) {
        return cycle(case, schedule(given, "invoice_date")?.nth(0));
    }
    if has(&["invoice_date", "billing_start", "cycle_index"], &meteroid) {
        let schedule = schedule(given, "billing_start")?;
        let cycle = schedule.nth(given.whole("cycle_index")?);
        let cycle = cycle.context("no such cycle")?;
        return factor(case, cycle.part, cycle.whole);
    }
    if has(&["invoice_date", "billing_start"], &meteroid) {
        let schedule = schedule(given, "billing_start")?;
        return cycle(case, schedule.previous(given.date("invoice_date")?));
    }
    if has(&["billing_start", "target"], &meteroid) {
        return target(
            case,
            schedule(given, "billing_start")?,
            given.date("target")?,
        );
    }
    Ok(super::unknown_shape(case))
}

fn schedule(given: Given<'_>, start: &str) -> Result<Schedule> {
    Ok(Schedule::new(
        given.date(start)?,
        interval(given, "period")?,
        bill_day(given, "billing_day")?,
    ))
}

/// Kill Bill: what of a life is due on a date, or on its first day where the date does not matter.
fn lifetime(case: &Case, given: Given<'_>) -> Result<Outcome> {
    let start = given.date("start")?;
    let life = Lifetime {
        schedule: Schedule::new(
            start,
            interval(given, "period")?,
            bill_day(given, "bill_cycle_day")?,
        ),
        ends_on: given.date_if_any("end")?,
        rule: due_rule(given)?,
    };
    let today = given.date_if_any("target")?.unwrap_or(start);
    let items: Vec<_> = life
        .due(today)
        .map(|it| json!({"start": it.part.start, "end": it.part.end}))
        .collect();
    compare(
        case,
        &[
            (
                "FirstBillingCycleDate",
                json!(life.schedule.first_boundary()),
            ),
            ("EffectiveEndDate", json!(life.due_until(today))),
            ("LastBillingCycleDate", json!(life.last_bill_day(today))),
            ("NextBillingCycleDate", json!(life.next_bill_day(today))),
            (
                "whole_periods_first_to_last_bcd",
                json!(life.whole_cycles_due(today)),
            ),
            (
                "has_something_to_bill",
                json!(life.due_until(today).is_some()),
            ),
            ("items", json!(items)),
        ],
    )
}

/// A property that cases hold in words.
const WALKED: &str = "advancing elapsed_cycles full periods from billing_start lands on the start of the period that contains \
                      target";

fn target(case: &Case, schedule: Schedule, target: NaiveDate) -> Result<Outcome> {
    let elapsed = schedule.elapsed(target);
    let running = schedule.current(target);
    if Given(&case.expected).names() == ["property"] {
        let property = Given(&case.expected).text("property")?;
        if property != WALKED {
            return super::unknown(property);
        }
        let running = running.context("no period")?;
        let walked = walk(schedule, elapsed).filter(|_| running.part.contains(target));
        return Ok(Outcome::of(case.adopt, &walked, &Some(running.part.start)));
    }
    let part = running.map(|it| it.part);
    compare(
        case,
        &[
            ("elapsed_cycles", json!(elapsed)),
            ("start", json!(part.map(|it| it.start))),
            ("end", json!(part.map(|it| it.end))),
        ],
    )
}

/// So many bill days after the start, one after the other.
fn walk(schedule: Schedule, cycles: i64) -> Option<NaiveDate> {
    (0..cycles).try_fold(schedule.start(), |it, _| schedule.boundary_after(it))
}

fn cycle(case: &Case, cycle: Option<Cycle>) -> Result<Outcome> {
    let part = cycle.map(|it| it.part);
    let (start, end) = (part.map(|it| it.start), part.map(|it| it.end));
    compare(case, &[("start", json!(start)), ("end", json!(end))])
}

/// A factor is a fraction, or null where nothing is prorated.
fn factor(case: &Case, part: Period, whole: Period) -> Result<Outcome> {
    let expected = Given(&case.expected);
    let ours = part.share_of(whole);
    let wanted = match expected.has("factor") {
        true => Some(expected.ratio("factor")?),
        false => None,
    };
    // A fraction may be written in other than lowest terms.
    let factor = match ours == wanted {
        true => expected.part("factor")?.0.clone(),
        false => json!(ours.map(|it: Ratio| it.to_string())),
    };
    let dates: Value = json!([part.start, part.end]);
    compare(case, &[("factor", factor), ("period", dates)])
}
