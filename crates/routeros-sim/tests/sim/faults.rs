//! Faults: each does what it says, to the router as well as to the client.

use std::io::ErrorKind;
use std::time::Duration;

use routeros_proto::Command;
use routeros_sim::{Fault, Simulator};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::client::Client;
use crate::{connected, router};

const MOMENT: Duration = Duration::from_millis(100);

fn add(name: &str) -> Command {
    Command::new("/ppp/secret/add").attr("name", name)
}

fn has(router: &Simulator, name: &str) -> bool {
    router.row("/ppp/secret", "name", name).is_some()
}

#[tokio::test]
async fn a_black_hole_takes_connections_and_never_answers() {
    let (router, mut client) = connected().await;
    router.set_fault(Fault::BlackHole);
    client.send(&add("x")).await;
    assert!(client.hears_nothing(MOMENT).await);
    let mut late = Client::connect(&router).await;
    late.send(
        &Command::new("/login")
            .attr("name", "admin")
            .attr("password", "password"),
    )
    .await;
    assert!(late.hears_nothing(MOMENT).await);
    assert!(!has(&router, "x"));
    router.clear_faults();
    assert!(client.run(add("y")).await.traps.is_empty());
}

#[tokio::test]
async fn a_refusing_port_is_closed_and_opens_again() {
    let (router, mut client) = connected().await;
    router.set_fault(Fault::RefuseConnections);
    let refused = timeout(Duration::from_secs(5), async {
        loop {
            match TcpStream::connect(router.addr()).await {
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => break,
                _ => tokio::task::yield_now().await,
            }
        }
    });
    refused.await.unwrap();
    assert!(
        client.run(add("x")).await.traps.is_empty(),
        "open connections go on"
    );
    router.clear_faults();
    let reopened = timeout(Duration::from_secs(5), async {
        while TcpStream::connect(router.addr()).await.is_err() {
            tokio::task::yield_now().await;
        }
    });
    reopened.await.unwrap();
    Client::login(&router).await;
}

#[tokio::test]
async fn a_connection_drops_before_the_command_is_executed() {
    let (router, mut client) = connected().await;
    router.set_fault(Fault::DropConnectionOnCommand(2));
    client.run(add("one")).await;
    client.send(&add("two")).await;
    assert!(client.is_closed().await);
    assert!(has(&router, "one") && !has(&router, "two"));
    let mut client = Client::login(&router).await;
    client.run(add("three")).await;
}

#[tokio::test]
async fn a_connection_drops_after_the_change_was_applied() {
    let (router, mut client) = connected().await;
    router.set_fault(Fault::DropAfterApply(1));
    client.run(Command::new("/ppp/secret/print")).await;
    client.send(&add("x")).await;
    assert!(client.is_closed().await);
    assert!(has(&router, "x"));
}

#[tokio::test]
async fn a_reply_can_break_in_the_middle() {
    let (router, mut client) = connected().await;
    router.set_fault(Fault::DropMidReply(1));
    client.send(&Command::new("/ppp/profile/print")).await;
    assert!(client.answer().await.is_none());
}

#[tokio::test]
async fn a_stalled_command_does_not_hold_up_others() {
    let (router, mut client) = connected().await;
    router.set_fault(Fault::StallCommand("/ppp/secret".to_owned()));
    client.send(&add("x").tagged("1")).await;
    client
        .send(&Command::new("/system/identity/print").tagged("2"))
        .await;
    assert_eq!(client.next().await.unwrap().tag(), Some("2"));
    assert!(!has(&router, "x"));
}

#[tokio::test]
async fn a_slow_command_is_overtaken() {
    let (router, mut client) = connected().await;
    let delay = Duration::from_millis(150);
    router.set_fault(Fault::SlowCommand {
        command: "/ppp/profile/print".to_owned(),
        delay,
    });
    let begin = Instant::now();
    client
        .send(&Command::new("/ppp/profile/print").tagged("slow"))
        .await;
    client
        .send(&Command::new("/system/identity/print").tagged("quick"))
        .await;
    assert_eq!(client.next().await.unwrap().tag(), Some("quick"));
    while client.next().await.unwrap().tag() != Some("slow") {}
    assert!(begin.elapsed() >= delay);
}

