//! Instants in UTC to the microsecond, local dates, and the ports that hand out time and ids.

use std::fmt;

use chrono::{DateTime, Duration, SecondsFormat, SubsecRound, TimeZone, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::id::Id;

/// A calendar date in the zone of a legal entity.
pub type LocalDate = chrono::NaiveDate;

/// An instant in UTC, truncated to microseconds: what every store can hold exactly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// Truncates an instant to microseconds.
    #[must_use]
    pub fn from_utc(instant: DateTime<Utc>) -> Self {
        Self(instant.trunc_subsecs(6))
    }

    /// Microseconds since 1970, or `None` outside the calendar's range.
    #[must_use]
    pub fn from_micros(micros: i64) -> Option<Self> {
        Utc.timestamp_micros(micros).single().map(Self)
    }

    /// The instant as a chrono value.
    #[must_use]
    pub const fn utc(self) -> DateTime<Utc> {
        self.0
    }

    /// Microseconds since 1970.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// This instant moved by a duration; stays put at the edge of the calendar.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        self.0.checked_add_signed(by).map_or(self, Self::from_utc)
    }

    /// This instant moved back by a duration; stays put at the edge of the calendar.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        self.0.checked_sub_signed(by).map_or(self, Self::from_utc)
    }

    /// The time from `earlier` to this instant; negative if it lies ahead.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.signed_duration_since(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DateTime::<Utc>::deserialize(deserializer).map(Self::from_utc)
    }
}

/// The only source of the present.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The only source of new ids.
pub trait Ids: Send + Sync {
    /// A new UUIDv7: later ones sort after earlier ones.
    fn fresh(&self) -> Uuid;
}

impl dyn Ids + '_ {
    /// A new id of the kind the caller needs.
    #[must_use]
    pub fn next<K>(&self) -> Id<K> {
        Id::from_uuid(self.fresh())
    }
}
