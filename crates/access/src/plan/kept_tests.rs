//! Rows that were taken over from an operator keep what is the operator's.
#![allow(clippy::unwrap_used)]

use kernel::Secret;

use super::service_tests::{ACTIVE, after, bare, by_hand, grant, mark, start, want};
use super::{Plan, Reach, diff};
use crate::desired::{OpenGrant, desired};
use crate::grant::{Allowance, Subject};
use crate::login::Service;
use crate::menu::Menu;
use crate::profile::{ServiceProfile, Terms};
use crate::rate_limit::{MAX_RATE_BPS, RateLimit};
use crate::row::{Actual, ActualRow, Attribute, RowId};
use crate::tag::{Tag, TagId};
use crate::testing::{numbered, sample_grant, sample_profile, sample_terms};

/// A queue that an operator made, taken over under its own name.
fn adopted_queue(open: &OpenGrant) -> Actual {
    let tag = Tag {
        mark: mark(),
        id: TagId::grant(open.grant.id()),
        revision: 1,
    };
    let mut actual = Actual::default();
    let values = [
        (Attribute::Target, "10.1.1.5".to_owned()),
        (Attribute::MaxLimit, "5M/20M".to_owned()),
    ];
    actual.push(
        Menu::SimpleQueue,
        ActualRow {
            id: RowId::new("*9"),
            name: "office".to_owned(),
            values: values.into(),
            password: None,
            comment: tag.adopting("Bu Sri, paid in cash").unwrap(),
            is_dynamic: false,
        },
    );
    actual
}

#[test]
fn a_queue_that_was_taken_over_is_known_by_its_tag_and_keeps_its_words() {
    let open = grant(Service::StaticIp, "10.1.1.5", ACTIVE);
    let actual = adopted_queue(&open);
    let wanted = want(Service::StaticIp, std::slice::from_ref(&open));
    let first = diff(&wanted, &actual, Reach::Whole);
    let queues = |plan: &Plan| {
        let changes = plan.changes.iter();
        changes.filter(|it| it.menu == Menu::SimpleQueue).count()
    };
    assert!(queues(&first) <= 1, "{:?}", bare(&first));
    let settled = after(actual, &first);
    assert!(diff(&wanted, &settled, Reach::Whole).is_empty());
    let rows = settled.rows(Menu::SimpleQueue);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].name, "office");
    assert!(rows[0].comment.ends_with("Bu Sri, paid in cash"));

    let blocked = grant(Service::StaticIp, "10.1.1.5", Allowance::Ended);
    let gone = want(Service::StaticIp, &[blocked]);
    let last = after(settled.clone(), &diff(&gone, &settled, Reach::Whole));
    assert_eq!(last.rows(Menu::SimpleQueue), []);
}

#[test]
fn the_fastest_speed_there_is_is_no_limit() {
    let table = [
        (RateLimit::steady(MAX_RATE_BPS, MAX_RATE_BPS), None),
        (RateLimit::steady(5_000_000, MAX_RATE_BPS), Some("5M/0")),
        (RateLimit::steady(5_000_000, 8_000), Some("5M/8k")),
    ];
    for (rate, text) in table {
        let terms = Terms {
            rate,
            ..sample_terms()
        };
        let bare = Terms {
            pool: None,
            local_address: None,
            address_list: None,
            session_timeout_s: None,
            idle_timeout_s: None,
            shared_users: 1,
            ..terms
        };
        for (service, menu, attribute, login) in [
            (
                Service::StaticIp,
                Menu::SimpleQueue,
                Attribute::MaxLimit,
                "10.1.1.5",
            ),
            (
                Service::DhcpLease,
                Menu::DhcpLease,
                Attribute::RateLimit,
                "02:00:00:00:00:07",
            ),
        ] {
            let name = "one".parse().unwrap();
            let profile = ServiceProfile::define(numbered(5), name, service, bare.clone());
            let grants = [grant(service, login, ACTIVE)];
            let all = desired(&mark(), &[profile.unwrap()], &grants, start()).unwrap();
            let row = all.rows(menu).next().unwrap();
            assert_eq!(row.owned[&attribute].as_deref(), text, "{service}");
        }
    }
}

#[test]
fn a_login_of_one_hotspot_server_is_kept_there() {
    let profile = sample_profile(numbered(5), "one", Service::Hotspot).unwrap();
    let subject = Subject::Subscription(numbered(10));
    let made = sample_grant(
        numbered(10),
        numbered(2),
        subject,
        &profile,
        "siti",
        start(),
    );
    let bound = made.unwrap().bound_to(Some("hs1".to_owned()));
    let open = OpenGrant {
        grant: bound,
        password: Secret::new("pw"),
    };
    let wanted = desired(&mark(), &[profile], &[open], start()).unwrap();
    let made = after(
        Actual::default(),
        &diff(&wanted, &Actual::default(), Reach::Whole),
    );
    assert!(diff(&wanted, &made, Reach::Whole).is_empty());
    let server = |actual: &Actual| {
        let row = &actual.rows(Menu::HotspotUser)[0];
        row.values.get(&Attribute::Server).cloned()
    };
    assert_eq!(server(&made).as_deref(), Some("hs1"));

    let mut moved = made;
    let rows = moved.rows_mut(Menu::HotspotUser);
    rows[0].values.insert(Attribute::Server, "hs2".to_owned());
    let plan = diff(&wanted, &moved, Reach::Whole);
    assert_eq!(plan.changes.len(), 1, "{:?}", bare(&plan));
    assert_eq!(server(&after(moved, &plan)).as_deref(), Some("hs1"));

    for (foreign, conflicts) in [(None, 1), (Some("hs1"), 1), (Some("hs2"), 0)] {
        let mut actual = Actual::default();
        let value = foreign.map(|it| (Attribute::Server, it));
        let values: Vec<_> = value.into_iter().collect();
        actual.push(Menu::HotspotUser, by_hand("siti", &values, false));
        let plan = diff(&wanted, &actual, Reach::Whole);
        assert_eq!(plan.conflicts.len(), conflicts, "{foreign:?}");
    }
}
