//! Which local day an instant belongs to.

use anyhow::{Context, Result};
use billing::{
    BillDay, Cycle, DayCount, DueRule, Exchange, ExchangeTerms, Interval, IntervalUnit, Lifetime,
    Rounding, Schedule, exchange,
};
use chrono::NaiveDate;
use kernel::{Currency, Money, Timestamp, Zone};
use serde_json::json;

use super::calendar::{
    bill_day, compare, hours_of, instant, interval, interval_of, is_shape, local, scale,
    to_the_second, zone,
};
use crate::case::{Case, Outcome};
use crate::given::Given;

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let given = Given(&case.input);
    let has = |needed: &[&str], allowed: &[&str]| is_shape(given, needed, allowed);
    if has(&["instant", "zone"], &[]) {
        let zone = zone(given, "zone")?;
        return day_of(case, instant(given, "instant", zone)?, zone);
    }
    if has(&["cancel_local", "zone"], &["start_local", "period"]) {
        return cancelled(case, given, zone(given, "zone")?);
    }
    let started = ["trial_days", "account_created", "bcd", "period"];
    if has(&["start_local", "zone"], &started) {
        return started_at(case, given, zone(given, "zone")?);
    }
    let run = [
        "already_billed_today",
        "billing",
        "interval",
        "subscription",
    ];
    if has(&["run_at", "zone"], &run) {
        return runs(case, given, zone(given, "zone")?);
    }
    let at = ["billing", "interval", "subscription", "pay_in_advance"];
    if has(&["at", "zone"], &at) {
        return boundaries(case, given, zone(given, "zone")?);
    }
    Ok(super::unknown_shape(case))
}

fn day_of(case: &Case, at: Timestamp, zone: Zone) -> Result<Outcome> {
    let date = zone.date_at(at);
    compare(
        case,
        &[
            ("bcd", json!(BillDay::at(at, zone).day())),
            ("issuing_date", json!(date)),
            ("local_date", json!(date)),
            ("date", json!(date)),
        ],
    )
}

/// A period that ends with the day of the cancellation is not taken back, at whatever hours the two happen.
fn cancelled(case: &Case, given: Given<'_>, zone: Zone) -> Result<Outcome> {
    let interval = interval(given, "period")?;
    let over = local(given, "cancel_local")?.date();
    let begun = match given.has("start_local") {
        true => local(given, "start_local")?.date(),
        false => interval.advance(over, -1).context("no earlier date")?,
    };
    let mut most = 0;
    for start in hours_of(begun, zone) {
        for end in hours_of(over, zone) {
            let repairs = repairs(zone.date_at(start), zone.date_at(end), interval)?;
            most = most.max(repairs);
        }
    }
    compare(case, &[("repair_items", json!(most))])
}

/// How many lines take back what was billed for days from the end on.
fn repairs(begun: NaiveDate, ends_on: NaiveDate, interval: Interval) -> Result<usize> {
    let currency: Currency = "USD".parse()?;
    let terms = ExchangeTerms {
        day_count: DayCount::ActualDays,
        scale: scale(currency)?,
        rounding: Rounding::default(),
    };
    let life = Lifetime {
        schedule: Schedule::new(begun, interval, None),
        ends_on: None,
        rule: DueRule::InAdvance,
    };
    let yesterday = ends_on.pred_opt().context("no earlier date")?;
    let removed = [Exchange::Removed(Money::from_minor(3_000, currency))];
    let count = |it: Cycle| Ok(exchange(&removed, it.whole, interval, ends_on, terms)?.len());
    life.due(yesterday)
        .filter(|it| ends_on < it.part.end)
        .map(count)
        .sum()
}

/// Life from a local time on, after a trial of local days. When the account was created does not matter: the rules of the
/// zone hold, not the offset of that day.
fn started_at(case: &Case, given: Given<'_>, zone: Zone) -> Result<Outcome> {
    let at = zone.instant_of(local(given, "start_local")?);
    let mut start = zone.date_at(at);
    if given.has("trial_days") && given.whole("trial_days")? > 0 {
        let days = u16::try_from(given.whole("trial_days")?)?;
        let trial = Interval::new(IntervalUnit::Days, days)?;
        start = trial.advance(start, 1).context("no such date")?;
    }
    let chosen = bill_day(given, "bcd")?;
    let schedule = Schedule::new(start, interval(given, "period")?, chosen);
    let first = schedule.nth(0).context("no period")?.part;
    let expected = Given(&case.expected);
    let wanted = match expected.has("charged_through") {
        true => expected.list("charged_through")?.len(),
        false => 0,
    };
    let cycles = (0..).map_while(|it| schedule.nth(it)).take(wanted);
    let through: Vec<_> = cycles.map(|it| it.part.end).collect();
    let bill_day = chosen.unwrap_or(BillDay::of(start));
    compare(
        case,
        &[
            ("bcd", json!(bill_day.day())),
            ("first_period", json!([first.start, first.end])),
            ("start", json!(start)),
            ("charged_through", json!(through)),
        ],
    )
}

/// Midnight UTC of 2 February 2021: when the subscription of the source began, which some of its cases leave out.
fn usual_subscription() -> Result<Timestamp> {
    Ok(Timestamp::from_utc("2021-02-02T00:00:00Z".parse()?))
}

/// The periods of a case at a local day: those of the calendar, or from the day of the subscription on.
fn schedule(given: Given<'_>, zone: Zone, today: NaiveDate) -> Result<Schedule> {
    let word = match given.has("billing") {
        true => given.text("billing")?,
        false => "calendar",
    };
    let is_interval = !matches!(word, "calendar" | "anniversary");
    let interval = match is_interval {
        true => interval_of(word)?,
        false => interval(given, "interval")?,
    };
    let began = match given.has("subscription") {
        true => Some(zone.date_at(instant(given, "subscription", zone)?)),
        false => None,
    };
    if word == "anniversary" {
        let usual = zone.date_at(usual_subscription()?);
        return Ok(Schedule::new(began.unwrap_or(usual), interval, None));
    }
    let long_ago = interval.advance(today, -3).context("no earlier date")?;
    Ok(Schedule::calendar(began.unwrap_or(long_ago), interval))
}

/// A run bills what became due since the last one: that of yesterday, or an earlier one of today.
fn runs(case: &Case, given: Given<'_>, zone: Zone) -> Result<Outcome> {
    let today = zone.date_at(instant(given, "run_at", zone)?);
    let life = Lifetime {
        schedule: schedule(given, zone, today)?,
        ends_on: None,
        rule: DueRule::InAdvance,
    };
    let again = given.0.get("already_billed_today") == Some(&json!(true));
    let yesterday = today.pred_opt().context("no earlier date")?;
    let billed_on = if again { today } else { yesterday };
    let bills = life.newly_due(billed_on, today).next().is_some();
    compare(case, &[("bills", json!(bills))])
}

fn boundaries(case: &Case, given: Given<'_>, zone: Zone) -> Result<Outcome> {
    let today = zone.date_at(instant(given, "at", zone)?);
    let schedule = schedule(given, zone, today)?;
    let running = schedule.current(today).context("no period")?.part;
    let in_advance = given.0.get("pay_in_advance") == Some(&json!(true));
    let billed = match in_advance {
        true => running,
        false => schedule.previous(today).context("no period is over")?.part,
    };
    let (from, _) = billed.instants(zone);
    compare(
        case,
        &[
            ("from_utc", to_the_second(from)),
            ("to_utc", to_the_second(billed.last_second(zone))),
            ("next_end_utc", to_the_second(running.last_second(zone))),
        ],
    )
}
