//! What is found out about routers that are well, half dead, or something else.

use std::time::Duration;

use access::{
    Diagnosis, Expected, GatewayErrorKind as Kind, RouterGateway, StepName as S, Target, Transport,
    Trust, Verdict as V, diagnose,
};
use kernel::{Secret, Timestamp};
use routeros_sim::{Fault, SimConfig, SimUser};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::door::{Door, Identity};
use crate::site::{Site, gateway, impatient, target};
use crate::strangers::stranger;

/// 2026-11-21 00:00:00 UTC, when simulated routers start.
const START_US: i64 = 1_795_219_200_000_000;

async fn diagnosis(target: &Target) -> Diagnosis {
    let findings = gateway(impatient()).examine(target).await;
    let expected = Expected {
        transport: target.transport.clone(),
        method: target.method,
        serial: target.expected_serial.clone(),
        now: Timestamp::from_micros(START_US).unwrap(),
    };
    diagnose(&findings, &expected)
}

fn verdict(diagnosis: &Diagnosis, name: S) -> V {
    diagnosis.step(name).unwrap().verdict
}

fn said(diagnosis: &Diagnosis, name: S) -> String {
    let step = diagnosis.step(name).unwrap();
    format!(
        "{} | {}",
        step.measured.as_deref().unwrap_or_default(),
        step.advice.as_deref().unwrap_or_default()
    )
}

/// The one step that failed.
fn failed(diagnosis: &Diagnosis) -> S {
    let failed = diagnosis.steps.iter().filter(|it| it.verdict == V::Fail);
    let failed: Vec<S> = failed.map(|it| it.name).collect();
    assert_eq!(failed.len(), 1, "{diagnosis:#?}");
    failed[0]
}

