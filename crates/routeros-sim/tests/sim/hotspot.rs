//! Hotspot customers: logins, cookies, limits, and what cutting them off takes.

use std::time::Duration;

use routeros_proto::Command;
use routeros_sim::LoginError;

use crate::client::Client;
use crate::isp;

const PHONE: &str = "EA:52:FD:F7:82:13";
const LAPTOP: &str = "EA:52:FD:F7:82:14";

#[tokio::test]
async fn a_login_makes_a_session_a_host_a_queue_and_cookies() {
    let router = isp().await;
    let session = router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    assert_eq!(session.id, format!("*{:X}", u32::from(session.address)));
    assert_eq!(session.time_left, Some(Duration::from_secs(12 * 3600)));
    let active = router.row("/ip/hotspot/active", "user", "CODE1").unwrap();
    assert_eq!(active[".id"], session.id);
    assert_eq!(
        (
            active["login-by"].as_str(),
            active["session-time-left"].as_str()
        ),
        ("http-chap", "12h")
    );
    assert_eq!(
        router
            .row("/ip/hotspot/host", "mac-address", PHONE)
            .unwrap()["authorized"],
        "true"
    );
    let queue = router
        .row("/queue/simple", "name", "<hotspot-CODE1>")
        .unwrap();
    assert_eq!(queue["max-limit"], "2000000/4000000");
    let mut kinds: Vec<String> = router
        .rows("/ip/hotspot/cookie")
        .iter()
        .map(|row| row["mac-cookie"].clone())
        .collect();
    kinds.sort();
    assert_eq!(kinds, ["false", "true"]);
}

#[tokio::test]
async fn the_wrong_are_kept_out_in_the_words_of_the_login_page() {
    let router = isp().await;
    let login = |mac| {
        router
            .hotspot_login("CODE1", "CODE1", mac)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        router.hotspot_login("CODE1", "x", PHONE),
        Err(LoginError::InvalidUser)
    );
    assert_eq!(
        router.hotspot_login("code1", "CODE1", PHONE),
        Err(LoginError::InvalidUser)
    );
    router
        .update("/ip/hotspot/user", "CODE1", &[("disabled", "yes")])
        .unwrap();
    assert_eq!(login(PHONE), "invalid username or password");
    let user = [("disabled", "no"), ("mac-address", LAPTOP)];
    router.update("/ip/hotspot/user", "CODE1", &user).unwrap();
    assert_eq!(
        login(PHONE),
        "user CODE1 is not allowed to log in from this MAC address"
    );
    router
        .update("/ip/hotspot/user", "CODE1", &[("mac-address", "")])
        .unwrap();
    router
        .insert(
            "/ip/hotspot/ip-binding",
            &[("mac-address", PHONE), ("type", "blocked")],
        )
        .unwrap();
    assert_eq!(
        router.hotspot_login("CODE1", "CODE1", PHONE),
        Err(LoginError::Blocked)
    );
    assert!(matches!(
        router.hotspot_login("CODE1", "CODE1", "phone"),
        Err(LoginError::BadMac(_))
    ));
    router
        .insert("/ip/hotspot/user", &[("name", LAPTOP)])
        .unwrap();
    let stranger = "EA:52:FD:F7:82:15";
    let refused = router.hotspot_login(LAPTOP, "", stranger);
    assert_eq!(
        refused,
        Err(LoginError::WrongMacUsername(LAPTOP.to_owned()))
    );
}

#[tokio::test]
async fn a_user_of_this_server_goes_before_the_one_of_all() {
    let router = isp().await;
    let own = [
        ("name", "CODE1"),
        ("server", "hotspot1"),
        ("password", "own"),
    ];
    router.insert("/ip/hotspot/user", &own).unwrap();
    assert_eq!(
        router.hotspot_login("CODE1", "CODE1", PHONE),
        Err(LoginError::InvalidUser)
    );
    router.hotspot_login("CODE1", "own", PHONE).unwrap();
}

#[tokio::test]
async fn the_surplus_device_is_refused() {
    let router = isp().await;
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    let again = router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    assert_eq!(router.rows("/ip/hotspot/active").len(), 1);
    let refused = router.hotspot_login("CODE1", "CODE1", LAPTOP);
    assert_eq!(refused, Err(LoginError::SharedUsers("CODE1".to_owned())));
    router
        .update("/ip/hotspot/user/profile", "day", &[("shared-users", "2")])
        .unwrap();
    let second = router.hotspot_login("CODE1", "CODE1", LAPTOP).unwrap();
    assert_ne!(again.address, second.address);
}

