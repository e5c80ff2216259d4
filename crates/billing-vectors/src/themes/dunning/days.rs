//! Days that are counted: drafts that are issued by themselves, days to pay, promises, retries.

use anyhow::Result;
use billing::{
    BillDay, Debt, Ladder, Level, Measure, Promise, final_on, is_final, last_day_to_pay, retry_days,
};
use chrono::{Datelike, Days};
use kernel::{LocalDate, Money};
use serde_json::{Value, json};

use crate::case::Case;
use crate::given::Given;
use crate::themes::words::any_of;

/// A long month of a year that is no leap year, for cases that tell days without dates.
const MONTH: &str = "2026-01-01";

pub(super) fn run(case: &Case) -> Result<Option<Value>> {
    let given = Given(&case.input);
    let expected = Given(&case.expected).names();
    Ok(match given.names().as_slice() {
        ["grace_after", "grace_before"] => Some(shortened(given)?),
        ["billing_day", "confirmation_period"] => confirmed(given)?,
        ["billing_day", "payment_due", ..] if expected == ["blocked_day"] => blocked(given)?,
        ["range"] => Some(json!({ "max_billing_day": latest_bill_day() })),
        ["limit", "promise"] => Some(promised(given)?),
        ["delays"] => {
            let delays = given.list("delays")?.into_iter();
            let delays = delays.map(|it| Ok(u16::try_from(it.as_whole()?)?));
            let delays = delays.collect::<Result<Vec<_>>>()?;
            Some(json!({ "days": retry_days(&delays) }))
        }
        _ => None,
    })
}

/// A draft of today waits, and then its grace becomes another.
fn shortened(given: Given<'_>) -> Result<Value> {
    let today: LocalDate = MONTH.parse()?;
    let grace = |name| -> Result<u16> { Ok(u16::try_from(given.whole(name)?)?) };
    let word = match (
        is_final(today, grace("grace_before")?, today),
        is_final(today, grace("grace_after")?, today),
    ) {
        (_, true) => "finalised",
        (_, false) => "drafts",
    };
    Ok(json!({ "drafts": word }))
}

fn confirmed(given: Given<'_>) -> Result<Option<Value>> {
    let drafted_on = billing_day(given)?;
    let period = u16::try_from(given.whole("confirmation_period")?)?;
    let issued_on = final_on(drafted_on, period);
    Ok(issued_on.map(|it| json!({ "issued_day": it.day() })))
}

/// The first day on which an invoice of the billing day is as old as it may become, grace days on top if any.
fn blocked(given: Given<'_>) -> Result<Option<Value>> {
    let issued_on = billing_day(given)?;
    let grace = any_of(given, &["grace", "grace_period", "blocking_period"]);
    let grace = grace.map_or(Ok(0), Given::as_whole)?;
    let ladder = Ladder::new(
        Measure::DaysSinceIssue,
        vec![given.whole("payment_due")? + grace],
        0,
    )?;
    let open = [Debt {
        issued_on,
        due_on: issued_on,
        due: Money::from_minor(100, "KES".parse()?),
    }];
    for ahead in 0..400 {
        let today = issued_on + Days::new(ahead);
        if ladder.reached(&open, today)? > 0 {
            return Ok(Some(json!({ "blocked_day": today.day() })));
        }
    }
    Ok(None)
}

fn billing_day(given: Given<'_>) -> Result<LocalDate> {
    let first: LocalDate = MONTH.parse()?;
    let day = u64::try_from(given.whole("billing_day")?)?;
    Ok(first + Days::new(day.saturating_sub(1)))
}

fn latest_bill_day() -> Option<u8> {
    (1..=u8::MAX).rev().find(|it| BillDay::new(*it).is_ok())
}

/// Days are told as month and day, of any year.
fn promised(given: Given<'_>) -> Result<Value> {
    let day = |name| -> Result<LocalDate> { Ok(format!("2026-{}", given.text(name)?).parse()?) };
    let (limit, until) = (day("limit")?, day("promise")?);
    let promise = Promise::new(limit.min(until), until, Level::Overdue)?;
    let last = last_day_to_pay(limit, Some(&promise));
    Ok(json!({ "new_limit": last.format("%m-%d").to_string() }))
}
