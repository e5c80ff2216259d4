//! Routers say once when they fall silent and once when they are back.
#![allow(clippy::unwrap_used)]

use chrono::Duration;
use kernel::{DomainEvent, Timestamp};

use super::{DriftCounts, Router, RouterFacts, RouterRefusal, RouterStatus};
use crate::events::AccessEvent;
use crate::login::Service;
use crate::testing::{numbered, sample_facts, sample_router};

fn start() -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000).unwrap()
}

fn enrolled() -> Router {
    let mut router = sample_router(numbered(1)).unwrap();
    router.take_events();
    router
}

fn names(router: &mut Router) -> Vec<&'static str> {
    router.take_events().iter().map(DomainEvent::name).collect()
}

#[test]
fn silence_is_news_once_and_so_is_the_answer() {
    let mut router = enrolled();
    assert!(router.answered(start()));
    assert!(!router.answered(start()));
    assert!(router.went_silent("timeout", start()));
    assert!(!router.went_silent("timeout", start()));
    assert!(router.went_silent("refused", start().plus(Duration::minutes(1))));
    let since = start();
    let expected = RouterStatus::Unreachable {
        since,
        reason: "refused".to_owned(),
    };
    assert_eq!(*router.status(), expected, "silent since the first time");
    assert!(router.answered(start().plus(Duration::minutes(5))));
    let events = router.take_events();
    let out: Vec<_> = events
        .iter()
        .filter_map(|it| match it {
            AccessEvent::RouterOnline { out_s, .. } => Some(*out_s),
            _ => None,
        })
        .collect();
    assert_eq!(out, [None, Some(300)]);
    assert_eq!(events.len(), 3);
}

#[test]
fn another_board_is_refused() {
    let mut router = enrolled();
    let other = RouterFacts {
        serial: Some("HEX123".to_owned()),
        ..sample_facts(numbered(1))
    };
    let refused = router.inspected(other.clone(), start());
    assert!(matches!(refused, Err(RouterRefusal::AnotherRouter { .. })));
    let snapshot = router.snapshot();
    let refused = router.change(snapshot.name, snapshot.endpoint, Some(other));
    assert!(matches!(refused, Err(RouterRefusal::AnotherRouter { .. })));
    let unnamed = RouterFacts {
        serial: None,
        ..sample_facts(numbered(1))
    };
    assert_eq!(router.inspected(unnamed, start()), Ok(true));
}

#[test]
fn a_router_in_use_is_not_retired() {
    let mut router = enrolled();
    assert_eq!(router.retire(3), Err(RouterRefusal::InUse { grants: 3 }));
    assert_eq!(router.retire(0), Ok(()));
    assert_eq!(router.retire(3), Ok(()), "it is retired already");
    assert_eq!(names(&mut router), ["access.router_retired"]);
    assert!(!router.answered(start()) && !router.went_silent("gone", start()));
    assert_eq!(
        router.inspected(sample_facts(numbered(1)), start()),
        Err(RouterRefusal::Retired)
    );
}

#[test]
fn only_real_changes_and_real_drift_are_recorded() {
    let mut router = enrolled();
    let snapshot = router.snapshot();
    router
        .change(snapshot.name, snapshot.endpoint.clone(), None)
        .unwrap();
    router.reconciled(
        DriftCounts {
            foreign: 9,
            ..DriftCounts::default()
        },
        true,
        start(),
    );
    assert_eq!(names(&mut router), Vec::<&str>::new());
    router
        .change("north".parse().unwrap(), snapshot.endpoint, None)
        .unwrap();
    router.reconciled(
        DriftCounts {
            missing: 1,
            ..DriftCounts::default()
        },
        true,
        start(),
    );
    router.cut(Service::Pppoe, 2);
    let expected = [
        "access.router_changed",
        "access.drift_found",
        "access.login_cut",
    ];
    assert_eq!(names(&mut router), expected);
    assert_eq!(router.last_reconcile().unwrap().drift.missing, 1);
}
