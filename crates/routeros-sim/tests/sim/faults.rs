//! Faults: each does what it says, to the router as well as to the client.

use std::io::ErrorKind;
use std::time::Duration;

use routeros_proto::{Command, ReplyKind};
use routeros_sim::{Fault, Permission, Simulator, VersionProfile};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::client::Client;
use crate::{connected, router, router_of};

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
fn faults_are_read_from_words_and_written_in_the_same() {
    let command = || "/ppp/secret/add".to_owned();
    let table = [
        ("black-hole", Fault::BlackHole),
        ("refuse", Fault::RefuseConnections),
        ("session-limit:2", Fault::SessionLimit(2)),
        ("drop-on:3", Fault::DropConnectionOnCommand(3)),
        ("drop-after-apply:1", Fault::DropAfterApply(1)),
        ("drop-mid-reply:1", Fault::DropMidReply(1)),
        ("reboot-on:4", Fault::RebootOn(4)),
        ("stall:/ppp/secret/add", Fault::StallCommand(command())),
        ("stall-on:2", Fault::StallOnNth(2)),
        (
            "slow:/ppp/secret/add:15",
            Fault::SlowCommand {
                command: command(),
                delay: Duration::from_millis(15),
            },
        ),
        (
            "drip:/ppp/secret/add:0",
            Fault::DripCommand {
                command: command(),
                pause: Duration::ZERO,
            },
        ),
        (
            "trap:/ppp/secret/add:failure: no",
            Fault::TrapOn {
                command: command(),
                message: "failure: no".to_owned(),
                category: None,
            },
        ),
        (
            "trap-category:4:/ppp/secret/add:no: never",
            Fault::TrapOn {
                command: command(),
                message: "no: never".to_owned(),
                category: Some(4),
            },
        ),
        (
            "trap-on:7:timeout",
            Fault::TrapOnNth {
                nth: 7,
                message: "timeout".to_owned(),
            },
        ),
        (
            "fatal:/ppp/secret/add:out of memory",
            Fault::FatalOn {
                command: command(),
                message: "out of memory".to_owned(),
            },
        ),
        ("forbid:read", Fault::PermissionLoss(Permission::Read)),
        ("forbid:write", Fault::PermissionLoss(Permission::Write)),
        ("device-mode", Fault::DeviceMode),
        (
            "rate-budget:200:20",
            Fault::RateBudget {
                fast: 200,
                then: Duration::from_millis(20),
            },
        ),
        ("fragment", Fault::FragmentReplies),
        ("long-lengths", Fault::LongLengths),
        ("extra-trap-attribute", Fault::ExtraTrapAttribute),
        ("duplicate-keys", Fault::DuplicateKeys),
        ("bad-utf8", Fault::BadUtf8),
        ("empty-always", Fault::EmptyAlways),
        ("unknown-reply", Fault::UnknownReply),
        ("clock-jump:-60", Fault::ClockJump(-60)),
    ];
    for (text, fault) in table {
        assert_eq!(fault.to_string(), text);
        assert_eq!(text.parse(), Ok(fault));
    }
    assert!(matches!(
        "fatal:/ppp/secret".parse(),
        Ok(Fault::FatalOn { .. })
    ));
    for bad in [
        "",
        "fire",
        "drop-on",
        "drop-on:x",
        "stall:",
        "stall:ppp",
        "slow:/x",
        "forbid:all",
        "fragment:1",
    ] {
        assert!(bad.parse::<Fault>().is_err(), "{bad:?}");
    }
}

#[tokio::test]
async fn faults_are_listed_and_switched_off_one_by_one() {
    let router = router().await;
    for fault in ["stall:/ppp", "stall:/queue", "drop-on:5", "fragment"] {
        router.set_fault(fault.parse().unwrap());
    }
    let mut client = Client::login(&router).await;
    client.run(Command::new("/system/identity/print")).await;
    let listed = || -> Vec<String> { router.faults().iter().map(Fault::to_string).collect() };
    // The login is not counted, the print is.
    assert_eq!(
        listed(),
        ["stall:/ppp", "stall:/queue", "drop-on:4", "fragment"]
    );
    assert_eq!(router.clear_fault("stall:/ppp"), 1);
    assert_eq!(router.clear_fault("drop-on"), 1);
    assert_eq!(router.clear_fault("refuse"), 0);
    assert_eq!(listed(), ["stall:/queue", "fragment"]);
    router.clear_faults();
    assert!(listed().is_empty());
}

#[tokio::test]
async fn the_nth_command_is_refused_whichever_it_is() {
    let (router, mut client) = connected().await;
    router.set_fault("trap-on:2:timeout".parse().unwrap());
    assert!(client.run(add("one")).await.traps.is_empty());
    assert_eq!(client.run(add("two")).await.trap(), "timeout");
    assert!(client.run(add("three")).await.traps.is_empty());
    assert!(!has(&router, "two"));
}

