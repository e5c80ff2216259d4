//! Customers known by address or device, pools and the walled garden, on simulated routers of several ages; and what
//! comparing many rows costs.

use access::testing::{numbered, sample_grant, sample_profile};
use access::{
    Actual, Allowance, Attribute, Change, Edit, Grant, GrantSnapshot, LoginMethod, LoginRef, Mark,
    Menu, OpenGrant, Plan, Pool, Reach, RouterGateway, RouterSetup, Selection, Service, Subject,
    Target, desired, diff,
};
use kernel::{Secret, Timestamp};
use routeros_sim::{Fault, SimConfig, VersionProfile};

use crate::site::{Site, impatient, router_id, users_plan};

const DEVICE: &str = "02:00:00:00:00:07";

fn start() -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000).unwrap()
}

fn login(service: Service) -> &'static str {
    match service {
        Service::Pppoe | Service::Hotspot => "siti",
        Service::StaticIp => "10.1.1.5",
        Service::DhcpLease | Service::MacBypass => DEVICE,
    }
}

fn place_of(service: Service) -> u64 {
    let place = Service::ALL.iter().position(|it| *it == service).unwrap();
    u64::try_from(place).unwrap()
}

/// A customer of each service.
fn grants(services: &[Service], allowance: Allowance) -> Vec<OpenGrant> {
    let grant = |service: &Service| {
        let place = 100 + place_of(*service);
        let profile = profile(*service);
        let subject = Subject::Subscription(numbered(place));
        let id = numbered(place);
        let login = login(*service);
        let made = sample_grant(id, router_id(), subject, &profile, login, start()).unwrap();
        let takes_address = matches!(service, Service::DhcpLease | Service::MacBypass);
        let address = takes_address.then(|| "10.2.0.9".parse().unwrap());
        let snapshot = GrantSnapshot {
            allowance,
            address,
            ..made.snapshot()
        };
        OpenGrant {
            grant: Grant::restore(snapshot).unwrap(),
            password: Secret::new("pw"),
        }
    };
    services.iter().map(grant).collect()
}

fn profile(service: Service) -> access::ServiceProfile {
    let place = 200 + place_of(service);
    sample_profile(
        numbered(place),
        &service.as_str().replace('_', "-"),
        service,
    )
    .unwrap()
}

fn setup() -> RouterSetup {
    let mut setup = RouterSetup::empty(router_id());
    let pool = Pool {
        name: "wb-pool-home".parse().unwrap(),
        ranges: "10.20.0.2-10.20.0.254,10.20.1.0/24".parse().unwrap(),
    };
    let garden = ["pay.example.com", "*.bank.id", "192.0.2.0/24", "192.0.2.7"];
    let garden = garden.map(|it| it.parse().unwrap()).to_vec();
    setup.change(vec![pool], garden).unwrap();
    setup
}

fn plan(services: &[Service], allowance: Allowance, actual: &Actual) -> Plan {
    let profiles: Vec<_> = services.iter().map(|it| profile(*it)).collect();
    let grants = grants(services, allowance);
    let want = desired(&Mark::of(router_id()), &profiles, &grants, start()).unwrap();
    diff(&want.with_setup(&setup()), actual, Reach::Whole)
}

const ACTIVE: Allowance = Allowance::Active { until: None };

async fn apply(site: &Site, at: &Target, changes: &[Change]) {
    let results = site.gateway.apply(at, changes).await;
    for (change, result) in changes.iter().zip(results) {
        assert_eq!(result, Ok(()), "{change}");
    }
}

#[tokio::test]
async fn every_service_settles_in_every_state_on_routers_of_every_age() {
    let ages = [
        VersionProfile::V6_40,
        VersionProfile::V6_49,
        VersionProfile::V7_9,
        VersionProfile::V7_18,
    ];
    for version in ages {
        let legacy = version == VersionProfile::V6_40;
        let config = SimConfig {
            version,
            ..SimConfig::new("tower-7")
        };
        let site = Site::with(config, impatient()).await;
        let method = match legacy {
            true => LoginMethod::LegacyMd5,
            false => LoginMethod::Plain,
        };
        let at = Target {
            method,
            ..site.at()
        };
        let read = || async { site.gateway.read(&at, &Selection::All).await.unwrap() };
        let by_hand = [("list", "wb-active"), ("address", "10.9.9.9")];
        site.router
            .insert("/ip/firewall/address-list", &by_hand)
            .unwrap();
        for allowance in [ACTIVE, Allowance::Restricted, Allowance::Blocked, ACTIVE] {
            let changes = plan(&Service::ALL, allowance, &read().await).changes;
            assert!(!changes.is_empty());
            apply(&site, &at, &changes).await;
            let again = plan(&Service::ALL, allowance, &read().await);
            assert!(
                again.is_empty(),
                "{version:?} {allowance:?}: {:?}",
                again.changes
            );
        }
        let gone = plan(&Service::ALL, Allowance::Ended, &read().await);
        apply(&site, &at, &gone.changes).await;
        let left = read().await;
        assert_eq!(left.rows(Menu::AddressList).len(), 1, "the one by hand");
        assert!(left.rows(Menu::SimpleQueue).is_empty());
        assert!(left.rows(Menu::DhcpLease).is_empty());
        assert!(left.rows(Menu::IpBinding).is_empty());
    }
}