#[tokio::test]
async fn a_command_can_be_refused_in_any_words() {
    let (router, mut client) = connected().await;
    let message = "failure: out of memory".to_owned();
    let command = "/ppp/secret/add".to_owned();
    router.set_fault(Fault::TrapOn {
        command,
        message: message.clone(),
        category: Some(4),
    });
    let answer = client.run(add("x")).await;
    assert_eq!(answer.trap(), message);
    assert_eq!(answer.traps[0].get("category").as_deref(), Some("4"));
    assert!(!has(&router, "x"));
    router.clear_faults();
    assert!(client.run(add("x")).await.traps.is_empty());
}

#[tokio::test]
async fn replies_can_come_byte_by_byte() {
    let (router, mut client) = connected().await;
    router.set_fault(Fault::FragmentReplies);
    let names = client
        .run(Command::new("/ppp/profile/print"))
        .await
        .column("name");
    assert_eq!(names, ["default", "default-encryption"]);
}

#[tokio::test]
async fn the_device_mode_forbids_hotspot_changes() {
    let (router, mut client) = connected().await;
    router.set_fault(Fault::DeviceMode);
    let user = Command::new("/ip/hotspot/user/add").attr("name", "x");
    assert_eq!(
        client.run(user).await.trap(),
        "failure: not allowed by device-mode"
    );
    assert!(
        client
            .run(Command::new("/ip/hotspot/user/print"))
            .await
            .traps
            .is_empty()
    );
    assert!(client.run(add("x")).await.traps.is_empty());
}

#[tokio::test]
async fn a_rate_budget_slows_what_exceeds_it() {
    let (router, mut client) = connected().await;
    let then = Duration::from_millis(30);
    router.set_fault(Fault::RateBudget { fast: 5, then });
    let begin = Instant::now();
    for number in 0..10 {
        client
            .send(&add(&number.to_string()).tagged(number.to_string()))
            .await;
    }
    for _ in 0..10 {
        client.next().await.unwrap();
    }
    assert!(begin.elapsed() >= then * 5);
}

#[tokio::test]
async fn commands_are_counted() {
    let router = router().await;
    let mut client = Client::login(&router).await;
    client.run(add("x")).await;
    client.run(add("x")).await;
    let stats = router.stats();
    assert_eq!((stats.commands, stats.traps, stats.logins), (2, 1, 1));
    assert_eq!(stats.by_command["/ppp/secret/add"], 2);
    assert_eq!((stats.connections, stats.open_connections), (1, 1));
}

#[test]
fn faults_are_read_from_words() {
    let table = [
        ("black-hole", Fault::BlackHole),
        ("refuse", Fault::RefuseConnections),
        ("drop-on:3", Fault::DropConnectionOnCommand(3)),
        ("drop-after-apply:1", Fault::DropAfterApply(1)),
        (
            "stall:/ppp/secret/add",
            Fault::StallCommand("/ppp/secret/add".to_owned()),
        ),
        (
            "trap:/ppp/secret/add:failure: no",
            Fault::TrapOn {
                command: "/ppp/secret/add".to_owned(),
                message: "failure: no".to_owned(),
                category: None,
            },
        ),
        (
            "rate-budget:200:20",
            Fault::RateBudget {
                fast: 200,
                then: Duration::from_millis(20),
            },
        ),
    ];
    for (text, fault) in table {
        assert_eq!(text.parse(), Ok(fault));
    }
    for bad in ["", "fire", "drop-on:x", "stall:", "slow:/x"] {
        assert!(bad.parse::<Fault>().is_err(), "{bad:?}");
    }
}