#[tokio::test]
async fn totals_grow_at_logout_and_not_before() {
    let router = isp().await;
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    router.elapse(Duration::from_secs(600));
    router.add_traffic("CODE1", 1_000, 5_000);
    let user = || router.row("/ip/hotspot/user", "name", "CODE1").unwrap();
    assert_eq!(
        (user()["uptime"].as_str(), user()["bytes-in"].as_str()),
        ("0s", "0")
    );
    let active = router.row("/ip/hotspot/active", "user", "CODE1").unwrap();
    assert_eq!(
        (active["bytes-in"].as_str(), active["bytes-out"].as_str()),
        ("1000", "5000")
    );
    router.hotspot_leave("CODE1");
    assert_eq!(
        (user()["uptime"].as_str(), user()["bytes-in"].as_str()),
        ("10m", "1000")
    );
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    router.elapse(Duration::from_secs(60));
    router.hotspot_leave("CODE1");
    assert_eq!(user()["uptime"], "11m");
}

#[tokio::test]
async fn the_uptime_limit_ends_the_session_to_the_second() {
    let router = isp().await;
    router
        .update("/ip/hotspot/user", "CODE1", &[("limit-uptime", "1h")])
        .unwrap();
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    router.elapse(Duration::from_secs(86_400));
    assert!(router.rows("/ip/hotspot/active").is_empty());
    assert_eq!(
        router.row("/ip/hotspot/user", "name", "CODE1").unwrap()["uptime"],
        "1h"
    );
    let refused = router.hotspot_login("CODE1", "CODE1", PHONE).unwrap_err();
    assert_eq!(refused.to_string(), "user CODE1 has reached uptime limit");
    router
        .update("/ip/hotspot/user", "CODE1", &[("limit-uptime", "90m")])
        .unwrap();
    let session = router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    assert_eq!(session.time_left, Some(Duration::from_secs(1_800)));
}

#[tokio::test]
async fn the_traffic_limit_ends_the_session_and_bars_the_next() {
    let router = isp().await;
    router
        .update(
            "/ip/hotspot/user",
            "CODE1",
            &[("limit-bytes-total", "10000")],
        )
        .unwrap();
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    router.add_traffic("CODE1", 4_000, 5_999);
    assert_eq!(router.rows("/ip/hotspot/active").len(), 1);
    router.add_traffic("CODE1", 1, 0);
    assert!(router.rows("/ip/hotspot/active").is_empty());
    let refused = router.hotspot_login("CODE1", "CODE1", PHONE).unwrap_err();
    assert_eq!(refused.to_string(), "user CODE1 has reached traffic limit");
    let mut client = Client::login(&router).await;
    client
        .run(Command::new("/ip/hotspot/user/reset-counters").attr("numbers", "CODE1"))
        .await;
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
}

#[tokio::test]
async fn a_kick_takes_the_mac_cookie_and_leaves_the_http_cookie() {
    let router = isp().await;
    let session = router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    let mut client = Client::login(&router).await;
    client
        .run(Command::new("/ip/hotspot/active/remove").attr(".id", &session.id))
        .await;
    let cookies = router.rows("/ip/hotspot/cookie");
    assert_eq!(cookies.len(), 1);
    assert_eq!(cookies[0]["mac-cookie"], "false");
    let back = router.hotspot_cookie_login(PHONE).unwrap();
    assert_eq!(back.login_by, "cookie");
}

#[tokio::test]
async fn disabled_kicked_and_without_cookies_nobody_comes_back() {
    let router = isp().await;
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    router
        .update("/ip/hotspot/user", "CODE1", &[("disabled", "yes")])
        .unwrap();
    assert_eq!(
        router.rows("/ip/hotspot/active").len(),
        1,
        "disabling does not kick"
    );
    let active = router.row("/ip/hotspot/active", "user", "CODE1").unwrap();
    router.remove("/ip/hotspot/active", &active[".id"]).unwrap();
    assert_eq!(
        router.hotspot_cookie_login(PHONE),
        Err(LoginError::Disabled)
    );
    for cookie in router.rows("/ip/hotspot/cookie") {
        router.remove("/ip/hotspot/cookie", &cookie[".id"]).unwrap();
    }
    router
        .update("/ip/hotspot/user", "CODE1", &[("disabled", "no")])
        .unwrap();
    assert_eq!(
        router.hotspot_cookie_login(PHONE),
        Err(LoginError::NoCookie)
    );
}

