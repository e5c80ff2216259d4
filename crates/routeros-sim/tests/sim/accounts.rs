//! Router accounts: what groups print and allow, who is logged in, what the device mode forbids.

use routeros_proto::{Command, Query};
use routeros_sim::{SimConfig, SimUser, Simulator, VersionProfile};

use crate::client::Client;
use crate::{connected, router_of};

const FORBIDDEN: &str = "not enough permissions (9)";

/// A router with an account of exactly these policies, and a client of it.
async fn as_account(policies: &[&str]) -> (Simulator, Client) {
    let config = SimConfig {
        users: vec![
            SimUser::full("admin", "password"),
            SimUser::new("billing", "pw", policies),
        ],
        ..SimConfig::new("tower-1")
    };
    let router = Simulator::start(config).await.unwrap();
    let client = Client::login_as(&router, "billing", "pw").await;
    (router, client)
}

#[tokio::test]
async fn a_group_prints_what_it_lacks_with_an_exclamation_mark() {
    let (router, _client) = as_account(&["api", "write", "read"]).await;
    let group = router.row("/user/group", "name", "billing-group").unwrap();
    assert_eq!(
        group["policy"],
        "read,write,api,!local,!telnet,!ssh,!ftp,!reboot,!policy,!test,!winbox,!password,!web,\
         !sniff,!sensitive,!romon,!rest-api"
    );
    assert_eq!(
        router.row("/user", "name", "admin").unwrap()["group"],
        "full"
    );
    assert!(!router.row("/user/group", "name", "full").unwrap()["policy"].contains('!'));
}

#[tokio::test]
async fn a_policy_that_the_version_lacks_is_an_error() {
    for (version, known) in [(VersionProfile::V6_49, false), (VersionProfile::V7_9, true)] {
        let (router, _client) = router_of(version).await;
        let group = [("name", "x"), ("policy", "read,!rest-api")];
        assert_eq!(
            router.insert("/user/group", &group).is_ok(),
            known,
            "{version}"
        );
    }
}

#[tokio::test]
async fn commands_need_their_policies() {
    for (policies, path, attrs, allowed) in [
        (
            &["api", "read"][..],
            "/ppp/secret/add",
            &[("name", "x")][..],
            false,
        ),
        (
            &["api", "read", "write"],
            "/ppp/secret/add",
            &[("name", "x")],
            true,
        ),
        (&["api", "write"], "/ppp/secret/print", &[], false),
        (
            &["api", "read", "write"],
            "/user/group/add",
            &[("name", "x")],
            false,
        ),
        (
            &["api", "read", "write", "policy"],
            "/user/group/add",
            &[("name", "x")],
            true,
        ),
        (
            &["api", "read"],
            "/interface/monitor-traffic",
            &[("interface", "ether1"), ("once", "")],
            false,
        ),
        (
            &["api", "read", "test"],
            "/interface/monitor-traffic",
            &[("interface", "ether1"), ("once", "")],
            true,
        ),
        (
            &["api", "write"],
            "/system/script/add",
            &[("policy", "read")],
            false,
        ),
        (
            &["api", "write", "read"],
            "/system/script/add",
            &[("policy", "read,write")],
            true,
        ),
        (
            &["api", "write"],
            "/system/scheduler/add",
            &[("policy", "reboot")],
            false,
        ),
    ] {
        let (_router, mut client) = as_account(policies).await;
        let mut command = Command::new(path);
        for (name, value) in attrs {
            command = command.attr(name, value);
        }
        let answer = client.run(command).await;
        match allowed {
            true => assert!(answer.traps.is_empty(), "{policies:?} {path} {answer:?}"),
            false => assert_eq!(answer.trap(), FORBIDDEN, "{policies:?} {path}"),
        }
    }
}

#[tokio::test]
async fn a_script_runs_for_those_who_hold_its_policies() {
    let (router, mut client) = as_account(&["api", "read", "write"]).await;
    let script = [
        ("name", "s"),
        ("policy", "read,reboot"),
        ("source", ":log info x;\r\n"),
    ];
    router.insert("/system/script", &script).unwrap();
    let run = || Command::new("/system/script/run").attr("number", "s");
    assert_eq!(client.run(run()).await.trap(), FORBIDDEN);
    router
        .update(
            "/system/script",
            "s",
            &[("dont-require-permissions", "yes")],
        )
        .unwrap();
    let answer = client.run(run()).await;
    assert_eq!(answer.rows.len(), 1, "a sentence of progress");
    let row = router.row("/system/script", "name", "s").unwrap();
    assert_eq!(
        (row["run-count"].as_str(), row["owner"].as_str()),
        ("1", "admin")
    );
    assert_eq!(row["last-started"], "2026-11-21 00:00:00");

    client
        .run(Command::new("/system/script/add").attr("name", "own"))
        .await;
    let row = router.row("/system/script", "name", "own").unwrap();
    assert_eq!(
        (row["policy"].as_str(), row["owner"].as_str()),
        ("read,write", "billing")
    );
}

