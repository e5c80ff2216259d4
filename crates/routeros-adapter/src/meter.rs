//! Counts what happens to one router, for statistics and for the metrics named in the documentation.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use access::{GatewayError, LatencyFigures, Service};
use kernel::RouterId;
use metrics::{counter, gauge, histogram};

use crate::pool::Count;

/// How many of the last commands the percentiles are of.
const SAMPLES: usize = 1_024;

/// The counters of one router. The only label is its id.
#[derive(Debug)]
pub(crate) struct Meter {
    router: Arc<str>,
    requests: AtomicU64,
    online: Online,
    inside: Mutex<Inside>,
}

/// How many were online when that was last read.
#[derive(Debug, Default)]
struct Online {
    is_known: AtomicBool,
    hotspot: AtomicU64,
    pppoe: AtomicU64,
}

#[derive(Debug, Default)]
struct Inside {
    errors: BTreeMap<&'static str, u64>,
    /// Microseconds of the last commands, in order.
    micros: VecDeque<u32>,
}

impl Meter {
    /// Nothing has happened yet.
    pub(crate) fn new(router: RouterId) -> Self {
        Self {
            router: router.to_string().into(),
            requests: AtomicU64::new(0),
            online: Online::default(),
            inside: Mutex::default(),
        }
    }

    /// The router's id as text.
    pub(crate) fn router(&self) -> &str {
        &self.router
    }

    /// A command was sent and has come to its end, good or bad.
    pub(crate) fn sent(&self, took: Duration) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        counter!("mikrotik_requests_total", "router" => Arc::clone(&self.router)).increment(1);
        histogram!("mikrotik_request_duration_seconds", "router" => Arc::clone(&self.router))
            .record(took);
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if inside.micros.len() >= SAMPLES {
            inside.micros.pop_front();
        }
        let micros = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        inside.micros.push_back(micros);
    }

    /// A call came to nothing.
    pub(crate) fn failed(&self, err: &GatewayError) {
        let kind = err.kind.word();
        counter!("mikrotik_request_errors_total", "router" => Arc::clone(&self.router), "kind" => kind)
            .increment(1);
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        *inside.errors.entry(kind).or_default() += 1;
    }

    /// An answer was, or was not, in the cache.
    pub(crate) fn cached(&self, was_there: bool) {
        let name = match was_there {
            true => "mikrotik_cache_hits",
            false => "mikrotik_cache_misses",
        };
        counter!(name, "router" => Arc::clone(&self.router)).increment(1);
    }

    /// Shows how many connections there are, and that everything else is alive: what is silent for long is forgotten, and
    /// would begin at nothing again.
    pub(crate) fn show(&self, count: Count) {
        let all = [
            ("mikrotik_connection_pool_active", count.active),
            ("mikrotik_connection_pool_idle", count.idle),
            ("mikrotik_connection_pool_total", count.active + count.idle),
        ];
        for (name, value) in all {
            gauge!(name, "router" => Arc::clone(&self.router)).set(small(value));
        }
        let counters = [
            "mikrotik_requests_total",
            "mikrotik_cache_hits",
            "mikrotik_cache_misses",
        ];
        for name in counters {
            counter!(name, "router" => Arc::clone(&self.router)).increment(0);
        }
        for kind in self.errors().into_keys() {
            counter!("mikrotik_request_errors_total", "router" => Arc::clone(&self.router), "kind" => kind)
                .increment(0);
        }
        if self.online.is_known.load(Ordering::Relaxed) {
            self.show_online();
        }
    }

    /// Shows what the circuit breaker does, and what it has counted.
    pub(crate) fn show_breaker(&self, snapshot: resilience::BreakerSnapshot) {
        gauge!("mikrotik_circuit_breaker_state", "router" => Arc::clone(&self.router))
            .set(f64::from(snapshot.state.number()));
        counter!("mikrotik_circuit_breaker_failures_total", "router" => Arc::clone(&self.router))
            .absolute(snapshot.failures);
    }

    /// Shows how many are online, by the services of their sessions.
    pub(crate) fn show_sessions(&self, services: impl Iterator<Item = Service>) {
        let (mut hotspot, mut pppoe) = (0_u64, 0_u64);
        for service in services {
            match service {
                Service::Hotspot => hotspot += 1,
                Service::Pppoe => pppoe += 1,
                Service::StaticIp | Service::DhcpLease | Service::MacBypass => {}
            }
        }
        self.online.hotspot.store(hotspot, Ordering::Relaxed);
        self.online.pppoe.store(pppoe, Ordering::Relaxed);
        self.online.is_known.store(true, Ordering::Relaxed);
        self.show_online();
    }

    fn show_online(&self) {
        for (name, online) in [
            ("mikrotik_active_users_hotspot", &self.online.hotspot),
            ("mikrotik_active_users_pppoe", &self.online.pppoe),
        ] {
            let online = usize::try_from(online.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
            gauge!(name, "router" => Arc::clone(&self.router)).set(small(online));
        }
    }

    /// Shows how much the cache holds.
    pub(crate) fn show_cache(&self, entries: u64) {
        let entries = usize::try_from(entries).unwrap_or(usize::MAX);
        gauge!("mikrotik_cache_size", "router" => Arc::clone(&self.router)).set(small(entries));
    }

    /// Commands sent.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Calls that came to nothing, by kind.
    pub(crate) fn errors(&self) -> BTreeMap<&'static str, u64> {
        let inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.errors.clone()
    }

    /// How long the last commands took.
    pub(crate) fn latency(&self) -> LatencyFigures {
        let inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let mut micros: Vec<u32> = inside.micros.iter().copied().collect();
        drop(inside);
        micros.sort_unstable();
        LatencyFigures {
            samples: micros.len(),
            p50_us: percentile(&micros, 50),
            p99_us: percentile(&micros, 99),
        }
    }
}

