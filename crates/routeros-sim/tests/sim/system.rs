//! What the router says about itself: version, board, identity, clock.

use routeros_proto::Command;
use routeros_sim::VersionProfile;

use crate::{connected, router_of};

#[tokio::test]
async fn the_system_tells_what_it_is() {
    let (router, mut client) = connected().await;
    router.elapse(std::time::Duration::from_secs(3_661));
    let resource = client.run(Command::new("/system/resource/print")).await;
    assert_eq!(resource.column("version"), ["7.18.2 (stable)"]);
    assert_eq!(resource.column("uptime"), ["1h1m1s"]);
    assert!(resource.rows[0].id().is_none());
    let board = client.run(Command::new("/system/routerboard/print")).await;
    assert_eq!(board.column("serial-number")[0].len(), 12);
    client
        .run(Command::new("/system/identity/set").attr("name", "renamed"))
        .await;
    assert_eq!(router.rows("/system/identity")[0]["name"], "renamed");
    let traffic = Command::new("/interface/monitor-traffic")
        .attr("interface", "ether1")
        .flag("once");
    assert_eq!(
        client.run(traffic).await.column("rx-bits-per-second"),
        ["0"]
    );
}

#[tokio::test]
async fn dates_have_the_form_of_their_version() {
    for (version, date) in [
        (VersionProfile::V7_9, "nov/21/2026"),
        (VersionProfile::V7_16, "2026-11-21"),
    ] {
        let (_router, mut client) = router_of(version).await;
        let clock = client.run(Command::new("/system/clock/print")).await;
        assert_eq!(
            (
                clock.column("date")[0].as_str(),
                clock.column("time")[0].as_str()
            ),
            (date, "00:00:00")
        );
    }
}

#[tokio::test]
async fn the_clock_can_be_set() {
    let (router, mut client) = connected().await;
    let set = Command::new("/system/clock/set")
        .attr("date", "2027-01-02")
        .attr("time", "03:04:05");
    assert!(client.run(set).await.traps.is_empty());
    router.elapse(std::time::Duration::from_secs(1));
    let row = &router.rows("/system/clock")[0];
    assert_eq!(
        (row["date"].as_str(), row["time"].as_str()),
        ("2027-01-02", "03:04:06")
    );
    let bad = client
        .run(Command::new("/system/clock/set").attr("time", "noon"))
        .await;
    assert_eq!(bad.trap(), "invalid value for argument time");
}

#[tokio::test]
async fn settings_survive_a_reboot() {
    let (router, mut client) = connected().await;
    for (path, name, value) in [
        ("/system/clock", "time-zone-name", "Asia/Jakarta"),
        ("/ppp/aaa", "use-radius", "yes"),
        ("/radius/incoming", "accept", "yes"),
        ("/system/ntp/client", "servers", "10.0.0.1"),
    ] {
        let set = Command::new(format!("{path}/set")).attr(name, value);
        assert!(client.run(set).await.traps.is_empty(), "{path}");
    }
    let mode: [(&str, &[u8]); 1] = [("mode", b"home")];
    router.overwrite("/system/device-mode", "", &mode).unwrap();
    router.reboot();
    for (path, name, value) in [
        ("/system/clock", "time-zone-name", "Asia/Jakarta"),
        ("/ppp/aaa", "use-radius", "true"),
        ("/radius/incoming", "accept", "true"),
        ("/system/ntp/client", "servers", "10.0.0.1"),
        ("/system/device-mode", "mode", "home"),
    ] {
        assert_eq!(router.rows(path)[0][name], value, "{path}");
    }
}
