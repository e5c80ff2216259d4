//! PPP customers: who gets in, with what, and how it ends.

use std::time::Duration;

use routeros_proto::Command;
use routeros_sim::{ChangeKind, DialError, SimConfig, Simulator};

use crate::client::Client;
use crate::isp;

const CALLER: &str = "AA:BB:CC:00:00:01";

#[tokio::test]
async fn a_customer_gets_a_session_an_interface_and_a_queue() {
    let router = isp().await;
    let session = router.ppp_dial("siti", "pw", CALLER).unwrap();
    assert_eq!(session.interface, "<pppoe-siti>");
    let active = router.row("/ppp/active", "name", "siti").unwrap();
    assert_eq!(
        (active["service"].as_str(), active["caller-id"].as_str()),
        ("pppoe", CALLER)
    );
    assert_eq!(active["address"], session.address.to_string());
    assert!(!active.contains_key("bytes-in"));
    assert_eq!(
        router.row("/interface", "name", "<pppoe-siti>").unwrap()["type"],
        "pppoe-in"
    );
    let queue = router.row("/queue/simple", "name", "<pppoe-siti>").unwrap();
    assert_eq!(
        (queue["max-limit"].as_str(), queue["dynamic"].as_str()),
        ("5000000/20000000", "true")
    );
}

#[tokio::test]
async fn the_wrong_are_kept_out_and_told_why() {
    let router = isp().await;
    let dial = |name, password| router.ppp_dial(name, password, CALLER).unwrap_err();
    assert_eq!(dial("nobody", "pw"), DialError::AuthenticationFailed);
    assert_eq!(dial("siti", "wrong"), DialError::AuthenticationFailed);
    router
        .update("/ppp/secret", "siti", &[("caller-id", "AA:00:00:00:00:00")])
        .unwrap();
    assert_eq!(
        dial("siti", "pw"),
        DialError::WrongCaller("AA:00:00:00:00:00".to_owned())
    );
    router
        .update(
            "/ppp/secret",
            "siti",
            &[("caller-id", ""), ("service", "l2tp")],
        )
        .unwrap();
    assert_eq!(
        dial("siti", "pw"),
        DialError::WrongService("l2tp".to_owned())
    );
    router
        .update(
            "/ppp/secret",
            "siti",
            &[("service", "pppoe"), ("disabled", "yes")],
        )
        .unwrap();
    assert_eq!(dial("siti", "pw"), DialError::Disabled);
    router
        .update(
            "/ppp/secret",
            "siti",
            &[("disabled", "no"), ("profile", "default")],
        )
        .unwrap();
    assert_eq!(dial("siti", "pw"), DialError::NoRemoteAddress);
}

#[tokio::test]
async fn a_missing_address_can_be_filled_in_for_convenience() {
    let config = SimConfig {
        assigns_missing_addresses: true,
        ..SimConfig::new("easy")
    };
    let router = Simulator::start(config).await.unwrap();
    router
        .insert("/ppp/secret", &[("name", "x"), ("password", "p")])
        .unwrap();
    assert!(router.ppp_dial("x", "p", CALLER).is_ok());
}

#[tokio::test]
async fn disabling_does_not_kick_and_removing_the_session_does() {
    let router = isp().await;
    router.ppp_dial("siti", "pw", CALLER).unwrap();
    router
        .update("/ppp/secret", "siti", &[("disabled", "yes")])
        .unwrap();
    let active = router.row("/ppp/active", "name", "siti").unwrap();
    let mut client = Client::login(&router).await;
    client
        .run(Command::new("/ppp/active/remove").attr(".id", &active[".id"]))
        .await;
    assert!(router.rows("/ppp/active").is_empty());
    assert!(router.row("/interface", "name", "<pppoe-siti>").is_none());
    assert!(router.rows("/queue/simple").is_empty());
    assert!(router.rows("/ip/pool/used").is_empty());
    assert_eq!(
        router.ppp_dial("siti", "pw", CALLER),
        Err(DialError::Disabled)
    );
    let secret = router.row("/ppp/secret", "name", "siti").unwrap();
    assert_eq!(secret["last-disconnect-reason"], "nas-request");
    assert_eq!(secret["last-caller-id"], CALLER);
}

#[tokio::test]
async fn the_speed_is_fixed_at_login() {
    let router = isp().await;
    router.ppp_dial("siti", "pw", CALLER).unwrap();
    router
        .update("/ppp/profile", "gold", &[("rate-limit", "10M/50M")])
        .unwrap();
    let limit =
        || router.row("/queue/simple", "name", "<pppoe-siti>").unwrap()["max-limit"].clone();
    assert_eq!(limit(), "5000000/20000000");
    router.ppp_hangup("siti");
    router.ppp_dial("siti", "pw", CALLER).unwrap();
    assert_eq!(limit(), "10000000/50000000");
}

#[tokio::test]
async fn a_second_session_is_numbered_unless_only_one_is_allowed() {
    let router = isp().await;
    router.ppp_dial("siti", "pw", CALLER).unwrap();
    let second = router.ppp_dial("siti", "pw", "AA:BB:CC:00:00:02").unwrap();
    assert_eq!(second.interface, "<pppoe-siti-1>");
    router
        .update("/ppp/profile", "gold", &[("only-one", "yes")])
        .unwrap();
    assert_eq!(
        router.ppp_dial("siti", "pw", CALLER),
        Err(DialError::OnlyOne)
    );
    assert_eq!(router.ppp_hangup("siti"), 2);
}

