//! Menus with rules of their own: walled gardens, bindings, pools, queues, schedules, certificates.

use std::time::Duration;

use routeros_proto::{Command, Query};
use routeros_sim::VersionProfile;

use crate::client::Client;
use crate::{connected, isp, router, router_of};

#[tokio::test]
async fn walled_garden_rules_keep_their_order_and_may_be_turned_around() {
    let (router, mut client) = connected().await;
    let menu = "/ip/hotspot/walled-garden";
    router
        .insert(menu, &[("dst-host", "pay.example"), ("comment", "pay")])
        .unwrap();
    let rule = [
        ("dst-host", "*.bank.example"),
        ("server", "!hotspot1"),
        ("method", "!POST"),
    ];
    let second = router.insert(menu, &rule).unwrap();
    let first = router.rows(menu)[0].clone();
    assert_eq!(
        (first["action"].as_str(), first["hits"].as_str()),
        ("allow", "0")
    );
    assert!(!first.contains_key("server"));
    let place = Command::new("/ip/hotspot/walled-garden/move")
        .attr("numbers", &second)
        .attr("destination", &first[".id"]);
    client.run(place).await;
    assert_eq!(router.rows(menu)[0]["server"], "!hotspot1");
    for (name, value, text) in [
        (
            "server",
            "!none",
            "input does not match any value of server",
        ),
        (
            "method",
            "FETCH",
            "input does not match any value of method",
        ),
        (
            "action",
            "maybe",
            "input does not match any value of action",
        ),
        ("dst-port", "80-x", "invalid value for argument dst-port"),
        (
            "src-address",
            "10.0.0.0/33",
            "invalid value for argument src-address",
        ),
    ] {
        assert_eq!(router.insert(menu, &[(name, value)]), Err(text.to_owned()));
    }
    let below = [
        ("dst-address", "10.0.0.1-10.0.0.9"),
        ("protocol", "tcp"),
        ("dst-port", "80,443-445"),
    ];
    router
        .insert("/ip/hotspot/walled-garden/ip", &below)
        .unwrap();
    assert_eq!(
        router.rows("/ip/hotspot/walled-garden/ip")[0]["action"],
        "accept"
    );
}

#[tokio::test]
async fn a_binding_needs_an_address_a_device_or_neither() {
    let router = router().await;
    let menu = "/ip/hotspot/ip-binding";
    router
        .insert(
            menu,
            &[("address", "10.0.0.1-10.0.0.9"), ("type", "bypassed")],
        )
        .unwrap();
    router
        .insert(
            menu,
            &[("mac-address", "ea:52:fd:f7:82:13"), ("type", "regular")],
        )
        .unwrap();
    let rows = router.rows(menu);
    assert_eq!(rows[0]["type"], "bypassed");
    assert!(!rows[1].contains_key("type") && rows[1]["mac-address"] == "EA:52:FD:F7:82:13");
    let mac = "EA:52:FD:F7:82:13";
    let blocked = [("mac-address", mac), ("type", "blocked")];
    let last = router.insert(menu, &blocked).unwrap();
    let mut client = Client::login(&router).await;
    let place = Command::new("/ip/hotspot/ip-binding/move")
        .attr("numbers", &last)
        .attr("destination", &rows[0][".id"]);
    client.run(place).await;
    let of_device =
        Command::new("/ip/hotspot/ip-binding/print").query(Query::equals("mac-address", mac));
    assert_eq!(client.run(of_device).await.column("type"), ["blocked", ""]);
    let bad = router.insert(menu, &[("address", "somewhere")]);
    assert_eq!(bad, Err("invalid value for argument address".to_owned()));
}

#[tokio::test]
async fn newer_versions_count_the_addresses_of_a_pool() {
    let router = isp().await;
    router.ppp_dial("siti", "pw", "AA:BB:CC:00:00:01").unwrap();
    let pool = router.row("/ip/pool", "name", "pppoe-pool").unwrap();
    assert_eq!(
        (pool["total"].as_str(), pool["used"].as_str()),
        ("131069", "1")
    );
    assert_eq!(pool["available"], "131068");
    let (older, _client) = router_of(VersionProfile::V7_9).await;
    assert!(!older.rows("/ip/pool")[0].contains_key("total"));
}

#[tokio::test]
async fn one_number_or_name_of_a_queue_stands_for_both_directions() {
    let router = router().await;
    let queue = [
        ("target", "10.0.0.1"),
        ("priority", "3"),
        ("queue", "default"),
        ("max-limit", "5M"),
    ];
    router.insert("/queue/simple", &queue).unwrap();
    let row = &router.rows("/queue/simple")[0];
    assert_eq!(
        (row["priority"].as_str(), row["queue"].as_str()),
        ("3/3", "default/default")
    );
    assert_eq!(row["max-limit"], "5000000/5000000");
    let bad = router.insert(
        "/queue/simple",
        &[("target", "10.0.0.1"), ("queue", "default/none-such")],
    );
    assert_eq!(
        bad,
        Err("input does not match any value of queue".to_owned())
    );
}

