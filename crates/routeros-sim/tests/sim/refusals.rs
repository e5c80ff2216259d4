//! The exact words of refusals, and what each menu refuses.

use routeros_proto::Command;
use routeros_sim::{SimConfig, Simulator, VersionProfile};

use crate::client::Client;
use crate::{connected, router_of};

/// A path, its attributes, and the words of the refusal.
type Case = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

async fn refused(client: &mut Client, path: &str, attrs: &[(&str, &str)]) -> String {
    let mut command = Command::new(path);
    for (name, value) in attrs {
        command = command.attr(name, value);
    }
    client.run(command).await.trap()
}

/// What is refused, and in which words.
const REFUSALS: [Case; 29] = [
    ("/nothing/print", &[], "no such command prefix"),
    ("/ppp/nothing/print", &[], "no such command prefix"),
    ("/ppp/secret/frobnicate", &[], "no such command"),
    ("/ppp/print", &[], "no such command"),
    ("/frobnicate", &[], "no such command"),
    (
        "/ppp/secret/add",
        &[("name", "x"), ("colour", "red")],
        "unknown parameter colour",
    ),
    (
        "/ppp/secret/add",
        &[("name", "x"), ("!colour", "")],
        "unknown parameter colour",
    ),
    (
        "/system/identity/set",
        &[(".id", "*0"), ("name", "x")],
        "unknown parameter .id",
    ),
    (
        "/ppp/secret/add",
        &[("password", "x")],
        "missing value(s) of argument(s) name",
    ),
    (
        "/ip/hotspot/user/add",
        &[("password", "x")],
        "failure: user name is required",
    ),
    (
        "/ppp/secret/remove",
        &[(".id", "*FFFF")],
        "no such item (4)",
    ),
    (
        "/ppp/secret/remove",
        &[("numbers", "nobody")],
        "no such item",
    ),
    (
        "/ppp/secret/add",
        &[("name", "x"), ("profile", "none")],
        "input does not match any value of profile",
    ),
    (
        "/ip/hotspot/user/add",
        &[("name", "x"), ("server", "none")],
        "input does not match any value of server",
    ),
    (
        "/ip/address/add",
        &[("address", "10.0.0.1/24"), ("interface", "ether99")],
        "input does not match any value of interface",
    ),
    (
        "/ppp/profile/add",
        &[("name", "x"), ("remote-address", "no-pool")],
        "invalid value for argument address",
    ),
    (
        "/ppp/secret/add",
        &[("name", "x"), ("remote-address", "300.1.1.1")],
        "invalid value for argument remote-address",
    ),
    (
        "/ppp/secret/add",
        &[("name", "x"), ("limit-bytes-in", "much")],
        "invalid value much for limit-bytes-in, an integer required",
    ),
    (
        "/ip/hotspot/user/add",
        &[("name", "x"), ("mac-address", "zz")],
        "invalid value of mac-address, mac address required",
    ),
    (
        "/ip/pool/add",
        &[("ranges", "lots")],
        "value of range expects range of ip addresses",
    ),
    (
        "/ip/pool/add",
        &[("ranges", "a-10.0.0.2")],
        "value of range must have ip address before '-'",
    ),
    (
        "/ip/pool/add",
        &[("ranges", "10.0.0.2-b")],
        "value of range must have ip address after '-'",
    ),
    (
        "/ppp/profile/remove",
        &[(".id", "*0")],
        "can not remove default profile",
    ),
    (
        "/ppp/profile/remove",
        &[("numbers", "default-encryption")],
        "can not remove default profile",
    ),
    (
        "/queue/simple/add",
        &[
            ("target", "10.0.0.1"),
            ("max-limit", "1M/1M"),
            ("limit-at", "2M/1M"),
        ],
        "failure: upload-max-limit less than upload-limit",
    ),
    (
        "/queue/simple/add",
        &[
            ("target", "10.0.0.1"),
            ("max-limit", "1M/1M"),
            ("limit-at", "1M/2M"),
        ],
        "failure: download-max-limit less than download-limit",
    ),
    (
        "/ppp/secret/add",
        &[("name", "x"), ("service", "pp")],
        "ambiguous value of service, more than one possible value matches input",
    ),
    (
        "/queue/simple/add",
        &[("target", "10.0.0.1"), ("parent", "none-such")],
        "input does not match any value of parent",
    ),
    (
        "/ip/hotspot/active/login",
        &[("user", "x"), ("ip", "10.9.9.9")],
        "unknown host IP",
    ),
];

