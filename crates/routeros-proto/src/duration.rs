//! Time spans as routers write them: `1w2d3h4m5s`, `00:00:10`, `1d02:03:04`, plain seconds.

use std::time::Duration;

use thiserror::Error;

const MICROS_PER_SECOND: u64 = 1_000_000;

/// Units from the largest down, in microseconds. `ms` and `us` precede `m` and `s` so that the
/// longer name is tried first.
const UNITS: [(&str, u64); 7] = [
    ("ms", 1_000),
    ("us", 1),
    ("w", 604_800 * MICROS_PER_SECOND),
    ("d", 86_400 * MICROS_PER_SECOND),
    ("h", 3_600 * MICROS_PER_SECOND),
    ("m", 60 * MICROS_PER_SECOND),
    ("s", MICROS_PER_SECOND),
];

/// A text that is not a time span.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a time span: {0:?}")]
pub struct BadDuration(pub String);

/// Reads a time span: units (`1w2d3h4m5s`, `120ms`), a clock (`00:00:10`), days or weeks before a
/// clock (`1d02:03:04`), or plain seconds (`86400`). Finer than microseconds is not known.
///
/// # Errors
/// [`BadDuration`] for anything else, for an empty text and for what does not fit.
pub fn parse_duration(text: &str) -> Result<Duration, BadDuration> {
    micros(text)
        .map(Duration::from_micros)
        .ok_or_else(|| BadDuration(text.to_owned()))
}

/// Reads a time span that may be switched off: `none`, `never` and the empty text are `None`.
///
/// # Errors
/// [`BadDuration`] as [`parse_duration`].
pub fn parse_optional_duration(text: &str) -> Result<Option<Duration>, BadDuration> {
    match text {
        "" | "none" | "never" => Ok(None),
        other => parse_duration(other).map(Some),
    }
}

/// Writes a time span as routers print it: `1w2d3h4m5s`, `120ms`, `0s`; microseconds are the
/// finest part.
#[must_use]
pub fn format_duration(span: Duration) -> String {
    let mut rest = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for name in ["w", "d", "h", "m", "s", "ms", "us"] {
        let unit = unit_micros(name).unwrap_or(1);
        if rest >= unit {
            text.push_str(&format!("{}{name}", rest / unit));
            rest %= unit;
        }
    }
    text
}

fn unit_micros(name: &str) -> Option<u64> {
    UNITS
        .iter()
        .find(|(unit, _)| *unit == name)
        .map(|(_, micros)| *micros)
}

fn micros(text: &str) -> Option<u64> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse::<u64>().ok()?.checked_mul(MICROS_PER_SECOND);
    }
    let mut total = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        if rest.contains(':') && !rest.contains(['w', 'd']) {
            return total.checked_add(clock_micros(rest)?);
        }
        let (span, after) = unit_span(rest)?;
        total = total.checked_add(span)?;
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

/// One number with its unit, and what follows.
fn unit_span(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let (name, unit) = UNITS.iter().find(|(name, _)| rest.starts_with(name))?;
    Some((number.checked_mul(*unit)?, rest.get(name.len()..)?))
}

/// `hh:mm:ss` or `mm:ss`, each part but the first below sixty, with an optional fraction.
fn clock_micros(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let parts: Vec<&str> = whole.split(':').collect();
    if !(2..=3).contains(&parts.len()) {
        return None;
    }
    let mut seconds = 0_u64;
    for (position, part) in parts.iter().enumerate() {
        if !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let part: u64 = part.parse().ok()?;
        if position > 0 && part >= 60 {
            return None;
        }
        seconds = seconds.checked_mul(60)?.checked_add(part)?;
    }
    seconds
        .checked_mul(MICROS_PER_SECOND)?
        .checked_add(fraction_micros(fraction)?)
}

fn fraction_micros(digits: &str) -> Option<u64> {
    if digits.len() > 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{digits:0<6}").parse().ok()
}
