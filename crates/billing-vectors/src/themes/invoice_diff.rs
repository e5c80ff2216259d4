//! What was billed against what should be: charges and repairs.
//!
//! An item of these cases has an amount for its own days and a rate that tells whether two items are on the same terms, so
//! here an item is its own cycle and the rate stands in its terms.

use anyhow::{Context, Result, bail};
use billing::{
    Billed, ChargeKind, Component, Due, Inconsistent, LineRef, Period, Record, Segment, Terms,
    book_of, diff, standing,
};
use kernel::PlanId;
use serde_json::Value;

use super::billing_facts::{line_number, period_of, plan_named, scale, usd};
use crate::case::{Case, Outcome};
use crate::given::Given;

/// What a case compares: kind, days, minor units, and the line that is repaired or, of a charge, its plan and rate.
type Plain = (
    &'static str,
    Period,
    i64,
    Option<LineRef>,
    Option<(PlanId, i64)>,
);

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let (given, expected) = (Given(&case.input), Given(&case.expected));
    if given.names() != ["existing", "proposed", "stage"] {
        return Ok(super::unknown_shape(case));
    }
    let items = given.list("existing")?;
    let came_out = match given.text("stage")? {
        "merge" => merged(&items, &given.list("proposed")?)?,
        "flat_view_of_existing" | "build" => flat(&items)?,
        stage => return super::unknown(format!("stage {stage}")),
    };
    if expected.has("error") {
        super::only(expected, &["error"])?;
        return refused(case, &came_out);
    }
    super::only(expected, &["items"])?;
    let wanted = wanted(&items, &expected.list("items")?)?;
    let came_out = came_out.map(|it| comparable(it, &wanted));
    Ok(Outcome::of(case.adopt, &came_out, &Ok(wanted)))
}

/// The source has one sentence for all that stops it.
fn refused(case: &Case, came_out: &Result<Vec<Plain>, Inconsistent>) -> Result<Outcome> {
    let wanted = Given(&case.expected).text("error")?;
    let told = match came_out {
        Ok(lines) => format!("{lines:?}"),
        Err(
            Inconsistent::BilledTwice { .. }
            | Inconsistent::RepairedTwice { .. }
            | Inconsistent::RepairOutside { .. }
            | Inconsistent::NothingToRepair { .. }
            | Inconsistent::OverRepaired { .. },
        ) => "invalid state: double billing or repair of something that is not there".to_owned(),
        Err(other) => other.to_string(),
    };
    Ok(Outcome::of(case.adopt, &told.as_str(), &wanted))
}

fn merged(items: &[Given], proposed: &[Given]) -> Result<Result<Vec<Plain>, Inconsistent>> {
    let desired: Vec<_> = proposed
        .iter()
        .map(|it| segment(*it))
        .collect::<Result<_>>()?;
    let book = book_of(records(items)?);
    let scale = scale()?;
    let due = book.and_then(|it| diff(&desired, &it, scale));
    Ok(due.map(|it| it.iter().map(plain).collect()))
}

fn flat(items: &[Given]) -> Result<Result<Vec<Plain>, Inconsistent>> {
    let book = book_of(records(items)?);
    let scale = scale()?;
    let net = book.and_then(|it| standing(&it, scale));
    let plain = |it: &billing::Standing| {
        let minor = it.amount.minor();
        (kind(it.terms), it.period, minor, None, agreed(it.terms))
    };
    Ok(net.map(|it| it.iter().map(plain).collect()))
}

fn plain(due: &Due) -> Plain {
    let (segment, minor) = (due.segment(), due.amount().minor());
    match due {
        Due::Charge { .. } => {
            let terms = segment.terms;
            (kind(terms), segment.period, minor, None, agreed(terms))
        }
        Due::Repair { of, .. } => ("REPAIR_ADJ", segment.period, minor, Some(*of), None),
    }
}

const fn agreed(terms: Terms) -> Option<(PlanId, i64)> {
    Some((terms.plan, terms.rate.minor()))
}

const fn kind(terms: Terms) -> &'static str {
    match terms.kind {
        ChargeKind::Recurring => "RECURRING",
        ChargeKind::Once => "FIXED",
    }
}

fn records(items: &[Given]) -> Result<Vec<Record>> {
    items.iter().map(|it| record(*it, items)).collect()
}

