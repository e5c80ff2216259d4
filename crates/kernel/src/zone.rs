//! The IANA time zone of a legal entity: where local dates begin and end.

use std::fmt;
use std::str::FromStr;

use chrono::{Days, NaiveTime, TimeZone};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::time::{LocalDate, Timestamp};

/// An IANA time zone such as `Asia/Jakarta`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Zone(Tz);

/// The text is not the name of an IANA time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an IANA time zone: expected a name such as Asia/Jakarta or Africa/Nairobi")]
pub struct BadZone;

impl Zone {
    /// Universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The name, as in the IANA database.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The local date at an instant.
    #[must_use]
    pub fn date_at(self, at: Timestamp) -> LocalDate {
        at.utc().with_timezone(&self.0).date_naive()
    }

    /// The first instant of a local date: midnight, or the first instant after a gap that swallowed it.
    #[must_use]
    pub fn start_of(self, date: LocalDate) -> Timestamp {
        let midnight = date.and_time(NaiveTime::MIN);
        let naive_utc = || Timestamp::from_utc(midnight.and_utc());
        (0..=12)
            .filter_map(|quarters| {
                midnight.checked_add_signed(chrono::Duration::minutes(15 * quarters))
            })
            .find_map(|local| self.0.from_local_datetime(&local).earliest())
            .map_or_else(naive_utc, |local| Timestamp::from_utc(local.to_utc()))
    }

    /// The first instant after a local date.
    #[must_use]
    pub fn end_of(self, date: LocalDate) -> Timestamp {
        self.start_of(date.checked_add_days(Days::new(1)).unwrap_or(date))
    }
}

impl FromStr for Zone {
    type Err = BadZone;

    fn from_str(name: &str) -> Result<Self, BadZone> {
        name.parse().map(Self).map_err(|_| BadZone)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    //! Days start where the zone says.
    #![allow(clippy::unwrap_used)]

    use super::{LocalDate, Timestamp, Zone};

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::from_utc(text.parse().unwrap())
    }

    fn day(text: &str) -> LocalDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_date_is_the_one_on_the_wall() {
        assert_eq!(
            zone("Asia/Jakarta").date_at(at("2026-11-20T17:00:00Z")),
            day("2026-11-21")
        );
        assert_eq!(
            zone("Asia/Kathmandu").date_at(at("2026-11-20T18:14:59Z")),
            day("2026-11-20")
        );
    }

    #[test]
    fn a_day_whose_midnight_does_not_exist_starts_after_the_gap() {
        let sao_paulo = zone("America/Sao_Paulo");
        assert_eq!(
            sao_paulo.start_of(day("2018-11-04")),
            at("2018-11-04T03:00:00Z")
        );
        assert_eq!(
            sao_paulo.end_of(day("2018-11-03")),
            at("2018-11-04T03:00:00Z")
        );
    }

    #[test]
    fn a_midnight_that_happens_twice_counts_from_the_first() {
        let havana = zone("America/Havana");
        assert_eq!(
            havana.start_of(day("2026-11-01")),
            at("2026-11-01T04:00:00Z")
        );
    }
}
