//! What a router should hold, case by case.
#![allow(clippy::unwrap_used)]

use chrono::Duration;
use kernel::{Secret, Timestamp};

use super::{Desired, OpenGrant, Undesirable, desired};
use crate::grant::{Allowance, Grant, GrantSnapshot, Limits, Subject};
use crate::login::{LoginRef, Service};
use crate::menu::Menu;
use crate::profile::{AdoptedRow, ServiceProfile, Terms};
use crate::row::Attribute;
use crate::tag::{Mark, TagId};
use crate::testing::{numbered, sample_grant, sample_profile, sample_terms};

fn start() -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000).unwrap()
}

fn mark() -> Mark {
    Mark::of(numbered(2))
}

fn profile(service: Service) -> ServiceProfile {
    let id = if service == Service::Pppoe { 5 } else { 6 };
    sample_profile(numbered(id), service.as_str(), service).unwrap()
}

fn open(number: u64, service: Service, allowance: Allowance) -> OpenGrant {
    let subject = Subject::Subscription(numbered(number));
    let login = format!("login-{number}");
    let grant = sample_grant(
        numbered(number),
        numbered(2),
        subject,
        &profile(service),
        &login,
        start(),
    );
    let snapshot = GrantSnapshot {
        allowance,
        ..grant.unwrap().snapshot()
    };
    OpenGrant {
        grant: Grant::restore(snapshot).unwrap(),
        password: Secret::new("secret"),
    }
}

fn want(grants: &[OpenGrant]) -> Desired {
    let profiles = [profile(Service::Pppoe), profile(Service::Hotspot)];
    desired(&mark(), &profiles, grants, start()).unwrap()
}

fn value(all: &Desired, menu: Menu, name: &str, attribute: Attribute) -> Option<String> {
    all.row(menu, name)
        .unwrap()
        .owned
        .get(&attribute)
        .cloned()
        .flatten()
}

#[test]
fn allowances_become_rows() {
    let past = Some(start());
    let future = Some(start().plus(Duration::seconds(1)));
    let table = [
        (Allowance::Active { until: None }, "wb-pppoe", None),
        (Allowance::Active { until: future }, "wb-pppoe", None),
        (Allowance::Active { until: past }, "wb-pppoe", Some("yes")),
        (Allowance::Restricted, "wb-restricted", None),
        (Allowance::Blocked, "wb-pppoe", Some("yes")),
    ];
    for (allowance, profile, disabled) in table {
        let all = want(&[open(1, Service::Pppoe, allowance)]);
        let get = |attribute| value(&all, Menu::PppSecret, "login-1", attribute);
        assert_eq!(
            get(Attribute::Profile).as_deref(),
            Some(profile),
            "{allowance:?}"
        );
        assert_eq!(
            get(Attribute::Disabled).as_deref(),
            disabled,
            "{allowance:?}"
        );
        assert_eq!(get(Attribute::Service).as_deref(), Some("pppoe"));
    }
    let ended = want(&[open(1, Service::Pppoe, Allowance::Ended)]);
    assert!(ended.row(Menu::PppSecret, "login-1").is_none());
    assert_eq!(ended.ended(&TagId::grant(numbered(1))), Some(numbered(1)));
    assert_eq!(
        ended.owed_cuts().next(),
        Some(LoginRef::new(Service::Pppoe, "login-1"))
    );
}

#[test]
fn profiles_are_there_for_everybody_and_restricted_ones_on_demand() {
    let all = want(&[]);
    assert!(all.row(Menu::PppProfile, "wb-pppoe").is_some());
    assert!(all.row(Menu::HotspotProfile, "wb-hotspot").is_some());
    assert!(all.row(Menu::PppProfile, "wb-restricted").is_none());
    let all = want(&[open(1, Service::Hotspot, Allowance::Restricted)]);
    let get = |attribute| value(&all, Menu::HotspotProfile, "wb-restricted", attribute);
    assert_eq!(get(Attribute::RateLimit).as_deref(), Some("256k/256k"));
    assert_eq!(
        get(Attribute::AddressList).as_deref(),
        Some("wb-restricted")
    );
    assert!(all.row(Menu::PppProfile, "wb-restricted").is_none());
}

