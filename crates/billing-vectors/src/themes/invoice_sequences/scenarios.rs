//! Stories that cases of this theme only name: what was sold and changed in them, as their sources tell it. None of the
//! answers is here.

use anyhow::{Context, Result};
use billing::{BillDay, Change, Changed, Interval, Schedule, Timeline, Timing, timeline_of};
use chrono::NaiveDate;
use kernel::Money;

use crate::themes::billing_facts::{Desk, monthly, plan_named, usd, year};

pub(super) fn date(text: &str) -> Result<NaiveDate> {
    text.parse().with_context(|| text.to_owned())
}

/// The base plan on some terms from a day on, in whole dollars: every month, and once.
pub(super) fn agreed(
    number: u64,
    from: NaiveDate,
    plan: &str,
    (each, once): (Option<Money>, Option<Money>),
) -> Result<Change> {
    Ok(Change {
        number,
        from,
        what: Changed::Agreed {
            component: 0,
            plan: plan_named(plan)?,
            price: each,
            quantity: Some(1),
            fee: once,
        },
    })
}

/// A subscription as it became known, decision by decision.
pub(super) struct Story {
    pub(super) schedule: Schedule,
    pub(super) changes: Vec<Change>,
}

impl Story {
    /// What was known of it on a day; `None` before it was sold.
    pub(super) fn known_on(&self, today: NaiveDate) -> Result<Option<Timeline>> {
        let known: Vec<_> = self
            .changes
            .iter()
            .filter(|it| it.from <= today)
            .copied()
            .collect();
        if known.is_empty() {
            return Ok(None);
        }
        Ok(Some(timeline_of(self.schedule, Timing::InAdvance, &known)?))
    }
}

/// Dollars from a day on; `None` ends it.
fn story(bill_day: i64, steps: &[(&str, Option<i64>)]) -> Result<Story> {
    let (first, _) = steps.first().context("a story without a beginning")?;
    let mut changes = Vec::new();
    for (number, (from, dollars)) in (1_u64..).zip(steps) {
        let from = date(from)?;
        changes.push(match dollars {
            Some(dollars) => {
                let each = Some(usd(dollars * 100)?);
                agreed(number, from, &format!("plan at {dollars}"), (each, None))?
            }
            None => Change {
                number,
                from,
                what: Changed::Ended,
            },
        });
    }
    Ok(Story {
        schedule: monthly(date(first)?, bill_day)?,
        changes,
    })
}

/// The five subscriptions of the source's "utter chaos" test: phases of a trial, a discount and the full price, a
/// cancellation at once, a change from monthly to yearly, a change at the end of a period, an add-on that comes and goes.
pub(super) fn chaos() -> Result<Vec<Story>> {
    let mut to_yearly = story(20, &[("2011-05-20", Some(10)), ("2011-07-31", Some(100))])?;
    let turn = date("2011-07-31")?;
    to_yearly.changes.push(Change {
        number: 3,
        from: turn,
        what: Changed::Rescheduled {
            interval: Some(year()?),
            bill_day: Some(BillDay::new(31)?),
        },
    });
    Ok(vec![
        story(
            5,
            &[
                ("2011-01-05", Some(8)),
                ("2011-04-05", Some(12)),
                ("2011-04-29", None),
            ],
        )?,
        story(
            10,
            &[
                ("2011-03-10", Some(20)),
                ("2011-06-10", Some(30)),
                ("2011-09-10", Some(40)),
            ],
        )?,
        to_yearly,
        story(7, &[("2011-06-07", Some(15)), ("2011-08-07", Some(24))])?,
        story(10, &[("2011-06-21", Some(20)), ("2011-10-07", None)])?,
    ])
}

/// Bills some stories every day up to one, and tells what that last day brought, in cents.
pub(super) fn billed_on(stories: &[Story], last: NaiveDate) -> Result<Option<i64>> {
    let mut desk = Desk::new(Vec::new())?;
    let first = stories
        .iter()
        .flat_map(|it| &it.changes)
        .map(|it| it.from)
        .min();
    let days = first
        .context("no story")?
        .iter_days()
        .take_while(|it| *it <= last);
    let mut brought = None;
    for today in days {
        desk.know(stories.iter().map(|it| it.known_on(today)))?;
        brought = desk.bill(today)?.map(|it| it.total.minor());
    }
    Ok(brought)
}

/// Two plans, each with a trial that costs something once and months at a price of their own: eight decisions, many of
/// them on one day, with a run after each.
pub(super) fn same_day() -> Result<(Schedule, Vec<Change>)> {
    let steps: [(&str, &str, Option<i64>, Option<i64>); 8] = [
        ("2011-01-05", "one", None, Some(8)),
        ("2011-01-05", "two", None, Some(20)),
        ("2011-01-05", "one", None, Some(8)),
        ("2011-04-05", "one", Some(12), None),
        ("2011-04-05", "two", Some(30), None),
        ("2011-04-05", "one", Some(12), None),
        ("2011-04-05", "two", Some(30), None),
        ("2011-06-05", "two", Some(40), None),
    ];
    let dollars = |it: Option<i64>| it.map(|it| usd(it * 100)).transpose();
    let mut changes = Vec::new();
    for (number, (from, plan, each, once)) in (1_u64..).zip(steps) {
        let prices = (dollars(each)?, dollars(once)?);
        changes.push(agreed(number, date(from)?, plan, prices)?);
    }
    changes.push(Change {
        number: 9,
        from: date("2011-06-05")?,
        what: Changed::Ended,
    });
    Ok((monthly(date("2011-01-05")?, 5)?, changes))
}

/// A trial of a month that costs 8 once, then 12 a month; every decision arrives so many times.
pub(super) fn repeated(times: u64) -> Result<(Schedule, Vec<Change>)> {
    let (start, turn) = (date("2011-01-05")?, date("2011-02-05")?);
    let mut changes = Vec::new();
    for round in 0..times {
        changes.push(agreed(
            2 * round + 1,
            start,
            "plan",
            (None, Some(usd(800)?)),
        )?);
        changes.push(agreed(
            2 * round + 2,
            turn,
            "plan",
            (Some(usd(1_200)?), None),
        )?);
    }
    Ok((monthly(start, 5)?, changes))
}

/// The interval of a case that names none.
pub(super) const USUAL: Interval = Interval::MONTH;
