//! `/system/clock`: setting it moves the router's clock, the row keeps no time.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use routeros_proto::Command;

use crate::refusal::Refusal;
use crate::router::Router;

/// The forms of dates that are understood, the newer one first.
const DATES: [&str; 2] = ["%Y-%m-%d", "%b/%d/%Y"];

/// Takes `date` and `time`, whichever is given.
///
/// # Errors
/// When one of them cannot be read.
pub(crate) fn set_clock(router: &mut Router, command: &Command) -> Result<(), Refusal> {
    let now = DateTime::from_timestamp(router.unix_seconds(), 0).unwrap_or_default();
    let (mut date, mut time) = (now.date_naive(), now.time());
    if let Some(text) = command.get("date") {
        let read = |form: &&str| NaiveDate::parse_from_str(&text, form).ok();
        let found = DATES.iter().find_map(read);
        date = found.ok_or_else(|| Refusal::invalid_argument("date"))?;
    }
    if let Some(text) = command.get("time") {
        let read = NaiveTime::parse_from_str(&text, "%H:%M:%S");
        time = read.map_err(|_| Refusal::invalid_argument("time"))?;
    }
    let wanted = NaiveDateTime::new(date, time).and_utc().timestamp();
    router.clock_offset_s += wanted - router.unix_seconds();
    Ok(())
}