#[tokio::test]
async fn the_nth_command_gets_no_answer_whichever_it_is() {
    let (router, mut client) = connected().await;
    router.set_fault(Fault::StallOnNth(2));
    client.run(add("one")).await;
    client.send(&add("two").tagged("2")).await;
    client.send(&add("three").tagged("3")).await;
    assert_eq!(client.next().await.unwrap().tag(), Some("3"));
    assert!(!has(&router, "two") && router.faults().is_empty());
}

#[tokio::test]
async fn a_broken_line_loses_connections_and_nothing_else() {
    let (router, mut client) = connected().await;
    router.elapse(Duration::from_secs(600));
    router.disconnect();
    assert!(client.is_closed().await);
    assert_eq!(router.rows("/system/resource")[0]["uptime"], "10m");
    Client::login(&router).await;
}

#[tokio::test]
async fn the_power_goes_instead_of_the_nth_command() {
    let (router, mut client) = connected().await;
    router.elapse(Duration::from_secs(600));
    router.set_fault(Fault::RebootOn(2));
    client.run(add("one")).await;
    client.send(&add("two")).await;
    assert!(client.is_closed().await);
    assert!(has(&router, "one") && !has(&router, "two"));
    assert_eq!(router.rows("/system/resource")[0]["uptime"], "0s");
    Client::login(&router).await.run(add("three")).await;
}

#[tokio::test]
async fn a_fatal_answer_is_bare_text_and_the_end() {
    let (router, mut client) = connected().await;
    router.set_fault("fatal:/ppp/secret/add:out of memory".parse().unwrap());
    client.send(&add("x")).await;
    let fatal = client.next().await.unwrap();
    assert_eq!(fatal.fatal_text().as_deref(), Some("out of memory"));
    assert!(client.is_closed().await);
    assert!(!has(&router, "x"));
}

#[tokio::test]
async fn a_lost_permission_is_told_in_the_routers_words() {
    let (router, mut client) = connected().await;
    let print = || Command::new("/ppp/secret/print");
    router.set_fault(Fault::PermissionLoss(Permission::Write));
    assert_eq!(
        client.run(add("x")).await.trap(),
        "not enough permissions (9)"
    );
    assert!(client.run(print()).await.traps.is_empty());
    router.clear_faults();
    router.set_fault(Fault::PermissionLoss(Permission::Read));
    assert_eq!(
        client.run(print()).await.trap(),
        "not enough permissions (9)"
    );
    assert!(client.run(add("x")).await.traps.is_empty());
}

#[tokio::test]
async fn a_port_that_is_full_closes_what_comes_later() {
    let (router, mut client) = connected().await;
    router.set_fault(Fault::SessionLimit(1));
    assert!(Client::connect(&router).await.is_closed().await);
    assert!(client.run(add("x")).await.traps.is_empty());
    router.clear_faults();
    Client::login(&router).await;
}

#[tokio::test]
async fn answers_of_commands_in_flight_come_between_each_other() {
    let (router, mut client) = connected().await;
    router.set_fault("drip:/ppp/profile/print:20".parse().unwrap());
    for tag in ["1", "2"] {
        client
            .send(&Command::new("/ppp/profile/print").tagged(tag))
            .await;
    }
    let mut tags = Vec::new();
    while tags.len() < 6 {
        tags.push(client.next().await.unwrap().tag().unwrap().to_owned());
    }
    let first_of_2 = tags.iter().position(|tag| tag == "2");
    let last_of_1 = tags.iter().rposition(|tag| tag == "1");
    assert!(first_of_2 < last_of_1, "{tags:?}");
    assert_eq!(tags.iter().filter(|tag| *tag == "1").count(), 3);
}

#[tokio::test]
async fn a_dripping_answer_can_be_cancelled_once() {
    let (router, mut client) = connected().await;
    router.set_fault("drip:/ppp/profile/print:60000".parse().unwrap());
    client
        .send(&Command::new("/ppp/profile/print").tagged("1"))
        .await;
    client
        .send(&Command::new("/system/identity/print").tagged("2"))
        .await;
    while client.next().await.unwrap().kind() != &ReplyKind::Done {}
    client
        .send(&Command::new("/cancel").attr("tag", "1").tagged("3"))
        .await;
    let trap = client.next().await.unwrap();
    assert_eq!((trap.kind(), trap.tag()), (&ReplyKind::Trap, Some("1")));
    assert_eq!(client.next().await.unwrap().tag(), Some("3"));
    assert_eq!(client.next().await.unwrap().tag(), Some("1"));
    assert!(client.hears_nothing(MOMENT).await);
}

