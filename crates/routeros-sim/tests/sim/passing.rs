//! What happens while time passes: traffic, silence, devices out of reach, clients that redial.

use std::time::Duration;

use routeros_proto::Command;
use routeros_sim::{DialError, SimConfig, Simulator};

use crate::client::Client;
use crate::isp;

const PHONE: &str = "EA:52:FD:F7:82:13";
const BOX: &str = "AA:BB:CC:00:00:01";

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// One property of the first row of a menu with this name or user.
fn shown(router: &Simulator, menu: &str, key: &str, value: &str, name: &str) -> String {
    router
        .row(menu, key, value)
        .unwrap_or_default()
        .remove(name)
        .unwrap_or_default()
}

fn is_online(router: &Simulator, name: &str) -> bool {
    router.row("/ppp/active", "name", name).is_some()
}

fn last_log(router: &Simulator) -> String {
    router.rows("/log").last().unwrap()["message"].clone()
}

#[tokio::test]
async fn a_client_dials_again_after_it_was_cut_off() {
    let router = isp().await;
    let session = router.ppp_client("siti", "pw", BOX, seconds(5)).unwrap();
    let mut client = Client::login(&router).await;
    let remove = Command::new("/ppp/active/remove").attr(".id", &session.id);
    assert!(client.run(remove).await.traps.is_empty());
    router.elapse(Duration::from_millis(4_999));
    assert!(!is_online(&router, "siti"));
    router.elapse(Duration::from_millis(1));
    assert!(is_online(&router, "siti"));
    router.elapse(seconds(60));
    assert_eq!(
        shown(&router, "/ppp/active", "name", "siti", "uptime"),
        "1m"
    );
}

#[tokio::test]
async fn a_client_that_dials_again_gets_what_the_profile_says_then() {
    let router = isp().await;
    router.ppp_client("siti", "pw", BOX, seconds(5)).unwrap();
    router
        .update("/ppp/profile", "gold", &[("rate-limit", "1M/1M")])
        .unwrap();
    let limit = || {
        shown(
            &router,
            "/queue/simple",
            "name",
            "<pppoe-siti>",
            "max-limit",
        )
    };
    assert_eq!(limit(), "5000000/20000000");
    router.remove("/ppp/active", "siti").unwrap();
    router.elapse(seconds(10));
    assert_eq!(limit(), "1000000/1000000");
}

#[tokio::test]
async fn a_disabled_client_keeps_trying_and_comes_back_when_enabled() {
    let router = isp().await;
    router
        .update("/ppp/secret", "siti", &[("disabled", "yes")])
        .unwrap();
    assert_eq!(
        router.ppp_client("siti", "pw", BOX, seconds(5)),
        Err(DialError::Disabled)
    );
    router.elapse(seconds(3_600));
    assert!(!is_online(&router, "siti"));
    router
        .update("/ppp/secret", "siti", &[("disabled", "no")])
        .unwrap();
    router.elapse(seconds(5));
    assert!(is_online(&router, "siti"));
}

#[tokio::test]
async fn who_hangs_up_dials_no_more_and_a_power_cut_is_no_hanging_up() {
    let router = isp().await;
    router.ppp_client("siti", "pw", BOX, seconds(5)).unwrap();
    router.reboot();
    assert!(!is_online(&router, "siti"));
    router.elapse(seconds(5));
    assert!(is_online(&router, "siti"));
    assert_eq!(router.ppp_hangup("siti"), 1);
    router.elapse(seconds(600));
    assert!(!is_online(&router, "siti"));
}

#[tokio::test]
async fn a_session_timeout_repeats_with_a_client_that_redials() {
    let router = isp().await;
    router
        .update("/ppp/profile", "gold", &[("session-timeout", "1h")])
        .unwrap();
    router.ppp_client("siti", "pw", BOX, seconds(10)).unwrap();
    // Two whole sessions and their pauses, and five minutes of the third.
    router.elapse(seconds(2 * 3_610 + 300));
    assert_eq!(
        shown(&router, "/ppp/active", "name", "siti", "uptime"),
        "5m"
    );
    assert_eq!(
        shown(&router, "/ppp/active", "name", "siti", "session-id"),
        "0x81100003"
    );
}

