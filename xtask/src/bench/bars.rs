//! What each figure should reach.

use std::fmt;

use super::report::Figure;

/// What a figure should reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Bar {
    /// At least this part of the floor's rate.
    RateAtLeast(f64),
    /// At most this many times the floor's time.
    TimeAtMost(f64),
    /// At most this value, in the figure's unit.
    ValueAtMost(f64),
    /// Half of the answers and all but one of a hundred of them within so many milliseconds.
    TimesAtMost(f64, f64),
}

/// Bars by the figure's id.
const BARS: &[(&str, Bar)] = &[
    ("api-read/sqlite", Bar::RateAtLeast(0.75)),
    ("api-read/postgres", Bar::RateAtLeast(0.75)),
    ("voucher-issue/sqlite", Bar::TimeAtMost(3.0)),
    ("voucher-issue/postgres", Bar::TimeAtMost(3.0)),
    ("billing-run/1k", Bar::RateAtLeast(0.25)),
    ("billing-run/10k", Bar::RateAtLeast(0.25)),
    ("billing-run/100k", Bar::RateAtLeast(0.25)),
    ("billing-run/rss", Bar::ValueAtMost(150.0)),
    ("billing-run/two-workers", Bar::RateAtLeast(1.0)),
    ("pay-to-access/suspended", Bar::TimesAtMost(150.0, 1000.0)),
    ("pay-to-access/restricted", Bar::TimesAtMost(150.0, 1000.0)),
    ("router-apply/in-flight", Bar::RateAtLeast(4.0)),
    ("routeros-codec/decode", Bar::RateAtLeast(0.3)),
    ("routeros-codec/decode-kept", Bar::RateAtLeast(0.3)),
    ("routeros-codec/encode", Bar::RateAtLeast(0.3)),
    ("routeros-codec/build", Bar::RateAtLeast(0.3)),
    ("billing-pure/36-months", Bar::ValueAtMost(20.0)),
    ("documents/pdf-100", Bar::ValueAtMost(1000.0)),
    (
        "router-throughput/beside-librouteros",
        Bar::RateAtLeast(6.0),
    ),
    (
        "router-throughput/beside-node-routeros",
        Bar::RateAtLeast(1.0),
    ),
    ("router-throughput/limited", Bar::RateAtLeast(0.9)),
    ("router-throughput/within-limits", Bar::RateAtLeast(0.9)),
    ("router-reconcile/unchanged-10k", Bar::ValueAtMost(1000.0)),
    ("router-reconcile/memory-10k", Bar::ValueAtMost(64.0)),
    ("router-isolation/p99", Bar::TimeAtMost(1.2)),
    ("startup/ready", Bar::ValueAtMost(150.0)),
    ("startup/rss", Bar::ValueAtMost(40.0)),
];

/// The bar of a figure, if it has one.
pub(super) fn of(id: &str) -> Option<Bar> {
    BARS.iter()
        .find(|(name, _)| *name == id)
        .map(|(_, bar)| *bar)
}

impl Bar {
    /// Whether the figure reaches the bar; `None` when it has no ratio to compare.
    pub(super) fn is_cleared(self, figure: &Figure) -> Option<bool> {
        match self {
            Self::RateAtLeast(least) => Some(figure.ratio? >= least),
            // A rate is the reciprocal of a time: three times the time is a third of the rate.
            Self::TimeAtMost(most) if is_rate(&figure.unit) => {
                Some(figure.ratio? >= reciprocal(most))
            }
            Self::TimeAtMost(most) => Some(figure.ratio? <= most),
            Self::ValueAtMost(most) => Some(figure.value <= most),
            Self::TimesAtMost(half, most) => Some(figure.p50_ms? <= half && figure.p99_ms? <= most),
        }
    }
}

fn is_rate(unit: &str) -> bool {
    unit.ends_with("/s")
}

#[allow(clippy::float_arithmetic)] // a ratio of measurements, not money
fn reciprocal(value: f64) -> f64 {
    1.0 / value
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RateAtLeast(least) => write!(f, "ratio >= {least}"),
            Self::TimeAtMost(most) => write!(f, "time <= {most} x floor"),
            Self::ValueAtMost(most) => write!(f, "<= {most}"),
            Self::TimesAtMost(half, most) => write!(f, "p50 <= {half} ms, p99 <= {most} ms"),
        }
    }
}
