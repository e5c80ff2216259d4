//! DHCP: devices that ask, leases that are bound, made static, limited and listed.

use std::time::Duration;

use routeros_proto::Command;
use routeros_sim::{DhcpError, Simulator};

use crate::client::Client;
use crate::router;

const PHONE: &str = "EA:52:FD:F7:82:13";
const LEASES: &str = "/ip/dhcp-server/lease";

/// A router whose DHCP server gives out of a pool of two.
async fn with_server() -> Simulator {
    let router = router().await;
    let pool = [("name", "lan"), ("ranges", "10.9.0.2-10.9.0.3")];
    router.insert("/ip/pool", &pool).unwrap();
    let server = [
        ("name", "dhcp1"),
        ("interface", "ether3"),
        ("address-pool", "lan"),
        ("lease-time", "10m"),
    ];
    router.insert("/ip/dhcp-server", &server).unwrap();
    router
}

fn lease(router: &Simulator, name: &str) -> Option<String> {
    router.row(LEASES, "mac-address", PHONE)?.remove(name)
}

#[tokio::test]
async fn a_device_that_asks_gets_a_dynamic_lease_that_ends() {
    let router = with_server().await;
    let address = router.dhcp_ask("ea:52:fd:f7:82:13", b"caf\xE9").unwrap();
    assert_eq!(address.to_string(), "10.9.0.2");
    for (name, value) in [
        ("status", "bound"),
        ("dynamic", "true"),
        ("server", "dhcp1"),
        ("active-address", "10.9.0.2"),
        ("expires-after", "10m"),
        ("last-seen", "0s"),
        ("host-name", "caf\u{FFFD}"),
    ] {
        assert_eq!(lease(&router, name).as_deref(), Some(value), "{name}");
    }
    router.elapse(Duration::from_secs(300));
    assert_eq!(router.dhcp_ask(PHONE, b"").unwrap(), address);
    assert_eq!(lease(&router, "expires-after").as_deref(), Some("10m"));
    router.elapse(Duration::from_secs(600));
    assert!(router.rows(LEASES).is_empty());
    assert!(router.rows("/ip/pool/used").is_empty());
}

#[tokio::test]
async fn a_static_lease_waits_again_when_its_time_is_over() {
    let router = with_server().await;
    router.dhcp_ask(PHONE, b"phone").unwrap();
    let mut client = Client::login(&router).await;
    let id = lease(&router, ".id").unwrap();
    let done = client
        .run(Command::new("/ip/dhcp-server/lease/make-static").attr(".id", &id))
        .await;
    assert!(done.traps.is_empty());
    assert_eq!(lease(&router, "dynamic").as_deref(), Some("false"));
    router.elapse(Duration::from_secs(3_600));
    assert_eq!(lease(&router, "status").as_deref(), Some("waiting"));
    assert_eq!(lease(&router, "active-address"), None);
    assert_eq!(lease(&router, "address").as_deref(), Some("10.9.0.2"));
}

#[tokio::test]
async fn a_bound_lease_brings_its_queue_and_its_list_entries() {
    let router = with_server().await;
    let own = [
        ("address", "10.9.9.9"),
        ("mac-address", PHONE),
        ("rate-limit", "2M/10M"),
        ("address-lists", "paid"),
    ];
    router.insert(LEASES, &own).unwrap();
    assert_eq!(lease(&router, "last-seen").as_deref(), Some("never"));
    assert!(router.rows("/queue/simple").is_empty());
    assert_eq!(router.dhcp_ask(PHONE, b"").unwrap().to_string(), "10.9.9.9");
    let queue = &router.rows("/queue/simple")[0];
    assert_eq!(
        (
            queue["target"].as_str(),
            queue["max-limit"].as_str(),
            queue["dynamic"].as_str()
        ),
        ("10.9.9.9/32", "2000000/10000000", "true")
    );
    let list = || router.row("/ip/firewall/address-list", "address", "10.9.9.9");
    assert_eq!(list().unwrap()["list"], "paid");

    let id = lease(&router, ".id").unwrap();
    let change = [
        ("rate-limit", "1M/1M"),
        ("address-lists", "late"),
        ("block-access", "yes"),
    ];
    router.update(LEASES, &id, &change).unwrap();
    assert_eq!(
        router.rows("/queue/simple")[0]["max-limit"],
        "1000000/1000000"
    );
    assert_eq!(list().unwrap()["list"], "late");
    assert_eq!(lease(&router, "blocked").as_deref(), Some("true"));

    router.remove(LEASES, &id).unwrap();
    assert!(router.rows("/queue/simple").is_empty() && list().is_none());
}

#[tokio::test]
async fn leases_are_refused_in_words() {
    let router = with_server().await;
    let own = [
        ("address", "10.9.9.9"),
        ("mac-address", PHONE),
        ("server", "dhcp1"),
    ];
    router.insert(LEASES, &own).unwrap();
    assert_eq!(
        router.insert(LEASES, &[("address", "10.9.9.9")]),
        Err("failure: already have static lease with this IP address".to_owned())
    );
    let nowhere = [("address", "10.9.9.8"), ("server", "none")];
    assert_eq!(
        router.insert(LEASES, &nowhere),
        Err("input does not match any value of server".to_owned())
    );
    router
        .update(
            "/ip/dhcp-server",
            "dhcp1",
            &[("address-pool", "static-only")],
        )
        .unwrap();
    assert!(router.dhcp_ask(PHONE, b"").is_ok());
    assert_eq!(
        router.dhcp_ask("EA:52:FD:F7:82:14", b""),
        Err(DhcpError::StaticOnly("dhcp1".to_owned()))
    );
    router
        .update("/ip/dhcp-server", "dhcp1", &[("disabled", "yes")])
        .unwrap();
    assert_eq!(router.dhcp_ask(PHONE, b""), Err(DhcpError::NoServer));
}

#[tokio::test]
async fn a_reboot_forgets_dynamic_leases_and_keeps_static_ones() {
    let router = with_server().await;
    let own = [
        ("address", "10.9.9.9"),
        ("mac-address", PHONE),
        ("rate-limit", "1M/1M"),
    ];
    router.insert(LEASES, &own).unwrap();
    router.dhcp_ask(PHONE, b"").unwrap();
    router.dhcp_ask("EA:52:FD:F7:82:14", b"").unwrap();
    router.reboot();
    assert_eq!(router.rows(LEASES).len(), 1);
    assert_eq!(lease(&router, "status").as_deref(), Some("waiting"));
    assert!(router.rows("/queue/simple").is_empty());
}
