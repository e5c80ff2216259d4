//! `/system/scheduler`: when a schedule began and when it is due next. Nothing is executed.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use routeros_proto::parse_duration;

use super::scripts;
use crate::commands::Origin;
use crate::router::Router;
use crate::table::Row;

/// The owner, the policies and the beginning of a new schedule.
pub(super) fn completed(router: &Router, origin: Origin<'_>) -> Vec<(&'static str, String)> {
    let now = router.date();
    let (date, time) = now.split_once(' ').unwrap_or_default();
    vec![
        ("owner", scripts::owner(origin)),
        ("policy", scripts::default_policies(router, origin)),
        ("start-date", date.to_owned()),
        ("start-time", time.to_owned()),
    ]
}

impl Router {
    /// When a schedule is due next; absent when it is disabled or over.
    pub(super) fn next_run(&self, row: &Row) -> Option<String> {
        let table = &self[self.menus.schedules];
        if table.is_set(row, "disabled") {
            return None;
        }
        let interval = parse_duration(&table.text(row, "interval")).ok()?;
        let begin = begin_of(
            &table.text(row, "start-date"),
            &table.text(row, "start-time"),
        )?;
        let next = next_after(begin, interval, self.unix_seconds())?;
        Some(self.date_of(next))
    }
}

/// Seconds since 1970; `None` for `startup`, which has no moment.
fn begin_of(date: &str, time: &str) -> Option<i64> {
    let forms = ["%Y-%m-%d", "%b/%d/%Y"];
    let read = |form: &&str| NaiveDate::parse_from_str(date, form).ok();
    let date = forms.iter().find_map(read)?;
    let time = NaiveTime::parse_from_str(time, "%H:%M:%S").ok()?;
    Some(NaiveDateTime::new(date, time).and_utc().timestamp())
}

/// The first of `begin`, `begin + interval`, ... that lies after `now`.
fn next_after(begin: i64, interval: Duration, now: i64) -> Option<i64> {
    if begin > now {
        return Some(begin);
    }
    let step = i64::try_from(interval.as_secs())
        .ok()
        .filter(|step| *step > 0)?;
    let steps = (now - begin) / step + 1;
    let next = begin.checked_add(steps.checked_mul(step)?)?;
    DateTime::from_timestamp(next, 0).map(|_| next)
}
