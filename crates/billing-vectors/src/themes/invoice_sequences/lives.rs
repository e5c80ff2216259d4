//! Cases that tell the life of a subscription and the dates of its runs.

use anyhow::{Context, Result, bail};
use billing::{
    Billed, Component, Phase, Record, Reschedule, Schedule, Terms, Timeline, Timing, book_of,
    next_due, timeline_of,
};
use chrono::{Months, NaiveDate};
use kernel::Money;

use super::scenarios::{self, date};
use super::{Brought, Next};
use crate::given::Given;
use crate::themes::billing_facts::{
    Desk, bill_day_or, every, interval_named, line, period_at, plan_named, usd,
};
use crate::themes::no_more_than;

/// What the runs of a life brought; `None` for a case that tells none.
pub(super) fn brought(given: Given) -> Result<Option<Brought>> {
    let brought = match given.names()[..] {
        ["events"] if !given.has("events") || given.list("events")?.is_empty() => nobody()?,
        ["date"] => {
            let (on, stories) = (given.date("date")?, scenarios::chaos()?);
            return amount_of(scenarios::billed_on(&stories, on)?);
        }
        ["changes"] => replay(scenarios::same_day()?, true)?,
        ["duplicates"] => {
            let times = u64::try_from(given.whole("duplicates")?)?;
            replay(scenarios::repeated(times)?, false)?
        }
        ["same", "target"] => repaired_again(given.date("target")?)?,
        ["fixed", "monthly"] => with_fee(given)?,
        ["addons", "addons_start", "base", "start"] => add_ons(given)?,
        ["adjustment", "cancel"] => adjusted_then_cancelled(given)?,
        _ if given.has("existing") && !given.has("target") => return Ok(None),
        _ if given.has("start") || given.has("events") || given.has("rate") => life(given)?,
        _ => return Ok(None),
    };
    Ok(Some(brought))
}

fn nobody() -> Result<Brought> {
    let nothing = Desk::new(Vec::new())?.bill(date("2011-09-01")?)?;
    Ok(Brought::runs(vec![nothing]))
}

/// One run of which only the total is asked.
fn amount_of(total: Option<i64>) -> Result<Option<Brought>> {
    let Some(total) = total else {
        return Ok(Some(Brought::runs(vec![None])));
    };
    let run = billing::Proposal {
        lines: Vec::new(),
        total: usd(total)?,
    };
    Ok(Some(Brought::runs(vec![Some(run)])))
}

/// A run after each decision, or one on each of their days with all of them known from the beginning.
fn replay(
    (schedule, changes): (Schedule, Vec<billing::Change>),
    one_by_one: bool,
) -> Result<Brought> {
    let mut desk = Desk::new(Vec::new())?;
    let mut runs = Vec::new();
    let mut days: Vec<_> = changes.iter().map(|it| it.from).collect();
    if !one_by_one {
        days.sort_unstable();
        days.dedup();
    }
    for (place, today) in days.into_iter().enumerate() {
        let known = if one_by_one { place + 1 } else { changes.len() };
        let timeline = timeline_of(schedule, Timing::InAdvance, &changes[..known])?;
        desk.know([Ok(Some(timeline))].into_iter())?;
        runs.push(desk.bill(today)?);
    }
    Ok(Brought::runs(runs))
}

/// The story of issue 170 of the source: a repair whose days must still be served, after the run that billed them again.
fn repaired_again(target: NaiveDate) -> Result<Brought> {
    let (start, end) = (date("2013-06-15")?, date("2013-07-15")?);
    let phases = vec![Phase::of(start, plan_named("plan")?, usd(295)?)];
    let timeline = Timeline::of_plan(every(scenarios::USUAL, start, 15)?, phases);
    let period = billing::Period { start, end };
    let repair = billing::Period {
        start: date("2013-06-21")?,
        end: date("2013-06-26")?,
    };
    let book = book_of([
        charge(0, period, usd(295)?, usd(295)?)?,
        Record::Repair {
            of: line(0)?,
            days: repair,
            amount: usd(49)?,
        },
    ])?;
    let mut desk = Desk::new(vec![timeline])?.with_billed(book)?;
    let first = desk.bill(target)?;
    let again = desk.bill(target)?;
    Ok(Brought {
        next: Next::Run(again.map(|it| it.total.minor())),
        ..Brought::runs(vec![first])
    })
}

fn with_fee(given: Given) -> Result<Brought> {
    let start = date("2011-01-01")?;
    let monthly = usd(given.minor("monthly", 2)?)?;
    let phase = Phase::of(start, plan_named("plan")?, monthly);
    let phase = phase.with_fee(usd(given.minor("fixed", 2)?)?);
    let timeline = Timeline::of_plan(every(scenarios::USUAL, start, 1)?, vec![phase]);
    first_and_next(timeline, start)
}