#[tokio::test]
async fn fixed_addresses_and_small_pools_run_out() {
    let router = isp().await;
    router
        .update("/ppp/secret", "siti", &[("remote-address", "10.20.0.9")])
        .unwrap();
    let session = router.ppp_dial("siti", "pw", CALLER).unwrap();
    assert_eq!(session.address.to_string(), "10.20.0.9");
    assert_eq!(
        router.ppp_dial("siti", "pw", CALLER),
        Err(DialError::AddressInUse(session.address))
    );

    router
        .insert("/ip/pool", &[("name", "tiny"), ("ranges", "10.30.0.1")])
        .unwrap();
    router
        .insert("/ppp/profile", &[("name", "t"), ("remote-address", "tiny")])
        .unwrap();
    for name in ["a", "b"] {
        router
            .insert("/ppp/secret", &[("name", name), ("profile", "t")])
            .unwrap();
    }
    router.ppp_dial("a", "", CALLER).unwrap();
    assert_eq!(
        router.ppp_dial("b", "", CALLER),
        Err(DialError::PoolEmpty("tiny".to_owned()))
    );
    router.ppp_hangup("a");
    router.ppp_dial("b", "", CALLER).unwrap();
}

#[tokio::test]
async fn traffic_is_counted_on_the_interface_and_limits_cut() {
    let router = isp().await;
    router
        .update("/ppp/secret", "siti", &[("limit-bytes-out", "1000")])
        .unwrap();
    router.ppp_dial("siti", "pw", CALLER).unwrap();
    router.add_traffic("siti", 100, 900);
    let interface = router.row("/interface", "name", "<pppoe-siti>").unwrap();
    assert_eq!(
        (interface["rx-byte"].as_str(), interface["tx-byte"].as_str()),
        ("100", "900")
    );
    assert_eq!(
        router.row("/queue/simple", "name", "<pppoe-siti>").unwrap()["bytes"],
        "100/900"
    );
    router.add_traffic("siti", 0, 100);
    assert!(router.rows("/ppp/active").is_empty());
    router.ppp_dial("siti", "pw", CALLER).unwrap();
}

#[tokio::test]
async fn a_session_timeout_ends_the_session_at_its_moment() {
    let router = isp().await;
    router
        .update("/ppp/profile", "gold", &[("session-timeout", "1h")])
        .unwrap();
    router.ppp_dial("siti", "pw", CALLER).unwrap();
    router.elapse(Duration::from_secs(3_599));
    assert_eq!(
        router.row("/ppp/active", "name", "siti").unwrap()["uptime"],
        "59m59s"
    );
    router.elapse(Duration::from_secs(1));
    assert!(router.rows("/ppp/active").is_empty());
}

#[tokio::test]
async fn the_profiles_address_list_holds_the_customer_while_online() {
    let router = isp().await;
    router
        .update("/ppp/profile", "gold", &[("address-list", "expired")])
        .unwrap();
    let session = router.ppp_dial("siti", "pw", CALLER).unwrap();
    let entry = router
        .row("/ip/firewall/address-list", "list", "expired")
        .unwrap();
    assert_eq!(entry["address"], session.address.to_string());
    router.ppp_hangup("siti");
    assert!(router.rows("/ip/firewall/address-list").is_empty());
}

#[tokio::test]
async fn coming_and_going_is_told() {
    let router = isp().await;
    let mut changes = router.changes();
    router.ppp_dial("siti", "pw", CALLER).unwrap();
    router.elapse(Duration::from_secs(90));
    router.ppp_hangup("siti");
    let (up, down) = (changes.recv().await.unwrap(), changes.recv().await.unwrap());
    assert_eq!(
        (up.what, down.what),
        (ChangeKind::SessionUp, ChangeKind::SessionDown)
    );
    assert_eq!(
        up.summary,
        "pppoe `siti` online with 10.64.0.2, gold, 5M/20M"
    );
    assert_eq!(
        down.summary,
        "pppoe `siti` offline after 1m30s (peer-request)"
    );
    assert!(down.at_seq > up.at_seq);
}

#[tokio::test]
async fn a_reboot_ends_sessions_and_forgets_timed_entries() {
    let router = isp().await;
    router.ppp_dial("siti", "pw", CALLER).unwrap();
    let entry = [("list", "l"), ("address", "10.0.0.9"), ("timeout", "1d")];
    router.insert("/ip/firewall/address-list", &entry).unwrap();
    router.elapse(Duration::from_secs(100));
    let mut client = Client::login(&router).await;
    router.reboot();
    assert!(client.is_closed().await);
    for menu in [
        "/ppp/active",
        "/queue/simple",
        "/ip/firewall/address-list",
        "/ip/pool/used",
    ] {
        assert!(router.rows(menu).is_empty(), "{menu}");
    }
    assert!(router.row("/interface", "name", "<pppoe-siti>").is_none());
    assert!(router.row("/ppp/secret", "name", "siti").is_some());
    assert_eq!(router.rows("/system/resource")[0]["uptime"], "0s");
    assert_eq!(router.rows("/system/clock")[0]["date"], "2026-11-21");
    Client::login(&router).await;
}

#[tokio::test]
async fn a_reboot_without_time_servers_starts_in_1970() {
    let config = SimConfig {
        has_ntp: false,
        ..SimConfig::new("lost")
    };
    let router = Simulator::start(config).await.unwrap();
    router.elapse(Duration::from_secs(100));
    router.reboot();
    assert_eq!(router.rows("/system/clock")[0]["date"], "1970-01-02");
}
