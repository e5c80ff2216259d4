//! Bill days: clamped in short months and expanded again, weeks, anniversaries.

use anyhow::{Context, Result};
use billing::{
    BillDay, Cycle, DayCount, EndDay, Exchange, ExchangeTerms, Interval, Net, Period, Rounding,
    Schedule, exchange, prorate,
};
use chrono::NaiveDate;
use kernel::Money;
use serde_json::{Value, json};

use super::calendar::{
    bill_day, compare, currency, first_date, in_major, interval, is_shape, money, period, scale,
};
use crate::case::{Case, Outcome};
use crate::given::Given;

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let given = Given(&case.input);
    let has = |needed: &[&str], allowed: &[&str]| is_shape(given, needed, allowed);
    if has(&["date", "bcd"], &[]) {
        let found = wanted_day(given, "bcd")?.in_month_of(given.date("date")?);
        return compare(case, &[("date", json!(found))]);
    }
    if has(&["date", "bcd", "period"], &[]) {
        let first = schedule(given, "date", "bcd")?.first_boundary();
        return compare(case, &[("date", json!(first))]);
    }
    if has(&["original", "date"], &["period", "bcd"]) {
        let schedule = schedule(given, "original", "bcd")?;
        let found = schedule.boundary_on_or_after(given.date("date")?);
        return compare(case, &[("date", json!(found))]);
    }
    if has(&["start", "n"], &["period", "bcd", "anchor_day"]) {
        return nth(case, given);
    }
    if has(&["start", "end"], &["period", "bcd"]) {
        let whole = schedule(given, "start", "bcd")?.elapsed(given.date("end")?);
        return compare(case, &[("whole_periods", json!(whole))]);
    }
    if has(&["anchor_day"], &["period"]) || has(&["anchor"], &["leap", "period"]) {
        return contains(case, given);
    }
    if has(&["at", "interval"], &LAGO) {
        return boundaries(case, given);
    }
    let charged = ["price", "prices", "period", "currency"];
    if has(&["bcd", "first_charge"], &charged) {
        let schedule = schedule(given, "first_charge", "bcd")?;
        let items = items(case, given, schedule)?;
        return compare(case, &[("items", items)]);
    }
    let changed = [
        &charged[..],
        &["already_billed", "effective_from", "blocked"],
    ]
    .concat();
    if has(&["old_bcd", "new_bcd"], &changed) {
        return change(case, given);
    }
    Ok(super::unknown_shape(case))
}

const LAGO: [&str; 5] = [
    "billing",
    "subscription",
    "pay_in_advance",
    "terminated",
    "current",
];

fn schedule(given: Given<'_>, start: &str, day: &str) -> Result<Schedule> {
    let (start, interval) = (given.date(start)?, interval(given, "period")?);
    Ok(Schedule::new(start, interval, bill_day(given, day)?))
}

fn wanted_day(given: Given<'_>, name: &str) -> Result<BillDay> {
    bill_day(given, name)?.with_context(|| format!("{name} is missing"))
}

/// The date, or the first and last day, of the n-th period.
fn nth(case: &Case, given: Given<'_>) -> Result<Outcome> {
    let day = if given.has("bcd") {
        "bcd"
    } else {
        "anchor_day"
    };
    let cycle = schedule(given, "start", day)?.nth(given.whole("n")?);
    let cycle = cycle.context("no such period")?;
    let mut found = days(cycle.part);
    found.push(("date", json!(cycle.part.start)));
    compare(case, &found)
}

fn days(period: Period) -> Vec<(&'static str, Value)> {
    vec![
        ("first_day", json!(period.start)),
        ("last_day", json!(period.last_day())),
    ]
}

/// Whether a date is among the bill days of an anchor: a day of the month, or a day of a year that may be a leap one.
fn contains(case: &Case, given: Given<'_>) -> Result<Outcome> {
    super::only(Given(&case.expected), &["contains"])?;
    let text = Given(&case.expected).text("contains")?;
    let interval = interval(given, "period")?;
    let (schedule, date) = if given.has("anchor_day") {
        let date: NaiveDate = text.parse()?;
        // A monthly anchor has no first day of its own: it began before the date that is asked for.
        let before = interval.advance(date, -2).context("no earlier date")?;
        let day = bill_day(given, "anchor_day")?;
        (Schedule::new(before, interval, day), date)
    } else {
        let leap = given.has("leap") && given.part("leap")?.0 == &json!(true);
        let year = if leap { 2024 } else { 2023 };
        let dated = |it: &str| format!("{year}-{it}").parse::<NaiveDate>();
        let anchor = dated(given.text("anchor")?)?;
        (Schedule::new(anchor, interval, None), dated(text)?)
    };
    let found = schedule.boundary_on_or_after(date);
    Ok(Outcome::of(case.adopt, &found, &Some(date)))
}

