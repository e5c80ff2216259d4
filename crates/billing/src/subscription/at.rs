//! When a decision takes effect.

use std::fmt;
use std::str::FromStr;

use kernel::LocalDate;
use serde::{Deserialize, Serialize};

/// When a decision takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum At {
    /// Today.
    Now,
    /// When the period that has begun is over.
    PeriodEnd,
    /// On a day, at most 31 days ago and 366 days ahead.
    On(LocalDate),
}

/// Neither a word nor a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be now, period_end or a day like 2026-12-31")]
pub struct BadAt;

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now => f.write_str("now"),
            Self::PeriodEnd => f.write_str("period_end"),
            Self::On(day) => day.fmt(f),
        }
    }
}

impl FromStr for At {
    type Err = BadAt;

    fn from_str(text: &str) -> Result<Self, BadAt> {
        match text {
            "now" => Ok(Self::Now),
            "period_end" => Ok(Self::PeriodEnd),
            day => day.parse().map(Self::On).map_err(|_| BadAt),
        }
    }
}

impl TryFrom<String> for At {
    type Error = BadAt;

    fn try_from(text: String) -> Result<Self, BadAt> {
        text.parse()
    }
}

impl From<At> for String {
    fn from(at: At) -> Self {
        at.to_string()
    }
}

#[cfg(test)]
mod tests {
    //! Every way of saying when reads back; other words do not.

    #![allow(clippy::unwrap_used)]

    use super::{At, BadAt};

    #[test]
    fn a_time_reads_back_as_it_is_told() {
        for (at, told) in [
            (At::Now, "\"now\""),
            (At::PeriodEnd, "\"period_end\""),
            (At::On("2026-12-31".parse().unwrap()), "\"2026-12-31\""),
        ] {
            assert_eq!(serde_json::to_string(&at).unwrap(), told);
            assert_eq!(serde_json::from_str::<At>(told).unwrap(), at);
        }
        for other in ["", "later", "2026-02-30", "31"] {
            assert_eq!(other.parse::<At>(), Err(BadAt), "{other}");
        }
    }
}
