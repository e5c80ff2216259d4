//! What a router that answers with challenges gets to see of the password.

use std::sync::{Arc, Mutex};

use access::{LoginMethod, RouterGateway, Target};
use kernel::Secret;
use routeros_proto::{Command, Reply, SentenceDecoder, challenge_response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::site::{gateway, impatient, target};

const CHALLENGE: &str = "ebddd18303a54111e2dea05a92ab46b4";
const PASSWORD: &str = "never in the clear";

#[derive(Clone, Default)]
struct Recorded {
    commands: Arc<Mutex<Vec<Command>>>,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Recorded {
    /// Answers a bare `/login` with a challenge and everything else with `!done`, and writes down what it hears.
    async fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut decoder = SentenceDecoder::new(impatient().limits);
        let mut buffer = [0; 4_096];
        loop {
            let count = stream.read(&mut buffer).await?;
            if count == 0 {
                return Ok(());
            }
            self.bytes
                .lock()
                .unwrap()
                .extend_from_slice(&buffer[..count]);
            decoder.feed(&buffer[..count]);
            while let Some(sentence) = decoder.next_sentence().unwrap() {
                let command = Command::parse(&sentence).unwrap();
                let reply = answer(&command).encode().unwrap();
                self.commands.lock().unwrap().push(command);
                stream.write_all(&reply).await?;
            }
        }
    }
}

fn answer(command: &Command) -> Reply {
    let is_bare = command.path() == "/login" && command.attributes().is_empty();
    let reply = match is_bare {
        true => Reply::done().attr("ret", CHALLENGE),
        false => Reply::done(),
    };
    match command.tag() {
        Some(tag) => reply.tagged(tag),
        None => reply,
    }
}

#[tokio::test]
async fn the_challenge_login_begins_bare_and_never_shows_the_password() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let recorded = Recorded::default();
    let challenger = recorded.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ended = challenger.serve(stream).await;
        }
    });
    let legacy = Target {
        method: LoginMethod::LegacyMd5,
        password: Secret::new(PASSWORD),
        ..target("127.0.0.1", port)
    };
    gateway(impatient()).inspect(&legacy).await.unwrap();
    let commands = recorded.commands.lock().unwrap();
    assert_eq!(commands[0], Command::new("/login"), "first a bare question");
    let response = challenge_response(PASSWORD.as_bytes(), CHALLENGE).unwrap();
    assert_eq!(commands[1].get("response").unwrap(), response);
    let bytes = recorded.bytes.lock().unwrap();
    let shows = |text: &str| bytes.windows(text.len()).any(|it| it == text.as_bytes());
    assert!(shows("=response=") && !shows("=password="));
    assert!(!shows(PASSWORD));
}
