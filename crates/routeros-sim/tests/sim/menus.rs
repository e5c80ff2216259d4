//! Rows: what is stored, how it is shown, found, changed and removed.

use routeros_proto::{Command, Query};

use crate::{connected, router};

#[tokio::test]
async fn add_answers_with_the_id_of_the_row() {
    let (router, mut client) = connected().await;
    let first = client
        .run(Command::new("/ppp/secret/add").attr("name", "a"))
        .await
        .ret
        .unwrap();
    let second = client
        .run(Command::new("/ppp/secret/add").attr("name", "b"))
        .await
        .ret
        .unwrap();
    assert!(first.starts_with('*') && first != second);
    assert_eq!(
        router.row("/ppp/secret", ".id", &first).unwrap()["name"],
        "a"
    );
}

#[tokio::test]
async fn unset_properties_are_absent_and_defaults_are_shown() {
    let router = router().await;
    router
        .insert(
            "/ip/hotspot/user",
            &[("name", "x"), ("server", "all"), ("comment", "")],
        )
        .unwrap();
    let row = router.row("/ip/hotspot/user", "name", "x").unwrap();
    for absent in [
        "server",
        "comment",
        "limit-uptime",
        "limit-bytes-total",
        "mac-address",
    ] {
        assert!(!row.contains_key(absent), "{absent}");
    }
    assert_eq!(
        (row["profile"].as_str(), row["uptime"].as_str()),
        ("default", "0s")
    );
    assert_eq!(
        (row["bytes-in"].as_str(), row["disabled"].as_str()),
        ("0", "false")
    );
}

#[tokio::test]
async fn values_are_shown_in_the_routers_form() {
    let router = router().await;
    let user = [
        ("name", "x"),
        ("mac-address", "aa:bb:cc:dd:ee:ff"),
        ("limit-uptime", "86400"),
    ];
    router.insert("/ip/hotspot/user", &user).unwrap();
    let row = router.row("/ip/hotspot/user", "name", "x").unwrap();
    assert_eq!(
        (row["mac-address"].as_str(), row["limit-uptime"].as_str()),
        ("AA:BB:CC:DD:EE:FF", "1d")
    );

    let queue = [
        ("name", "q"),
        ("target", "10.1.1.1,ether1"),
        ("max-limit", "5M/20M"),
        ("burst-time", "10"),
    ];
    router.insert("/queue/simple", &queue).unwrap();
    let row = router.row("/queue/simple", "name", "q").unwrap();
    assert_eq!(row["target"], "10.1.1.1/32,ether1");
    assert_eq!(row["max-limit"], "5000000/20000000");
    assert_eq!(row["burst-time"], "10s/10s");

    router
        .insert(
            "/ip/firewall/address-list",
            &[("list", "l"), ("address", "10.0.0.0-10.0.0.255")],
        )
        .unwrap();
    router
        .insert(
            "/ip/firewall/address-list",
            &[("list", "l"), ("address", "10.0.1.1")],
        )
        .unwrap();
    let rows = router.rows("/ip/firewall/address-list");
    assert_eq!(
        (rows[0]["address"].as_str(), rows[1]["address"].as_str()),
        ("10.0.0.0/24", "10.0.1.1")
    );

    router
        .insert(
            "/ppp/profile",
            &[("name", "p"), ("rate-limit", "5M/20M  8M/30M")],
        )
        .unwrap();
    assert_eq!(
        router.row("/ppp/profile", "name", "p").unwrap()["rate-limit"],
        "5M/20M  8M/30M"
    );
}

#[tokio::test]
async fn an_address_brings_its_network() {
    let router = router().await;
    router
        .insert(
            "/ip/address",
            &[("address", "10.7.8.9/24"), ("interface", "ether3")],
        )
        .unwrap();
    let row = router.row("/ip/address", "address", "10.7.8.9/24").unwrap();
    assert_eq!(
        (row["network"].as_str(), row["actual-interface"].as_str()),
        ("10.7.8.0", "ether3")
    );
}

