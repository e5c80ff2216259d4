//! Plans for customers that are known by an address or a device, for pools, and for routers that were read in part.
#![allow(clippy::unwrap_used)]

use kernel::{Secret, Timestamp};

use super::{Plan, Reach, diff};
use crate::desired::{Desired, OpenGrant, desired};
use crate::gateway::RouterGateway;
use crate::grant::{Allowance, Grant, GrantSnapshot, Subject};
use crate::login::{LoginRef, Service};
use crate::menu::Menu;
use crate::row::{Actual, ActualRow, Attribute, RowId};
use crate::setup::{Kept, Pool, RouterSetup};
use crate::tag::Mark;
use crate::testing::{FakeRouter, numbered, sample_grant, sample_profile, sample_router};
use crate::use_cases::router_task::target_of;

pub(super) const ACTIVE: Allowance = Allowance::Active { until: None };

pub(super) fn start() -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000).unwrap()
}

pub(super) fn mark() -> Mark {
    Mark::of(numbered(2))
}

pub(super) fn grant(service: Service, login: &str, allowance: Allowance) -> OpenGrant {
    let profile = sample_profile(numbered(5), "one", service).unwrap();
    let subject = Subject::Subscription(numbered(10));
    let made = sample_grant(numbered(10), numbered(2), subject, &profile, login, start());
    let snapshot = GrantSnapshot {
        allowance,
        ..made.unwrap().snapshot()
    };
    OpenGrant {
        grant: Grant::restore(snapshot).unwrap(),
        password: Secret::new("unused"),
    }
}

pub(super) fn want(service: Service, grants: &[OpenGrant]) -> Desired {
    let profile = sample_profile(numbered(5), "one", service).unwrap();
    desired(&mark(), &[profile], grants, start()).unwrap()
}

fn commands(plan: &Plan) -> Vec<String> {
    plan.changes.iter().map(ToString::to_string).collect()
}

/// The commands without their comments.
pub(super) fn bare(plan: &Plan) -> Vec<String> {
    let cut = |it: String| it.split(" comment=").next().unwrap_or_default().to_owned();
    commands(plan).into_iter().map(cut).collect()
}

pub(super) fn after(actual: Actual, plan: &Plan) -> Actual {
    let router = FakeRouter::new();
    router.set_actual(numbered(2), actual);
    let target = target_of(
        &sample_router(numbered(2)).unwrap(),
        &kernel::testing::OpenVault,
    )
    .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    for result in runtime.block_on(router.apply(&target, &plan.changes)) {
        assert_eq!(result, Ok(()));
    }
    router.actual(numbered(2))
}

/// What making a customer, restricting, refusing and ending it sends to an empty router.
fn life(service: Service, login: &str) -> [Plan; 4] {
    let mut actual = Actual::default();
    [
        ACTIVE,
        Allowance::Restricted,
        Allowance::Blocked,
        Allowance::Ended,
    ]
    .map(|allowance| {
        let wanted = want(service, &[grant(service, login, allowance)]);
        let plan = diff(&wanted, &actual, Reach::Whole);
        actual = after(std::mem::take(&mut actual), &plan);
        let again = diff(&wanted, &actual, Reach::Whole);
        assert!(again.is_empty(), "{allowance:?}: {:?}", commands(&again));
        plan
    })
}

#[test]
fn a_static_address_has_a_queue_and_moves_between_lists() {
    let [made, restricted, refused, ended] = life(Service::StaticIp, "10.1.1.5");
    assert_eq!(
        bare(&made),
        [
            "/queue/simple/add name=wb-10.1.1.5 target=10.1.1.5 max-limit=5M/20M",
            "/ip/firewall/address-list/add address=10.1.1.5 list=wb-active",
        ]
    );
    assert_eq!(
        bare(&restricted),
        [
            "/queue/simple/set .id=*1 max-limit=256k/256k",
            "/ip/firewall/address-list/set .id=*2 list=wb-restricted",
        ]
    );
    assert_eq!(
        bare(&refused),
        ["/ip/firewall/address-list/set .id=*2 list=wb-blocked"],
        "the queue stays: without one nothing is limited"
    );
    let removals = [
        "/ip/firewall/address-list/remove .id=*2",
        "/queue/simple/remove .id=*1",
    ];
    assert_eq!(bare(&ended), removals, "backwards");
    assert!(refused.cuts().is_empty(), "a static address has no session");
}