#[tokio::test]
async fn traffic_by_the_second_is_the_same_in_one_stretch_and_in_many() {
    let mut counted = Vec::new();
    for steps in [1, 7, 100] {
        let router = isp().await;
        router.ppp_dial("siti", "pw", BOX).unwrap();
        router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
        router.set_traffic_rate("siti", 333, 1_001);
        router.set_traffic_rate("CODE1", 3, 5);
        for _ in 0..steps {
            router.elapse(Duration::from_millis(700_000 / steps));
        }
        let of = |menu, key, value, name| shown(&router, menu, key, value, name);
        counted.push([
            of("/interface", "name", "<pppoe-siti>", "rx-byte"),
            of("/interface", "name", "<pppoe-siti>", "tx-byte"),
            of("/ip/hotspot/active", "user", "CODE1", "bytes-in"),
            of("/ip/hotspot/active", "user", "CODE1", "bytes-out"),
            of("/ip/hotspot/user", "name", "CODE1", "bytes-in"),
        ]);
    }
    assert_eq!(counted[0], ["233100", "700700", "2100", "3500", "0"]);
    assert_eq!(counted[0], counted[1]);
    assert_eq!(counted[0], counted[2]);
}

#[tokio::test]
async fn a_traffic_limit_ends_the_session_at_the_moment_it_is_reached() {
    let router = isp().await;
    router
        .update(
            "/ip/hotspot/user",
            "CODE1",
            &[("limit-bytes-total", "1000000")],
        )
        .unwrap();
    router.set_traffic_rate("CODE1", 300, 700);
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    router.elapse(seconds(999));
    assert!(router.row("/ip/hotspot/active", "user", "CODE1").is_some());
    router.elapse(seconds(3_600));
    assert!(router.row("/ip/hotspot/active", "user", "CODE1").is_none());
    let of_user = |name| shown(&router, "/ip/hotspot/user", "name", "CODE1", name);
    assert_eq!(of_user("uptime"), "16m40s");
    assert_eq!(
        (of_user("bytes-in").as_str(), of_user("bytes-out").as_str()),
        ("300000", "700000")
    );
    assert!(last_log(&router).ends_with("traffic limit reached"));
}

#[tokio::test]
async fn traffic_stops_with_its_rate_and_with_the_session() {
    let router = isp().await;
    router.ppp_dial("siti", "pw", BOX).unwrap();
    router.set_traffic_rate("siti", 10, 10);
    router.elapse(seconds(10));
    router.set_traffic_rate("siti", 0, 0);
    router.elapse(seconds(10));
    let rx = || shown(&router, "/interface", "name", "<pppoe-siti>", "rx-byte");
    assert_eq!(rx(), "100");
    router.set_traffic_rate("siti", 10, 10);
    router.reboot();
    router.ppp_dial("siti", "pw", BOX).unwrap();
    assert_eq!(rx(), "0", "running counters are lost");
    router.elapse(seconds(1));
    assert_eq!(rx(), "10");
}

#[tokio::test]
async fn a_monitor_shows_what_passes_and_repeats_unless_asked_once() {
    let router = isp().await;
    router.ppp_dial("siti", "pw", BOX).unwrap();
    router.set_traffic_rate("siti", 1_000, 50_000);
    let mut client = Client::login(&router).await;
    let monitor =
        Command::new("/interface/monitor-traffic").attr("interface", "<pppoe-siti>,ether1");
    let once = client.run(monitor.clone().flag("once")).await;
    assert_eq!(once.column("rx-bits-per-second"), ["8000", "0"]);
    assert_eq!(once.column("tx-bits-per-second"), ["400000", "0"]);
    client
        .send(&monitor.attr("interval", "10ms").tagged("1"))
        .await;
    for _ in 0..6 {
        assert_eq!(client.next().await.unwrap().tag(), Some("1"));
    }
}