#[tokio::test]
async fn who_is_logged_in_is_shown_and_can_be_logged_out() {
    let (router, mut client) = connected().await;
    let other = Client::login(&router).await;
    let active = client.run(Command::new("/user/active/print")).await;
    assert_eq!(active.column("name"), ["admin", "admin"]);
    assert_eq!(active.column("via"), ["api", "api"]);
    assert_eq!(active.column("group"), ["full", "full"]);
    let connections =
        || Command::new("/ip/service/print").query(Query::equals("connection", "true"));
    assert_eq!(
        client.run(connections()).await.column("name"),
        ["api", "api"]
    );
    let fixed = Command::new("/ip/service/print").query(Query::equals("dynamic", "false"));
    assert_eq!(client.run(fixed).await.rows.len(), 8);

    let mut other = other;
    let second = active.rows[1].get(".id").unwrap().into_owned();
    let logout = Command::new("/user/active/request-logout").attr(".id", &second);
    assert!(client.run(logout).await.traps.is_empty());
    other.send(&Command::new("/system/identity/print")).await;
    assert!(other.is_closed().await);
    let mut left = 2;
    while left > 1 {
        left = client.run(connections()).await.rows.len();
    }
    assert_eq!(router.rows("/user/active").len(), 1);
}

#[tokio::test]
async fn older_versions_list_no_connections() {
    let (router, _client) = router_of(VersionProfile::V7_9).await;
    assert_eq!(router.rows("/ip/service").len(), 8);
    assert!(!router.rows("/ip/service")[0].contains_key("max-sessions"));
    let (router, _client) = router_of(VersionProfile::V7_16).await;
    assert_eq!(router.rows("/ip/service").len(), 9);
    assert_eq!(router.rows("/ip/service")[0]["max-sessions"], "20");
}

#[tokio::test]
async fn what_the_device_mode_switches_off_cannot_be_changed() {
    let (router, mut client) = connected().await;
    let off: [(&str, &[u8]); 3] = [
        ("mode", b"home"),
        ("hotspot", b"false"),
        ("scheduler", b"false"),
    ];
    router.overwrite("/system/device-mode", "", &off).unwrap();
    for (path, refused) in [
        ("/ip/hotspot/user/add", true),
        ("/system/scheduler/add", true),
        ("/ppp/secret/add", false),
    ] {
        let answer = client.run(Command::new(path).attr("name", "x")).await;
        let told = answer
            .traps
            .iter()
            .map(|trap| trap.get("message").unwrap().into_owned());
        let told: Vec<String> = told.collect();
        let wanted = if refused {
            vec!["failure: not allowed by device-mode"]
        } else {
            vec![]
        };
        assert_eq!(told, wanted, "{path}");
    }
    let print = client.run(Command::new("/system/device-mode/print")).await;
    assert_eq!(print.column("mode"), ["home"]);
}

#[tokio::test]
async fn licences_differ_between_boards_and_virtual_machines() {
    let (router, _client) = connected().await;
    let licence = &router.rows("/system/license")[0];
    assert!(licence["nlevel"] == "4" && licence.contains_key("software-id"));
    router
        .overwrite("/system/license", "", &[("nlevel", b"1")])
        .unwrap();
    assert_eq!(router.rows("/system/license")[0]["nlevel"], "1");
    let chr = SimConfig {
        has_routerboard: false,
        ..SimConfig::new("chr")
    };
    let chr = Simulator::start(chr).await.unwrap();
    let licence = &chr.rows("/system/license")[0];
    assert!(licence["level"] == "free" && !licence.contains_key("nlevel"));
}

#[tokio::test]
async fn overwriting_needs_a_row_and_a_property() {
    let (router, _client) = connected().await;
    assert_eq!(
        router.overwrite("/none", "", &[]),
        Err("no such command prefix".to_owned())
    );
    assert_eq!(
        router.overwrite("/ppp/secret", "x", &[]),
        Err("no such item".to_owned())
    );
    assert_eq!(
        router.overwrite("/system/license", "", &[("colour", b"red")]),
        Err("unknown parameter colour".to_owned())
    );
}
