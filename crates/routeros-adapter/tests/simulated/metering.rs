//! The metrics that the documentation names, each with the router's id and nothing unbounded.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use access::{Execution, Freshness, NewExecution, RouterGateway, UsageScope};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use routeros_adapter::GatewaySettings;
use routeros_sim::{Fault, SimConfig};

use crate::site::{Site, impatient, router_id};

/// What happens to one router in a short life.
async fn life() {
    let settings = GatewaySettings {
        idle_ping: Duration::from_millis(20),
        command_timeout: Duration::from_millis(100),
        table_timeout: Duration::from_millis(100),
        ..impatient()
    };
    let site = Site::with(SimConfig::new("tower-7"), settings).await;
    site.router
        .ppp_dial("nobody", "wrong", "AA:BB:CC:00:00:01")
        .unwrap_err();
    let siti = [("name", "siti"), ("password", "pw")];
    site.router.insert("/ppp/secret", &siti).unwrap();
    site.router
        .ppp_dial("siti", "pw", "AA:BB:CC:00:00:01")
        .unwrap();
    let watched = site.gateway.usage(&site.at(), UsageScope::Sessions).await;
    watched.unwrap();
    let print = Execution::new(NewExecution {
        path: "/ppp/secret/print".to_owned(),
        arguments: Vec::new(),
        queries: Vec::new(),
        timeout_s: 1,
        freshness: Freshness::MayBeCached,
    });
    let print = print.unwrap();
    for _ in 0..3 {
        site.gateway.execute(&site.at(), &print).await.unwrap();
    }
    // Until idle connections were looked after once.
    let after = site.router.stats().commands;
    while site.router.stats().commands <= after + 1 {
        tokio::task::yield_now().await;
    }
    site.router.set_fault(Fault::BlackHole);
    for _ in 0..6 {
        site.gateway.sessions(&site.at()).await.unwrap_err();
    }
}

#[test]
fn everything_that_the_documentation_names_is_counted_by_router() {
    let recorder = DebuggingRecorder::new();
    let seen = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    metrics::with_local_recorder(&recorder, || runtime.block_on(life()));
    let mut values = BTreeMap::new();
    let mut labels = BTreeSet::new();
    for (key, _, _, value) in seen.snapshot().into_vec() {
        for label in key.key().labels() {
            labels.insert(label.key().to_owned());
            let is_bounded = label.key() != "router" || label.value() == router_id().to_string();
            assert!(is_bounded, "{label:?}");
        }
        values.insert(key.key().name().to_owned(), value);
    }
    assert_eq!(labels, ["kind", "router"].map(str::to_owned).into());
    let expected = [
        "mikrotik_active_users_hotspot",
        "mikrotik_active_users_pppoe",
        "mikrotik_cache_hits",
        "mikrotik_cache_misses",
        "mikrotik_cache_size",
        "mikrotik_circuit_breaker_failures_total",
        "mikrotik_circuit_breaker_state",
        "mikrotik_connection_pool_active",
        "mikrotik_connection_pool_idle",
        "mikrotik_connection_pool_total",
        "mikrotik_request_duration_seconds",
        "mikrotik_request_errors_total",
        "mikrotik_requests_total",
    ];
    let names: Vec<&str> = values.keys().map(String::as_str).collect();
    assert_eq!(names, expected);
    assert_eq!(
        values["mikrotik_active_users_pppoe"],
        DebugValue::Gauge(1.0.into())
    );
    assert_eq!(values["mikrotik_cache_hits"], DebugValue::Counter(2));
    assert_eq!(values["mikrotik_cache_misses"], DebugValue::Counter(1));
    let DebugValue::Counter(failures) = values["mikrotik_circuit_breaker_failures_total"] else {
        panic!("a counter");
    };
    assert!(failures >= 1);
}
