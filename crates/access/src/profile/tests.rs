//! Profiles refuse what no router could keep.
#![allow(clippy::unwrap_used)]

use kernel::Slug;

use super::{BadProfile, ListName, ProfileStatus, ServiceProfile, Terms};
use crate::login::Service;
use crate::rate_limit::{BadRateLimit, RateLimit};
use crate::testing::{numbered, sample_profile, sample_terms};

fn define(service: Service, terms: Terms) -> Result<ServiceProfile, BadProfile> {
    let name: Slug = "home".parse().unwrap();
    ServiceProfile::define(numbered(1), name, service, terms)
}

#[test]
fn impossible_terms_are_refused() {
    let plain = sample_terms;
    let address = Some("10.0.0.1".parse().unwrap());
    let table = [
        (
            Service::Pppoe,
            Terms {
                rate: RateLimit::steady(0, 1),
                ..plain()
            },
            BadProfile::Rate(BadRateLimit::Rate { field: "up_bps" }),
        ),
        (
            Service::Pppoe,
            Terms {
                shared_users: 2,
                ..plain()
            },
            BadProfile::SharedUsers,
        ),
        (
            Service::Hotspot,
            Terms {
                shared_users: 0,
                ..plain()
            },
            BadProfile::SharedUsers,
        ),
        (
            Service::Hotspot,
            Terms {
                shared_users: 1_001,
                ..plain()
            },
            BadProfile::SharedUsers,
        ),
        (
            Service::Hotspot,
            Terms {
                local_address: address,
                ..plain()
            },
            BadProfile::LocalAddress,
        ),
        (
            Service::Pppoe,
            Terms {
                idle_timeout_s: Some(59),
                ..plain()
            },
            BadProfile::Timeout {
                field: "idle_timeout_s",
            },
        ),
        (
            Service::Pppoe,
            Terms {
                session_timeout_s: Some(31_536_001),
                ..plain()
            },
            BadProfile::Timeout {
                field: "session_timeout_s",
            },
        ),
    ];
    for (service, terms, refusal) in table {
        assert_eq!(define(service, terms).err(), Some(refusal));
    }
    let shared = Terms {
        shared_users: 1_000,
        ..plain()
    };
    assert!(define(Service::Hotspot, shared).is_ok());
    assert!(
        define(
            Service::Pppoe,
            Terms {
                local_address: address,
                ..plain()
            }
        )
        .is_ok()
    );
}

#[test]
fn the_names_of_restricted_profiles_are_reserved() {
    for name in ["restricted", "restricted-home"] {
        let refused = ServiceProfile::define(
            numbered(1),
            name.parse().unwrap(),
            Service::Pppoe,
            sample_terms(),
        );
        assert_eq!(refused.err(), Some(BadProfile::ReservedName), "{name}");
    }
    assert!(sample_profile(numbered(1), "restrictedly", Service::Pppoe).is_ok());
}

#[test]
fn changing_to_the_same_records_nothing() {
    let mut profile = define(Service::Pppoe, sample_terms()).unwrap();
    assert_eq!(profile.take_events().len(), 1);
    profile.change(sample_terms()).unwrap();
    assert_eq!((profile.revision(), profile.take_events().len()), (1, 0));
    let faster = Terms {
        rate: RateLimit::steady(9_000_000, 9_000_000),
        ..sample_terms()
    };
    profile.change(faster).unwrap();
    assert_eq!((profile.revision(), profile.take_events().len()), (2, 1));
}

#[test]
fn a_retired_profile_stays_as_it_is() {
    let mut profile = define(Service::Pppoe, sample_terms()).unwrap();
    profile.retire();
    profile.retire();
    assert_eq!(profile.status(), ProfileStatus::Retired);
    assert_eq!(profile.take_events().len(), 2);
    let faster = Terms {
        rate: RateLimit::steady(9, 9),
        ..sample_terms()
    };
    assert_eq!(profile.change(faster), Err(BadProfile::Retired));
}

#[test]
fn restricted_logins_keep_the_addressing_of_their_profile() {
    let plain = define(Service::Pppoe, sample_terms()).unwrap();
    assert_eq!(plain.restricted_router_name(), "wb-restricted");
    let pool = Some("pool-1".parse().unwrap());
    let pooled = define(
        Service::Pppoe,
        Terms {
            pool,
            ..sample_terms()
        },
    )
    .unwrap();
    assert_eq!(pooled.restricted_router_name(), "wb-restricted-home");
    assert_eq!(
        pooled.router_name(&crate::tag::Mark::of(numbered(2))),
        "wb-home"
    );
}

#[test]
fn list_names_are_plain() {
    for good in ["pool-1", "VLAN.20_a", &"x".repeat(40)] {
        assert!(good.parse::<ListName>().is_ok(), "{good}");
    }
    for bad in ["", "none", "a b", "a,b", "a=b", "pöol", &"x".repeat(41)] {
        assert!(bad.parse::<ListName>().is_err(), "{bad}");
    }
}

#[test]
fn what_was_stored_comes_back() {
    let profile = define(Service::Hotspot, sample_terms()).unwrap();
    let snapshot = profile.snapshot();
    assert_eq!(
        ServiceProfile::restore(snapshot.clone())
            .unwrap()
            .snapshot(),
        snapshot
    );
    let mut broken = snapshot;
    broken.terms.shared_users = 0;
    assert!(ServiceProfile::restore(broken).is_err());
}