#[test]
fn addressing_is_owned_only_where_the_profile_names_it() {
    let all = want(&[]);
    let owned = &all.row(Menu::PppProfile, "wb-pppoe").unwrap().owned;
    assert!(!owned.contains_key(&Attribute::Pool) && !owned.contains_key(&Attribute::LocalAddress));
    let terms = Terms {
        pool: Some("pool-1".parse().unwrap()),
        local_address: Some("10.9.0.1".parse().unwrap()),
        ..sample_terms()
    };
    let name = "pooled".parse().unwrap();
    let pooled = ServiceProfile::define(numbered(5), name, Service::Pppoe, terms).unwrap();
    let grant = open(1, Service::Pppoe, Allowance::Restricted);
    let all = desired(&mark(), &[pooled], &[grant], start()).unwrap();
    for name in ["wb-pooled", "wb-restricted-pooled"] {
        let get = |attribute| value(&all, Menu::PppProfile, name, attribute);
        assert_eq!(get(Attribute::Pool).as_deref(), Some("pool-1"), "{name}");
        assert_eq!(
            get(Attribute::LocalAddress).as_deref(),
            Some("10.9.0.1"),
            "{name}"
        );
    }
}

#[test]
fn hotspot_logins_carry_their_limits() {
    let mut grant = open(1, Service::Hotspot, Allowance::Active { until: None });
    let limits = Limits {
        uptime_s: Some(3_600),
        bytes: Some(1_000_000_000),
    };
    let snapshot = GrantSnapshot {
        limits,
        ..grant.grant.snapshot()
    };
    grant.grant = Grant::restore(snapshot).unwrap();
    let all = want(&[grant]);
    let get = |attribute| value(&all, Menu::HotspotUser, "login-1", attribute);
    assert_eq!(get(Attribute::LimitUptime).as_deref(), Some("3600"));
    assert_eq!(get(Attribute::LimitBytes).as_deref(), Some("1000000000"));
    assert_eq!(get(Attribute::Server), None);
}

#[test]
fn contradictions_are_refused() {
    let grant = open(1, Service::Pppoe, Allowance::Blocked);
    let missing = desired(&mark(), &[], std::slice::from_ref(&grant), start());
    let (id, named) = (grant.grant.id(), grant.grant.profile());
    assert_eq!(
        missing.err(),
        Some(Undesirable::NoProfile {
            grant: id,
            profile: named
        })
    );
    let wrong = sample_profile(numbered(5), "wrong", Service::Hotspot).unwrap();
    let other = desired(&mark(), &[wrong], &[grant], start());
    assert_eq!(
        other.err(),
        Some(Undesirable::OtherService {
            grant: id,
            profile: named
        })
    );
}

#[test]
fn a_login_that_lives_on_under_another_grant_is_not_cut_for_the_ended_one() {
    let ended = open(1, Service::Pppoe, Allowance::Ended);
    let mut heir = open(3, Service::Pppoe, Allowance::Active { until: None });
    let login = "login-1".parse().unwrap();
    heir.grant = Grant::restore(GrantSnapshot {
        login,
        ..heir.grant.snapshot()
    })
    .unwrap();
    assert_eq!(want(&[ended, heir]).owed_cuts().next(), None);
}

#[test]
fn a_profile_that_was_adopted_on_another_router_has_an_ordinary_row_here() {
    let row = AdoptedRow {
        router: numbered(99),
        name: "1day".to_owned(),
    };
    let slug = "p-1day".parse().unwrap();
    let adopted = ServiceProfile::adopt(numbered(6), slug, Service::Hotspot, sample_terms(), row);
    let profiles = [adopted.unwrap()];
    let grants = [open(1, Service::Hotspot, Allowance::Active { until: None })];
    for (router, used) in [(2, "wb-p-1day"), (99, "1day")] {
        let all = desired(&Mark::of(numbered(router)), &profiles, &grants, start()).unwrap();
        let named = value(&all, Menu::HotspotUser, "login-1", Attribute::Profile);
        assert_eq!(named.as_deref(), Some(used));
        let is_made = all.row(Menu::HotspotProfile, "wb-p-1day").is_some();
        assert_eq!(is_made, router == 2, "{router}");
        assert!(all.row(Menu::HotspotProfile, "1day").is_none());
    }
}