#[tokio::test]
async fn queries_find_rows_as_the_router_compares_them() {
    let (router, mut client) = connected().await;
    for (name, limit, comment) in [("a", "1h", "x"), ("b", "2d", ""), ("c", "", "x")] {
        let user = [
            ("name", name),
            ("limit-uptime", limit),
            ("comment", comment),
        ];
        router.insert("/ip/hotspot/user", &user).unwrap();
    }
    router
        .update("/ip/hotspot/user", "b", &[("disabled", "yes")])
        .unwrap();
    let table: [(&[&str], &[&str]); 13] = [
        (&["?name=a"], &["a"]),
        (&["?=name=a"], &["a"]),
        (&["?comment"], &["a", "c"]),
        (&["?-comment", "?-dynamic=true", "?limit-uptime"], &["b"]),
        (&["?>comment="], &["a", "c"]),
        (&["?disabled=yes"], &["b"]),
        (&["?limit-uptime=3600"], &["a"]),
        (&["?>limit-uptime=1d"], &["b"]),
        (&["?<limit-uptime=1d"], &["a"]),
        (&["?name=a", "?name=b", "?#|"], &["a", "b"]),
        (
            &["?name=a", "?name=b", "?name=c", "?#||!"],
            &["default-trial"],
        ),
        (&["?comment=x", "?name=a", "?#!&"], &["c"]),
        (&["?name=none"], &[]),
    ];
    for (queries, expected) in table {
        let mut command = Command::new("/ip/hotspot/user/print");
        for query in queries {
            if *query == "?-dynamic=true" {
                continue;
            }
            command = command.query(Query::parse(query.as_bytes()).unwrap());
        }
        assert_eq!(
            client.run(command).await.column("name"),
            expected,
            "{queries:?}"
        );
    }
}

#[tokio::test]
async fn a_proplist_limits_what_is_shown_and_leaves_bare_rows() {
    let (router, mut client) = connected().await;
    router.insert("/ppp/secret", &[("name", "a")]).unwrap();
    router
        .insert("/ppp/secret", &[("name", "b"), ("comment", "x")])
        .unwrap();
    let print = Command::new("/ppp/secret/print").proplist(["comment", "nonsense"]);
    let answer = client.run(print).await;
    assert_eq!(
        answer
            .rows
            .iter()
            .map(|row| row.attributes().len())
            .collect::<Vec<_>>(),
        [0, 1]
    );
}

#[tokio::test]
async fn counting_finding_and_getting_return_values() {
    let (router, mut client) = connected().await;
    let id = router
        .insert("/ppp/secret", &[("name", "a"), ("comment", "x")])
        .unwrap();
    let count = Command::new("/ppp/secret/print").flag("count-only");
    assert_eq!(client.run(count).await.ret.as_deref(), Some("1"));
    assert_eq!(
        client.run(Command::new("/ppp/secret/find")).await.ret,
        Some(id.clone())
    );
    let get = Command::new("/ppp/secret/get")
        .attr(".id", &id)
        .attr("value-name", "comment");
    assert_eq!(client.run(get).await.ret.as_deref(), Some("x"));
    let from = Command::new("/ppp/secret/print").attr("from", &id);
    assert_eq!(client.run(from).await.column("name"), ["a"]);
}

#[tokio::test]
async fn rows_are_chosen_by_id_by_name_and_in_lists() {
    let (router, mut client) = connected().await;
    let ids: Vec<String> = ["a", "b", "c", "d"]
        .into_iter()
        .map(|name| router.insert("/ppp/secret", &[("name", name)]).unwrap())
        .collect();
    client
        .run(Command::new("/ppp/secret/disable").attr(".id", format!("{},{}", ids[0], ids[1])))
        .await;
    client
        .run(Command::new("/ppp/secret/disable").attr("numbers", "c"))
        .await;
    let off = Command::new("/ppp/secret/print").query(Query::equals("disabled", "yes"));
    assert_eq!(
        client.run(off.clone()).await.column("name"),
        ["a", "b", "c"]
    );
    client
        .run(Command::new("/ppp/secret/enable").attr("numbers", "a,c"))
        .await;
    assert_eq!(client.run(off).await.column("name"), ["b"]);
}

#[tokio::test]
async fn removing_or_setting_by_query_does_nothing() {
    let (router, mut client) = connected().await;
    router.insert("/ppp/secret", &[("name", "a")]).unwrap();
    let by_name = || Query::equals("name", "a");
    let answer = client
        .run(Command::new("/ppp/secret/remove").query(by_name()))
        .await;
    assert!(answer.traps.is_empty());
    client
        .run(
            Command::new("/ppp/secret/set")
                .attr("comment", "x")
                .query(by_name()),
        )
        .await;
    assert!(
        !router
            .row("/ppp/secret", "name", "a")
            .unwrap()
            .contains_key("comment")
    );
}

#[tokio::test]
async fn properties_are_cleared_in_every_known_way() {
    let (router, mut client) = connected().await;
    let attrs = [
        ("name", "a"),
        ("remote-address", "10.0.0.9"),
        ("comment", "x"),
    ];
    let id = router.insert("/ppp/secret", &attrs).unwrap();
    let has = |name: &str| {
        router
            .row("/ppp/secret", "name", "a")
            .unwrap()
            .contains_key(name)
    };
    client
        .run(
            Command::new("/ppp/secret/unset")
                .attr(".id", &id)
                .attr("value-name", "remote-address"),
        )
        .await;
    assert!(!has("remote-address"));
    client
        .run(
            Command::new("/ppp/secret/set")
                .attr(".id", &id)
                .attr("!comment", ""),
        )
        .await;
    assert!(!has("comment"));
    client
        .run(
            Command::new("/ppp/secret/comment")
                .attr("numbers", &id)
                .attr("comment", "y"),
        )
        .await;
    assert!(has("comment"));
    client
        .run(
            Command::new("/ppp/secret/set")
                .attr(".id", &id)
                .attr("comment", ""),
        )
        .await;
    assert!(!has("comment"));
    let trap = client
        .run(Command::new("/ip/hotspot/user/unset").attr(".id", "*1"))
        .await;
    assert_eq!(trap.trap(), "no such command");
}

