//! Validity, extension and renewal of what is paid ahead.

use anyhow::{Context, Result};
use billing::{
    Access, BillDay, Charging, DayCount, DaysInMonth, FixedDay, Interval, IntervalUnit,
    InvoiceScale, Level, NewPlan, NewSubscription, PeriodPaid, Plan, Rounding, Schedule, SoldAs,
    Subscription, Timing, Validity, ValidityUnit, Wallet, days_afforded, price_of_rest, prorate,
    reminders,
};
use chrono::{Datelike, Days};
use kernel::testing::CountingIds;
use kernel::{Currency, Ids, LocalDate, Money};
use serde_json::{Value, json};

use super::words::{any_of, decimal};
use crate::case::{Case, Outcome};
use crate::given::Given;

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let (given, expected) = (Given(&case.input), Given(&case.expected));
    let came_out = match (given.names().as_slice(), expected.names().as_slice()) {
        ([], ["units"]) => {
            Some(json!({ "units": ValidityUnit::ALL.map(ValidityUnit::phpnuxbill_word) }))
        }
        ([], ["days_before"]) => Some(days_before()?),
        (["default_day", "unit"], ["time"]) => Some(end_of_day(given)?),
        (["min_days"] | ["max_days"], ["action"]) => Some(moved(given)?),
        (["n"], ["extra_months"]) => further(given)?,
        (["other_plan_active"], ["remaining_days"]) => Some(rest_of_other_plan()?),
        (["denominator"], ["cap"]) => stub_is_never_capped(given)?,
        (_, ["days"]) if given.has("deposit") && given.has("price") => {
            super::no_more_than(given, &["days_in_month", "deposit", "month_days", "price"])?;
            Some(afforded(given, expected)?)
        }
        (["days"], [name @ ("blocked_after" | "expires_after")]) => {
            Some(json!({ *name: lasting(given)? }))
        }
        (["balance", "price"], [name]) => unreached(case, name)?,
        (_, [name]) if expected.date(name).is_ok() => month_later(given, name)?,
        _ => None,
    };
    Ok(match came_out {
        Some(it) => Outcome::of(case.adopt, &it, &case.expected),
        None => super::unknown_shape(case),
    })
}

fn kes() -> Result<Currency> {
    Ok("KES".parse()?)
}

fn new_year() -> Result<LocalDate> {
    Ok("2026-01-01".parse()?)
}

/// The days between each reminder and the end of what is paid.
fn days_before() -> Result<Value> {
    let paid_until = new_year()?;
    let mut days = Vec::new();
    for reminder in reminders(paid_until) {
        let reminder = reminder.context("a reminder before the calendar")?;
        days.push(paid_until.signed_duration_since(reminder).num_days());
    }
    Ok(json!({ "days_before": days }))
}

/// A day from which the fixed day of the next month lies inside every window.
fn settled_month() -> Result<LocalDate> {
    Ok("2026-01-25".parse()?)
}

fn fixed_day(day: u32, months: u16) -> Result<FixedDay> {
    Ok(FixedDay::new(day, months)?)
}

/// Whatever moment of the day it is bought at.
fn end_of_day(given: Given<'_>) -> Result<Value> {
    let unit = ValidityUnit::from_phpnuxbill(given.text("unit")?);
    anyhow::ensure!(unit == Some(ValidityUnit::FixedDay), "another unit");
    let day = u32::try_from(given.whole("default_day")?)?;
    let from = settled_month()?.and_hms_opt(9, 30, 0).context("a moment")?;
    let last = Validity::Until(fixed_day(day, 1)?).last_second(from);
    let last = last.context("beyond the calendar")?;
    anyhow::ensure!(last.day() == day && last.month() == 2, "on another day");
    Ok(json!({ "time": last.time().format("%H:%M:%S").to_string() }))
}

/// A plan bought so that the fixed day of the next month lies outside the window, and how many months its end moves.
fn moved(given: Given<'_>) -> Result<Value> {
    let tight = given.has("min_days");
    let limit = given.whole(if tight { "min_days" } else { "max_days" })?;
    // From 31 January the fixed day lies one day less than the least away, from 1 January one more than the most.
    let (bought_on, day, window) = match tight {
        true => ("2026-01-31", limit - 1, (limit, 35)),
        false => ("2026-01-01", limit + 1 - 30, (0, limit)),
    };
    let plan = FixedDay::with_window(u32::try_from(day)?, 1, window)?;
    let bought_on: LocalDate = bought_on.parse()?;
    let unmoved = months(bought_on) + 1;
    let last = plan.last_day(bought_on).context("beyond the calendar")?;
    let moved = months(last) - unmoved;
    let plural = if moved.abs() == 1 { "" } else { "s" };
    Ok(json!({ "action": format!("{moved:+} month{plural}") }))
}

fn months(date: LocalDate) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month0())
}

/// How many months later plans of n months end than a plan of one: told for a number, or for every n.
fn further(given: Given<'_>) -> Result<Option<Value>> {
    let bought_on = settled_month()?;
    let last = |n| -> Result<LocalDate> {
        let last = FixedDay::with_window(20, n, (0, 35))?.last_day(bought_on);
        last.context("beyond the calendar")
    };
    let extra = |n| -> Result<i64> { Ok(months(last(n)?) - months(last(1)?)) };
    if let Ok(n) = given.whole("n") {
        return Ok(Some(json!({ "extra_months": extra(u16::try_from(n)?)? })));
    }
    for n in 1..=60 {
        if extra(n)? != i64::from(n) - 1 {
            return Ok(Some(json!({ "extra_months": extra(n)? })));
        }
    }
    let n = given.text("n")?;
    Ok(Some(json!({ "extra_months": format!("{n} - 1") })))
}

