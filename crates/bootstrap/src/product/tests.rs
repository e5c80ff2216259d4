//! Settings become what adapters want, and keys are never replaced behind anybody's back.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use access::HostRules;

use super::{Product, gateway_settings, intervals, sign_in_policy};
use crate::{Settings, first_start};

const RULES: HostRules = HostRules {
    allow_loopback: false,
};

#[test]
fn router_settings_reach_the_gateway() {
    let mut routers = Settings::load(None).unwrap().routers;
    routers.in_flight = 5;
    routers.command_timeout_s = 7;
    routers.connect_timeout_s = 3;
    routers.writes_per_s = 100;
    routers.reconnect_max_s = 90;
    let gateway = gateway_settings(&routers, RULES);
    assert_eq!(gateway.in_flight, 5);
    assert_eq!(gateway.command_timeout, Duration::from_secs(7));
    assert_eq!(gateway.connect_timeout, Duration::from_secs(3));
    assert_eq!(gateway.login_timeout, Duration::from_secs(3));
    assert_eq!(gateway.backoff_cap, Duration::from_secs(90));
    assert_eq!(gateway.write_gap, Some(Duration::from_millis(10)));
}

#[test]
fn zero_writes_per_second_switches_the_limiter_off() {
    let mut routers = Settings::load(None).unwrap().routers;
    routers.writes_per_s = 0;
    assert_eq!(gateway_settings(&routers, RULES).write_gap, None);
}

#[test]
fn every_sweep_has_an_interval() {
    let sweeps = Settings::load(None).unwrap().sweeps;
    let mut names: Vec<_> = intervals(&sweeps).into_iter().map(|it| it.0).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 9);
}

#[test]
fn tokens_live_as_long_as_the_settings_say() {
    let settings = Settings::load(None).unwrap();
    let policy = sign_in_policy(&settings);
    assert_eq!(policy.access_for, chrono::Duration::minutes(15));
    assert_eq!(policy.refresh_for, chrono::Duration::days(30));
}

#[tokio::test]
async fn a_lost_key_file_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = Settings::load(None).unwrap();
    settings.data.dir = dir.path().to_owned();
    let product = Product::open(&settings).await.unwrap();
    first_start(product.ports(), &settings.founding)
        .await
        .unwrap();
    product.close().await;
    std::fs::remove_file(settings.key_file()).unwrap();
    let refused = Product::open(&settings).await.err().expect("a refusal");
    assert!(
        format!("{refused:#}").contains("security.key_file"),
        "{refused:#}"
    );
}

#[tokio::test]
async fn an_old_schema_stops_the_start_when_migrations_are_off() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = Settings::load(None).unwrap();
    settings.data.dir = dir.path().to_owned();
    settings.database.migrate_at_start = false;
    let refused = Product::open(&settings).await.err().expect("a refusal");
    assert!(
        format!("{refused:#}").contains("migrate_at_start"),
        "{refused:#}"
    );
    assert!(super::migrate(&settings).await.unwrap(), "it was old");
    assert!(
        !super::migrate(&settings).await.unwrap(),
        "now it is current"
    );
    let product = Product::open(&settings).await.unwrap();
    product.close().await;
}
