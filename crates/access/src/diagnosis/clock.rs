//! Whether the router's clock is right.

use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime};
use kernel::Timestamp;

use super::{ClockReading, Finding, Step, StepName, Verdict};

/// What a clock may be off before it matters, in seconds: a sync by NTP is far better than that.
const TOLERATED_S: i64 = 60;

/// Routers without a battery begin in 1970, and none was made before this year.
const FIRST_YEAR: i32 = 2000;

const NTP: &str =
    "let the router set its clock: /system/ntp/client set enabled=yes servers=pool.ntp.org";

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

pub(super) fn clock(reading: &Finding<ClockReading>, now: Timestamp, why: &str) -> Step {
    let name = StepName::Clock;
    let it = match reading {
        Finding::Found(it) => it,
        Finding::Failed(err) => return Step::not_told(name, err),
        Finding::NotAsked => return Step::skipped(name, why),
    };
    let shown = format!("{} {} ({})", it.date, it.time, it.gmt_offset);
    let Some(local) = local_time(it) else {
        return Step::new(name, Verdict::Warn, shown).advise("this clock cannot be read");
    };
    if chrono::Datelike::year(&local) < FIRST_YEAR {
        return Step::new(name, Verdict::Fail, shown).advise(format!(
            "the clock has not been set since the router started: {NTP}"
        ));
    }
    let age = i64::try_from(it.age_ms).unwrap_or(i64::MAX);
    let then = now.minus(Duration::milliseconds(age)).utc().naive_utc();
    let ahead = (local - offset(&it.gmt_offset) - then).num_seconds();
    let measured = match ahead {
        0 => format!("{shown}, right to the second"),
        1.. => format!("{shown}, {ahead} s ahead of ours"),
        _ => format!("{shown}, {} s behind ours", ahead.saturating_neg()),
    };
    if ahead.abs() > TOLERATED_S {
        return Step::new(name, Verdict::Warn, measured).advise(format!(
            "schedules and logs of the router are off, and so may certificates be: {NTP}"
        ));
    }
    Step::pass(name, measured)
}

fn local_time(it: &ClockReading) -> Option<NaiveDateTime> {
    let time = NaiveTime::parse_from_str(it.time.trim(), "%H:%M:%S").ok()?;
    Some(date(it.date.trim())?.and_time(time))
}

/// `2026-11-21`, or before 7.10 `nov/21/2026`.
fn date(text: &str) -> Option<NaiveDate> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(date);
    }
    let mut parts = text.split('/');
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS
        .iter()
        .zip(1..)
        .find(|(name, _)| name.eq_ignore_ascii_case(month))?
        .1;
    NaiveDate::from_ymd_opt(year.parse().ok()?, month, day.parse().ok()?)
}

/// `+07:00`, `-03:30` or seconds; what cannot be read counts as UTC.
fn offset(text: &str) -> Duration {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.trim_start_matches('+')),
    };
    let seconds = match digits.split_once(':') {
        Some((hours, minutes)) => {
            let number = |it: &str| it.get(..2).unwrap_or(it).parse::<u32>().unwrap_or(0);
            i64::from(number(hours)) * 3_600 + i64::from(number(minutes)) * 60
        }
        None => digits.parse::<u32>().map_or(0, i64::from),
    };
    Duration::seconds(sign * seconds)
}
