//! Cases that tell a few items and what is wrong or left with them.

use anyhow::{Result, bail};
use billing::{
    Billed, Inconsistent, Limits, Period, Phase, ProposedLine, Record, Segment, Stopped, Terms,
    Timeline, book_of, diff, generate, preview,
};
use chrono::NaiveDate;
use kernel::Money;

use super::lives::{charge, months_after};
use super::scenarios::{self, date};
use super::{Brought, taken_back};
use crate::given::Given;
use crate::themes::billing_facts::{Desk, every, id, line, period_at, plan_named, scale, usd};

/// What a few items come to; `None` for a case that tells none.
pub(super) fn brought(given: Given) -> Result<Option<Brought>> {
    let brought = match given.names()[..] {
        ["cancel", "create"] => created_and_cancelled(given)?,
        ["changes_same_day"] => changed_within_a_day()?,
        ["max_items_per_day"] => bounded(u32::try_from(given.whole("max_items_per_day")?)?)?,
        ["auto_invoice_off"] | ["auto_invoice_off", "target"] => held()?,
        ["max_months"] | ["max_months", "target"] | ["target_months"] | ["months_ahead"] => {
            far_ahead(given)?
        }
        ["adjustment", "item", "repair"] | ["adjustment", "item"] => partly_taken(given)?,
        _ => match told_items(given)? {
            Some((book, desired)) => compared(book, &desired)?,
            None => return Ok(None),
        },
    };
    Ok(Some(brought))
}

type Book = Result<Vec<Billed>, Inconsistent>;

/// A month of the source's tests, for cases that give none.
fn a_month() -> Result<Period> {
    Ok(Period {
        start: date("2016-01-01")?,
        end: date("2016-02-01")?,
    })
}

/// The items of a case, and what should be billed.
fn told_items(given: Given) -> Result<Option<(Book, Vec<Segment>)>> {
    let ten = usd(1_000)?;
    let month = a_month()?;
    Ok(Some(match given.names()[..] {
        ["repairs"] => {
            let times = usize::try_from(given.whole("repairs")?)?;
            let mut records = vec![charge(0, month, ten, ten)?];
            for _ in 0..times {
                records.push(repair(month, ten)?);
            }
            (book_of(records), Vec::new())
        }
        ["adjustment"] | ["repair"] => {
            let word = given.text(given.names().first().copied().unwrap_or_default())?;
            if !["dangling", "missing", "unknown"].contains(&word) {
                return Ok(None);
            }
            let records = match given.has("repair") {
                true => repair(month, ten)?,
                false => Record::Adjustment {
                    of: line(0)?,
                    amount: ten,
                },
            };
            (book_of([records]), Vec::new())
        }
        ["item", "repair"] => {
            let period = period_at(given.part("item")?)?;
            let Some(days) = misplaced(period, given.part("repair")?)? else {
                return Ok(None);
            };
            let records = [charge(0, period, ten, ten)?, repair(days, ten)?];
            (book_of(records), Vec::new())
        }
        _ if given.has("existing") => existing(given)?,
        _ => return Ok(None),
    }))
}

/// The days of a repair that is told in relation to its item.
fn misplaced(item: Period, told: Given) -> Result<Option<Period>> {
    let Some(word) = told.0.as_str() else {
        return period_at(told).map(Some);
    };
    let next = |it: NaiveDate| it.succ_opt().unwrap_or(it);
    let before = |it: NaiveDate| it.pred_opt().unwrap_or(it);
    let (start, end) = match word {
        "longer" | "later" | "ends later" => (item.start, next(item.end)),
        "earlier" | "starts earlier" => (before(item.start), item.end),
        "outside" => (item.end, next(item.end)),
        _ => return Ok(None),
    };
    Ok(Some(Period { start, end }))
}

/// Items with the days that should be billed: as proposed, or those that were billed before.
fn existing(given: Given) -> Result<(Book, Vec<Segment>)> {
    crate::themes::no_more_than(given, &["existing", "proposed", "rate", "repair"])?;
    let (mut records, mut told) = (Vec::new(), Vec::new());
    for it in given.list("existing")? {
        let minor = it.at(2)?.as_minor(2)?;
        told.push((period_at(it)?, usd(minor)?));
    }
    let Some((first, price)) = told.first().copied() else {
        bail!("no item");
    };
    let rate = match given.has("rate") {
        true => usd(given.minor("rate", 2)?)?,
        false => price,
    };
    for (number, (period, amount)) in (0_u16..).zip(told) {
        records.push(charge(number, period, rate, amount)?);
    }
    if given.has("repair") {
        let it = given.part("repair")?;
        let amount = usd(it.at(2)?.as_minor(2)?.abs())?;
        records.push(repair(period_at(it)?, amount)?);
    }
    let period = match given.has("proposed") {
        true => period_at(given.part("proposed")?)?,
        false => first,
    };
    let desired = Segment {
        terms: Terms::base(plan_named("plan")?, rate),
        period,
        cycle: period,
        price: rate,
    };
    Ok((book_of(records), vec![desired]))
}

/// An item of which a part was taken back for all days but the first, and something was taken off; then it is cancelled.
fn partly_taken(given: Given) -> Result<Brought> {
    let month = a_month()?;
    let price = usd(given.minor("item", 2)?)?;
    let mut records = vec![charge(0, month, price, price)?];
    if given.has("repair") {
        let start = month.start.succ_opt().unwrap_or(month.start);
        let amount = usd(given.minor("repair", 2)?.abs())?;
        records.push(repair(Period { start, ..month }, amount)?);
    }
    records.push(Record::Adjustment {
        of: line(0)?,
        amount: usd(given.minor("adjustment", 2)?.abs())?,
    });
    compared(book_of(records), &[])
}