/// The value that so many of a hundred do not exceed (nearest rank).
fn percentile(sorted: &[u32], of_hundred: usize) -> Option<u32> {
    let rank = (sorted.len() * of_hundred).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

fn small(value: usize) -> f64 {
    f64::from(u32::try_from(value).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    //! Percentiles of few and of many.

    use access::{GatewayError, GatewayErrorKind, Service};
    use metrics_util::debugging::DebuggingRecorder;

    use super::{Meter, percentile};
    use crate::pool::Count;

    #[test]
    fn a_silent_router_shows_everything_it_ever_counted() {
        let recorder = DebuggingRecorder::new();
        let meter = Meter::new(access::testing::numbered(1));
        let names = || {
            let seen = recorder.snapshotter().snapshot().into_vec();
            let name = |it: &(metrics_util::CompositeKey, _, _, _)| it.0.key().name().to_owned();
            seen.iter()
                .map(name)
                .collect::<std::collections::BTreeSet<_>>()
        };
        let silent = DebuggingRecorder::new();
        metrics::with_local_recorder(&recorder, || {
            meter.failed(&GatewayError::new(GatewayErrorKind::Timeout, "too slow"));
            meter.show_sessions([Service::Hotspot].into_iter());
        });
        metrics::with_local_recorder(&silent, || {
            meter.show(Count {
                active: 0,
                idle: 1,
                max: 2,
            });
        });
        let shown = silent.snapshotter().snapshot().into_vec();
        let shown: Vec<&str> = shown.iter().map(|it| it.0.key().name()).collect();
        for name in names() {
            assert!(shown.contains(&name.as_str()), "{name}: {shown:?}");
        }
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        let hundred: Vec<u32> = (1..=100).collect();
        assert_eq!(percentile(&hundred, 50), Some(50));
        assert_eq!(percentile(&hundred, 99), Some(99));
        assert_eq!(percentile(&[7], 99), Some(7));
        assert_eq!(percentile(&[], 50), None);
    }
}
