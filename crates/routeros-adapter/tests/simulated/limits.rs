//! How much is taken from somebody who has not proved yet to be a router, and how much from a router that is examined.

use std::time::Duration;

use access::{Finding, GatewayErrorKind as Kind, RouterGateway};
use routeros_adapter::GatewaySettings;
use routeros_proto::{Command, Limits, Reply, SentenceDecoder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::site::{Site, gateway, impatient, target};

/// Long enough that only a limit can be why it ended.
fn patient() -> GatewaySettings {
    GatewaySettings {
        login_timeout: Duration::from_secs(60),
        ..impatient()
    }
}

/// Somebody who sends this when spoken to, as often as it is taken, and otherwise keeps the connection.
async fn talker(greeting: Vec<u8>, times: usize) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _heard = stream.read(&mut [0; 64]).await;
            for _ in 0..times {
                if stream.write_all(&greeting).await.is_err() {
                    break;
                }
            }
            kept.push(stream);
        }
    });
    port
}

async fn refusal(port: u16) -> access::GatewayError {
    let (gateway, at) = (gateway(patient()), target("127.0.0.1", port));
    let refused = timeout(Duration::from_secs(10), gateway.inspect(&at)).await;
    refused.expect("it waits for more").unwrap_err()
}

#[tokio::test]
async fn before_the_login_a_long_word_is_refused_when_it_is_announced() {
    // 64 KiB and one byte; in the other greeting half of that, twice.
    let longer = b"\x03!re\xc1\x00\x01".to_vec();
    let mut together = b"\x03!re\xc0\x80\x00".to_vec();
    together.extend(vec![b'x'; 0x8000]);
    together.extend(b"\xc0\x80\x00");
    for greeting in [longer, together] {
        let refused = refusal(talker(greeting, 1).await).await;
        assert_eq!(refused.kind, Kind::NotRouterOs, "{refused}");
        assert!(refused.message.contains("does not speak"), "{refused}");
    }
}

#[tokio::test]
async fn before_the_login_many_words_are_refused() {
    let mut greeting = b"\x03!re".to_vec();
    greeting.extend(b"\x02=a".repeat(Limits::BEFORE_LOGIN.max_words));
    let refused = refusal(talker(greeting, 1).await).await;
    assert_eq!(refused.kind, Kind::NotRouterOs, "{refused}");
}

#[tokio::test]
async fn before_the_login_many_sentences_are_refused() {
    for word in ["!note", "!trap", "!re"] {
        let len = u8::try_from(word.len()).unwrap();
        let greeting = [&[len], word.as_bytes(), &[0]].concat();
        let refused = refusal(talker(greeting, 1_000).await).await;
        assert!(
            refused.message.contains("larger than can be taken"),
            "{word}: {refused}"
        );
    }
}

#[tokio::test]
async fn after_the_login_a_router_may_say_much_at_once() {
    let site = Site::new().await;
    let source = "x".repeat(4 * Limits::BEFORE_LOGIN.max_sentence_bytes);
    let script = [("name", "long"), ("source", source.as_str())];
    site.router.insert("/system/script", &script).unwrap();
    assert!(site.gateway.survey(&site.at()).await.is_ok());
    assert_eq!(site.router.stats().connections, 1, "it was not given up");
}

/// Lets everybody in and answers every other command with `answer`, as often as it is taken.
async fn flood(
    mut stream: TcpStream,
    answer: fn() -> Vec<u8>,
    times: usize,
) -> std::io::Result<()> {
    let mut decoder = SentenceDecoder::new(Limits::CLIENT);
    let mut buffer = [0; 4_096];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        decoder.feed(&buffer[..count]);
        while let Some(sentence) = decoder.next_sentence().unwrap() {
            if Command::parse(&sentence).unwrap().path() == "/login" {
                stream.write_all(&Reply::done().encode().unwrap()).await?;
                continue;
            }
            for _ in 0..times {
                stream.write_all(&answer()).await?;
            }
        }
    }
}

async fn resource_of(answer: fn() -> Vec<u8>, times: usize) -> access::GatewayError {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(flood(stream, answer, times));
        }
    });
    let settings = GatewaySettings {
        // A step of an examination is never more patient than this.
        command_timeout: Duration::from_secs(4),
        ..patient()
    };
    let (gateway, at) = (gateway(settings), target("127.0.0.1", port));
    let findings = timeout(Duration::from_secs(10), gateway.examine(&at));
    let findings = findings.await.unwrap();
    assert!(matches!(findings.login, Finding::Found(_)));
    let Finding::Failed(err) = findings.resource else {
        panic!("{:?}", findings.resource);
    };
    err
}

#[tokio::test]
async fn an_examination_takes_no_answer_of_more_than_a_mebibyte() {
    let rows = || {
        let row = Reply::data().attr("comment", "x".repeat(60_000));
        row.tagged("1").encode().unwrap()
    };
    // 17 of them are just within the limit.
    let endless = resource_of(rows, 1_000).await;
    assert!(
        endless.message.contains("larger than can be taken"),
        "{endless}"
    );
    let announced = resource_of(|| b"\x03!re\xd0\x00\x01".to_vec(), 1).await;
    assert_eq!(announced.kind, Kind::NotRouterOs, "{announced}");
    assert!(announced.message.contains("does not speak"), "{announced}");
}
