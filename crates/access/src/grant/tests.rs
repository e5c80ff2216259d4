//! Grants follow the newest decision, say what is pending, and remember whom to cut.
#![allow(clippy::unwrap_used)]

use chrono::Duration;
use kernel::{DomainEvent, Sealed, Timestamp};

use super::{Allowance, Grant, GrantRefusal, GrantSnapshot, Limits, NewGrant, Subject};
use crate::identity::BadIdentity;
use crate::login::Service;
use crate::testing::{numbered, sample_grant, sample_profile};

const ACTIVE: Allowance = Allowance::Active { until: None };

fn start() -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000).unwrap()
}

fn later(minutes: i64) -> Timestamp {
    start().plus(Duration::minutes(minutes))
}

fn until(minutes: i64) -> Allowance {
    Allowance::Active {
        until: Some(later(minutes)),
    }
}

fn grant() -> Grant {
    let profile = sample_profile(numbered(5), "home", Service::Pppoe).unwrap();
    let subject = Subject::Subscription(numbered(9));
    sample_grant(numbered(1), numbered(2), subject, &profile, "siti", start()).unwrap()
}

/// On the router, nothing owed.
fn applied() -> Grant {
    let mut grant = grant();
    grant.confirm(1, start());
    grant.take_events();
    grant
}

fn follow(grant: &mut Grant, allowance: Allowance, version: u64) -> bool {
    let profile = grant.profile();
    grant.follow(allowance, profile, version, later(1))
}

#[test]
fn late_and_repeated_decisions_are_ignored() {
    let mut grant = applied();
    assert!(follow(&mut grant, Allowance::Restricted, 5));
    assert!(!follow(&mut grant, Allowance::Blocked, 5), "repeated");
    assert!(!follow(&mut grant, ACTIVE, 4), "late");
    assert_eq!(grant.allowance(), Allowance::Restricted);
    assert!(
        !follow(&mut grant, Allowance::Restricted, 6),
        "nothing to change"
    );
    assert!(!follow(&mut grant, ACTIVE, 6), "6 has been followed");
    assert_eq!(grant.revision(), 2);
    assert_eq!(grant.take_events().len(), 1);
}

#[test]
fn nothing_follows_the_end() {
    let mut grant = applied();
    assert!(grant.end(later(1)));
    assert!(!grant.end(later(2)));
    assert!(!follow(&mut grant, ACTIVE, 99));
    assert_eq!(
        grant.change_secret(Sealed::from_bytes(vec![1]), later(2)),
        Err(GrantRefusal::Ended)
    );
    let names: Vec<_> = grant.take_events().iter().map(DomainEvent::name).collect();
    assert_eq!(names, ["access.grant_ended"]);
    assert!(grant.is_pending(later(2)) && grant.must_cut(later(2)));
}

#[test]
fn access_and_profile_change_in_one_step() {
    let mut grant = applied();
    assert!(grant.follow(Allowance::Restricted, numbered(6), 1, later(1)));
    assert_eq!(
        (grant.allowance(), grant.profile()),
        (Allowance::Restricted, numbered(6))
    );
    assert_eq!(grant.take_events().len(), 2);
    assert!(
        !grant.move_to_profile(numbered(7), 1, later(1)),
        "the version is spent"
    );
    assert!(grant.move_to_profile(numbered(7), 2, later(1)));
}

#[test]
fn sessions_are_cut_for_what_they_would_otherwise_keep() {
    let table: [(Allowance, Allowance, bool); 8] = [
        (ACTIVE, Allowance::Restricted, true),
        (ACTIVE, Allowance::Blocked, true),
        (ACTIVE, Allowance::Ended, true),
        (Allowance::Restricted, ACTIVE, true),
        (Allowance::Blocked, ACTIVE, true),
        (ACTIVE, until(60), false),
        (until(60), until(120), false),
        (until(60), until(0), true),
    ];
    for (from, to, cuts) in table {
        let snapshot = GrantSnapshot {
            allowance: from,
            ..applied().snapshot()
        };
        let mut grant = Grant::restore(snapshot).unwrap();
        assert!(follow(&mut grant, to, 1), "{from:?} to {to:?}");
        assert_eq!(grant.must_cut(later(1)), cuts, "{from:?} to {to:?}");
        grant.confirm(grant.revision(), later(2));
        assert!(!grant.must_cut(later(2)), "confirmed");
    }
}