#[tokio::test]
async fn a_mac_cookie_that_fails_is_used_up_and_cookies_run_out() {
    let router = isp().await;
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    router.hotspot_leave("CODE1");
    router
        .update("/ip/hotspot/user", "CODE1", &[("disabled", "yes")])
        .unwrap();
    router.hotspot_cookie_login(PHONE).unwrap_err();
    assert_eq!(router.rows("/ip/hotspot/cookie").len(), 1);
    router.elapse(Duration::from_secs(3 * 86_400));
    assert!(router.rows("/ip/hotspot/cookie").is_empty());
}

#[tokio::test]
async fn a_plain_leave_comes_back_by_mac_cookie() {
    let router = isp().await;
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    router.hotspot_leave("CODE1");
    assert_eq!(
        router.hotspot_cookie_login(PHONE).unwrap().login_by,
        "mac-cookie"
    );
    router.hotspot_leave("CODE1");
    router
        .update(
            "/ip/hotspot/user/profile",
            "day",
            &[("add-mac-cookie", "no")],
        )
        .unwrap();
    for cookie in router.rows("/ip/hotspot/cookie") {
        router.remove("/ip/hotspot/cookie", &cookie[".id"]).unwrap();
    }
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    assert_eq!(router.rows("/ip/hotspot/cookie").len(), 1);
}

#[tokio::test]
async fn a_host_can_be_logged_in_by_the_router() {
    let router = isp().await;
    let session = router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    router.hotspot_leave("CODE1");
    let mut client = Client::login(&router).await;
    let login = |password: &str, mac: &str| {
        Command::new("/ip/hotspot/active/login")
            .attr("user", "CODE1")
            .attr("password", password)
            .attr("ip", session.address.to_string())
            .attr("mac-address", mac)
    };
    assert_eq!(
        client.run(login("CODE1", LAPTOP)).await.trap(),
        "wrong MAC provided"
    );
    assert_eq!(
        client.run(login("x", PHONE)).await.trap(),
        "invalid username or password"
    );
    assert!(client.run(login("CODE1", PHONE)).await.traps.is_empty());
    assert_eq!(
        router.row("/ip/hotspot/active", "user", "CODE1").unwrap()["login-by"],
        "admin"
    );
}

#[tokio::test]
async fn removing_a_host_ends_its_session() {
    let router = isp().await;
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    let host = router
        .row("/ip/hotspot/host", "mac-address", PHONE)
        .unwrap();
    router.remove("/ip/hotspot/host", &host[".id"]).unwrap();
    assert!(router.rows("/ip/hotspot/active").is_empty());
    assert!(router.rows("/ip/pool/used").is_empty());
}

#[tokio::test]
async fn a_host_becomes_a_binding() {
    let router = isp().await;
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    let host = router
        .row("/ip/hotspot/host", "mac-address", PHONE)
        .unwrap();
    let mut client = Client::login(&router).await;
    let bind = Command::new("/ip/hotspot/host/make-binding")
        .attr("numbers", &host[".id"])
        .attr("type", "bypassed");
    client.run(bind).await;
    assert_eq!(
        router.rows("/ip/hotspot/ip-binding")[0]["mac-address"],
        PHONE
    );
    router.hotspot_leave("CODE1");
    assert_eq!(
        router.hotspot_login("CODE1", "CODE1", PHONE),
        Err(LoginError::Bypassed)
    );
}

#[tokio::test]
async fn a_reboot_loses_the_running_session_and_keeps_mac_cookies() {
    let router = isp().await;
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    router.elapse(Duration::from_secs(600));
    router.reboot();
    assert!(router.rows("/ip/hotspot/active").is_empty());
    assert!(router.rows("/ip/hotspot/host").is_empty());
    assert_eq!(
        router.row("/ip/hotspot/user", "name", "CODE1").unwrap()["uptime"],
        "0s"
    );
    assert_eq!(
        router.hotspot_cookie_login(PHONE).unwrap().login_by,
        "mac-cookie"
    );
}
