//! Dates, times and spans as routers of every age print them.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

/// Month names of RouterOS up to 7.9, January first.
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// A date: `jan/02/2026` up to RouterOS 7.9, `2026-01-02` from 7.10 on.
#[must_use]
pub fn read_date(text: &str) -> Option<NaiveDate> {
    old_date(text).or_else(|| iso_date(text))
}

/// A date and a time of day, one space between them.
#[must_use]
pub fn read_moment(text: &str) -> Option<NaiveDateTime> {
    let (date, time) = text.split_once(' ')?;
    Some(read_date(date)?.and_time(read_time(time)?))
}

/// A time of day: `23:59:59`.
#[must_use]
pub fn read_time(text: &str) -> Option<NaiveTime> {
    let [hour, minute, second] = numbers(text, ':')?;
    NaiveTime::from_hms_opt(hour, minute, second)
}

/// Whole seconds of a span: `1w2d3h4m5s`, `1d02:03:04`, `12:00:00` or bare seconds; `None` for anything else, and for
/// spans beyond what 64 bits hold.
#[must_use]
pub fn read_span(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if let Ok(seconds) = digits(text) {
        return Some(seconds);
    }
    let mut total = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        if let Some([hours, minutes, seconds]) = numbers(rest, ':') {
            let clock = u64::from(hours) * 3_600 + u64::from(minutes) * 60 + u64::from(seconds);
            return total.checked_add(clock);
        }
        let end = rest.find(|it: char| !it.is_ascii_digit())?;
        let (count, tail) = rest.split_at_checked(end)?;
        let mut tail = tail.chars();
        let unit = match tail.next()? {
            'w' => 604_800,
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        total = total.checked_add(digits(count).ok()?.checked_mul(unit)?)?;
        rest = tail.as_str();
    }
    Some(total)
}

/// The last two digits of a year of this century.
pub(super) fn short_year(year: i32) -> i32 {
    year.rem_euclid(100)
}

fn old_date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split('/');
    let name = parts.next()?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|it| *it == name)?;
    let (day, year) = (parts.next()?, parts.next()?);
    let whole = parts.next().is_none() && year.len() == 4;
    let month = u32::try_from(month).ok()? + 1;
    let date = NaiveDate::from_ymd_opt(number(year)?.try_into().ok()?, month, number(day)?);
    date.filter(|_| whole)
}

fn iso_date(text: &str) -> Option<NaiveDate> {
    let [year, month, day] = numbers(text, '-')?;
    let date = NaiveDate::from_ymd_opt(year.try_into().ok()?, month, day);
    date.filter(|_| text.len() == 10)
}

/// Exactly three numbers between separators.
pub(super) fn numbers(text: &str, separator: char) -> Option<[u32; 3]> {
    let mut parts = text.split(separator).map(number);
    let found = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(found)
}

/// At most nine digits and nothing else.
pub(super) fn number(text: &str) -> Option<u32> {
    let fits = (1..=9).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    text.parse().ok().filter(|_| fits)
}

fn digits(text: &str) -> Result<u64, std::num::ParseIntError> {
    // A leading plus is no router's.
    if text.starts_with('+') {
        return "+".parse();
    }
    text.parse()
}

#[cfg(test)]
mod tests {
    //! Both date formats, and every way of writing a span.
    #![allow(clippy::unwrap_used)]

    use super::{MONTHS, read_date, read_moment, read_span};
    use chrono::{Datelike, NaiveDate};
    use proptest::prelude::{any, proptest};

    #[test]
    fn both_date_formats_are_read() {
        let day = NaiveDate::from_ymd_opt(2026, 1, 2);
        for text in ["jan/02/2026", "Jan/02/2026", "2026-01-02"] {
            assert_eq!(read_date(text), day, "{text}");
        }
        let at = day.unwrap().and_hms_opt(10, 11, 12);
        assert_eq!(read_moment("jan/02/2026 10:11:12"), at);
        assert_eq!(read_moment("2026-01-02 10:11:12"), at);
        for bad in [
            "",
            "jan/31",
            "feb/30/2026",
            "2026-1-2",
            "2026-13-01",
            "02/01/2026",
            "jan/02/26",
            "2026-01-02-03",
            "2026-01-02T10:11:12",
            "jan/02/2026 25:00:00",
            "jan/02/2026  10:11:12",
        ] {
            assert_eq!(read_date(bad), None, "{bad}");
            assert_eq!(read_moment(bad), None, "{bad}");
        }
    }

    #[test]
    fn spans_have_many_forms() {
        for (text, seconds) in [
            ("1d", 86_400),
            ("30d", 2_592_000),
            ("1w2d3h4m5s", 788_645),
            ("1d02:03:04", 93_784),
            ("12:00:00", 43_200),
            ("3600", 3_600),
            ("0s", 0),
        ] {
            assert_eq!(read_span(text), Some(seconds), "{text}");
        }
        for bad in [
            "",
            "d",
            "1x",
            "1d2",
            "+5",
            "-1d",
            "99999999999999999w",
            "1:2",
        ] {
            assert_eq!(read_span(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn dates_come_back_in_both_formats(days in 0_i32..60_000) {
            let day = NaiveDate::from_num_days_from_ce_opt(720_000 + days).unwrap();
            let month = MONTHS[usize::try_from(day.month0()).unwrap()];
            assert_eq!(read_date(&day.format("%Y-%m-%d").to_string()), Some(day));
            let old = format!("{month}/{:02}/{}", day.day(), day.year());
            assert_eq!(read_date(&old), Some(day));
        }

        #[test]
        fn no_text_stops_the_readers(text in any::<String>()) {
            let _read = (read_date(&text), read_moment(&text), read_span(&text));
        }
    }
}