fn repair(days: Period, amount: Money) -> Result<Record> {
    Ok(Record::Repair {
        of: line(0)?,
        days,
        amount,
    })
}

fn compared(book: Book, desired: &[Segment]) -> Result<Brought> {
    let subscription = id(1)?;
    let scale = scale()?;
    match book.and_then(|it| diff(desired, &it, scale)) {
        Err(reason) => Ok(Brought {
            stopped: Some(Stopped::Inconsistent {
                subscription,
                reason,
            }),
            ..Brought::default()
        }),
        Ok(due) => {
            let total = Money::sum("USD".parse()?, due.iter().map(billing::Due::amount))?;
            let line = |due| ProposedLine { subscription, due };
            let lines: Vec<_> = due.into_iter().map(line).collect();
            let run = billing::Proposal { lines, total };
            Ok(Brought::runs(vec![(!run.lines.is_empty()).then_some(run)]))
        }
    }
}

/// A plan with a one-time charge on some days of a month; days are told as `day 0`, `day 1`.
fn created_and_cancelled(given: Given) -> Result<Brought> {
    let start = a_month()?.start;
    let day = |name: &str| -> Result<NaiveDate> {
        let text = given.text(name)?.trim_start_matches("day ");
        let offset = chrono::Days::new(text.parse()?);
        Ok(start.checked_add_days(offset).unwrap_or(start))
    };
    let (created, cancelled) = (day("create")?, day("cancel")?);
    let phase = Phase::free(created, plan_named("plan")?).with_fee(usd(1_000)?);
    let schedule = every(scenarios::USUAL, created, 1)?;
    let mut desk = Desk::new(vec![Timeline::of_plan(schedule, vec![phase])])?;
    let before = desk.bill(created)?;
    desk.first()?.timeline.charged_until = Some(cancelled);
    if let Some(after) = desk.bill(cancelled)? {
        bail!(
            "cancelling took {:?} back",
            taken_back(&after).collect::<Vec<_>>()
        );
    }
    Ok(Brought::runs(vec![before]))
}

/// Three plans on one day, each with a one-time charge of its own.
fn changed_within_a_day() -> Result<Brought> {
    let start = a_month()?.start;
    let mut phases = Vec::new();
    for (plan, minor) in [("one", 1_000), ("two", 1_500), ("three", 2_000)] {
        phases.push(Phase::free(start, plan_named(plan)?).with_fee(usd(minor)?));
    }
    let schedule = every(scenarios::USUAL, start, 1)?;
    let mut desk = Desk::new(vec![Timeline::of_plan(schedule, phases)])?;
    Ok(Brought::runs(vec![desk.bill(start)?]))
}

/// A run that would bring one line more than a day may have; one that brings as many as it may goes through.
fn bounded(most: u32) -> Result<Brought> {
    let start = date("2012-01-01")?;
    let phases = vec![Phase::of(start, plan_named("plan")?, usd(1_000)?)];
    let interval = crate::themes::billing_facts::interval_named("WEEKLY")?;
    let mut desk = Desk::new(vec![Timeline::of_plan(every(interval, start, 1)?, phases)])?;
    desk.facts.limits = Limits {
        lines_a_day: most,
        ..Limits::STANDARD
    };
    let weeks = |count: u32| start.checked_add_days(chrono::Days::new(u64::from(count) * 7));
    let (Some(after), Some(last)) = (weeks(most), weeks(most.saturating_sub(1))) else {
        bail!("beyond the calendar");
    };
    if desk.look(last)?.map(|it| it.lines.len()) != Some(usize::try_from(most)?) {
        bail!("{most} lines did not go through");
    }
    let runs = vec![None];
    Ok(Brought {
        stopped: desk.look(after).err(),
        ..Brought::runs(runs)
    })
}

/// An account whose billing is held back.
fn held() -> Result<Brought> {
    let start = date("2011-09-01")?;
    let phases = vec![Phase::of(start, plan_named("plan")?, usd(1_000)?)];
    let mut desk = Desk::new(vec![Timeline::of_plan(
        every(scenarios::USUAL, start, 1)?,
        phases,
    )])?;
    desk.first()?.held = true;
    Ok(Brought::runs(vec![desk.bill(date("2011-10-03")?)?]))
}

/// A target beyond the months that may be billed ahead.
fn far_ahead(given: Given) -> Result<Brought> {
    let today = date("2012-01-01")?;
    let phases = vec![Phase::of(today, plan_named("plan")?, usd(0)?)];
    let mut desk = Desk::new(vec![Timeline::of_plan(
        every(scenarios::USUAL, today, 1)?,
        phases,
    )])?;
    if given.has("max_months") {
        desk.facts.limits.months_ahead = u32::try_from(given.whole("max_months")?)?;
    }
    let asked = ["target_months", "months_ahead"]
        .into_iter()
        .find(|it| given.has(it));
    let months = match asked {
        Some(name) => u32::try_from(given.whole(name)?)?,
        None => desk.facts.limits.months_ahead + 1,
    };
    generate(&desk.facts, today)?;
    Ok(Brought {
        stopped: preview(&desk.facts, today, months_after(today, months)?).err(),
        ..Brought::default()
    })
}
