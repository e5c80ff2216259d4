//! How cases speak about periods: other systems' words for intervals, days, zones and amounts.

use anyhow::{Context, Result, bail, ensure};
use billing::{BillDay, DayCount, DueRule, EndDay, Interval, IntervalUnit, InvoiceScale, Period};
use chrono::{DateTime, Duration, NaiveDate};
use kernel::{Currency, Money, Timestamp, Zone};
use serde_json::{Map, Value};

use crate::case::{Case, Outcome};
use crate::given::Given;

/// The interval behind a word of Kill Bill, Lago, Meteroid or Stripe.
pub(super) fn interval_of(word: &str) -> Result<Interval> {
    use IntervalUnit::{Days, Months, Weeks};
    let plain = word.to_ascii_lowercase().replace(['-', ' '], "_");
    let (unit, count) = match plain.as_str() {
        "daily" | "day" => (Days, 1),
        "thirty_days" => (Days, 30),
        "thirty_one_days" => (Days, 31),
        "sixty_days" => (Days, 60),
        "ninety_days" => (Days, 90),
        "weekly" | "week" => (Weeks, 1),
        "biweekly" | "fortnightly" => (Weeks, 2),
        "monthly" | "month" => (Months, 1),
        "bimestrial" | "bimonthly" => (Months, 2),
        "quarterly" | "quarter" => (Months, 3),
        "triannual" => (Months, 4),
        "biannual" | "semiannual" | "semi_annual" | "half_yearly" => (Months, 6),
        "annual" | "yearly" | "year" => (Months, 12),
        "sesquiennial" => (Months, 18),
        "biennial" => (Months, 24),
        "triennial" => (Months, 36),
        _ => bail!("{word:?} is not an interval"),
    };
    Ok(Interval::new(unit, count)?)
}

/// The interval under a name; a month where there is none.
pub(super) fn interval(given: Given<'_>, name: &str) -> Result<Interval> {
    match given.has(name) {
        true => interval_of(given.text(name)?),
        false => Ok(Interval::MONTH),
    }
}

/// A bill day; none where it is missing or 0, which is how Kill Bill writes "not chosen".
pub(super) fn bill_day(given: Given<'_>, name: &str) -> Result<Option<BillDay>> {
    if !given.has(name) {
        return Ok(None);
    }
    match u8::try_from(given.whole(name)?)? {
        0 => Ok(None),
        day => Ok(Some(BillDay::new(day)?)),
    }
}

/// When cycles are due, in Kill Bill's two words.
pub(super) fn due_rule(given: Given<'_>) -> Result<DueRule> {
    let word = |name| match given.has(name) {
        true => given.text(name).map(str::to_ascii_uppercase),
        false => Ok(String::new()),
    };
    Ok(
        match (word("mode")?.as_str(), word("in_arrear_mode")?.as_str()) {
            ("" | "IN_ADVANCE", _) => DueRule::InAdvance,
            ("IN_ARREAR", "" | "DEFAULT") => DueRule::InArrear,
            ("IN_ARREAR", "GREEDY") => DueRule::InArrearRunning,
            (mode, arrear) => bail!("{mode} {arrear} is not a billing mode"),
        },
    )
}

/// How days are counted, by Kill Bill's option of a fixed number of days in a month.
pub(super) fn day_count(given: Given<'_>) -> Result<DayCount> {
    if !given.has("fixed_days_in_month") {
        return Ok(DayCount::ActualDays);
    }
    match given.whole("fixed_days_in_month")? {
        0 => Ok(DayCount::ActualDays),
        30 => Ok(DayCount::ThirtyDayMonths),
        days => bail!("months of {days} days are no option"),
    }
}

/// Two dates as a period, the second one counted or not.
pub(super) fn period(given: Given<'_>, name: &str, end_day: EndDay) -> Result<Period> {
    let dates = given.list(name)?;
    ensure!(dates.len() == 2, "{name} is not two dates");
    Ok(Period::ending(
        dates[0].as_date()?,
        dates[1].as_date()?,
        end_day,
    ))
}

/// The first date in the words of a case, for figures that its input leaves to them.
pub(super) fn first_date(words: &str) -> Option<NaiveDate> {
    let mut parts = words.split(|it: char| !it.is_ascii_digit() && it != '-');
    parts.find_map(|it| it.parse().ok())
}

/// An instant, written with any offset, or as the clocks of a zone show it.
pub(super) fn instant(given: Given<'_>, name: &str, zone: Zone) -> Result<Timestamp> {
    match DateTime::parse_from_rfc3339(given.text(name)?) {
        Ok(at) => Ok(Timestamp::from_utc(at.to_utc())),
        Err(_) => Ok(zone.instant_of(local(given, name)?)),
    }
}