#[test]
fn a_lease_is_slowed_down_then_blocked() {
    let mac = "AA:BB:CC:00:00:01";
    let [made, restricted, refused, ended] = life(Service::DhcpLease, mac);
    let add = format!("/ip/dhcp-server/lease/add mac-address={mac} rate-limit=5M/20M");
    assert_eq!(bare(&made), [add]);
    assert_eq!(
        bare(&restricted),
        ["/ip/dhcp-server/lease/set .id=*1 rate-limit=256k/256k address-lists=wb-restricted"]
    );
    assert_eq!(
        bare(&refused),
        ["/ip/dhcp-server/lease/set .id=*1 address-lists=wb-blocked block-access=yes"]
    );
    assert_eq!(bare(&ended), ["/ip/dhcp-server/lease/remove .id=*1"]);
    let device = LoginRef::new(Service::DhcpLease, mac);
    assert_eq!(
        made.cuts(),
        std::slice::from_ref(&device),
        "what was handed out must go"
    );
    assert_eq!(refused.cuts(), std::slice::from_ref(&device));
    assert_eq!(ended.cuts(), std::slice::from_ref(&device));
}

#[test]
fn a_device_that_passes_goes_back_to_the_login_page_then_nowhere() {
    let mac = "AA:BB:CC:00:00:01";
    let [made, restricted, refused, ended] = life(Service::MacBypass, mac);
    let add = format!("/ip/hotspot/ip-binding/add mac-address={mac} type=bypassed");
    assert_eq!(bare(&made), [add]);
    assert_eq!(
        bare(&restricted),
        ["/ip/hotspot/ip-binding/set .id=*1 type=regular"]
    );
    assert_eq!(
        bare(&refused),
        ["/ip/hotspot/ip-binding/set .id=*1 type=blocked"]
    );
    assert_eq!(bare(&ended), ["/ip/hotspot/ip-binding/remove .id=*1"]);
    let device = LoginRef::new(Service::MacBypass, mac);
    for plan in [made, restricted, refused, ended] {
        assert_eq!(plan.cuts(), std::slice::from_ref(&device));
    }
}

#[test]
fn a_device_with_an_address_also_has_a_queue_and_a_lease_keeps_it() {
    let with_address = |service| {
        let it = grant(service, "AA:BB:CC:00:00:01", ACTIVE);
        let snapshot = GrantSnapshot {
            address: Some("10.2.0.9".parse().unwrap()),
            ..it.grant.snapshot()
        };
        let grant = Grant::restore(snapshot).unwrap();
        let wanted = want(service, &[OpenGrant { grant, ..it }]);
        bare(&diff(&wanted, &Actual::default(), Reach::Whole))
    };
    let passing = with_address(Service::MacBypass);
    assert_eq!(
        passing[1],
        "/queue/simple/add name=wb-AA:BB:CC:00:00:01 target=10.2.0.9 max-limit=5M/20M"
    );
    let leased = with_address(Service::DhcpLease);
    assert!(leased[0].contains("address=10.2.0.9"), "{leased:?}");
}

pub(super) fn by_hand(name: &str, values: &[(Attribute, &str)], is_dynamic: bool) -> ActualRow {
    let value = |(attribute, text): &(Attribute, &str)| (*attribute, (*text).to_owned());
    ActualRow {
        id: RowId::new("*F0"),
        name: name.to_owned(),
        values: values.iter().map(value).collect(),
        password: None,
        comment: String::new(),
        is_dynamic,
    }
}

