//! The state file: a router that comes back as it was.

use routeros_sim::{SimConfig, Simulator};

const PHONE: &str = "EA:52:FD:F7:82:13";

fn config(path: &std::path::Path) -> SimConfig {
    SimConfig {
        state_file: Some(path.to_owned()),
        ..SimConfig::new("kept")
    }
}

#[tokio::test]
async fn tables_and_sessions_come_back_after_a_restart_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/state.json");
    let before = {
        let router = Simulator::start(config(&path)).await.unwrap();
        router
            .insert(
                "/ppp/profile",
                &[("name", "gold"), ("remote-address", "pppoe-pool")],
            )
            .unwrap();
        let secret = [
            ("name", "siti"),
            ("password", "pw"),
            ("profile", "gold"),
            ("comment", "é"),
        ];
        router.insert("/ppp/secret", &secret).unwrap();
        router
            .insert("/ip/hotspot/user", &[("name", "guest"), ("password", "g")])
            .unwrap();
        for name in ["b", "a"] {
            router
                .insert("/queue/simple", &[("name", name), ("target", "10.0.0.1")])
                .unwrap();
        }
        router
            .update("/system/identity", "", &[("name", "renamed")])
            .unwrap();
        router.ppp_dial("siti", "pw", "AA:BB:CC:00:00:01").unwrap();
        router.hotspot_login("guest", "", PHONE).unwrap_err();
        router
            .update("/ip/hotspot/user", "guest", &[("password", "g")])
            .unwrap();
        router.hotspot_login("guest", "g", PHONE).unwrap();
        let rows = all_rows(&router);
        router.shutdown().await;
        rows
    };
    let router = Simulator::start(config(&path)).await.unwrap();
    assert_eq!(all_rows(&router), before);
    assert_eq!(router.rows("/system/identity")[0]["name"], "renamed");
    let added = router.insert("/ppp/secret", &[("name", "next")]).unwrap();
    assert!(
        before
            .iter()
            .flatten()
            .all(|row| row[".id"] != added || !row.contains_key("service"))
    );
    assert_eq!(router.ppp_hangup("siti"), 1);
    assert!(router.row("/interface", "name", "<pppoe-siti>").is_none());
    assert_eq!(router.hotspot_leave("guest"), 1);
}

fn all_rows(router: &Simulator) -> Vec<Vec<std::collections::BTreeMap<String, String>>> {
    let menus = [
        "/ppp/profile",
        "/ppp/secret",
        "/ppp/active",
        "/ip/hotspot/user",
        "/ip/hotspot/active",
        "/ip/hotspot/cookie",
        "/ip/hotspot/host",
        "/queue/simple",
        "/interface",
        "/ip/pool/used",
        "/ip/address",
        "/user",
        "/user/group",
    ];
    menus.into_iter().map(|menu| router.rows(menu)).collect()
}

#[tokio::test]
async fn a_damaged_state_file_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    std::fs::write(&path, "{\"form\": 1").unwrap();
    assert!(Simulator::start(config(&path)).await.is_err());
}

#[tokio::test]
async fn accounts_are_those_of_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let router = Simulator::start(config(&path)).await.unwrap();
    router.insert("/ppp/secret", &[("name", "x")]).unwrap();
    router.shutdown().await;
    let users = vec![routeros_sim::SimUser::full("other", "new")];
    let router = Simulator::start(SimConfig {
        users,
        ..config(&path)
    })
    .await
    .unwrap();
    crate::Client::login_as(&router, "other", "new").await;
    assert!(router.row("/user", "name", "admin").is_none());
    assert!(router.row("/ppp/secret", "name", "x").is_some());
}

#[tokio::test]
async fn time_may_follow_the_real_one() {
    let config = SimConfig {
        follows_real_time: true,
        ..SimConfig::new("live")
    };
    let router = Simulator::start(config).await.unwrap();
    let mut tick = tokio::time::interval(std::time::Duration::from_millis(20));
    let passes = async {
        while router.rows("/system/resource")[0]["uptime"] == "0s" {
            tick.tick().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), passes)
        .await
        .unwrap();
}
