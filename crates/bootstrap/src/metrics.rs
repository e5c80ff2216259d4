//! What this process counts, kept in memory and shown in the text format of Prometheus.

use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_util::MetricKindMask;
use tracing::warn;

use crate::counting;

/// After how long what nobody counts any more is no longer shown: a router that was forgotten. Who is in service shows
/// its counters and gauges more often than that, even if nothing happens. Durations cannot be shown without one, so they
/// stay as long as the process.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(900);

/// How often durations are sorted into their buckets, so that they do not pile up between two looks.
const UPKEEP: Duration = Duration::from_secs(5);

/// Upper bounds of durations, in seconds.
const SECONDS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0,
];

/// The counters of this process.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Everything that was counted, in the text format of Prometheus (version 0.0.4).
    #[must_use]
    pub fn text(&self) -> String {
        self.0.render()
    }
}

/// Begins to count, within a tokio runtime; a second call in one process gives the same counters. `None`, and a
/// warning, if somebody else counts already: nothing else depends on it.
#[must_use]
pub fn start_metrics() -> Option<Metrics> {
    static STARTED: OnceLock<Option<Metrics>> = OnceLock::new();
    STARTED.get_or_init(start).clone()
}

fn start() -> Option<Metrics> {
    let durations = Matcher::Suffix("_seconds".to_owned());
    let kept_alive = MetricKindMask::COUNTER | MetricKindMask::GAUGE;
    let builder = PrometheusBuilder::new()
        .idle_timeout(kept_alive, Some(FORGOTTEN_AFTER))
        .set_buckets_for_metric(durations, &SECONDS);
    match builder.and_then(PrometheusBuilder::install_recorder) {
        Ok(handle) => {
            tokio::spawn(look_after(handle.clone()));
            Some(Metrics(handle))
        }
        Err(err) => {
            warn!(%err, "this process counts nothing");
            None
        }
    }
}

async fn look_after(handle: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        counting::keep_alive();
        handle.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    //! What is counted is shown, once.

    use kernel::Probe;

    use super::start_metrics;
    use crate::counting::{ACCOUNTS_PARKED, CountingProbe, VOUCHERS_CREATED};

    #[tokio::test]
    async fn there_is_one_recorder_and_it_shows_text() {
        let first = start_metrics().unwrap();
        assert!(start_metrics().is_some());
        assert!(!first.text().contains("mikrotik_requests_total"));
    }

    #[tokio::test]
    async fn vouchers_are_counted_as_they_are_made() {
        let metrics = start_metrics().unwrap();
        let count = |text: String| {
            let found = text.lines().find(|it| it.starts_with(VOUCHERS_CREATED));
            let count = found.and_then(|it| it.rsplit(' ').next()?.parse::<u64>().ok());
            count.unwrap_or(0)
        };
        let before = count(metrics.text());
        CountingProbe.made("vouchers", 3);
        CountingProbe.made("invoices", 5);
        assert_eq!(count(metrics.text()), before + 3);
    }

    #[tokio::test]
    async fn parked_accounts_are_counted_by_reason() {
        let metrics = start_metrics().unwrap();
        CountingProbe.made("parked_accounts.too_far", 2);
        let counted = format!("{ACCOUNTS_PARKED}{{reason=\"too_far\"}} 2");
        assert!(metrics.text().contains(&counted), "{}", metrics.text());
    }
}