#[test]
fn rows_the_router_made_itself_are_in_nobodys_way() {
    let mac = "AA:BB:CC:00:00:01";
    let wanted = want(
        Service::DhcpLease,
        &[grant(Service::DhcpLease, mac, ACTIVE)],
    );
    for (is_dynamic, conflicts) in [(true, 0), (false, 1)] {
        let mut actual = Actual::default();
        actual.push(Menu::DhcpLease, by_hand(mac, &[], is_dynamic));
        let plan = diff(&wanted, &actual, Reach::Whole);
        assert_eq!(plan.conflicts.len(), conflicts);
    }
}

#[test]
fn an_entry_by_hand_is_in_the_way_on_the_same_list_only() {
    let wanted = want(
        Service::StaticIp,
        &[grant(Service::StaticIp, "10.1.1.5", ACTIVE)],
    );
    for (list, conflicts) in [("wb-active", 1), ("wb-blocked", 0)] {
        let mut actual = Actual::default();
        let entry = by_hand("10.1.1.5", &[(Attribute::List, list)], false);
        actual.push(Menu::AddressList, entry);
        assert_eq!(
            diff(&wanted, &actual, Reach::Whole).conflicts.len(),
            conflicts,
            "{list}"
        );
    }
}

#[test]
fn a_second_entry_of_ours_goes_and_the_right_one_stays() {
    let customer = [grant(Service::StaticIp, "10.1.1.5", ACTIVE)];
    let wanted = want(Service::StaticIp, &customer);
    let plan = diff(&wanted, &Actual::default(), Reach::Whole);
    let mut actual = after(Actual::default(), &plan);
    let mut twin = actual.rows(Menu::AddressList)[0].clone();
    twin.id = RowId::new("*0");
    twin.values.insert(Attribute::List, "wb-blocked".to_owned());
    actual.rows_mut(Menu::AddressList).insert(0, twin);
    let plan = diff(&wanted, &actual, Reach::Whole);
    assert_eq!(bare(&plan), ["/ip/firewall/address-list/remove .id=*0"]);
}

#[test]
fn a_menu_that_could_not_be_read_is_left_alone_and_its_customers_are_named() {
    let customer = [grant(Service::StaticIp, "10.1.1.5", ACTIVE)];
    let wanted = want(Service::StaticIp, &customer);
    let mut actual = Actual::default();
    actual.mark_unknown(Menu::AddressList, "not enough permissions (9)");
    let plan = diff(&wanted, &actual, Reach::Whole);
    assert_eq!(
        plan.changes.len(),
        1,
        "the queue only: {:?}",
        commands(&plan)
    );
    assert_eq!(plan.unknown.len(), 1);
    assert!(plan.unserved.contains(&numbered(10)));
}

fn pooled() -> RouterSetup {
    let mut setup = RouterSetup::empty(numbered(2));
    let pool = Pool {
        name: "home".parse().unwrap(),
        ranges: "10.0.0.2-10.0.0.9".parse().unwrap(),
    };
    let garden = ["pay.example.com", "192.0.2.0/24"].map(|it| it.parse().unwrap());
    setup.change(vec![pool], garden.to_vec()).unwrap();
    setup
}

#[test]
fn pools_come_first_and_go_last_unless_a_profile_draws_from_them() {
    let wanted = want(Service::Pppoe, &[]).with_setup(&pooled());
    let plan = diff(&wanted, &Actual::default(), Reach::Whole);
    let menus: Vec<Menu> = plan.changes.iter().map(|it| it.menu).collect();
    let order = [
        Menu::Pool,
        Menu::PppProfile,
        Menu::WalledGarden,
        Menu::WalledGardenIp,
    ];
    assert_eq!(menus, order);
    let mut actual = after(Actual::default(), &plan);
    let none = want(Service::Pppoe, &[]);
    let plan = diff(&none, &actual, Reach::Whole);
    assert_eq!(
        bare(&plan),
        [
            "/ip/hotspot/walled-garden/ip/remove .id=*4",
            "/ip/hotspot/walled-garden/remove .id=*3",
            "/ip/pool/remove .id=*1",
        ]
    );
    let profile = &mut actual.rows_mut(Menu::PppProfile)[0];
    profile.values.insert(Attribute::Pool, "home".to_owned());
    assert_eq!(diff(&none, &actual, Reach::Selected).orphans, []);
    let plan = diff(&none, &actual, Reach::Whole);
    assert!(plan.changes.iter().all(|it| it.menu != Menu::Pool));
}

