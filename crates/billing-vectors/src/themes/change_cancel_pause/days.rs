//! Cases that tell prices and days: of a calendar month, or of months from the first day on where they say "anniversary".

use anyhow::{Context, Result, bail};
use billing::{
    CreditBy, EndDay, Interval, Paper, Phase, Proposal, Ratio, Reschedule, Segment, Terms,
    Timeline, Timing, papers,
};
use chrono::{Datelike, NaiveDate};
use kernel::Money;
use serde_json::{Value, json};

use super::{Told, taxed, tell_run};
use crate::case::{Adopt, Case};
use crate::given::Given;
use crate::themes::billing_facts::{Desk, every, plan_named, scale, usd, year};
use crate::themes::no_more_than;

/// The first day of subscriptions in cases that leave it out, as their neighbours have it.
const USUAL_START: &str = "2024-03-05";

/// What came out of such a case; `None` for another.
pub(super) fn told(case: &Case) -> Result<Option<Told>> {
    let given = Given(&case.input);
    let told = match given.names()[..] {
        ["change", "days", "days_in_year", "new", "old"] => rest_of_a_year(given)?,
        ["change"] => rest_of_the_month(given)?,
        ["billing_day", "date"] => both_timings(given)?,
        _ if given.has("new") && given.has("old") && given.has("change") => {
            no_more_than(
                given,
                &["anniversary", "change", "new", "old", "start", "tax"],
            )?;
            changed(case)?
        }
        _ if given.has("price") && given.has("start") => {
            no_more_than(given, &["price", "start", "tax", "terminate"])?;
            started(case)?
        }
        _ => return Ok(None),
    };
    Ok(Some(told))
}

/// A date; one without a year is of any year.
fn date(given: Given, name: &str) -> Result<NaiveDate> {
    let text = given.text(name)?;
    let with_year = match text.len() {
        5 => format!("2024-{text}"),
        _ => text.to_owned(),
    };
    with_year.parse().with_context(|| text.to_owned())
}

fn is_anniversary(case: &Case) -> bool {
    let given = Given(&case.input);
    given.has("anniversary") || case.about.contains("anniversary")
}

/// The first day of the subscription of a case.
fn start_of(case: &Case) -> Result<NaiveDate> {
    let given = Given(&case.input);
    for name in ["start", "anniversary"] {
        if given.has(name) {
            return date(given, name);
        }
    }
    if is_anniversary(case) {
        return Ok(USUAL_START.parse()?);
    }
    date(given, "change")?.with_day(1).context("no first day")
}

fn bill_day(case: &Case, start: NaiveDate) -> i64 {
    if is_anniversary(case) {
        start.day().into()
    } else {
        1
    }
}

fn tax(given: Given) -> Result<Option<Ratio>> {
    given.has("tax").then(|| given.ratio("tax")).transpose()
}

/// A plan from its first day on; cancelled, where the case says so.
fn started(case: &Case) -> Result<Told> {
    let given = Given(&case.input);
    let start = start_of(case)?;
    let price = usd(given.minor("price", 2)?)?;
    let schedule = every(Interval::MONTH, start, bill_day(case, start))?;
    let phases = vec![Phase::of(start, plan_named("plan")?, price)];
    let mut desk = Desk::new(vec![Timeline::of_plan(schedule, phases)])?;
    desk.bill(start)?;
    let mut told = Told::new();
    tell_papers(&mut told, &desk, None, tax(given)?)?;
    if given.has("terminate") {
        let end = date(given, "terminate")?;
        desk.first()?.timeline.charged_until = Some(end_day(case)?.first_free(end));
        let second = desk.bill(end)?;
        tell_papers(&mut told, &desk, second.as_ref(), tax(given)?)?;
    }
    Ok(told)
}

/// Whether the day of the end is charged: ours, or the option that a case names.
fn end_day(case: &Case) -> Result<EndDay> {
    let named = [case.convention.as_deref(), case.note.as_deref()];
    match case.adopt {
        Adopt::Mode
            if named
                .iter()
                .flatten()
                .any(|it| it.contains("end-day-counts")) =>
        {
            Ok(EndDay::Billed)
        }
        Adopt::Mode => crate::themes::unknown("an option without a name"),
        _ => Ok(EndDay::default()),
    }
}

/// From an old plan to a new one on a day.
fn changed(case: &Case) -> Result<Told> {
    let given = Given(&case.input);
    let (start, change) = (start_of(case)?, date(given, "change")?);
    let schedule = every(Interval::MONTH, start, bill_day(case, start))?;
    let old = Phase::of(start, plan_named("old")?, usd(given.minor("old", 2)?)?);
    let mut desk = Desk::new(vec![Timeline::of_plan(schedule, vec![old])])?;
    desk.bill(start)?;
    if let Some(before) = change.pred_opt().filter(|it| *it > start) {
        desk.bill(before)?;
    }
    let timeline = &mut desk.first()?.timeline;
    let new = Phase::of(change, plan_named("new")?, usd(given.minor("new", 2)?)?);
    let base = timeline.components.first_mut().context("no base plan")?;
    base.phases.push(new);
    if becomes_yearly(case) {
        timeline.reschedules.push(Reschedule {
            from: change,
            schedule: every(year()?, start, bill_day(case, start))?,
        });
    }
    let second = desk.bill(change)?;
    let mut told = Told::new();
    tell_run(&mut told, second.as_ref())?;
    tell_papers(&mut told, &desk, second.as_ref(), tax(given)?)?;
    Ok(told)
}

