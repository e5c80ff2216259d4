//! Refresh tokens are good once.
#![allow(clippy::unwrap_used)]

use super::{EndReason, Session, SessionRefusal, SessionStatus};
use chrono::Duration;
use kernel::testing::CountingIds;
use kernel::{DomainEvent, Ids, Timestamp};

const ONE: [u8; 32] = [1; 32];
const TWO: [u8; 32] = [2; 32];
const THREE: [u8; 32] = [3; 32];
const FOUR: [u8; 32] = [4; 32];

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

fn month() -> Duration {
    Duration::days(30)
}

fn begun() -> Session {
    let ids: &dyn Ids = &CountingIds::from(1);
    Session::begin(ids.next(), ids.next(), ONE, noon().plus(month()), noon())
}

#[test]
fn each_refresh_prolongs_the_session() {
    let mut session = begun();
    let tomorrow = noon().plus(Duration::days(1));
    session.rotate(ONE, TWO, month(), tomorrow).unwrap();
    assert_eq!(session.expires_at(), tomorrow.plus(month()));
    assert!(session.is_changed());
    assert_eq!(session.rotate(TWO, THREE, month(), tomorrow), Ok(()));
}

#[test]
fn a_token_used_twice_ends_the_session_for_both() {
    let mut session = begun();
    session.rotate(ONE, TWO, month(), noon()).unwrap();
    assert_eq!(
        session.rotate(ONE, THREE, month(), noon()),
        Err(SessionRefusal::Reused)
    );
    assert_eq!(
        session.rotate(TWO, FOUR, month(), noon()),
        Err(SessionRefusal::Ended)
    );
    let events = session.take_events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].name(), "operators.session_ended");
}

#[test]
fn a_token_that_never_was_ends_nothing() {
    let mut session = begun();
    assert_eq!(
        session.rotate(FOUR, TWO, month(), noon()),
        Err(SessionRefusal::Unknown)
    );
    assert!(!session.is_changed());
    assert_eq!(session.rotate(ONE, TWO, month(), noon()), Ok(()));
}

#[test]
fn nobody_refreshes_an_expired_session() {
    let mut session = begun();
    let end = noon().plus(month());
    assert_eq!(
        session.rotate(ONE, TWO, month(), end),
        Err(SessionRefusal::Expired)
    );
    assert!(!session.is_changed());
}

#[test]
fn ending_twice_keeps_the_first_reason() {
    let mut session = begun();
    session.end(EndReason::SignedOut, noon());
    session.end(EndReason::TokenReused, noon());
    let ended = SessionStatus::Ended {
        at: noon(),
        reason: EndReason::SignedOut,
    };
    assert_eq!(session.snapshot().status, ended);
    assert_eq!(session.take_events().len(), 1);
}

#[test]
fn a_clock_that_steps_back_leaves_a_session_that_restores() {
    let mut session = begun();
    let earlier = noon().minus(Duration::days(60));
    session.rotate(ONE, TWO, month(), earlier).unwrap();
    let mut snapshot = session.snapshot();
    snapshot.version = 1;
    assert!(Session::restore(snapshot).is_ok());
}