#[tokio::test]
async fn what_is_on_the_router_is_what_routeros_means() {
    let site = Site::new().await;
    let actual = site.read().await.unwrap();
    apply(
        &site,
        &site.at(),
        &plan(&Service::ALL, ACTIVE, &actual).changes,
    )
    .await;
    let value = |menu: &str, attribute: &str| {
        let rows = site.router.rows(menu);
        let ours = rows
            .iter()
            .find(|it| it.get("comment").is_some_and(|text| text.contains("[wb:")));
        ours.unwrap_or_else(|| panic!("no row of ours in {menu}: {rows:?}"))
            .get(attribute)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(value("/ip/firewall/address-list", "list"), "wb-active");
    assert_eq!(value("/ip/hotspot/ip-binding", "type"), "bypassed");
    assert_eq!(value("/ip/hotspot/ip-binding", "mac-address"), DEVICE);
    assert_eq!(value("/ip/dhcp-server/lease", "rate-limit"), "5M/20M");
    assert_eq!(value("/ip/dhcp-server/lease", "address"), "10.2.0.9");
    assert_eq!(value("/ip/hotspot/walled-garden", "action"), "allow");
    let queues = site.router.rows("/queue/simple");
    let target = |name: &str| {
        let row = queues.iter().find(|it| it["name"] == name).unwrap();
        (row["target"].clone(), row["max-limit"].clone())
    };
    let limit = "5000000/20000000".to_owned();
    assert_eq!(target("wb-10.1.1.5"), ("10.1.1.5/32".to_owned(), limit));
    assert_eq!(target(&format!("wb-{DEVICE}")).0, "10.2.0.9/32");
}

#[tokio::test]
async fn a_selection_reads_everything_of_its_customers_and_nothing_of_others() {
    let site = Site::new().await;
    let actual = site.read().await.unwrap();
    apply(
        &site,
        &site.at(),
        &plan(&Service::ALL, ACTIVE, &actual).changes,
    )
    .await;
    let by_hand = [("list", "blocklist"), ("address", "10.1.1.5")];
    site.router
        .insert("/ip/firewall/address-list", &by_hand)
        .unwrap();
    let names = [Service::StaticIp, Service::DhcpLease];
    let names = names.map(|it| LoginRef::new(it, login(it))).to_vec();
    let some = site
        .gateway
        .read(&site.at(), &Selection::Logins(names))
        .await
        .unwrap();
    let count = |menu| some.rows(menu).len();
    assert_eq!((count(Menu::SimpleQueue), count(Menu::AddressList)), (1, 1));
    assert_eq!((count(Menu::DhcpLease), count(Menu::IpBinding)), (1, 0));
    assert_eq!(count(Menu::HotspotUser), 0);
}

#[tokio::test]
async fn a_row_that_was_added_but_not_answered_is_not_added_twice() {
    for nth in 1..=4 {
        let site = Site::new().await;
        let services = [Service::MacBypass, Service::StaticIp];
        let changes = plan(&services, ACTIVE, &site.read().await.unwrap()).changes;
        site.router.set_fault(Fault::DropAfterApply(nth));
        apply(&site, &site.at(), &changes).await;
        for menu in ["/ip/hotspot/ip-binding", "/ip/hotspot/walled-garden"] {
            let rows = site.router.rows(menu);
            let mut names: Vec<_> = rows
                .iter()
                .map(|it| {
                    it.get("mac-address")
                        .or_else(|| it.get("dst-host"))
                        .cloned()
                })
                .collect();
            let many = names.len();
            names.sort();
            names.dedup();
            assert_eq!(
                names.len(),
                many,
                "{menu} after losing answer {nth}: {rows:?}"
            );
        }
        let again = plan(&services, ACTIVE, &site.read().await.unwrap());
        assert!(again.is_empty(), "{:?}", again.changes);
    }
}

#[tokio::test]
async fn a_device_that_may_not_pass_any_more_loses_its_place_and_its_session() {
    let site = Site::new().await;
    let hotspot = users_plan(1, &site.read().await.unwrap());
    apply(&site, &site.at(), &hotspot.changes).await;
    site.router.hotspot_login("u00000", "p0", DEVICE).unwrap();
    let other = "02:00:00:00:00:08";
    let device = LoginRef::new(Service::MacBypass, DEVICE);
    let places = || site.router.rows("/ip/hotspot/host").len();
    assert_eq!(places(), 1);
    let nobody = LoginRef::new(Service::MacBypass, other);
    let report = site.gateway.cut(&site.at(), &[nobody]).await.unwrap();
    assert_eq!((report.removed, places()), (0, 1));
    let report = site.gateway.cut(&site.at(), &[device]).await.unwrap();
    assert!(
        report.removed > 0 && report.still_online.is_empty(),
        "{report:?}"
    );
    assert_eq!(places(), 0);
    assert!(site.gateway.sessions(&site.at()).await.unwrap().is_empty());
}

#[tokio::test]
async fn cutting_a_lease_leaves_the_one_that_is_kept() {
    let site = Site::new().await;
    let services = [Service::DhcpLease];
    let changes = plan(&services, ACTIVE, &site.read().await.unwrap()).changes;
    apply(&site, &site.at(), &changes).await;
    let login = LoginRef::new(Service::DhcpLease, DEVICE);
    let report = site.gateway.cut(&site.at(), &[login]).await.unwrap();
    assert_eq!(report.still_online, []);
    let leases = site.read().await.unwrap();
    assert_eq!(
        leases.rows(Menu::DhcpLease).len(),
        1,
        "the one that is kept stays"
    );
}

#[tokio::test]
async fn a_menu_that_may_not_be_read_is_unknown_and_stops_nothing_else() {
    let site = Site::new().await;
    site.router.set_fault(Fault::TrapOn {
        command: "/queue/simple/print".to_owned(),
        message: "not enough permissions (9)".to_owned(),
        category: None,
    });
    let actual = site.read().await.unwrap();
    let reason = actual.unknown(Menu::SimpleQueue).unwrap();
    assert!(reason.contains("not enough permissions"), "{reason}");
    assert!(actual.unknown(Menu::AddressList).is_none());
    let made = plan(&[Service::StaticIp], ACTIVE, &actual);
    assert!(made.changes.iter().all(|it| it.menu != Menu::SimpleQueue));
    assert_eq!(made.unserved.len(), 1);
}

#[tokio::test]
async fn ten_thousand_unchanged_users_cost_one_read_per_menu_and_a_hundred_differences_a_hundred_writes()
 {
    let site = Site::new().await;
    let count = 10_000;
    let profiles = users_plan(0, &site.read().await.unwrap());
    apply(&site, &site.at(), &profiles.changes).await;
    for change in users_plan(count, &site.read().await.unwrap()).changes {
        let command = change.command();
        let attributes: Vec<_> = command
            .attributes
            .iter()
            .map(|(name, value)| (*name, value.text()))
            .collect();
        site.router.insert("/ip/hotspot/user", &attributes).unwrap();
    }
    let before = site.router.stats();
    let actual = site.read().await.unwrap();
    let unchanged = users_plan(count, &actual);
    assert!(unchanged.is_empty());
    let after = site.router.stats();
    let menus = u64::try_from(Menu::ALL.len()).unwrap();
    assert!(
        after.commands - before.commands <= menus,
        "one read per menu"
    );
    assert!(after.by_command.values().all(|it| *it < count));
    for number in 0..100 {
        let name = format!("u{:05}", number * 97);
        site.router
            .update("/ip/hotspot/user", &name, &[("disabled", "yes")])
            .unwrap();
    }
    let mend = users_plan(count, &site.read().await.unwrap());
    let before = site.router.stats();
    apply(&site, &site.at(), &mend.changes).await;
    let after = site.router.stats();
    assert_eq!(after.commands - before.commands, 100);
    assert!(users_plan(count, &site.read().await.unwrap()).is_empty());
}

#[tokio::test]
async fn every_attribute_of_a_queue_or_lease_that_is_ever_cleared_can_be() {
    let site = Site::new().await;
    let services = [Service::StaticIp, Service::DhcpLease, Service::MacBypass];
    let changes = plan(&services, Allowance::Blocked, &site.read().await.unwrap()).changes;
    apply(&site, &site.at(), &changes).await;
    let read = site.read().await.unwrap();
    let clearable = [
        (Menu::DhcpLease, Attribute::AddressLists),
        (Menu::DhcpLease, Attribute::BlockAccess),
        (Menu::IpBinding, Attribute::BindingType),
        (Menu::SimpleQueue, Attribute::MaxLimit),
    ];
    for (menu, attribute) in clearable {
        let row = &read.rows(menu)[0];
        assert!(row.values.contains_key(&attribute), "{row:?}");
        let edits = vec![Edit::Set {
            attribute,
            to: None,
            was: None,
        }];
        let change = Change {
            menu,
            name: row.name.clone(),
            action: access::Action::Update {
                id: row.id.clone(),
                edits,
            },
            grant: None,
            cuts: false,
        };
        assert_eq!(
            site.apply(&[change]).await,
            [Ok(())],
            "{menu} {attribute:?}"
        );
    }
    let read = site.read().await.unwrap();
    for (menu, attribute) in clearable {
        assert!(
            !read.rows(menu)[0].values.contains_key(&attribute),
            "{menu}"
        );
    }
}