/// Lago: the period that is billed on a date, in arrears unless it is the running one.
fn boundaries(case: &Case, given: Given<'_>) -> Result<Outcome> {
    let (at, interval) = (given.date("at")?, interval(given, "interval")?);
    let is_set = |name| given.has(name) && given.0[name] != json!(false);
    let began = given.date_if_any("subscription")?;
    let billing = match (given.has("billing"), began) {
        (true, _) => given.text("billing")?,
        (false, Some(_)) => "anniversary",
        (false, None) => "calendar",
    };
    let long_ago = interval.advance(at, -3).context("no earlier date")?;
    let schedule = match billing {
        "anniversary" => Schedule::new(began.context("no first day")?, interval, None),
        "calendar" => Schedule::calendar(began.unwrap_or(long_ago), interval),
        _ => return Ok(super::unknown_shape(case)),
    };
    let runs = ["pay_in_advance", "terminated", "current"]
        .into_iter()
        .any(is_set);
    let cycle = match runs {
        true => schedule.current(at),
        false => schedule.previous(at),
    };
    compare(case, &days(cycle.context("no period is over")?.part))
}

/// The first cycles of a schedule with what each of them costs, as many as the case lists; of several prices the first one
/// is that of the first cycle, the last one that of all later ones.
fn items(case: &Case, given: Given<'_>, schedule: Schedule) -> Result<Value> {
    let currency = currency(given)?;
    let prices = match given.has("prices") {
        true => given.list("prices")?,
        false => vec![given.part("price")?],
    };
    let wanted = listed(case)?.len();
    if wanted == 0 {
        return super::unknown("no item is expected");
    }
    let cost = |(index, cycle): (usize, Cycle)| {
        let price = prices.get(index).or(prices.last()).context("no price")?;
        let minor = price.as_minor(u32::from(currency.exponent()))?;
        let amount = prorate(
            Money::from_minor(minor, currency),
            cycle.ratio(schedule.interval(), DayCount::ActualDays),
            scale(currency)?,
            Rounding::default(),
        )?;
        Ok(json!([cycle.part.start, cycle.part.end, in_major(amount)]))
    };
    let cycles = (0..).map_while(|it| schedule.nth(it)).take(wanted);
    let items: Vec<_> = cycles.enumerate().map(cost).collect::<Result<_>>()?;
    Ok(json!(items))
}

fn listed(case: &Case) -> Result<Vec<Given<'_>>> {
    Given(&case.expected).list("items")
}

/// The first charged day of a case whose input leaves it to the words of the case.
fn first_charge(case: &Case) -> Result<NaiveDate> {
    match first_date(&case.about) {
        Some(date) => Ok(date),
        None => super::unknown("no first day is told"),
    }
}

/// Another bill day: before anything was billed, after a period was, or while one is blocked.
fn change(case: &Case, given: Given<'_>) -> Result<Outcome> {
    let interval = interval(given, "period")?;
    let (old, new) = (bill_day(given, "old_bcd")?, wanted_day(given, "new_bcd")?);
    if given.has("blocked") {
        return blocked(case, given, old, new, interval);
    }
    let schedule = if given.has("already_billed") {
        let billed = period(given, "already_billed", EndDay::NotBilled)?;
        let asked_for = given.date_if_any("effective_from")?.unwrap_or(billed.start);
        let before = Schedule::new(billed.start, interval, old);
        before.with_bill_day(new, asked_for, billed.end)
    } else {
        Schedule::new(first_charge(case)?, interval, Some(new))
    };
    let items = items(case, given, schedule)?;
    compare(case, &[("items", items)])
}

/// A period that was billed and then blocked from a day on goes back from that day; the new bill day begins afterwards.
fn blocked(
    case: &Case,
    given: Given<'_>,
    old: Option<BillDay>,
    new: BillDay,
    interval: Interval,
) -> Result<Outcome> {
    let currency = currency(given)?;
    let blocked = period(given, "blocked", EndDay::NotBilled)?;
    let billed = Schedule::new(blocked.start, interval, old).nth(0);
    let billed = billed.context("nothing was billed")?.whole;
    let removed = Exchange::Removed(money(given, "price", currency)?);
    let terms = ExchangeTerms {
        day_count: DayCount::ActualDays,
        scale: scale(currency)?,
        rounding: Rounding::default(),
    };
    let repairs = exchange(&[removed], billed, interval, blocked.start, terms)?;
    let net = Net::of(currency, repairs)?;
    let schedule = Schedule::new(blocked.end, interval, Some(new));
    let items = items(case, given, schedule)?;
    let repair = json!([blocked.start, billed.end, in_major(net.total)]);
    compare(
        case,
        &[
            ("repair", repair),
            ("credit_balance", in_major(net.credit)),
            ("items", items),
        ],
    )
}
