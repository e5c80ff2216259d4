//! Cases that tell an item that was billed and what happened to it then.

use anyhow::{Context, Result, bail};
use billing::{
    Interval, IntervalUnit, Pause, PausePolicy, Period, Phase, Proposal, Reschedule, Schedule,
    Timeline,
};
use chrono::{Datelike, NaiveDate};
use kernel::Money;

use super::{Told, tell_credit, tell_run};
use crate::case::Case;
use crate::given::Given;
use crate::themes::billing_facts::{Desk, days, every, period_at, plan_named, usd, year};
use crate::themes::no_more_than;

/// Every name that is told about an item and what happened to it.
const TOLD: [&str; 12] = [
    "adjustment",
    "blocked",
    "cancel",
    "cancel_from",
    "change",
    "credit",
    "item",
    "item_annual",
    "new",
    "new_price",
    "pause",
    "resume",
];

/// What came out of such a case; `None` for another.
pub(super) fn told(case: &Case) -> Result<Option<Told>> {
    let given = Given(&case.input);
    let decided = ["change", "cancel", "cancel_from", "pause", "blocked"];
    let is_decided = decided.into_iter().any(|it| given.has(it));
    if is_decided && (given.has("item") || given.has("item_annual")) {
        no_more_than(given, &TOLD)?;
    }
    let item = match given.names()[..] {
        ["change", "credit", "new", "old"] => item_around(given)?,
        ["credit", "item"] => return credited(given).map(Some),
        ["adjustment", "cancel"] => {
            Item::of(days(day("2012-05-01")?, day("2012-06-01")?)?, usd(1_000)?)?
        }
        _ if given.has("item_annual") && is_decided => Item {
            period: days(day("2012-05-01")?, day("2013-05-01")?)?,
            interval: year()?,
            price: usd(given.minor("item_annual", 2)?)?,
            next_interval: Interval::MONTH,
        },
        _ if given.has("item") && is_decided => told_item(given)?,
        ["change", "new", "old", "period"] => {
            let period = period_at(given.part("period")?)?;
            Item::of(period, usd(given.minor("old", 2)?)?)?
        }
        _ => return Ok(None),
    };
    decided_about(item, given).map(Some)
}

/// An item that was billed for a period of a length, and the length of the periods of what replaces it.
#[derive(Clone, Copy)]
struct Item {
    period: Period,
    interval: Interval,
    price: Money,
    next_interval: Interval,
}

impl Item {
    /// An item that is a whole cycle of months, or else of so many days.
    fn of(period: Period, price: Money) -> Result<Self> {
        let item = |unit, count| -> Result<Self> {
            let interval = Interval::new(unit, count)?;
            Ok(Self {
                period,
                interval,
                price,
                next_interval: interval,
            })
        };
        for months in 1..=24 {
            let item = item(IntervalUnit::Months, months)?;
            let cycle = item.schedule()?.containing(period.start);
            if cycle.is_some_and(|it| it.whole == period) {
                return Ok(item);
            }
        }
        item(IntervalUnit::Days, u16::try_from(period.days())?)
    }

    fn schedule(&self) -> Result<Schedule> {
        let bill_day = self.period.start.day().max(self.period.end.day());
        every(self.interval, self.period.start, bill_day.into())
    }
}

fn day(text: &str) -> Result<NaiveDate> {
    text.parse().with_context(|| text.to_owned())
}

fn told_item(given: Given) -> Result<Item> {
    let parts = given.list("item")?;
    let [start, end, amount] = parts[..] else {
        bail!("{} is no item", given.part("item")?.0);
    };
    let period = days(start.as_date()?, end.as_date()?)?;
    Item::of(period, usd(amount.as_minor(2)?)?)
}

/// Accounts of the source's overdue tests are billed on the last day of the month: the period around a change is the one
/// between two month ends.
fn item_around(given: Given) -> Result<Item> {
    let change = given.date("change")?;
    let schedule = every(Interval::MONTH, day("2012-05-31")?, 31)?;
    let cycle = schedule
        .containing(change)
        .context("a change before the account")?;
    Item::of(cycle.whole, usd(given.minor("old", 2)?)?)
}

