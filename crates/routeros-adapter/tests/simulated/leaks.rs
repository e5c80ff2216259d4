//! What a router that answers with challenges gets to see of the password.

use std::sync::{Arc, Mutex};

use access::{LoginMethod, RouterGateway, Target};
use kernel::Secret;
use routeros_proto::{Reply, SentenceDecoder, challenge_response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::site::{gateway, impatient, target};

const CHALLENGE: &str = "ebddd18303a54111e2dea05a92ab46b4";
const PASSWORD: &str = "never in the clear";

/// Answers every `/login` with a challenge and everything else with `!done`; gives back all words of all sentences.
async fn challenger() -> (u16, Arc<Mutex<Vec<Vec<Vec<u8>>>>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard: Arc<Mutex<Vec<Vec<Vec<u8>>>>> = Arc::default();
    let record = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut decoder = SentenceDecoder::new(impatient().limits);
            let mut buffer = [0; 4_096];
            while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                decoder.feed(&buffer[..count]);
                while let Ok(Some(sentence)) = decoder.next_sentence() {
                    let words: Vec<Vec<u8>> =
                        sentence.words().iter().map(|it| it.to_vec()).collect();
                    let is_bare = words.len() == 1 && words[0] == b"/login";
                    let tag = words.iter().find_map(|it| it.strip_prefix(b".tag="));
                    let mut reply = Reply::done();
                    if is_bare {
                        reply = reply.attr("ret", CHALLENGE);
                    }
                    if let Some(tag) = tag {
                        reply = reply.tagged(String::from_utf8_lossy(tag));
                    }
                    record.lock().unwrap().push(words.clone());
                    let sent = stream.write_all(&reply.encode().unwrap()).await;
                    if sent.is_err() {
                        break;
                    }
                }
            }
        }
    });
    (port, heard)
}

#[tokio::test]
async fn the_challenge_login_begins_bare_and_never_shows_the_password() {
    let (port, heard) = challenger().await;
    let legacy = Target {
        method: LoginMethod::LegacyMd5,
        password: Secret::new(PASSWORD),
        ..target("127.0.0.1", port)
    };
    gateway(impatient()).inspect(&legacy).await.unwrap();
    let heard = heard.lock().unwrap();
    assert_eq!(heard[0], [b"/login".to_vec()], "first a bare question");
    let response = challenge_response(PASSWORD.as_bytes(), CHALLENGE).unwrap();
    let answer = format!("=response={response}").into_bytes();
    assert!(heard[1].contains(&answer));
    for word in heard.iter().flatten() {
        let shows = |secret: &str| word.windows(secret.len()).any(|it| it == secret.as_bytes());
        assert!(!shows(PASSWORD), "{:?}", String::from_utf8_lossy(word));
        assert!(!word.starts_with(b"=password="));
    }
}