#[tokio::test]
async fn lengths_can_come_in_five_bytes() {
    let (router, mut client) = connected().await;
    router.set_fault(Fault::LongLengths);
    client.send(&Command::new("/system/identity/print")).await;
    let mut prefix = [0; 5];
    client.stream.read_exact(&mut prefix).await.unwrap();
    assert_eq!(prefix, [0xF0, 0, 0, 0, 3]);
    router.clear_faults();
    let mut client = Client::login(&router).await;
    router.set_fault(Fault::LongLengths);
    let names = client.run(Command::new("/ppp/profile/print")).await;
    assert_eq!(names.column("name"), ["default", "default-encryption"]);
}

#[tokio::test]
async fn traps_can_carry_more_than_their_message() {
    let (router, mut client) = connected().await;
    router.set_fault(Fault::ExtraTrapAttribute);
    let answer = client.run(Command::new("/nothing/print").tagged("1")).await;
    assert_eq!(answer.trap(), "no such command prefix");
    assert_eq!(answer.traps[0].get("reason").as_deref(), Some("simulated"));
    assert_eq!(answer.traps[0].tag(), Some("1"));
}

#[tokio::test]
async fn keys_can_come_twice_in_a_row() {
    let (router, mut client) = connected().await;
    router.set_fault(Fault::DuplicateKeys);
    client
        .send(&Command::new("/system/identity/print").tagged("1"))
        .await;
    let mut bytes = vec![0; 512];
    let count = client.stream.read(&mut bytes).await.unwrap();
    let count_of = |word: &[u8]| {
        let windows = bytes[..count].windows(word.len());
        windows.filter(|it| *it == word).count()
    };
    assert_eq!(count_of(b"=name=tower-1"), 2);
    assert_eq!(count_of(b"=.about="), 2);
}

#[tokio::test]
async fn comments_can_come_in_another_encoding() {
    let (router, mut client) = connected().await;
    router.set_fault(Fault::BadUtf8);
    client.run(add("x")).await;
    client.run(add("y").attr("comment", "here")).await;
    let secrets = client.run(Command::new("/ppp/secret/print")).await;
    let comment = |row: usize| secrets.rows[row].get_raw("comment").map(<[u8]>::to_vec);
    assert_eq!(comment(0), Some(b"caf\xE9".to_vec()));
    assert_eq!(comment(1), Some(b"here caf\xE9".to_vec()));
    assert_eq!(router.rows("/ppp/secret")[1]["comment"], "here");
}

#[tokio::test]
async fn empty_can_come_before_every_end() {
    let (router, mut client) = router_of(VersionProfile::V7_16).await;
    router.set_fault(Fault::EmptyAlways);
    assert!(client.run(add("x")).await.saw_empty);
    let remove = Command::new("/ppp/secret/remove").attr(".id", "x");
    assert!(client.run(remove).await.saw_empty);
    let print = client.run(Command::new("/ppp/profile/print")).await;
    assert!(!print.saw_empty);
}

#[tokio::test]
async fn words_that_nobody_knows_can_come_before_the_end() {
    let (router, mut client) = connected().await;
    router.set_fault(Fault::UnknownReply);
    client
        .send(
            &Command::new("/ppp/secret/add")
                .attr("name", "x")
                .tagged("1"),
        )
        .await;
    let unknown = client.next().await.unwrap();
    assert_eq!(
        (unknown.kind(), unknown.tag()),
        (&ReplyKind::Other("note".to_owned()), Some("1"))
    );
    assert_eq!(client.next().await.unwrap().kind(), &ReplyKind::Done);
}

#[tokio::test]
async fn the_clock_jumps_and_comes_back_with_the_end_of_the_fault() {
    let (router, mut client) = connected().await;
    let (before, uptime) = (router.clock(), || {
        router.rows("/system/resource")[0]["uptime"].clone()
    });
    router.set_fault(Fault::ClockJump(-86_400));
    assert_eq!(router.clock(), before - 86_400);
    let clock = client.run(Command::new("/system/clock/print")).await;
    assert_eq!(clock.column("date"), ["2026-11-20"]);
    assert_eq!(uptime(), "0s", "uptime is no business of the clock");
    router.clear_faults();
    assert_eq!(router.clock(), before);
    router.set_clock(86_400);
    assert_eq!(router.clock(), 86_400);
}

#[tokio::test]
async fn the_rate_budget_is_shared_over_connections() {
    let (router, mut one) = connected().await;
    let mut other = Client::login(&router).await;
    let then = Duration::from_millis(30);
    router.set_fault(Fault::RateBudget { fast: 2, then });
    let begin = Instant::now();
    for number in 0..3 {
        one.send(&add(&format!("a{number}"))).await;
        other.send(&add(&format!("b{number}"))).await;
    }
    for _ in 0..3 {
        one.next().await.unwrap();
        other.next().await.unwrap();
    }
    assert!(begin.elapsed() >= then * 4);
}