#[tokio::test]
async fn refusals_use_the_words_of_real_routers() {
    let (_router, mut client) = connected().await;
    for (path, attrs, text) in REFUSALS {
        assert_eq!(
            refused(&mut client, path, attrs).await,
            text,
            "{path} {attrs:?}"
        );
    }
}

#[tokio::test]
async fn a_trap_has_at_most_a_category_and_a_message_in_that_order() {
    let (_router, mut client) = connected().await;
    for (path, attrs, _) in REFUSALS {
        let mut command = Command::new(path);
        for (name, value) in attrs {
            command = command.attr(name, value);
        }
        let answer = client.run(command).await;
        let names: Vec<&str> = answer.traps[0]
            .attributes()
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert!(
            matches!(names.as_slice(), ["message"] | ["category", "message"]),
            "{names:?}"
        );
    }
}

/// The category word of a message, as the captured traps have it.
fn category_of(message: &str) -> Option<&'static str> {
    let begins = |texts: &[&str]| texts.iter().any(|text| message.starts_with(text));
    match () {
        () if begins(&["no such", "unknown parameter"]) => Some("0"),
        () if begins(&[
            "input does not",
            "ambiguous",
            "invalid value",
            "value of",
            "missing",
        ]) =>
        {
            Some("1")
        }
        () if begins(&["can not remove"]) => Some("4"),
        () => None,
    }
}

#[tokio::test]
async fn categories_come_with_the_messages_that_have_them() {
    let (router, mut client) = connected().await;
    for (menu, attrs, _) in TWINS {
        router.insert(menu, attrs).unwrap();
    }
    let twins = TWINS.map(|(menu, attrs, text)| (format!("{menu}/add"), attrs, text));
    let others = REFUSALS.map(|(path, attrs, text)| (path.to_owned(), attrs, text));
    for (path, attrs, text) in others.into_iter().chain(twins) {
        let command = attrs
            .iter()
            .fold(Command::new(path), |command, (name, value)| {
                command.attr(name, value)
            });
        let trap = &client.run(command).await.traps[0];
        let category = trap.get("category").map(std::borrow::Cow::into_owned);
        assert_eq!(category.as_deref(), category_of(text), "{text}");
    }
}

/// Rows that may not exist twice, and the words of the refusal.
const TWINS: [Case; 14] = [
    (
        "/ppp/secret",
        &[("name", "x")],
        "failure: secret with the same name already exists",
    ),
    (
        "/ppp/profile",
        &[("name", "x")],
        "failure: profile with the same name already exists",
    ),
    (
        "/ip/hotspot/user",
        &[("name", "x")],
        "failure: already have user with this name for this server",
    ),
    (
        "/ip/hotspot/user/profile",
        &[("name", "x")],
        "failure: profile with the same name already exists",
    ),
    (
        "/ip/pool",
        &[("name", "x"), ("ranges", "10.0.0.2-10.0.0.9")],
        "failure: pool with such name exists",
    ),
    (
        "/queue/simple",
        &[("name", "x"), ("target", "10.0.0.1")],
        "failure: already have such name",
    ),
    (
        "/ip/firewall/address-list",
        &[("list", "late"), ("address", "10.0.0.9")],
        "failure: already have such entry",
    ),
    (
        "/ip/address",
        &[("address", "10.0.0.1/32"), ("interface", "ether4")],
        "failure: already have such address",
    ),
    (
        "/ip/dns/static",
        &[("name", "x.test"), ("address", "10.0.0.1")],
        "entry already exists",
    ),
    (
        "/user",
        &[("name", "x"), ("group", "read"), ("password", "p")],
        "failure: user with the same name already exists",
    ),
    (
        "/system/script",
        &[("name", "x")],
        "failure: item with such name already exists",
    ),
    (
        "/queue/tree",
        &[("name", "x")],
        "failure: already have such name",
    ),
    (
        "/ip/dhcp-server/lease",
        &[("address", "10.0.0.1")],
        "failure: already have static lease with this IP address",
    ),
    (
        "/user/group",
        &[("name", "x")],
        "failure: group with the same name already exists",
    ),
];

