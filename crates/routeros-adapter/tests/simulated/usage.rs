//! What customers use is read as routers count it.

use std::time::Duration;

use access::{Load, LoginRef, RouterGateway, Service, Traffic, UsageReading, UsageScope};

use crate::site::Site;

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
        .find(|it| it.name == "k7x9");
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