/// A prepaid subscription that nobody has paid for yet.
fn sold(price: Money, interval: Interval, today: LocalDate) -> Result<Subscription> {
    let ids: &dyn Ids = &CountingIds::from(1);
    let plan = NewPlan {
        id: ids.next(),
        name: "Prepaid".parse()?,
        price,
        interval,
        profile: ids.next(),
        sold_as: SoldAs::Subscription,
        charging: Charging {
            timing: Timing::Prepaid,
            ..Charging::AHEAD
        },
    };
    let new = NewSubscription {
        id: ids.next(),
        account: ids.next(),
        customer: ids.next(),
        quantity: 1,
        bill_day: None,
        starts_on: today,
    };
    Ok(Subscription::start(new, &Plan::define(plan)?, today)?)
}

/// Half of a paid month is left when another plan is bought.
fn rest_of_other_plan() -> Result<Value> {
    let price = Money::from_minor(30_000, kes()?);
    let today = new_year()?;
    let period = sold(price, Interval::MONTH, today)?.extend(today)?;
    let rest = price_of_rest(PeriodPaid { period, price }, today + Days::new(15));
    let word = match rest.is_some_and(Money::is_positive) {
        true => "converted to credit",
        false => "lost",
    };
    Ok(json!({ "remaining_days": word }))
}

/// The first days of a plan up to its bill day, whatever days they are: whether they ever cost more than the plan.
fn stub_is_never_capped(given: Given<'_>) -> Result<Option<Value>> {
    if !given.text("denominator")?.contains("30") {
        return Ok(None);
    }
    let price = Money::from_minor(10_000, kes()?);
    let scale = InvoiceScale::new(2, kes()?)?;
    let mut dearest = Money::zero(kes()?);
    for bought_on in new_year()?.iter_days().take(366) {
        for day in 1..=31 {
            let schedule = Schedule::new(bought_on, Interval::MONTH, Some(BillDay::new(day)?));
            let stub = schedule.nth(0).context("no first days")?;
            let ratio = stub.ratio(Interval::MONTH, DayCount::default());
            let cost = prorate(price, ratio, scale, Rounding::default())?;
            dearest = if cost.minor() > dearest.minor() {
                cost
            } else {
                dearest
            };
        }
    }
    let capped = dearest.minor() > price.minor();
    Ok(Some(
        json!({ "cap": if capped { "price" } else { "none needed" } }),
    ))
}

fn afforded(given: Given<'_>, expected: Given<'_>) -> Result<Value> {
    let money = |name| -> Result<Money> { Ok(Money::from_minor(given.minor(name, 2)?, kes()?)) };
    let month = match any_of(given, &["days_in_month", "month_days"]) {
        Some(it) => DaysInMonth::Actual(u32::try_from(it.as_whole()?)?),
        None => DaysInMonth::Thirty,
    };
    let days = days_afforded(money("deposit")?, money("price")?, month);
    let days = days.context("no days")?;
    Ok(match expected.part("days")?.0 {
        Value::Number(_) => json!({ "days": days }),
        _ => json!({ "days": days.to_string() }),
    })
}

/// How many days access lasts after one renewal of a plan of so many days.
fn lasting(given: Given<'_>) -> Result<usize> {
    let days = u16::try_from(given.whole("days")?)?;
    let interval = Interval::new(IntervalUnit::Days, days)?;
    let today = new_year()?;
    let mut sold = sold(Money::from_minor(100, kes()?), interval, today)?;
    sold.extend(today)?;
    let covered = |day: &LocalDate| {
        sold.catch_up(*day);
        sold.derive_access(Level::Clear, *day);
        sold.access().0 == Access::Active
    };
    let days = (0..2_000).map(|ahead| today + Days::new(ahead));
    Ok(days.take_while(covered).count())
}

/// A balance that does not reach is not debited, and nothing is extended.
fn unreached(case: &Case, name: &str) -> Result<Option<Value>> {
    let given = Given(&case.input);
    let money = |name| -> Result<Money> { Ok(Money::from_minor(given.minor(name, 2)?, kes()?)) };
    let mut wallet = Wallet::new(money("balance")?, Money::zero(kes()?))?;
    let renewed = wallet.debit(money("price")?);
    let asked = Given(&case.expected).part(name)?;
    Ok(match asked.0 {
        Value::Bool(_) => Some(json!({ name: renewed.is_ok() })),
        _ if !name.contains("balance") => None,
        Value::Number(_) => Some(json!({ name: wallet.balance().minor() })),
        _ => Some(json!({ name: decimal(wallet.balance().minor(), 2, asked) })),
    })
}

/// So many calendar months later, clamped.
fn month_later(given: Given<'_>, name: &str) -> Result<Option<Value>> {
    let Some(from) = any_of(given, &["from", "date", "start"]) else {
        return Ok(None);
    };
    let Ok(from) = from.as_date() else {
        return Ok(None);
    };
    let count = any_of(given, &["months", "validity", "n"]);
    // "+1 month"
    let words = any_of(given, &["add", "step", "action"]).and_then(|it| it.as_text().ok());
    let word = words.and_then(|it| it.trim_start_matches('+').split(' ').next());
    let count = match (count, word) {
        (Some(it), _) => it.as_whole()?,
        (None, Some(word)) => word.parse()?,
        (None, None) => 1,
    };
    let interval = Interval::new(IntervalUnit::Months, u16::try_from(count)?)?;
    let from = from.and_hms_opt(0, 0, 0).context("a moment")?;
    let until = Validity::Span(interval).paid_until(from);
    Ok(until.map(|it| json!({ name: it.date().to_string() })))
}