/// An instant to the second, as cases write them.
pub(super) fn to_the_second(at: Timestamp) -> Value {
    Value::from(at.utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}

/// A zone by name; a fixed offset such as `+05:45` is the IANA zone that has it all year.
pub(super) fn zone(given: Given<'_>, name: &str) -> Result<Zone> {
    let text = given.text(name)?;
    let fixed = match text {
        "Z" | "+00:00" | "-00:00" => "UTC".to_owned(),
        "+04:30" => "Asia/Kabul".to_owned(),
        "+05:30" => "Asia/Kolkata".to_owned(),
        "+05:45" => "Asia/Kathmandu".to_owned(),
        "+06:30" => "Asia/Yangon".to_owned(),
        "+08:45" => "Australia/Eucla".to_owned(),
        "+09:30" => "Australia/Darwin".to_owned(),
        "-09:30" => "Pacific/Marquesas".to_owned(),
        _ => whole_hours(text).unwrap_or_else(|| text.to_owned()),
    };
    fixed.parse().with_context(|| text.to_owned())
}

/// IANA writes the zones of whole hours with the sign turned round.
fn whole_hours(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('+') {
        Some(digits) => ('-', digits),
        None => ('+', text.strip_prefix('-')?),
    };
    let hours = digits.strip_suffix(":00").unwrap_or(digits);
    let hours: u8 = hours.parse().ok()?;
    Some(format!("Etc/GMT{sign}{hours}"))
}

/// A local date, with a time of day or without; without one it is midnight.
pub(super) fn local(given: Given<'_>, name: &str) -> Result<chrono::NaiveDateTime> {
    let text = given.text(name)?;
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Ok(date.and_time(chrono::NaiveTime::MIN));
    }
    let read = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|it| chrono::NaiveDateTime::parse_from_str(text, it).ok());
    read.with_context(|| format!("{text:?} is not a local time"))
}

/// The currency of a case, US dollars where it names none.
pub(super) fn currency(given: Given<'_>) -> Result<Currency> {
    let code = match given.has("currency") {
        true => given.text("currency")?,
        false => "USD",
    };
    Ok(code.parse()?)
}

/// The full scale of a currency.
pub(super) fn scale(currency: Currency) -> Result<InvoiceScale> {
    Ok(InvoiceScale::new(currency.exponent(), currency)?)
}

/// An amount under a name: `price_cents` and numbers are minor units, texts are major ones.
pub(super) fn money(given: Given<'_>, name: &str, currency: Currency) -> Result<Money> {
    let minor = given.minor(name, u32::from(currency.exponent()))?;
    Ok(Money::from_minor(minor, currency))
}

/// An amount in major units, as cases write them: `-249.95`.
pub(super) fn in_major(amount: Money) -> Value {
    let shown = amount.to_string();
    let number = shown.split(' ').next_back().unwrap_or(&shown);
    let sign = shown.starts_with('-') && !number.starts_with('-');
    Value::from(format!("{}{number}", if sign { "-" } else { "" }))
}

/// So many hours of a local day, from its first to its last minute.
pub(super) fn hours_of(date: NaiveDate, zone: Zone) -> impl Iterator<Item = Timestamp> {
    let (first, last) = (zone.start_of(date), zone.end_of(date));
    [
        first,
        first.plus(Duration::minutes(30)),
        first.plus(Duration::hours(12)),
        last.minus(Duration::minutes(1)),
    ]
    .into_iter()
}

/// Whether it has all of these names and no others.
pub(super) fn is_shape(given: Given<'_>, needed: &[&str], allowed: &[&str]) -> bool {
    let names = given.names();
    needed.iter().all(|it| given.has(it))
        && names
            .iter()
            .all(|it| needed.contains(it) || allowed.contains(it))
}

/// Compares what came out, name by name, with everything the case expects. A case that expects something we did not
/// compute is of another shape.
pub(super) fn compare(case: &Case, came_out: &[(&str, Value)]) -> Result<Outcome> {
    let expected = case.expected.as_object().context("no expectation")?;
    let ours: Map<String, Value> = came_out
        .iter()
        .filter(|(name, _)| expected.contains_key(*name))
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    if ours.len() != expected.len() || expected.is_empty() {
        return Ok(super::unknown_shape(case));
    }
    Ok(Outcome::of(case.adopt, &ours, expected))
}