/// Cases tell the periods of their plans in words: "monthly 1000 -> yearly 12000".
fn becomes_yearly(case: &Case) -> bool {
    let new = case.about.split_once("->").map(|(_, new)| new);
    new.is_some_and(|it| it.contains("year"))
}

/// The invoice of the first day, and what a second run is written on.
fn tell_papers(
    told: &mut Told,
    desk: &Desk,
    second: Option<&Proposal>,
    tax: Option<Ratio>,
) -> Result<()> {
    let (_, first) = desk.issued.first().context("nothing was billed")?;
    let begun = taxed::figures(taxed::issued(&first.lines, tax)?.totals())?;
    told.insert("invoice_total".into(), begun["total"].clone());
    told.insert("first".into(), begun["fees"].clone());
    told.insert("fee".into(), begun["fees"].clone());
    told.insert("invoice".into(), begun);
    let Some(second) = second else {
        return Ok(());
    };
    for paper in papers(second, CreditBy::CreditNote)? {
        match paper {
            Paper::CreditNote { of, lines, .. } => {
                let invoice = desk.issued.iter().find(|(it, _)| *it == of);
                let (_, invoice) = invoice.context("a note of no invoice")?;
                let note = taxed::credit(taxed::issued(&invoice.lines, tax)?, &lines)?;
                told.insert("credit_note_total".into(), note["total"].clone());
                told.insert("credit_note".into(), note);
            }
            Paper::Invoice { lines, total, .. } => {
                told.insert("fee".into(), total.minor().into());
                let new = lines.first().context("an invoice without lines")?.due;
                let new = new.segment();
                told.insert("days_of_new".into(), new.period.days().into());
                told.insert("days_in_year".into(), new.cycle.days().into());
            }
        }
    }
    Ok(())
}

/// So many days of a year from a day on, at the price of the year.
fn rest_of_a_year(given: Given) -> Result<Told> {
    let start = given.date("change")?;
    let day = |from: NaiveDate, days: i64| {
        let end = from.checked_add_signed(chrono::Duration::days(days));
        end.context("beyond the calendar")
    };
    let end = day(start, given.whole("days")?)?;
    let whole_start = day(end, -given.whole("days_in_year")?)?;
    let price = usd(given.minor("new", 2)?)?;
    let segment = Segment {
        terms: Terms::base(plan_named("new")?, price),
        period: billing::Period { start, end },
        cycle: billing::Period {
            start: whole_start,
            end,
        },
        price,
    };
    let fee = segment
        .amount(segment.period, scale()?)
        .context("no amount")?;
    let mut told = Told::new();
    told.insert("fee".into(), fee.minor().into());
    Ok(told)
}

/// A change bills the rest of the calendar month; the source prints the last day itself.
fn rest_of_the_month(given: Given) -> Result<Told> {
    let change = given.date("change")?;
    let start = change.with_day(1).context("no first day")?;
    let price = |minor: i64| usd(minor);
    let phases = vec![
        Phase::of(start, plan_named("old")?, price(1_000)?),
        Phase::of(change, plan_named("new")?, price(2_000)?),
    ];
    let timeline = Timeline::of_plan(every(Interval::MONTH, start, 1)?, phases);
    let run = Desk::new(vec![timeline])?.bill(change)?;
    let run = run.context("nothing is due")?;
    let last = run.lines.iter().map(|it| it.due.segment().period).max();
    let mut told = Told::new();
    told.insert(
        "invoice_period".into(),
        printed(last.context("no line")?, "%Y-%m-%d")?,
    );
    Ok(told)
}

/// A period with its last day, as people print it.
fn printed(period: billing::Period, format: &str) -> Result<Value> {
    let last = period.end.pred_opt().context("the start of the calendar")?;
    let print = |it: NaiveDate| it.format(format).to_string();
    Ok(json!([print(period.start), print(last)]))
}

/// What the same day bills in advance and in arrear.
fn both_timings(given: Given) -> Result<Told> {
    let today = date(given, "date")?;
    let start = today.checked_sub_months(chrono::Months::new(3));
    let start = start.context("the start of the calendar")?;
    let bill_day = given.whole("billing_day")?;
    let mut told = Told::new();
    for (name, timing) in [
        ("prepaid", Timing::InAdvance),
        ("postpaid", Timing::InArrear),
    ] {
        let price: Money = usd(1_000)?;
        let timeline = Timeline {
            timing,
            ..Timeline::of_plan(
                every(Interval::MONTH, start, bill_day)?,
                vec![Phase::of(start, plan_named("plan")?, price)],
            )
        };
        let mut desk = Desk::new(vec![timeline])?;
        desk.bill(today.pred_opt().context("the start of the calendar")?)?;
        let run = desk.bill(today)?.context("nothing is due")?;
        let [line] = run.lines[..] else {
            bail!("{} lines on the bill day", run.lines.len());
        };
        told.insert(name.into(), printed(line.due.segment().period, "%m-%d")?);
    }
    Ok(told)
}
