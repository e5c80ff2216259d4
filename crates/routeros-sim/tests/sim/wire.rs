//! The protocol: tags, streams, cancelling, empty answers, odd but legal bytes.

use std::time::Duration;

use routeros_proto::{Command, Query, ReplyKind};
use routeros_sim::{Fault, SimConfig, Simulator, VersionProfile};
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

use crate::client::Client;
use crate::{connected, router, router_of};

#[tokio::test]
async fn tags_are_echoed_in_every_reply() {
    let (_router, mut client) = connected().await;
    client
        .send(&Command::new("/ppp/profile/print").tagged("rows"))
        .await;
    client
        .send(&Command::new("/nothing/print").tagged("trap"))
        .await;
    client
        .send(&Command::new("/ppp/secret/print").tagged("empty"))
        .await;
    let mut seen = Vec::new();
    while seen
        .iter()
        .filter(|(kind, _)| *kind == ReplyKind::Done)
        .count()
        < 3
    {
        let reply = client.next().await.unwrap();
        seen.push((reply.kind().clone(), reply.tag().unwrap().to_owned()));
    }
    let of = |tag: &str| {
        let kinds = seen
            .iter()
            .filter(|(_, other)| other == tag)
            .map(|(kind, _)| kind.clone());
        kinds.collect::<Vec<_>>()
    };
    assert_eq!(
        of("rows"),
        [ReplyKind::Data, ReplyKind::Data, ReplyKind::Done]
    );
    assert_eq!(of("trap"), [ReplyKind::Trap, ReplyKind::Done]);
    assert_eq!(of("empty"), [ReplyKind::Empty, ReplyKind::Done]);
}

#[tokio::test]
async fn latency_is_paid_once_for_commands_in_flight() {
    let delay = Duration::from_millis(50);
    let config = SimConfig {
        per_command_delay: delay,
        ..SimConfig::new("far")
    };
    let router = Simulator::start(config).await.unwrap();
    let mut client = Client::login(&router).await;
    let begin = Instant::now();
    for number in 0..100 {
        let add = Command::new("/ppp/secret/add").attr("name", format!("c{number}"));
        client.send(&add.tagged(number.to_string())).await;
    }
    for number in 0..100 {
        let done = client.next().await.unwrap();
        assert_eq!(
            done.tag(),
            Some(number.to_string().as_str()),
            "writes keep their order"
        );
    }
    let took = begin.elapsed();
    assert!(took >= delay, "{took:?}");
    assert!(took < delay * 60, "{took:?}");
}

#[tokio::test]
async fn empty_listings_say_so_since_7_18_only() {
    for (version, expected) in [
        (VersionProfile::V7_16, false),
        (VersionProfile::V7_18, true),
    ] {
        let (_router, mut client) = router_of(version).await;
        let print = Command::new("/ppp/secret/print").query(Query::equals("name", "nobody"));
        assert_eq!(client.run(print).await.saw_empty, expected);
        let remove = client.run(Command::new("/ppp/secret/remove")).await;
        assert!(!remove.saw_empty);
    }
}

#[tokio::test]
async fn empty_answers_after_changes_are_a_switch() {
    let config = SimConfig {
        sends_empty_after_writes: true,
        ..SimConfig::new("x")
    };
    let router = Simulator::start(config).await.unwrap();
    let mut client = Client::login(&router).await;
    let set = Command::new("/system/identity/set").attr("name", "y");
    assert!(client.run(set).await.saw_empty);
}

#[tokio::test]
async fn queries_are_a_machine_with_a_stack() {
    let (router, mut client) = connected().await;
    for (name, comment) in [("a", "x"), ("b", "x"), ("c", "")] {
        router
            .insert("/ppp/secret", &[("name", name), ("comment", comment)])
            .unwrap();
    }
    let table: [(&[&str], &[&str]); 11] = [
        (&["?name=a", "?name=none", "?#1"], &["a"]),
        (&["?name=a", "?name=none", "?#0"], &[]),
        (&["?name=none", "?comment=x", "?#!!|"], &["a", "b"]),
        (&["?comment=x", "?name=a", "?#1.&|"], &["a", "b"]),
        (&["?comment=x", "?name=a", "?#1&|"], &["a", "b"]),
        (&["?name=a", "?#!.&"], &["b", "c"]),
        (&["?name=a", "?#.|"], &["a"]),
        (&["?#!"], &[]),
        (&["?#!!"], &["a", "b", "c"]),
        (&["?#9"], &["a", "b", "c"]),
        (&["?name=a", "?name=b", "?#|", "?name=b", "?#!&"], &["a"]),
    ];
    for (queries, expected) in table {
        let mut command = Command::new("/ppp/secret/print");
        for query in queries {
            command = command.query(Query::parse(query.as_bytes()).unwrap());
        }
        let names = client.run(command).await.column("name");
        assert_eq!(names, expected, "{queries:?}");
    }
}

