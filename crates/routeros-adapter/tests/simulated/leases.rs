//! Devices whose lease the product keeps, on a router with a DHCP server.

use access::testing::{numbered, sample_grant, sample_profile};
use access::{
    Allowance, LoginRef, Mark, Menu, OpenGrant, Plan, Reach, RouterGateway, Service, Subject,
    desired, diff,
};
use kernel::{Secret, Timestamp};

use crate::site::{Site, router_id};

const DEVICE: &str = "02:00:00:00:00:07";
const LEASES: &str = "/ip/dhcp-server/lease";

async fn with_server() -> Site {
    let site = Site::new().await;
    let pool = [("name", "lan"), ("ranges", "10.9.0.2-10.9.0.9")];
    site.router.insert("/ip/pool", &pool).unwrap();
    let server = [
        ("name", "dhcp1"),
        ("interface", "ether3"),
        ("address-pool", "lan"),
    ];
    site.router.insert("/ip/dhcp-server", &server).unwrap();
    site
}

async fn plan(site: &Site, allowance: Allowance) -> Plan {
    let start = Timestamp::from_micros(1_800_000_000_000_000).unwrap();
    let profile = sample_profile(numbered(5), "leased", Service::DhcpLease).unwrap();
    let subject = Subject::Subscription(numbered(10));
    let (id, router) = (numbered(10), router_id());
    let mut grant = sample_grant(id, router, subject, &profile, DEVICE, start).unwrap();
    grant.follow(allowance, grant.profile(), 1, start);
    let open = OpenGrant {
        grant,
        password: Secret::new(""),
    };
    let want = desired(&Mark::of(router_id()), &[profile], &[open], start).unwrap();
    diff(&want, &site.read().await.unwrap(), Reach::Whole)
}

async fn bring(site: &Site, allowance: Allowance) {
    let plan = plan(site, allowance).await;
    let results = site.apply(&plan.changes).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let cut = site.gateway.cut(&site.at(), &plan.cuts()).await.unwrap();
    assert_eq!(cut.still_online, []);
}

#[tokio::test]
async fn a_lease_that_was_handed_out_makes_room_for_the_one_that_is_kept() {
    let site = with_server().await;
    site.router.dhcp_ask(DEVICE, b"phone").unwrap();
    let active = Allowance::Active { until: None };
    bring(&site, active).await;
    let leases = site.router.rows(LEASES);
    assert_eq!(leases.len(), 1, "{leases:?}");
    assert_eq!(leases[0]["dynamic"], "false");
    assert_eq!(leases[0]["rate-limit"], "5M/20M");
    assert!(plan(&site, active).await.is_empty());
    assert!(site.router.dhcp_ask(DEVICE, b"phone").is_ok());
}

#[tokio::test]
async fn a_blocked_device_gets_no_other_lease_and_an_ended_one_leaves_none() {
    let site = with_server().await;
    bring(&site, Allowance::Active { until: None }).await;
    site.router.dhcp_ask(DEVICE, b"phone").unwrap();
    bring(&site, Allowance::Blocked).await;
    let lease = site.router.rows(LEASES).remove(0);
    assert_eq!(lease["block-access"], "true");
    assert_eq!(lease["address-lists"], "wb-blocked");
    bring(&site, Allowance::Ended).await;
    assert!(site.router.rows(LEASES).is_empty());
    let login = LoginRef::new(Service::DhcpLease, DEVICE);
    let nobody = site.gateway.cut(&site.at(), &[login]).await.unwrap();
    assert_eq!(nobody.removed, 0);
    assert!(site.read().await.unwrap().rows(Menu::DhcpLease).is_empty());
}
