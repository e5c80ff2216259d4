//! Rows become grants, and what cannot be is refused.
#![allow(clippy::unwrap_used, clippy::panic)]

use access::testing::{numbered, sample_grant, sample_profile};
use access::{Allowance, Grant, Service, Subject};
use kernel::{StoreError, Timestamp};
use uuid::Uuid;

use super::{Model, not_applied, restore, view, written};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_800_000_000_123_456 + seconds * 1_000_000).unwrap()
}

fn grant() -> Grant {
    let profile = sample_profile(numbered(1), "home", Service::Hotspot).unwrap();
    let subject = Subject::Voucher(numbered(2));
    let (id, router) = (numbered(3), numbered(4));
    let mut grant = sample_grant(id, router, subject, &profile, "secret-code", at(0)).unwrap();
    let until = Some(at(3_600));
    grant.follow(Allowance::Active { until }, profile.id(), 9, at(1));
    grant
}

fn row() -> Model {
    written(Uuid::from_u128(1), &grant().snapshot(), 3).unwrap()
}

#[test]
fn a_row_survives_the_way_there_and_back() {
    let snapshot = restore(row()).unwrap().snapshot();
    assert_eq!(snapshot.allowance, grant().allowance());
    assert_eq!(written(Uuid::from_u128(1), &snapshot, 3).unwrap(), row());
}

#[test]
fn a_voucher_is_shown_without_its_code() {
    let shown = view(row()).unwrap();
    assert_eq!(shown.login, "se…");
}

#[test]
fn a_waiting_grant_gives_the_best_reason_there_is() {
    let silence = "no route".to_owned();
    let waiting = not_applied(row(), Some(&silence)).unwrap();
    assert_eq!(waiting.reason.as_deref(), Some("no route"));
    assert_eq!(waiting.since, at(1));
    let mut refused = grant();
    refused.fail("no such pool", at(5));
    let row = written(Uuid::from_u128(1), &refused.snapshot(), 3).unwrap();
    let refused = not_applied(row, Some(&silence)).unwrap();
    assert_eq!(refused.reason.as_deref(), Some("no such pool"));
    assert_eq!(refused.since, at(5));
}

#[test]
fn impossible_grants_are_refused_without_telling_a_code() {
    let spoilt: [fn(&mut Model); 8] = [
        |it| it.state = "paused".to_owned(),
        |it| it.state = "blocked".to_owned(),
        |it| it.subject_kind = "router".to_owned(),
        |it| it.service = "dhcp".to_owned(),
        |it| it.revision = -1,
        |it| it.applied_revision = it.revision + 1,
        |it| it.limit_bytes = Some(-1),
        |it| it.login.push(' '),
    ];
    for spoil in spoilt {
        let mut row = row();
        spoil(&mut row);
        let refused = restore(row).map(|it| it.id());
        let Err(StoreError::Corrupt(reason)) = refused else {
            panic!("{refused:?}");
        };
        assert!(!reason.to_string().contains("secret-code"), "{reason}");
    }
}