#[tokio::test]
async fn silence_ends_a_session_with_an_idle_timeout_and_traffic_keeps_it() {
    let router = isp().await;
    router
        .update("/ip/hotspot/user/profile", "day", &[("idle-timeout", "5m")])
        .unwrap();
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    let idle = || shown(&router, "/ip/hotspot/active", "user", "CODE1", "idle-time");
    router.elapse(seconds(240));
    assert_eq!(idle(), "4m");
    router.add_traffic("CODE1", 1, 1);
    assert_eq!(idle(), "0s");
    router.set_traffic_rate("CODE1", 1, 1);
    router.elapse(seconds(3_600));
    assert_eq!(idle(), "0s");
    router.set_traffic_rate("CODE1", 0, 0);
    router.elapse(seconds(299));
    assert_eq!(idle(), "4m59s");
    router.elapse(seconds(1));
    assert!(router.row("/ip/hotspot/active", "user", "CODE1").is_none());
    assert!(last_log(&router).ends_with("idle timeout"));
}

#[tokio::test]
async fn a_silent_ppp_session_ends_too_and_says_why() {
    let router = isp().await;
    router
        .update("/ppp/profile", "gold", &[("idle-timeout", "10m")])
        .unwrap();
    router.ppp_dial("siti", "pw", BOX).unwrap();
    router.elapse(seconds(600));
    assert!(!is_online(&router, "siti"));
    assert_eq!(
        shown(
            &router,
            "/ppp/secret",
            "name",
            "siti",
            "last-disconnect-reason"
        ),
        "idle-timeout"
    );
}

#[tokio::test]
async fn a_device_out_of_reach_is_given_up_after_the_keepalive_timeout() {
    let router = isp().await;
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    router.set_traffic_rate("CODE1", 10, 10);
    router.elapse(seconds(60));
    assert_eq!(router.hotspot_vanish("CODE1"), 1);
    router.elapse(seconds(119));
    let bytes = shown(&router, "/ip/hotspot/active", "user", "CODE1", "bytes-in");
    assert_eq!(bytes, "600", "who is away uses nothing");
    router.elapse(seconds(1));
    assert!(router.row("/ip/hotspot/active", "user", "CODE1").is_none());
    assert!(last_log(&router).ends_with("keepalive timeout"));
    assert_eq!(
        shown(&router, "/ip/hotspot/user", "name", "CODE1", "uptime"),
        "3m"
    );
}

#[tokio::test]
async fn without_a_keepalive_timeout_a_device_out_of_reach_stays_logged_in() {
    let router = isp().await;
    router
        .update(
            "/ip/hotspot/user/profile",
            "day",
            &[("keepalive-timeout", "none")],
        )
        .unwrap();
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    router.hotspot_vanish("CODE1");
    router.elapse(seconds(3_600));
    assert!(router.row("/ip/hotspot/active", "user", "CODE1").is_some());
}

#[tokio::test]
async fn a_logout_by_the_user_leaves_the_cookies() {
    let router = isp().await;
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    assert_eq!(router.hotspot_logout("CODE1"), 1);
    assert!(last_log(&router).ends_with("user request"));
    assert!(router.hotspot_cookie_login(PHONE).is_ok());
}

#[tokio::test]
async fn a_kicked_device_comes_back_until_its_cookies_are_gone() {
    let router = isp().await;
    let is_there = || router.row("/ip/hotspot/active", "user", "CODE1").is_some();
    let kick = || {
        let row = router.row("/ip/hotspot/active", "user", "CODE1").unwrap();
        router.remove("/ip/hotspot/active", &row[".id"]).unwrap();
    };
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    router.hotspot_returns(PHONE, seconds(3)).unwrap();
    kick();
    router.elapse(seconds(2));
    assert!(!is_there());
    router.elapse(seconds(1));
    assert!(is_there(), "the HTTP cookie is left");
    router
        .update("/ip/hotspot/user", "CODE1", &[("disabled", "yes")])
        .unwrap();
    kick();
    router.elapse(seconds(3_600));
    assert!(!is_there());
    router
        .update("/ip/hotspot/user", "CODE1", &[("disabled", "no")])
        .unwrap();
    router.elapse(seconds(3_600));
    assert!(!is_there(), "it has given up");
    assert!(router.hotspot_returns("phone", seconds(3)).is_err());
}

#[tokio::test]
async fn who_logs_out_or_goes_away_does_not_come_back_by_itself() {
    let router = isp().await;
    router.hotspot_returns(PHONE, seconds(3)).unwrap();
    for goes in [
        Simulator::hotspot_logout,
        Simulator::hotspot_leave,
        Simulator::hotspot_vanish,
    ] {
        router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
        assert_eq!(goes(&router, "CODE1"), 1);
        router.elapse(seconds(600));
        assert!(router.row("/ip/hotspot/active", "user", "CODE1").is_none());
    }
}