#[tokio::test]
async fn a_renamed_row_is_renamed_where_it_is_used_and_a_removed_one_leaves_its_id() {
    let router = router().await;
    let pool = [("name", "p1"), ("ranges", "10.9.0.2-10.9.0.9")];
    let id = router.insert("/ip/pool", &pool).unwrap();
    router
        .insert("/ppp/profile", &[("name", "x"), ("remote-address", "p1")])
        .unwrap();
    let used = || router.row("/ppp/profile", "name", "x").unwrap()["remote-address"].clone();
    router.update("/ip/pool", "p1", &[("name", "p2")]).unwrap();
    assert_eq!(used(), "p2");
    router.remove("/ip/pool", "p2").unwrap();
    assert_eq!(used(), id);
}

#[tokio::test]
async fn ordered_rows_stand_where_they_are_put() {
    let (router, mut client) = connected().await;
    for name in ["a", "b"] {
        router
            .insert("/queue/simple", &[("name", name), ("target", "10.0.0.1")])
            .unwrap();
    }
    let first = Command::new("/queue/simple/add")
        .attr("name", "c")
        .attr("target", "10.0.0.2")
        .attr("place-before", "a");
    client.run(first).await;
    let names = |rows: Vec<std::collections::BTreeMap<String, String>>| {
        rows.iter()
            .map(|row| row["name"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(router.rows("/queue/simple")), ["c", "a", "b"]);
    client
        .run(
            Command::new("/queue/simple/move")
                .attr("numbers", "c")
                .attr("destination", "b"),
        )
        .await;
    assert_eq!(names(router.rows("/queue/simple")), ["a", "c", "b"]);
}

#[tokio::test]
async fn nameless_rows_get_a_name_where_the_menu_gives_one() {
    let router = router().await;
    router
        .insert("/queue/simple", &[("target", "10.0.0.1")])
        .unwrap();
    router
        .insert("/queue/simple", &[("target", "10.0.0.2")])
        .unwrap();
    let names: Vec<String> = router
        .rows("/queue/simple")
        .iter()
        .map(|row| row["name"].clone())
        .collect();
    assert_eq!(names, ["queue1", "queue2"]);
}

#[tokio::test]
async fn a_copy_takes_what_it_does_not_name() {
    let (router, mut client) = connected().await;
    router
        .insert(
            "/ppp/secret",
            &[("name", "a"), ("comment", "x"), ("service", "pppoe")],
        )
        .unwrap();
    let copy = Command::new("/ppp/secret/add")
        .attr("copy-from", "a")
        .attr("name", "b");
    client.run(copy).await;
    let row = router.row("/ppp/secret", "name", "b").unwrap();
    assert_eq!(
        (row["comment"].as_str(), row["service"].as_str()),
        ("x", "pppoe")
    );
}

#[tokio::test]
async fn timed_address_list_entries_run_out() {
    let router = router().await;
    let entry = [("list", "late"), ("address", "10.0.0.9"), ("timeout", "1h")];
    router.insert("/ip/firewall/address-list", &entry).unwrap();
    router.elapse(std::time::Duration::from_secs(600));
    let row = router
        .row("/ip/firewall/address-list", "list", "late")
        .unwrap();
    assert_eq!(
        (row["timeout"].as_str(), row["dynamic"].as_str()),
        ("50m", "true")
    );
    router.elapse(std::time::Duration::from_secs(3_000));
    assert!(router.rows("/ip/firewall/address-list").is_empty());
}

#[tokio::test]
async fn changes_are_told_in_words_and_never_with_passwords() {
    let router = router().await;
    let mut changes = router.changes();
    router
        .insert("/ppp/secret", &[("name", "siti"), ("password", "geheim")])
        .unwrap();
    router
        .update("/ppp/secret", "siti", &[("disabled", "yes")])
        .unwrap();
    router
        .update(
            "/ppp/secret",
            "siti",
            &[("password", "neu"), ("comment", "x")],
        )
        .unwrap();
    router.remove("/ppp/secret", "siti").unwrap();
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(changes.recv().await.unwrap().summary);
    }
    let expected = [
        "ppp secret `siti` added",
        "ppp secret `siti` disabled",
        "ppp secret `siti` password changed, comment none -> x",
        "ppp secret `siti` removed",
    ];
    assert_eq!(told, expected);
}