#[tokio::test]
async fn quit_is_answered_by_fatal_and_the_end() {
    let (_router, mut client) = connected().await;
    client.send(&Command::new("/quit")).await;
    let fatal = client.next().await.unwrap();
    assert_eq!(
        fatal.fatal_text().as_deref(),
        Some("session terminated on request")
    );
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn a_listen_follows_changes_until_it_is_cancelled() {
    let (router, mut client) = connected().await;
    client
        .send(&Command::new("/interface/listen").tagged("2"))
        .await;
    client
        .send(
            &Command::new("/interface/set")
                .attr("disabled", "yes")
                .attr(".id", "ether1")
                .tagged("3"),
        )
        .await;
    let done = client.next().await.unwrap();
    assert_eq!((done.kind(), done.tag()), (&ReplyKind::Done, Some("3")));
    let row = client.next().await.unwrap();
    assert_eq!(
        (row.tag(), row.get("name").as_deref()),
        (Some("2"), Some("ether1"))
    );
    assert_eq!(row.get("disabled").as_deref(), Some("true"));

    client
        .send(&Command::new("/cancel").attr("tag", "2").tagged("7"))
        .await;
    let trap = client.next().await.unwrap();
    assert_eq!((trap.kind(), trap.tag()), (&ReplyKind::Trap, Some("2")));
    assert_eq!(trap.get("category").as_deref(), Some("2"));
    assert_eq!(trap.get("message").as_deref(), Some("interrupted"));
    assert_eq!(client.next().await.unwrap().tag(), Some("7"));
    assert_eq!(client.next().await.unwrap().tag(), Some("2"));

    router
        .update("/interface", "ether1", &[("disabled", "no")])
        .unwrap();
    client
        .send(&Command::new("/system/identity/print").tagged("8"))
        .await;
    assert_eq!(client.next().await.unwrap().tag(), Some("8"));
}

#[tokio::test]
async fn a_listen_tells_of_removed_rows() {
    let (router, mut client) = connected().await;
    let id = router.insert("/ppp/secret", &[("name", "gone")]).unwrap();
    client
        .send(&Command::new("/ppp/secret/listen").tagged("1"))
        .await;
    client
        .send(
            &Command::new("/ppp/secret/remove")
                .attr(".id", &id)
                .tagged("2"),
        )
        .await;
    assert_eq!(client.next().await.unwrap().tag(), Some("2"));
    let dead = client.next().await.unwrap();
    assert!(dead.is_dead());
    assert_eq!(dead.id().unwrap().to_string(), id);
}

#[tokio::test]
async fn single_menus_cannot_be_listened_to() {
    let (_router, mut client) = connected().await;
    let trap = client.run(Command::new("/system/identity/listen")).await;
    assert_eq!(trap.trap(), "unknown parameter follow-only");
}

#[tokio::test]
async fn cancelling_nothing_is_answered_plainly() {
    let (_router, mut client) = connected().await;
    let answer = client
        .run(Command::new("/cancel").attr("tag", "none"))
        .await;
    assert!(answer.traps.is_empty());
}

#[tokio::test]
async fn a_stalled_command_can_be_cancelled() {
    let (router, mut client) = connected().await;
    router.set_fault(Fault::StallCommand("/ppp/secret/print".to_owned()));
    client
        .send(&Command::new("/ppp/secret/print").tagged("1"))
        .await;
    client
        .send(&Command::new("/cancel").attr("tag", "1").tagged("2"))
        .await;
    let kinds: Vec<_> = [
        client.next().await,
        client.next().await,
        client.next().await,
    ]
    .into_iter()
    .map(|reply| reply.unwrap().tag().unwrap().to_owned())
    .collect();
    assert_eq!(kinds, ["1", "2", "1"]);
}

#[tokio::test]
async fn a_print_with_an_interval_repeats_until_cancelled() {
    let (_router, mut client) = connected().await;
    let print = Command::new("/system/identity/print")
        .attr("interval", "20ms")
        .tagged("1");
    client.send(&print).await;
    for _ in 0..3 {
        assert_eq!(client.next().await.unwrap().kind(), &ReplyKind::Data);
    }
    client.send(&Command::new("/cancel").tagged("2")).await;
    while client.next().await.unwrap().tag() != Some("2") {}
}

#[tokio::test]
async fn long_length_forms_and_single_bytes_are_understood() {
    let (_router, mut client) = connected().await;
    let mut bytes = Vec::new();
    for word in ["/system/identity/print", ""] {
        bytes.push(0xF0);
        bytes.extend(u32::try_from(word.len()).unwrap().to_be_bytes());
        bytes.extend(word.as_bytes());
    }
    for byte in bytes {
        client.stream.write_all(&[byte]).await.unwrap();
        client.stream.flush().await.unwrap();
    }
    assert_eq!(client.answer().await.unwrap().column("name"), ["tower-1"]);
}

#[tokio::test]
async fn foreign_bytes_are_stored_and_given_back() {
    let (router, mut client) = connected().await;
    let add = Command::new("/ppp/secret/add")
        .attr("name", "x")
        .attr("comment", b"caf\xE9");
    client.run(add).await;
    let print = client.run(Command::new("/ppp/secret/print")).await;
    assert_eq!(print.rows[0].get_raw("comment"), Some(&b"caf\xE9"[..]));
    assert_eq!(router.rows("/ppp/secret")[0]["comment"], "caf\u{FFFD}");
}

#[tokio::test]
async fn a_megabyte_of_value_passes() {
    let (_router, mut client) = connected().await;
    let text = "x".repeat(1_000_000);
    client
        .run(
            Command::new("/ppp/secret/add")
                .attr("name", "x")
                .attr("comment", &text),
        )
        .await;
    assert_eq!(
        client
            .run(Command::new("/ppp/secret/print"))
            .await
            .column("comment"),
        [text]
    );
}

#[tokio::test]
async fn shutting_down_closes_and_restarting_keeps_the_port_and_the_tables() {
    let router = router().await;
    router.insert("/ppp/secret", &[("name", "kept")]).unwrap();
    let mut client = Client::login(&router).await;
    let addr = router.addr();
    router.shutdown().await;
    assert!(client.is_closed().await);
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
    router.restart().await.unwrap();
    assert_eq!(router.addr(), addr);
    let mut client = Client::login(&router).await;
    let secrets = client.run(Command::new("/ppp/secret/print")).await;
    assert_eq!(secrets.column("name"), ["kept"]);
}

#[tokio::test]
async fn dropping_the_last_handle_closes_everything() {
    let router = router().await;
    let other = router.clone();
    let mut client = Client::login(&router).await;
    drop(router);
    assert!(
        client
            .run(Command::new("/ppp/secret/print"))
            .await
            .traps
            .is_empty()
    );
    drop(other);
    assert!(client.is_closed().await);
}

/// Random bytes from a fixed seed (a linear congruential generator after Knuth).
struct Noise(u64);

impl Noise {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn word(&mut self) -> Vec<u8> {
        const BEGINNINGS: [&str; 10] = [
            "/",
            "=",
            "?",
            "?#",
            ".tag=",
            "=.id=",
            "=.proplist=",
            "/ppp/secret/",
            "=name=",
            "!",
        ];
        let beginning = usize::try_from(self.next(10)).unwrap();
        let mut word = BEGINNINGS[beginning].as_bytes().to_vec();
        for _ in 0..self.next(12) {
            word.push(u8::try_from(self.next(256)).unwrap());
        }
        word
    }
}

#[tokio::test]
async fn whatever_is_said_the_router_stays_up() {
    let router = router().await;
    let mut noise = Noise(42);
    for round in 0..200 {
        let mut client = match round % 2 {
            0 => Client::connect(&router).await,
            _ => Client::login(&router).await,
        };
        let mut bytes = Vec::new();
        for _ in 0..noise.next(8) {
            if round % 10 == 0 {
                bytes.push(u8::try_from(noise.next(256)).unwrap());
                continue;
            }
            for _ in 0..noise.next(5) {
                let word = noise.word();
                bytes.push(u8::try_from(word.len()).unwrap());
                bytes.extend(word);
            }
            bytes.push(0);
        }
        client.stream.write_all(&bytes).await.unwrap();
        client.stream.shutdown().await.unwrap();
        while client.next().await.is_some() {}
    }
    // A session that broke down would be counted as open for ever.
    let closed = tokio::time::timeout(Duration::from_secs(10), async {
        while router.stats().open_connections > 0 {
            tokio::task::yield_now().await;
        }
    });
    closed.await.unwrap();
    let mut client = Client::login(&router).await;
    let names = client.run(Command::new("/system/identity/print")).await;
    assert_eq!(names.column("name"), ["tower-1"]);
}