/// A run on a day and one when the next is due.
fn first_and_next(timeline: Timeline, start: NaiveDate) -> Result<Brought> {
    let next = next_due(&timeline, start);
    let mut desk = Desk::new(vec![timeline])?;
    let first = desk.bill(start)?;
    let second = next.map(|it| desk.bill(it)).transpose()?.flatten();
    Ok(Brought {
        next: Next::Due(next),
        on: first.is_some().then_some(start),
        ..Brought::runs(vec![first, second])
    })
}

fn add_ons(given: Given) -> Result<Brought> {
    let (start, added) = (given.date("start")?, given.date("addons_start")?);
    let base = usd(given.minor("base", 2)?)?;
    let schedule = every(scenarios::USUAL, start, bill_day_or(given, start)?)?;
    let phases = vec![Phase::of(start, plan_named("base")?, base)];
    let mut desk = Desk::new(vec![Timeline::of_plan(schedule, phases)])?;
    let first = desk.bill(start)?;
    for (number, price) in (1_u16..).zip(given.list("addons")?) {
        let plan = plan_named(&format!("add-on {number}"))?;
        let phase = Phase::of(added, plan, usd(price.as_minor(2)?)?);
        let components = &mut desk.first()?.timeline.components;
        components.push(Component::new(number, vec![phase]));
    }
    let second = desk.bill(added)?;
    Ok(Brought::runs(vec![first, second]))
}

/// A month that is taken off wholly or in part, then cancelled for its end or at once.
fn adjusted_then_cancelled(given: Given) -> Result<Brought> {
    let (start, end) = (date("2016-10-09")?, date("2016-11-09")?);
    let price = usd(3_995)?;
    let phases = vec![Phase::of(start, plan_named("plan")?, price)];
    let mut desk = Desk::new(vec![Timeline::of_plan(
        every(scenarios::USUAL, start, 9)?,
        phases,
    )])?;
    let first = desk.bill(start)?;
    let subscription = desk.first()?;
    for item in &mut subscription.billed {
        item.adjusted = match given.text("adjustment")? {
            "full" => item.amount,
            _ => usd(given.minor("adjustment", 2)?.abs())?,
        };
    }
    let (decided, ends_on) = match given.text("cancel")? {
        "EOT" => (start, end),
        "now" | "immediate" | "IMM" => (date("2016-10-12")?, date("2016-10-12")?),
        other => bail!("cancelled {other}"),
    };
    subscription.timeline.charged_until = Some(ends_on);
    // Every day from the decision on, into the month after the one that was cancelled: the first run that brings anything.
    let days = decided
        .iter_days()
        .take_while(|it| *it < months_after(end, 1).unwrap_or(end));
    let mut next = None;
    for today in days {
        next = next.or(desk.bill(today)?);
    }
    Ok(Brought {
        next: Next::Run(next.as_ref().map(|it| it.total.minor())),
        ..Brought::runs(vec![first, next])
    })
}

/// Every name that a life is told under.
const TOLD: [&str; 15] = [
    "bcd",
    "cancel",
    "change",
    "events",
    "existing",
    "mode",
    "new_price",
    "period",
    "price",
    "prices",
    "rate",
    "repair",
    "start",
    "target",
    "targets",
];

/// A subscription that is told by its prices and dates.
fn life(given: Given) -> Result<Brought> {
    no_more_than(given, &TOLD)?;
    let timeline = timeline(given)?;
    let phases = timeline.components.first().map(|it| &it.phases[..]);
    let start = phases.and_then(<[_]>::first).context("no price")?.from;
    if given.names() == ["rate"] {
        return first_and_next(timeline, start);
    }
    let targets = match (given.has("target"), given.has("targets")) {
        (true, _) => vec![given.date("target")?],
        (_, true) => {
            let targets = given.list("targets")?;
            targets
                .iter()
                .map(|it| it.as_date())
                .collect::<Result<_>>()?
        }
        // Where no date is told, it is asked when something is due and what it is.
        _ if timeline.timing == Timing::InArrear => {
            next_due(&timeline, start).into_iter().collect()
        }
        _ => return first_and_next(timeline, start),
    };
    let next = targets.last().and_then(|it| next_due(&timeline, *it));
    let mut desk = Desk::new(vec![timeline])?.with_billed(existing(given)?)?;
    if let Some(stopped) = targets.first().and_then(|it| desk.look(*it).err()) {
        return Ok(Brought {
            stopped: Some(stopped),
            ..Brought::default()
        });
    }
    let runs: Result<Vec<_>> = targets.iter().map(|it| desk.bill(*it)).collect();
    let runs = runs?;
    let brought = targets.iter().zip(&runs).find(|(_, it)| it.is_some());
    Ok(Brought {
        next: Next::Due(next),
        on: brought.map(|(on, _)| *on),
        ..Brought::runs(runs)
    })
}