#[test]
fn what_an_operator_keeps_is_no_difference_but_access_is_not_his_to_give() {
    let customer = [grant(Service::StaticIp, "10.1.1.5", Allowance::Blocked)];
    let wanted = want(Service::StaticIp, &customer);
    let plan = diff(&wanted, &Actual::default(), Reach::Whole);
    let mut actual = after(Actual::default(), &plan);
    actual.rows_mut(Menu::SimpleQueue)[0]
        .values
        .insert(Attribute::MaxLimit, "9M/9M".to_owned());
    let entry = &mut actual.rows_mut(Menu::AddressList)[0];
    entry.values.insert(Attribute::List, "wb-active".to_owned());
    let mut setup = RouterSetup::empty(numbered(2));
    let keep = |attribute, text: &str| {
        let value = Some(text.to_owned());
        vec![Kept::Value { attribute, value }]
    };
    let speed = keep(Attribute::MaxLimit, "9M/9M");
    setup
        .accept(Menu::SimpleQueue, "wb-10.1.1.5", speed)
        .unwrap();
    let list = keep(Attribute::List, "wb-active");
    setup.accept(Menu::AddressList, "10.1.1.5", list).unwrap();
    setup
        .accept(Menu::AddressList, "10.1.1.5", vec![Kept::Row])
        .unwrap();
    let plan = diff(&wanted.with_exceptions(&setup), &actual, Reach::Whole);
    assert_eq!(
        bare(&plan),
        ["/ip/firewall/address-list/set .id=*2 list=wb-blocked"]
    );
}

#[test]
fn a_row_that_an_operator_has_taken_over_goes_when_its_grant_ends() {
    let active = grant(
        Service::StaticIp,
        "10.1.1.5",
        Allowance::Active { until: None },
    );
    let wanted = want(Service::StaticIp, std::slice::from_ref(&active));
    let plan = diff(&wanted, &Actual::default(), Reach::Whole);
    let actual = after(Actual::default(), &plan);
    let mut setup = RouterSetup::empty(numbered(2));
    for (menu, name) in [
        (Menu::SimpleQueue, "wb-10.1.1.5"),
        (Menu::AddressList, "10.1.1.5"),
    ] {
        setup.accept(menu, name, vec![Kept::Row]).unwrap();
    }
    let ended = [grant(Service::StaticIp, "10.1.1.5", Allowance::Ended)];
    let wanted = want(Service::StaticIp, &ended).with_exceptions(&setup);
    for reach in [Reach::Whole, Reach::Selected] {
        let plan = diff(&wanted, &actual, reach);
        assert_eq!(
            bare(&plan),
            [
                "/ip/firewall/address-list/remove .id=*2",
                "/queue/simple/remove .id=*1",
            ]
        );
    }
}

#[test]
fn a_row_that_is_left_to_the_operator_is_neither_made_nor_removed() {
    let mut setup = pooled();
    setup.accept(Menu::Pool, "home", vec![Kept::Row]).unwrap();
    let with_all = want(Service::Pppoe, &[]).with_setup(&pooled());
    let plan = diff(&with_all, &Actual::default(), Reach::Whole);
    let actual = after(Actual::default(), &plan);
    let wanted = want(Service::Pppoe, &[]).with_setup(&setup);
    assert!(diff(&wanted, &actual, Reach::Whole).is_empty());
    let plan = diff(&wanted, &Actual::default(), Reach::Whole);
    assert!(plan.changes.iter().all(|it| it.menu != Menu::Pool));
}