#[tokio::test]
async fn a_healthy_router_is_looked_at_from_top_to_bottom() {
    let site = Site::new().await;
    let known = site.gateway.inspect(&site.at()).await.unwrap();
    let target = Target {
        expected_serial: known.serial,
        ..site.at()
    };
    let before = site.router.stats().open_connections;
    let found = diagnosis(&target).await;
    assert!(
        found.steps.iter().all(|it| it.verdict != V::Fail),
        "{found:#?}"
    );
    for name in [S::NameResolution, S::Tcp, S::Login, S::Version, S::Identity] {
        assert_eq!(verdict(&found, name), V::Pass, "{found:#?}");
    }
    for name in [S::Clock, S::Memory, S::Disk] {
        assert_eq!(verdict(&found, name), V::Pass, "{found:#?}");
    }
    assert_eq!(verdict(&found, S::Tls), V::Warn, "it is in the clear");
    let surplus = said(&found, S::Permissions);
    assert!(
        surplus.contains("ftp") && surplus.contains("policy"),
        "{surplus}"
    );
    let open = said(&found, S::ServiceAccess);
    assert!(open.contains("/ip/service set api address="), "{open}");
    let gone = Instant::now() + Duration::from_secs(5);
    while site.router.stats().open_connections > before {
        assert!(Instant::now() < gone, "the connection stays open");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_account_that_lacks_policies_is_told_which() {
    let config = SimConfig {
        users: vec![SimUser::new("poor", "password", &["api", "read"])],
        ..SimConfig::new("tower-7")
    };
    let site = Site::with(config, impatient()).await;
    let target = Target {
        username: "poor".to_owned(),
        ..site.at()
    };
    let found = diagnosis(&target).await;
    assert_eq!(failed(&found), S::Permissions);
    let said = said(&found, S::Permissions);
    assert!(said.contains("lacks write, sensitive"), "{said}");
}

#[tokio::test]
async fn each_failure_is_named_at_its_step() {
    let site = Site::new().await;
    let nowhere = target("no-such-router.invalid", 8728);
    assert_eq!(failed(&diagnosis(&nowhere).await), S::NameResolution);
    let forbidden = target("169.254.169.254", 8728);
    assert_eq!(failed(&diagnosis(&forbidden).await), S::NameResolution);
    let closed = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    assert_eq!(failed(&diagnosis(&target("127.0.0.1", port)).await), S::Tcp);
    let wrong = Target {
        password: Secret::new("wrong"),
        ..site.at()
    };
    let found = diagnosis(&wrong).await;
    assert_eq!(failed(&found), S::Login);
    assert_eq!(
        said(&found, S::Memory),
        " | skipped because the login failed"
    );
    let other = Target {
        expected_serial: Some("HEX99".to_owned()),
        ..site.at()
    };
    assert_eq!(failed(&diagnosis(&other).await), S::Identity);
}

#[tokio::test]
async fn a_black_hole_gives_an_answer_in_seconds() {
    let site = Site::new().await;
    site.router.set_fault(Fault::BlackHole);
    let begun = Instant::now();
    let found = diagnosis(&site.at()).await;
    assert_eq!(failed(&found), S::Login);
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(found.took_ms >= 1_000, "{}", found.took_ms);
}

#[tokio::test]
async fn a_question_that_is_never_answered_costs_only_its_own_step() {
    let site = Site::new().await;
    site.router
        .set_fault(Fault::StallCommand("/user/group/print".to_owned()));
    let found = diagnosis(&site.at()).await;
    assert_eq!(verdict(&found, S::Permissions), V::Skipped);
    let said = said(&found, S::Permissions);
    assert!(said.contains("did not answer in time"), "{said}");
    assert_eq!(verdict(&found, S::Identity), V::Pass, "{found:#?}");
    assert_eq!(verdict(&found, S::Clock), V::Pass);
}

#[tokio::test]
async fn a_clock_that_was_never_set_is_noticed() {
    let config = SimConfig {
        started_at_unix: 90_000,
        ..SimConfig::new("tower-7")
    };
    let site = Site::with(config, impatient()).await;
    assert_eq!(failed(&diagnosis(&site.at()).await), S::Clock);
}

#[tokio::test]
async fn encryption_is_looked_at_before_anything_is_sent() {
    let site = Site::new().await;
    let identity = Identity::self_signed(&[]);
    let door = Door::open(&identity, rustls::ALL_VERSIONS, site.router.addr()).await;
    let at = |trust: Trust| Target {
        transport: Transport::Tls(trust),
        ..target("127.0.0.1", door.port)
    };
    let first = diagnosis(&at(Trust::FirstUse)).await;
    assert_eq!(verdict(&first, S::Tls), V::Warn);
    let shown = said(&first, S::Tls);
    assert!(shown.contains("TLS 1.3"), "{shown}");
    assert!(
        shown.contains(&identity.fingerprint().to_string()),
        "{shown}"
    );
    assert_eq!(verdict(&first, S::Login), V::Skipped);
    assert_eq!(door.heard(), b"", "not a byte");
    let pinned = diagnosis(&at(Trust::Pinned(identity.fingerprint()))).await;
    assert_eq!(verdict(&pinned, S::Tls), V::Pass);
    assert_eq!(verdict(&pinned, S::Login), V::Pass);
    let heard = door.heard().len();
    door.show(&Identity::self_signed(&[]));
    let changed = diagnosis(&at(Trust::Pinned(identity.fingerprint()))).await;
    assert_eq!(failed(&changed), S::Tls);
    assert_eq!(door.heard().len(), heard, "not a byte more");
}

#[tokio::test]
async fn a_service_without_a_certificate_gets_the_three_commands() {
    let port = stranger(b"\x15\x03\x03\x00\x02\x02\x28", true).await;
    let target = Target {
        transport: Transport::Tls(Trust::FirstUse),
        ..target("127.0.0.1", port)
    };
    let found = gateway(impatient()).examine(&target).await;
    let access::Finding::Failed(err) = &found.encryption else {
        panic!("{found:?}");
    };
    assert_eq!(err.kind, Kind::TlsFailed);
    let found = diagnosis(&target).await;
    assert_eq!(failed(&found), S::Tls);
    let said = said(&found, S::Tls);
    for command in ["/certificate add", "/certificate sign", "/ip/service set"] {
        assert!(said.contains(command), "{said}");
    }
}