/// Bills the item, lets happen what the case tells, and bills again.
fn decided_about(item: Item, given: Given) -> Result<Told> {
    let start = item.period.start;
    let phases = vec![Phase::of(start, plan_named("old")?, item.price)];
    let mut desk = Desk::new(vec![Timeline::of_plan(item.schedule()?, phases)])?;
    desk.bill(start)?;
    let today = decide(&mut desk, &item, given)?;
    let run = desk.bill(today)?;
    let mut told = Told::new();
    tell_run(&mut told, run.as_ref())?;
    let billed = &desk.first()?.billed;
    told.insert(
        "used".into(),
        billed
            .first()
            .context("nothing was billed")?
            .left()?
            .minor()
            .into(),
    );
    let left: Result<Vec<Money>, _> = billed.iter().map(billing::Billed::left).collect();
    let balance = Money::sum(item.price.currency(), left?)?;
    told.insert("balance".into(), balance.minor().into());
    tell_next(&mut told, &mut desk, run.as_ref(), given)?;
    Ok(told)
}

/// The decisions of a case; returns the day on which the last of them is known.
fn decide(desk: &mut Desk, item: &Item, given: Given) -> Result<NaiveDate> {
    let mut today = item.period.start;
    let facts = desk.first()?;
    for billed in facts.billed.iter_mut().filter(|_| given.has("adjustment")) {
        billed.adjusted = match given.part("adjustment")?.as_text() {
            Ok("full") => billed.amount,
            _ => usd(given.minor("adjustment", 2)?.abs())?,
        };
    }
    let timeline = &mut facts.timeline;
    if given.has("change") {
        let from = on(given, "change", item)?;
        let name = if given.has("new_price") {
            "new_price"
        } else {
            "new"
        };
        let price = usd(given.minor(name, 2)?)?;
        let base = timeline.components.first_mut().context("no base plan")?;
        base.phases.push(Phase::of(from, plan_named("new")?, price));
        if item.next_interval != item.interval {
            let schedule = every(item.next_interval, from, from.day().into())?;
            timeline.reschedules.push(Reschedule { from, schedule });
        }
        today = today.max(from);
    }
    if given.has("pause") {
        let from = on(given, "pause", item)?;
        let until = given.date_if_any("resume")?;
        timeline.pauses.push(credited_pause(from, until));
        today = today.max(until.unwrap_or(from));
    }
    if given.has("blocked") {
        let blocked = given.list("blocked")?;
        let until = blocked.get(1).map(|it| it.as_date()).transpose()?;
        let from = given.part("blocked")?.at(0)?.as_date()?;
        timeline.pauses.push(credited_pause(from, until));
        today = today.max(until.unwrap_or(from));
    }
    for name in ["cancel", "cancel_from"] {
        if given.has(name) {
            // A cancellation may be requested ahead: it is billed as soon as it is known.
            let end = on(given, name, item)?;
            timeline.charged_until = Some(end);
            today = if given.has("blocked") {
                today
            } else {
                today.max(end)
            };
        }
    }
    Ok(today)
}

const fn credited_pause(from: NaiveDate, until: Option<NaiveDate>) -> Pause {
    Pause {
        from,
        until,
        policy: PausePolicy::CreditDays,
    }
}

/// A date of a case, or what it says instead of one.
fn on(given: Given, name: &str, item: &Item) -> Result<NaiveDate> {
    let next = item
        .period
        .start
        .succ_opt()
        .context("the end of the calendar")?;
    Ok(match given.text(name)? {
        "first day" | "day 0" => item.period.start,
        "any" | "day 1" => next,
        "EOT" | "end of term" => item.period.end,
        _ => given.date(name)?,
    })
}

/// Credit that was there before is used for this run, credit that came of it for the next.
fn tell_next(told: &mut Told, desk: &mut Desk, run: Option<&Proposal>, given: Given) -> Result<()> {
    if given.has("credit") {
        let due = run.map_or(usd(0)?, |it| it.total);
        return tell_credit(told, usd(given.minor("credit", 2)?)?, due);
    }
    let Some(run) = run else {
        return Ok(());
    };
    let end = run.lines.iter().map(|it| it.due.segment().period.end).max();
    let next = end.map(|it| desk.bill(it)).transpose()?.flatten();
    if let Some(next) = next {
        tell_credit(told, super::to_credit(run)?, next.total)?;
    }
    Ok(())
}

/// An item is billed while the account has credit.
fn credited(given: Given) -> Result<Told> {
    let item = told_item(given)?;
    let phases = vec![Phase::of(
        item.period.start,
        plan_named("plan")?,
        item.price,
    )];
    let mut desk = Desk::new(vec![Timeline::of_plan(item.schedule()?, phases)])?;
    let run = desk.bill(item.period.start)?.context("nothing is due")?;
    let line = run.lines.first().context("no line")?;
    if line.due.segment().period != item.period {
        bail!("billed {:?}", line.due.segment().period);
    }
    let mut told = Told::new();
    tell_run(&mut told, Some(&run))?;
    tell_credit(&mut told, usd(given.minor("credit", 2)?)?, run.total)?;
    Ok(told)
}