#[tokio::test]
async fn the_same_row_twice_is_refused_in_the_words_of_its_menu() {
    let (router, mut client) = connected().await;
    for (menu, attrs, text) in TWINS {
        router.insert(menu, attrs).unwrap();
        assert_eq!(
            refused(&mut client, &format!("{menu}/add"), attrs).await,
            text
        );
        assert_eq!(router.insert(menu, attrs), Err(text.to_owned()));
    }
}

#[tokio::test]
async fn renaming_onto_another_row_is_refused_and_changes_nothing() {
    let (router, mut client) = connected().await;
    router.insert("/ppp/secret", &[("name", "a")]).unwrap();
    let id = router.insert("/ppp/secret", &[("name", "b")]).unwrap();
    let set = [(".id", id.as_str()), ("name", "a"), ("comment", "x")];
    let text = refused(&mut client, "/ppp/secret/set", &set).await;
    assert_eq!(text, "failure: secret with the same name already exists");
    assert!(
        !router
            .row("/ppp/secret", ".id", &id)
            .unwrap()
            .contains_key("comment")
    );
}

#[tokio::test]
async fn secrets_of_one_name_may_serve_different_services() {
    let (router, _client) = connected().await;
    router
        .insert("/ppp/secret", &[("name", "x"), ("service", "pppoe")])
        .unwrap();
    router
        .insert("/ppp/secret", &[("name", "x"), ("service", "l2tp")])
        .unwrap();
    assert!(
        router
            .insert("/ppp/secret", &[("name", "x"), ("service", "any")])
            .is_err()
    );
}

#[tokio::test]
async fn hotspot_users_of_one_name_may_exist_per_server() {
    let (router, _client) = connected().await;
    router.insert("/ip/hotspot/user", &[("name", "x")]).unwrap();
    router
        .insert("/ip/hotspot/user", &[("name", "x"), ("server", "hotspot1")])
        .unwrap();
    assert!(
        router
            .insert("/ip/hotspot/user", &[("name", "x"), ("server", "all")])
            .is_err()
    );
    router.insert("/ip/hotspot/user", &[("name", "X")]).unwrap();
}

#[tokio::test]
async fn arguments_exist_in_the_versions_that_have_them() {
    for (version, known) in [
        (VersionProfile::V7_18, false),
        (VersionProfile::V7_21, true),
    ] {
        let (_router, mut client) = router_of(version).await;
        let add = Command::new("/ip/hotspot/user/add")
            .attr("name", "x")
            .attr("otp-secret", "s");
        assert_eq!(client.run(add).await.traps.is_empty(), known, "{version}");
    }
}

#[tokio::test]
async fn a_virtual_machine_has_no_routerboard_menu() {
    let config = SimConfig {
        has_routerboard: false,
        ..SimConfig::new("chr")
    };
    let router = Simulator::start(config).await.unwrap();
    let mut client = Client::login(&router).await;
    let text = refused(&mut client, "/system/routerboard/print", &[]).await;
    assert_eq!(text, "no such command prefix");
    assert!(router.rows("/system/routerboard").is_empty());
}

#[tokio::test]
async fn one_unknown_id_in_a_list_stops_the_whole_command() {
    let (router, mut client) = connected().await;
    let id = router.insert("/ppp/secret", &[("name", "a")]).unwrap();
    let list = format!("{id},*FFFF");
    let text = refused(&mut client, "/ppp/secret/remove", &[(".id", &list)]).await;
    assert_eq!(text, "no such item (4)");
    assert!(router.row("/ppp/secret", "name", "a").is_some());
}