fn timeline(given: Given) -> Result<Timeline> {
    let interval = match given.has("period") {
        true => interval_named(given.text("period")?)?,
        false => scenarios::USUAL,
    };
    if given.has("events") {
        return by_events(given, interval);
    }
    let start = match (given.has("start"), given.has("existing")) {
        (true, _) => given.date("start")?,
        (_, true) => period_at(given.part("existing")?.at(0)?)?.start,
        _ => date("2011-01-01")?,
    };
    let schedule = every(interval, start, bill_day_or(given, start)?)?;
    let mut timeline = Timeline {
        components: components(given, start)?,
        ..Timeline::of_plan(schedule, Vec::new())
    };
    timeline.timing = match given.has("mode") && given.text("mode")? == "IN_ARREAR" {
        true => Timing::InArrear,
        false => Timing::InAdvance,
    };
    timeline.charged_until = given.date_if_any("cancel")?;
    Ok(timeline)
}

/// One component for each price; a change puts all of them on another plan.
fn components(given: Given, start: NaiveDate) -> Result<Vec<Component>> {
    let prices: Vec<Money> = match given.has("prices") {
        true => {
            let prices = given.list("prices")?;
            prices
                .iter()
                .map(|it| usd(it.as_minor(2)?))
                .collect::<Result<_>>()?
        }
        false => vec![usd(
            given.minor(if given.has("rate") { "rate" } else { "price" }, 2)?
        )?],
    };
    let mut components = Vec::new();
    for (number, price) in (0_u16..).zip(prices) {
        let mut phases = vec![Phase::of(start, plan_named("plan")?, price)];
        if let Some(from) = given.date_if_any("change")? {
            let price = match given.has("new_price") {
                true => usd(given.minor("new_price", 2)?)?,
                false => price,
            };
            phases.push(Phase::of(from, plan_named("another plan")?, price));
        }
        components.push(Component::new(number, phases));
    }
    Ok(components)
}

/// Events are a date, a price, and a bill day where it changes.
fn by_events(given: Given, interval: billing::Interval) -> Result<Timeline> {
    let (mut phases, mut schedules) = (Vec::new(), Vec::new());
    for event in given.list("events")? {
        let parts = event.elements()?;
        let [from, price, ..] = parts[..] else {
            bail!("{} is no event", event.0);
        };
        let from = from.as_date()?;
        phases.push(Phase::of(
            from,
            plan_named("plan")?,
            usd(price.as_minor(2)?)?,
        ));
        if let Some(bill_day) = parts.get(2) {
            let schedule = every(interval, from, bill_day.as_whole()?)?;
            schedules.push(Reschedule { from, schedule });
        }
    }
    let first = match schedules.is_empty() {
        true => {
            let start = phases.first().context("no event")?.from;
            every(interval, start, bill_day_or(given, start)?)?
        }
        false => schedules.remove(0).schedule,
    };
    Ok(Timeline {
        reschedules: schedules,
        ..Timeline::of_plan(first, phases)
    })
}

/// What was billed before the runs, on the terms of the case.
fn existing(given: Given) -> Result<Vec<Billed>> {
    let mut records = Vec::new();
    if !given.has("existing") {
        return Ok(Vec::new());
    }
    let rate = usd(given.minor("rate", 2)?)?;
    for (number, it) in (0_u16..).zip(given.list("existing")?) {
        let amount = it.at(2)?.as_minor(2)?;
        records.push(charge(number, period_at(it)?, rate, usd(amount)?)?);
    }
    if given.has("repair") {
        let repair = given.part("repair")?;
        records.push(Record::Repair {
            of: line(0)?,
            days: period_at(repair)?,
            amount: usd(repair.at(2)?.as_minor(2)?.abs())?,
        });
    }
    Ok(book_of(records)?)
}

/// A line of the invoice a case begins with: its own cycle, on the terms of the plan.
pub(super) fn charge(
    number: u16,
    period: billing::Period,
    rate: Money,
    amount: Money,
) -> Result<Record> {
    Ok(Record::Charge(Billed {
        line: line(number)?,
        terms: Terms::base(plan_named("plan")?, rate),
        period,
        cycle: period,
        price: amount,
        amount,
        adjusted: usd(0)?,
        repaired: Vec::new(),
    }))
}

/// So many months after a date.
pub(super) fn months_after(start: NaiveDate, months: u32) -> Result<NaiveDate> {
    let after = start.checked_add_months(Months::new(months));
    after.context("beyond the calendar")
}
