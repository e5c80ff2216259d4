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

    /// What a clock on the wall shows at an instant.
    #[must_use]
    pub fn local_at(self, at: Timestamp) -> chrono::NaiveDateTime {
        at.utc().with_timezone(&self.0).naive_local()
    }

    /// The first instant of a local date: midnight, or the first instant after a gap that swallowed it.
    #[must_use]
    pub fn start_of(self, date: LocalDate) -> Timestamp {
        self.instant_of(date.and_time(NaiveTime::MIN))
    }

    /// The instant a clock on the wall shows this: the first one if it shows it twice, the first after the gap if it
    /// never does.
    #[must_use]
    pub fn instant_of(self, local: chrono::NaiveDateTime) -> Timestamp {
        let naive_utc = || Timestamp::from_utc(local.and_utc());
        (0..=12)
            .filter_map(|quarters| {
                local.checked_add_signed(chrono::Duration::minutes(15 * quarters))
            })
            .find_map(|it| self.0.from_local_datetime(&it).earliest())
            .map_or_else(naive_utc, |it| Timestamp::from_utc(it.to_utc()))
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
    fn a_clock_on_the_wall_names_an_instant() {
        let jakarta = zone("Asia/Jakarta");
        let local = day("2026-01-02").and_hms_opt(10, 11, 12).unwrap();
        assert_eq!(jakarta.instant_of(local), at("2026-01-02T03:11:12Z"));
        let sao_paulo = zone("America/Sao_Paulo");
        let in_the_gap = day("2018-11-04").and_hms_opt(0, 20, 0).unwrap();
        assert_eq!(sao_paulo.instant_of(in_the_gap), at("2018-11-04T03:05:00Z"));
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