fn record(item: Given, items: &[Given]) -> Result<Record> {
    let amount = usd(item.minor("amount", 2)?)?;
    match item.text("type")? {
        "REPAIR_ADJ" => {
            let days = period_of(item)?;
            let of = repaired_line(item.text("links_to")?, days, items)?;
            Ok(Record::Repair {
                of,
                days,
                amount: amount.checked_neg()?,
            })
        }
        "ITEM_ADJ" => Ok(Record::Adjustment {
            of: line_number(item.text("links_to")?, items)?,
            amount: amount.checked_neg()?,
        }),
        _ => {
            let what = segment(item)?;
            Ok(Record::Charge(Billed {
                line: line_number(item.text("name")?, items)?,
                terms: what.terms,
                period: what.period,
                cycle: what.cycle,
                price: what.price,
                amount,
                adjusted: usd(0)?,
                repaired: Vec::new(),
            }))
        }
    }
}

/// The line a repair is for. Where it names one that shares no day with it, while another one has them all, the source
/// matched by date and the name is a slip: the other one is meant.
fn repaired_line(name: &str, days: Period, items: &[Given]) -> Result<LineRef> {
    let charges = || items.iter().filter(|it| it.has("end") && it.has("rate"));
    let named = charges().find(|it| it.text("name").is_ok_and(|it| it == name));
    let apart = |it: &Given| period_of(*it).is_ok_and(|it| it.overlap(days).is_none());
    let covers = |it: &&Given| period_of(**it).is_ok_and(|it| it.overlap(days) == Some(days));
    let meant = match named {
        Some(it) if apart(it) => charges().find(covers).unwrap_or(it).text("name")?,
        _ => name,
    };
    line_number(meant, items)
}

fn segment(item: Given) -> Result<Segment> {
    let price = usd(item.minor("amount", 2)?)?;
    let (kind, period) = match item.text("type")? {
        "RECURRING" => (ChargeKind::Recurring, period_of(item)?),
        "FIXED" => {
            let start = item.date("start")?;
            let end = start.succ_opt().context("the end of the calendar")?;
            (ChargeKind::Once, Period { start, end })
        }
        other => bail!("an item of type {other}"),
    };
    let rate = match item.has("rate") {
        true => usd(item.minor("rate", 2)?)?,
        false => price,
    };
    let plan = match item.has("plan") {
        true => item.text("plan")?,
        // Nothing tells two one-time charges of a day apart but their plan.
        false => "",
    };
    let terms = Terms {
        component: Component::BASE,
        kind,
        plan: plan_named(plan)?,
        rate,
        quantity: 1,
    };
    Ok(Segment {
        terms,
        period,
        cycle: period,
        price,
    })
}

/// What an expected item says. Its name is only what the source calls it.
const COMPARED: [&str; 8] = [
    "amount", "end", "links_to", "name", "plan", "rate", "start", "type",
];

fn wanted(items: &[Given], expected: &[Given]) -> Result<Vec<Plain>> {
    let mut all = Vec::new();
    for it in expected {
        super::only(*it, &COMPARED)?;
        let minor = it.minor("amount", 2)?;
        all.push(match it.text("type")? {
            "REPAIR_ADJ" => {
                let days = period_of(*it)?;
                let link = link_if_possible(it.text("links_to")?, days, items)?;
                ("REPAIR_ADJ", days, minor, link, None)
            }
            _ => {
                let segment = segment(*it)?;
                let terms = segment.terms;
                (kind(terms), segment.period, minor, None, agreed(terms))
            }
        });
    }
    all.sort();
    Ok(all)
}

/// The line an expected repair names, unless days of it were taken back of that line before: such a link is a slip of the
/// source, which compares dates and amounts only.
fn link_if_possible(name: &str, days: Period, items: &[Given]) -> Result<Option<LineRef>> {
    let earlier = items.iter().filter(|it| {
        let repair = it.0.get("type") == Some(&Value::from("REPAIR_ADJ"));
        repair && it.text("links_to").is_ok_and(|it| it == name)
    });
    for it in earlier {
        if period_of(*it)?.overlap(days).is_some() {
            return Ok(None);
        }
    }
    line_number(name, items).map(Some)
}

/// In the order of the expectation, without the links that it cannot name.
fn comparable(mut lines: Vec<Plain>, wanted: &[Plain]) -> Vec<Plain> {
    for line in &mut lines {
        let unnamed = wanted
            .iter()
            .any(|it| it.3.is_none() && (it.0, it.1, it.2) == (line.0, line.1, line.2));
        if unnamed {
            line.3 = None;
        }
    }
    lines.sort();
    lines
}
