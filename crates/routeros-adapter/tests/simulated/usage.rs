//! What customers use is read as routers count it.

use std::time::Duration;

use access::{Load, LoginRef, RouterGateway, Service, Traffic, UsageReading, UsageScope};

use routeros_sim::{SimConfig, VersionProfile};

use crate::site::{Site, impatient};

async fn everything(site: &Site) -> UsageReading {
    let read = site.gateway.usage(&site.at(), UsageScope::Everything).await;
    read.unwrap()
}

fn add_secret(site: &Site, name: &str) {
    let attributes = [("name", name), ("password", "pw"), ("service", "pppoe")];
    site.router.insert("/ppp/secret", &attributes).unwrap();
}

/// The bytes sent by each session of a login, the oldest first.
fn sent(reading: &UsageReading, name: &str) -> Vec<Option<u64>> {
    let mut sessions: Vec<_> = reading
        .sessions
        .iter()
        .filter(|it| it.login.name == name)
        .collect();
    sessions.sort_by_key(|it| std::cmp::Reverse(it.uptime_s));
    let sent = |it: &&access::SessionCounters| it.traffic.map(|it| it.bytes_up);
    sessions.iter().map(sent).collect()
}

#[tokio::test]
async fn each_ppp_session_has_the_counters_of_its_own_interface() {
    let site = Site::new().await;
    for name in ["siti", "siti-1"] {
        add_secret(&site, name);
    }
    for mac in ["AA:00:00:00:00:01", "AA:00:00:00:00:02"] {
        site.router.ppp_dial("siti", "pw", mac).unwrap();
        site.router.elapse(Duration::from_secs(30));
    }
    // Traffic goes to the older session.
    site.router.add_traffic("siti", 700, 70);
    let reading = everything(&site).await;
    assert_eq!(sent(&reading, "siti"), [Some(700), Some(0)]);
    let keys: std::collections::BTreeSet<&str> =
        reading.sessions.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(keys.len(), 2);
    let device = reading.sessions.iter().find_map(|it| it.device.clone());
    assert!(device.is_some_and(|it| it.starts_with("AA:00")));
    site.router.ppp_hangup("siti");
    site.router
        .ppp_dial("siti-1", "pw", "AA:00:00:00:00:03")
        .unwrap();
    site.router.add_traffic("siti-1", 9, 9);
    let reading = everything(&site).await;
    assert_eq!(sent(&reading, "siti-1"), [Some(9)]);
}

#[tokio::test]
async fn a_power_cut_loses_what_ran_and_keeps_the_totals() {
    let site = Site::new().await;
    let user = [("name", "k7x9"), ("password", "pw")];
    site.router.insert("/ip/hotspot/user", &user).unwrap();
    let mac = "AA:00:00:00:00:01";
    for bytes in [100, 1_000] {
        site.router.hotspot_login("k7x9", "pw", mac).unwrap();
        site.router.elapse(Duration::from_secs(60));
        site.router.add_traffic("k7x9", bytes, bytes);
        if bytes == 100 {
            site.router.hotspot_leave("k7x9");
        }
    }
    let before = everything(&site).await;
    let login = LoginRef::new(Service::Hotspot, "k7x9");
    let running = before.sessions.iter().find(|it| it.login == login).unwrap();
    let bytes = Traffic {
        bytes_up: 1_000,
        bytes_down: 1_000,
    };
    assert_eq!((running.traffic, running.uptime_s), (Some(bytes), 60));
    site.router.reboot();
    site.read_when_back().await;
    let after = everything(&site).await;
    assert!(after.uptime_s < before.uptime_s);
    assert_eq!(after.sessions, []);
    let total = after
        .users
        .unwrap()
        .into_iter()
        .find(|it| it.login.name == "k7x9");
    let kept = Load {
        bytes_up: 100,
        bytes_down: 100,
        seconds: 60,
    };
    assert_eq!(total.map(|it| it.load), Some(kept));
}

#[tokio::test]
async fn a_reading_tells_how_long_it_went_on_after_the_routers_age_was_read() {
    let site = Site::new().await;
    let delay = Duration::from_millis(50);
    site.router.set_command_delay(delay);
    // The users, and the sessions after them.
    assert!(everything(&site).await.took >= delay * 2);
}

#[tokio::test]
async fn queues_of_customers_are_read_and_others_are_not() {
    for version in [VersionProfile::V6_49, VersionProfile::V7_18] {
        let config = SimConfig {
            version,
            ..SimConfig::new("kios")
        };
        let site = Site::with(config, impatient()).await;
        let tag = "[wb:abcdef:gaaaaaaaaaaaa:1] Bu Sri";
        for (name, target, comment) in [
            ("wb-10.1.1.5", "10.1.1.5", tag),
            ("office", "10.1.1.8/29", tag),
            ("wb-AA:BB:CC:00:00:01", "10.2.0.9", tag),
            ("stranger", "10.1.1.6", ""),
        ] {
            let row = [("name", name), ("target", target), ("comment", comment)];
            site.router.insert("/queue/simple", &row).unwrap();
            let counted: [(&str, &[u8]); 1] = [("bytes", b"700/70")];
            site.router
                .overwrite("/queue/simple", name, &counted)
                .unwrap();
        }
        let totals = everything(&site).await.users.unwrap();
        let of = |service, name: &str| {
            let login = LoginRef::new(service, name);
            totals.iter().find(|it| it.login == login)
        };
        let load = Load {
            bytes_up: 700,
            bytes_down: 70,
            seconds: 0,
        };
        for (service, name, has_history) in [
            (Service::StaticIp, "10.1.1.5", false),
            (Service::StaticIp, "10.1.1.8/29", true),
            (Service::MacBypass, "AA:BB:CC:00:00:01", false),
        ] {
            let found = of(service, name).unwrap();
            assert_eq!((found.load, found.has_history), (load, has_history));
        }
        assert_eq!(of(Service::StaticIp, "10.1.1.6"), None);
    }
}

#[tokio::test]
async fn a_lease_with_a_speed_is_counted_by_the_queue_the_router_makes() {
    let site = Site::new().await;
    let pool = [("name", "lan"), ("ranges", "10.0.0.2-10.0.0.9")];
    site.router.insert("/ip/pool", &pool).unwrap();
    let server = [
        ("name", "dhcp1"),
        ("interface", "ether3"),
        ("address-pool", "lan"),
    ];
    site.router.insert("/ip/dhcp-server", &server).unwrap();
    let lease = [
        ("address", "10.0.0.8"),
        ("mac-address", "AA:BB:CC:00:00:08"),
        ("rate-limit", "2M/8M"),
        ("comment", "[wb:abcdef:gaaaaaaaaaaaa:1]"),
    ];
    site.router.insert("/ip/dhcp-server/lease", &lease).unwrap();
    site.router.dhcp_ask("AA:BB:CC:00:00:08", b"phone").unwrap();
    let queues = site.router.rows("/queue/simple");
    let name = queues[0]["name"].clone();
    let counted: [(&str, &[u8]); 1] = [("bytes", b"123/456")];
    site.router
        .overwrite("/queue/simple", &name, &counted)
        .unwrap();
    let totals = everything(&site).await.users.unwrap();
    let login = LoginRef::new(Service::DhcpLease, "AA:BB:CC:00:00:08");
    let found = totals.iter().find(|it| it.login == login).unwrap();
    assert_eq!((found.load.bytes_up, found.load.bytes_down), (123, 456));
}