#[test]
fn a_cut_stays_owed_until_the_newest_revision_is_confirmed() {
    let mut grant = applied();
    follow(&mut grant, Allowance::Blocked, 1);
    follow(&mut grant, ACTIVE, 2);
    grant.confirm(2, later(1));
    assert!(grant.is_pending(later(1)) && grant.must_cut(later(1)));
    grant.confirm(3, later(2));
    grant.confirm(2, later(3));
    grant.confirm(9, later(3));
    assert_eq!(
        (grant.applied().revision, grant.applied().at),
        (3, Some(later(2)))
    );
    assert!(!grant.is_pending(later(3)) && !grant.must_cut(later(3)));
}

#[test]
fn time_running_out_is_pending_until_the_router_was_told() {
    let mut grant = applied();
    follow(&mut grant, until(10), 1);
    grant.confirm(2, later(5));
    assert!(!grant.is_pending(later(9)));
    assert!(grant.is_pending(later(10)) && grant.must_cut(later(10)));
    grant.confirm(2, later(10));
    assert!(!grant.is_pending(later(11)) && !grant.must_cut(later(11)));
}

#[test]
fn failing_keeps_its_beginning() {
    let mut grant = grant();
    grant.fail("no such pool", later(1));
    grant.fail("name taken", later(2));
    assert_eq!(grant.applied().failing_since, Some(later(1)));
    assert_eq!(grant.applied().error.as_deref(), Some("name taken"));
    grant.confirm(1, later(3));
    assert_eq!(
        (grant.applied().failing_since, grant.applied().error.clone()),
        (None, None)
    );
}

#[test]
fn limits_need_a_service_that_counts() {
    let make = |service, limits| {
        let old = grant().snapshot();
        Grant::make(NewGrant {
            id: old.id,
            router: old.router,
            subject: old.subject,
            service,
            login: old.login,
            address: None,
            secret: old.secret,
            profile: old.profile,
            allowance: ACTIVE,
            limits,
            access_version: 0,
            at: start(),
        })
    };
    let hour = Limits {
        uptime_s: Some(3_600),
        bytes: None,
    };
    assert_eq!(
        make(Service::Pppoe, hour).err(),
        Some(GrantRefusal::LimitsOnPppoe)
    );
    let nothing = Limits {
        uptime_s: None,
        bytes: Some(0),
    };
    assert_eq!(
        make(Service::Hotspot, nothing).err(),
        Some(GrantRefusal::ZeroLimit)
    );
    assert!(make(Service::Hotspot, hour).is_ok());
}

#[test]
fn a_login_is_what_its_service_knows_customers_by() {
    let make = |service, login: &str, address: Option<&str>| {
        let old = grant().snapshot();
        let made = Grant::make(NewGrant {
            id: old.id,
            router: old.router,
            subject: old.subject,
            service,
            login: login.parse().unwrap(),
            address: address.map(|it| it.parse().unwrap()),
            secret: old.secret,
            profile: old.profile,
            allowance: ACTIVE,
            limits: Limits::NONE,
            access_version: 0,
            at: start(),
        });
        made.map(|it| (it.login().to_string(), it.address().is_some()))
    };
    let lease = make(Service::DhcpLease, "aa:bb:cc:00:00:01", Some("10.0.0.7"));
    assert_eq!(lease, Ok(("AA:BB:CC:00:00:01".to_owned(), true)));
    let refused = make(Service::StaticIp, "siti", None);
    assert_eq!(refused, Err(GrantRefusal::BadIdentity(BadIdentity::Prefix)));
    let refused = make(Service::Pppoe, "siti", Some("10.0.0.7"));
    assert_eq!(
        refused,
        Err(GrantRefusal::BadIdentity(BadIdentity::Address))
    );
}

#[test]
fn impossible_rows_are_refused() {
    let mut snapshot = grant().snapshot();
    snapshot.applied.revision = 2;
    assert!(Grant::restore(snapshot.clone()).is_err());
    snapshot.applied.revision = 0;
    assert!(Grant::restore(snapshot).is_ok());
}
