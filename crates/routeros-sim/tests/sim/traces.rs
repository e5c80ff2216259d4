//! Conversations word by word, as captures of real routers have them.

use routeros_proto::{decode_length, encode_length};
use routeros_sim::{SimConfig, SimUser, Simulator, VersionProfile};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection on which every word counts.
struct Words {
    stream: TcpStream,
    waiting: Vec<u8>,
}

/// One side's turn: what the client says, or what the router answers.
enum Turn {
    Say(&'static [&'static str]),
    Hear(&'static [&'static str]),
    /// The connection is closed.
    End,
}

use Turn::{End, Hear, Say};

impl Words {
    async fn say(&mut self, words: &[&str]) {
        let mut bytes = Vec::new();
        for word in words.iter().chain(&[""]) {
            encode_length(u32::try_from(word.len()).unwrap(), &mut bytes);
            bytes.extend_from_slice(word.as_bytes());
        }
        self.stream.write_all(&bytes).await.unwrap();
    }

    /// The next sentence; `None` at the end of the connection.
    async fn hear(&mut self) -> Option<Vec<String>> {
        let mut words = Vec::new();
        loop {
            while let Some(word) = self.take_word() {
                if word.is_empty() {
                    return Some(words);
                }
                words.push(word);
            }
            if self.stream.read_buf(&mut self.waiting).await.unwrap() == 0 {
                return None;
            }
        }
    }

    fn take_word(&mut self) -> Option<String> {
        let (length, taken) = decode_length(&self.waiting).unwrap()?;
        let end = taken + usize::try_from(length).unwrap();
        let word = self.waiting.get(taken..end)?;
        let word = String::from_utf8(word.to_vec()).unwrap();
        self.waiting.drain(..end);
        Some(word)
    }
}

/// Plays a conversation; a word `=name=*` of the router may have any value.
async fn play(version: VersionProfile, password: &str, turns: &[Turn]) {
    let config = SimConfig {
        version,
        users: vec![SimUser::full("admin", password)],
        ..SimConfig::new("tower-1")
    };
    let router = Simulator::start(config).await.unwrap();
    for (name, comment) in [("a", ""), ("b", "x")] {
        let row = [("name", name), ("comment", comment)];
        router.insert("/ppp/secret", &row).unwrap();
    }
    let stream = TcpStream::connect(router.addr()).await.unwrap();
    let mut words = Words {
        stream,
        waiting: Vec::new(),
    };
    for turn in turns {
        match turn {
            Say(said) => words.say(said).await,
            Hear(expected) => {
                let heard = words.hear().await.unwrap();
                let is_right = heard.len() == expected.len()
                    && heard.iter().zip(*expected).all(|(heard, word)| {
                        let any = word.strip_suffix('*');
                        heard == word || any.is_some_and(|stem| heard.starts_with(stem))
                    });
                assert!(is_right, "{heard:?} instead of {expected:?}");
            }
            End => assert_eq!(words.hear().await, None),
        }
    }
}

const LOGIN: Turn = Say(&["/login", "=name=admin", "=password="]);
const DONE: Turn = Hear(&["!done"]);

#[tokio::test]
async fn logins_go_word_by_word() {
    let wrong = [
        Say(&["/login", "=name=admin", "=password=x"]),
        Hear(&["!trap", "=message=invalid user name or password (6)"]),
        DONE,
    ];
    play(VersionProfile::V7_18, "y", &wrong).await;
    play(VersionProfile::V6_49, "", &[LOGIN, DONE]).await;
    let before_6_43 = [LOGIN, Hear(&["!done", "=ret=*"])];
    play(VersionProfile::V6_42, "", &before_6_43).await;
}

#[tokio::test]
async fn a_listen_and_its_cancel_go_word_by_word() {
    let turns = [
        LOGIN,
        DONE,
        Say(&[
            "/ppp/secret/listen",
            "=.proplist=.id,name,disabled",
            ".tag=2",
        ]),
        Say(&["/ppp/secret/set", "=disabled=yes", "=.id=a", ".tag=3"]),
        Hear(&["!done", ".tag=3"]),
        Hear(&["!re", "=.id=*1", "=name=a", "=disabled=true", ".tag=2"]),
        Say(&["/ppp/secret/remove", "=.id=*2", ".tag=4"]),
        Hear(&["!done", ".tag=4"]),
        Hear(&["!re", "=.id=*2", "=.dead=yes", ".tag=2"]),
        Say(&["/cancel", "=tag=2", ".tag=7"]),
        Hear(&["!trap", "=category=2", "=message=interrupted", ".tag=2"]),
        Hear(&["!done", ".tag=7"]),
        Hear(&["!done", ".tag=2"]),
    ];
    play(VersionProfile::V7_18, "", &turns).await;
}

#[tokio::test]
async fn an_empty_listing_goes_word_by_word() {
    let print = || Say(&["/ip/hotspot/user/print", "?name=nobody", ".tag=5"]);
    let old = [LOGIN, DONE, print(), Hear(&["!done", ".tag=5"])];
    play(VersionProfile::V7_16, "", &old).await;
    let new = [
        LOGIN,
        DONE,
        print(),
        Hear(&["!empty", ".tag=5"]),
        Hear(&["!done", ".tag=5"]),
    ];
    play(VersionProfile::V7_18, "", &new).await;
}

#[tokio::test]
async fn changes_and_refusals_go_word_by_word() {
    let add = || {
        Say(&[
            "/ip/address/add",
            "=address=10.0.0.1/32",
            "=interface=ether4",
        ])
    };
    let turns = [
        LOGIN,
        DONE,
        add(),
        Hear(&["!done", "=ret=**"]),
        add(),
        Hear(&["!trap", "=message=failure: already have such address"]),
        DONE,
        Say(&["/ppp/secret/remove", "=.id=*FFFF"]),
        Hear(&["!trap", "=category=0", "=message=no such item (4)"]),
        DONE,
        // Queries are ignored: nothing is removed.
        Say(&["/ppp/secret/remove", "?name=a"]),
        DONE,
        Say(&["/ppp/secret/print", "=count-only="]),
        Hear(&["!done", "=ret=2"]),
        Say(&["/ppp/secret/print", "=.proplist=comment"]),
        Hear(&["!re"]),
        Hear(&["!re", "=comment=x"]),
        DONE,
        Say(&["/quit"]),
        Hear(&["!fatal", "session terminated on request"]),
        End,
    ];
    play(VersionProfile::V7_18, "", &turns).await;
}
