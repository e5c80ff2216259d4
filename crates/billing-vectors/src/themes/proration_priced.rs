//! What a part of a period costs.

mod changes;

use anyhow::{Context, Result};
use billing::{
    BillDay, Cycle, DayCount, EndDay, Interval, Period, Ratio, Rounding, Schedule, periods, prorate,
};
use chrono::{Days, NaiveDate};
use kernel::Money;
use serde_json::{Value, json};

use super::calendar::{
    compare, currency, day_count, in_major, interval, is_shape, money, period, scale,
};
use crate::case::{Case, Outcome};
use crate::given::Given;

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let given = Given(&case.input);
    let has = |needed: &[&str], allowed: &[&str]| is_shape(given, needed, allowed);
    if given.has("change") {
        return changes::now(case, given);
    }
    if has(&["mode", "old", "new"], &["then"]) || has(&["schedule"], &["then", "old", "new"]) {
        return changes::later(case, given);
    }
    if has(
        &["start", "end", "period"],
        &["kind", "fixed_days_in_month"],
    ) {
        return ratio(case, given);
    }
    let dated = ["full_period", "period", "currency", "fixed_days_in_month"];
    if has(&["price", "start", "end"], &dated) {
        return dated_part(case, given);
    }
    if has(&["month"], &["period"]) {
        return divisor(case, given);
    }
    if given.has("price_cents") || given.has("price") {
        return lago(case, given);
    }
    Ok(super::unknown_shape(case))
}

/// How many cycles some days are, to nine decimals: stubs before the first bill day are those of the day they end on, all
/// others begin with their own cycle.
fn ratio(case: &Case, given: Given<'_>) -> Result<Outcome> {
    let expected = Given(&case.expected);
    if expected.names() != ["ratio_9dp"] {
        return Ok(super::unknown_shape(case));
    }
    let (start, end) = (given.date("start")?, given.date("end")?);
    let leads = given.has("kind") && given.text("kind")?.contains("before_first");
    let bill_day = leads.then(|| BillDay::of(end));
    let (interval, count) = (interval(given, "period")?, day_count(given)?);
    let sum = periods(bill_day, interval, start, end)
        .try_fold(Ratio::ZERO, |sum, it: Cycle| {
            sum.checked_add(it.ratio(interval, count))
        })
        .context("the sum does not fit")?;
    let wanted = expected.ratio("ratio_9dp")?;
    Ok(Outcome::of(case.adopt, &nine_decimals(sum)?, &wanted))
}

fn nine_decimals(ratio: Ratio) -> Result<Ratio> {
    let billion = 1_000_000_000;
    let rounded = ratio.of(billion, 1, Rounding::HalfAwayFromZero);
    let rounded = rounded.context("a ratio does not fit")?;
    Ratio::new(i128::from(rounded), i128::from(billion)).context("no ratio")
}

/// Days of a whole period that is given, or of the cycle that begins with them.
fn dated_part(case: &Case, given: Given<'_>) -> Result<Outcome> {
    let currency = currency(given)?;
    let part = Period {
        start: given.date("start")?,
        end: given.date("end")?,
    };
    let (interval, count) = (interval(given, "period")?, day_count(given)?);
    let ratio = match given.has("full_period") {
        true => {
            let whole = period(given, "full_period", EndDay::NotBilled)?;
            count.ratio(part, whole, interval)
        }
        false => {
            let cycle = Schedule::new(part.start, interval, None).nth(0);
            count.ratio(part, cycle.context("no cycle")?.whole, interval)
        }
    };
    let amount = cost(money(given, "price", currency)?, ratio)?;
    let outcome = compare(case, &[("amount", in_major(amount))])?;
    match outcome {
        Outcome::Failed(_) if case.adopt.is_negative() && given.has("full_period") => {
            let why = "the source differs in the whole period it divides by, which the case gives: ours would \
                       take the cycle in force on the first day, which it does not give";
            Ok(Outcome::Skipped(why.to_owned()))
        }
        other => Ok(other),
    }
}

fn cost(price: Money, ratio: Ratio) -> Result<Money> {
    let scale = scale(price.currency())?;
    Ok(prorate(price, ratio, scale, Rounding::default())?)
}

/// By how many days the price of a calendar period is divided.
fn divisor(case: &Case, given: Given<'_>) -> Result<Outcome> {
    let first: NaiveDate = format!("{}-01", given.text("month")?).parse()?;
    let cycle = Schedule::calendar(first, interval(given, "period")?).nth(0);
    let days = cycle.context("no cycle")?.whole.days();
    compare(case, &[("divisor_days", json!(days))])
}

const DATED: [&str; 7] = [
    "period",
    "from_",
    "to",
    "trial_days",
    "trial_days_in_period",
    "currency",
    "price",
];
const COUNTED: [&str; 4] = ["days", "days_used", "days_in_period", "currency"];

/// Lago: the last day counts. Days may be given by dates or already counted.
fn lago(case: &Case, given: Given<'_>) -> Result<Outcome> {
    let currency = currency(given)?;
    let name = match given.has("price_cents") {
        true => "price_cents",
        false => "price",
    };
    let price = money(given, name, currency)?;
    let ratio = if is_shape(given, &[name, "period"], &DATED) {
        let whole = period(given, "period", EndDay::Billed)?;
        let part = charged_part(given, whole)?;
        DayCount::ActualDays.ratio(part, whole, Interval::MONTH)
    } else if is_shape(given, &[name, "days_in_period"], &COUNTED) {
        let used = if given.has("days") {
            "days"
        } else {
            "days_used"
        };
        let (days, of) = (given.whole(used)?, given.whole("days_in_period")?);
        Ratio::new(i128::from(days), i128::from(of)).context("no days in the period")?
    } else {
        return Ok(super::unknown_shape(case));
    };
    let expected = Given(&case.expected);
    let amount = cost(price, ratio)?;
    let mut found = vec![
        ("amount_cents", json!(amount.minor())),
        ("amount", in_major(amount)),
        ("ratio", json!(ratio.to_string())),
    ];
    if expected.has("precise") {
        found.push(("precise", precise(expected, price, ratio)?));
    }
    compare(case, &found)
}

/// The days of a period that are charged: from a day to a day, both counted, after a trial.
fn charged_part(given: Given<'_>, whole: Period) -> Result<Period> {
    let start = given.date_if_any("from_")?.unwrap_or(whole.start);
    let end = match given.date_if_any("to")? {
        Some(last) => EndDay::Billed.first_free(last),
        None => whole.end,
    };
    let trial = ["trial_days", "trial_days_in_period"]
        .into_iter()
        .find(|it| given.has(it));
    let free = trial.map_or(Ok(0), |it| given.whole(it))?;
    let start = start.checked_add_days(Days::new(u64::try_from(free)?));
    Ok(Period {
        start: start.context("no such date")?,
        end,
    })
}

/// The source prints the exact amount as a binary fraction of 53 digits: within half of the last one ours is the same.
fn precise(expected: Given<'_>, price: Money, ratio: Ratio) -> Result<Value> {
    let text = expected.part("precise")?;
    let exact = ratio.checked_mul(Ratio::whole(price.minor()));
    let exact = exact.context("the amount does not fit")?;
    let digit = Ratio::new(1, 1 << 52).and_then(|it| exact.checked_mul(it));
    let digit = digit.context("too many digits")?;
    let apart = exact.checked_sub(text.as_ratio()?);
    let apart = apart.context("the difference does not fit")?;
    let near = apart <= digit && apart.checked_neg().is_some_and(|it| it <= digit);
    Ok(match near {
        true => text.0.clone(),
        false => json!(exact.to_string()),
    })
}