#[tokio::test]
async fn lines_of_ones_own_stand_in_the_log() {
    let (router, mut client) = connected().await;
    client
        .run(Command::new("/log/info").attr("message", "hello"))
        .await;
    let line = router.row("/log", "message", "hello").unwrap();
    assert_eq!(line["topics"], "script,info");
}

#[tokio::test]
async fn a_list_entry_lasts_thirty_five_weeks_at_most() {
    let router = router().await;
    let entry = |timeout| [("list", "l"), ("address", "10.0.0.1"), ("timeout", timeout)];
    let menu = "/ip/firewall/address-list";
    let bad = router.insert(menu, &entry("35w3d13h13m57s"));
    assert_eq!(bad, Err("invalid value for argument timeout".to_owned()));
    router.insert(menu, &entry("35w3d13h13m56s")).unwrap();
}

#[tokio::test]
async fn a_name_in_a_list_brings_its_addresses() {
    let router = router().await;
    for address in ["10.7.0.1", "10.7.0.2"] {
        let entry = [("name", "pay.example"), ("address", address)];
        router.insert("/ip/dns/static", &entry).unwrap();
    }
    let menu = "/ip/firewall/address-list";
    let own = [("list", "open"), ("address", "pay.example")];
    let id = router.insert(menu, &own).unwrap();
    let addresses = || {
        let rows = router.rows(menu);
        let dynamic = rows.iter().filter(|row| row["dynamic"] == "true");
        let dynamic = dynamic.map(|row| row["address"].clone());
        dynamic.collect::<Vec<_>>()
    };
    assert_eq!(addresses(), ["10.7.0.1", "10.7.0.2"]);
    router.reboot();
    assert_eq!(addresses(), ["10.7.0.1", "10.7.0.2"]);
    router.update(menu, &id, &[("disabled", "yes")]).unwrap();
    assert!(addresses().is_empty());
    router.update(menu, &id, &[("disabled", "no")]).unwrap();
    assert_eq!(addresses().len(), 2);
    router
        .update(menu, &id, &[("address", "10.8.0.1")])
        .unwrap();
    assert!(addresses().is_empty());
    router
        .update(menu, &id, &[("address", "pay.example")])
        .unwrap();
    router.remove(menu, &id).unwrap();
    assert!(router.rows(menu).is_empty());
}

#[tokio::test]
async fn a_schedule_knows_when_it_is_due_next() {
    let router = router().await;
    let schedule = [
        ("name", "daily"),
        ("interval", "1d"),
        ("start-time", "06:00:00"),
    ];
    router.insert("/system/scheduler", &schedule).unwrap();
    let next = || {
        router
            .row("/system/scheduler", "name", "daily")
            .unwrap()
            .remove("next-run")
    };
    assert_eq!(next().as_deref(), Some("2026-11-21 06:00:00"));
    router.elapse(Duration::from_secs(7 * 3_600));
    assert_eq!(next().as_deref(), Some("2026-11-22 06:00:00"));
    router
        .update("/system/scheduler", "daily", &[("disabled", "yes")])
        .unwrap();
    assert_eq!(next(), None);
}

#[tokio::test]
async fn a_service_gets_a_certificate_that_was_signed() {
    let (router, mut client) = connected().await;
    let set = |name: &str| {
        Command::new("/ip/service/set")
            .attr("numbers", "api-ssl")
            .attr("certificate", name)
    };
    let refused = client.run(set("api")).await.trap();
    assert_eq!(refused, "input does not match any value of certificate");
    let add = Command::new("/certificate/add")
        .attr("name", "api")
        .attr("common-name", "router");
    client.run(add).await;
    let row = || router.row("/certificate", "name", "api").unwrap();
    assert!(!row().contains_key("fingerprint"));
    client
        .run(Command::new("/certificate/sign").attr("number", "api"))
        .await;
    assert_eq!(
        (row()["fingerprint"].len(), row()["authority"].as_str()),
        (64, "true")
    );
    assert_eq!(row()["invalid-after"], "2027-11-21 00:00:00");
    assert!(client.run(set("api")).await.traps.is_empty());
    let service = router.row("/ip/service", "name", "api-ssl").unwrap();
    assert_eq!(service["certificate"], "api");
}

#[tokio::test]
async fn a_virtual_router_has_no_health_menu_and_version_six_no_reset() {
    let (_router, mut client) = connected().await;
    let health = client.run(Command::new("/system/health/print")).await;
    assert_eq!(health.trap(), "no such command prefix");
    let (router, mut client) = router_of(VersionProfile::V6_49).await;
    let reset = client
        .run(Command::new("/ppp/secret/reset").attr(".id", "*1"))
        .await;
    assert_eq!(reset.trap(), "no such command");
    assert!(!router.rows("/ip/service")[0].contains_key("vrf"));
    let pool = [("name", "x"), ("ranges", "10.0.0.2"), ("comment", "x")];
    assert_eq!(
        router.insert("/ip/pool", &pool),
        Err("unknown parameter comment".to_owned())
    );
}