#[tokio::test]
async fn a_device_comes_back_after_each_session_timeout_and_its_traffic_counts() {
    let router = isp().await;
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    router.hotspot_returns(PHONE, seconds(60)).unwrap();
    router.set_traffic_rate("CODE1", 1, 2);
    // The profile's sessions last twelve hours: two whole ones and an hour of the third.
    router.elapse(seconds(2 * 43_260 + 3_600));
    let of = |menu, key, name| shown(&router, menu, key, "CODE1", name);
    assert_eq!(of("/ip/hotspot/active", "user", "uptime"), "1h");
    assert_eq!(of("/ip/hotspot/active", "user", "bytes-out"), "7200");
    assert_eq!(of("/ip/hotspot/user", "name", "uptime"), "1d");
    assert_eq!(of("/ip/hotspot/user", "name", "bytes-in"), "86400");
}

#[tokio::test]
async fn a_raised_limit_does_not_reach_a_running_session() {
    let router = isp().await;
    let limit = |span| [("limit-uptime", span)];
    router
        .update("/ip/hotspot/user", "CODE1", &limit("1h"))
        .unwrap();
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    router.elapse(seconds(1_800));
    router
        .update("/ip/hotspot/user", "CODE1", &limit("10h"))
        .unwrap();
    let left = || {
        shown(
            &router,
            "/ip/hotspot/active",
            "user",
            "CODE1",
            "session-time-left",
        )
    };
    assert_eq!(left(), "30m");
    router.remove("/ip/hotspot/active", "CODE1").unwrap_err();
    let id = router.row("/ip/hotspot/active", "user", "CODE1").unwrap()[".id"].clone();
    router.remove("/ip/hotspot/active", &id).unwrap();
    router.hotspot_login("CODE1", "CODE1", PHONE).unwrap();
    assert_eq!(left(), "9h30m");
}

#[tokio::test]
async fn only_one_may_be_said_by_the_default_profile() {
    let router = isp().await;
    router.ppp_dial("siti", "pw", BOX).unwrap();
    router.ppp_dial("siti", "pw", BOX).unwrap();
    router
        .update("/ppp/profile", "default", &[("only-one", "yes")])
        .unwrap();
    assert_eq!(router.ppp_dial("siti", "pw", BOX), Err(DialError::OnlyOne));
    router
        .update("/ppp/profile", "gold", &[("only-one", "no")])
        .unwrap();
    assert!(router.ppp_dial("siti", "pw", BOX).is_ok());
}

#[tokio::test]
async fn habits_survive_in_the_state_file() {
    let folder = tempfile::tempdir().unwrap();
    let config = || SimConfig {
        state_file: Some(folder.path().join("state.json")),
        ..SimConfig::new("tower-1")
    };
    let router = Simulator::start(config()).await.unwrap();
    router
        .insert(
            "/ppp/profile",
            &[("name", "gold"), ("remote-address", "pppoe-pool")],
        )
        .unwrap();
    router
        .insert(
            "/ppp/secret",
            &[("name", "siti"), ("password", "pw"), ("profile", "gold")],
        )
        .unwrap();
    router.ppp_client("siti", "pw", BOX, seconds(5)).unwrap();
    router.remove("/ppp/active", "siti").unwrap();
    router.shutdown().await;
    let router = Simulator::start(config()).await.unwrap();
    router.elapse(seconds(5));
    assert!(is_online(&router, "siti"));
}

#[tokio::test]
async fn two_thousand_sessions_end_in_one_stretch() {
    let router = isp().await;
    router
        .update("/ip/hotspot/user/profile", "day", &[("idle-timeout", "1h")])
        .unwrap();
    for number in 0..2_000_u32 {
        let name = format!("u{number}");
        let user = [("name", name.as_str()), ("profile", "day")];
        router.insert("/ip/hotspot/user", &user).unwrap();
        let [_, a, b, c] = number.to_be_bytes();
        let mac = format!("02:00:00:{a:02X}:{b:02X}:{c:02X}");
        router.hotspot_login(&name, "", &mac).unwrap();
    }
    router.elapse(seconds(3_600));
    assert!(router.rows("/ip/hotspot/active").is_empty());
}
