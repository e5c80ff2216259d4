//! Commands, replies and the golden traces of real conversations.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::{any, prop};
use proptest::{prop_assert_eq, proptest};
use routeros_proto::{
    BadChallenge, Command, CommandError, ItemId, Query, QueryOp, Reply, ReplyKind, Sentence,
    challenge_response,
};

/// Sentences that clients sent, and the command each must be read as.
fn golden_commands() -> Vec<(Vec<&'static str>, Command)> {
    vec![
        (
            vec!["/login", "=name=admin", "=password="],
            Command::new("/login")
                .attr("name", "admin")
                .attr("password", ""),
        ),
        (vec!["/login"], Command::new("/login")),
        (
            vec!["/interface/set", "=disabled=yes", "=.id=ether1", ".tag=3"],
            Command::new("/interface/set")
                .attr("disabled", "yes")
                .attr(".id", "ether1")
                .tagged("3"),
        ),
        (
            vec!["/cancel", "=tag=2", ".tag=7"],
            Command::new("/cancel").attr("tag", "2").tagged("7"),
        ),
        (
            vec!["/ip/hotspot/user/print", "?name=nobody", ".tag=5"],
            Command::new("/ip/hotspot/user/print")
                .query(Query::equals("name", "nobody"))
                .tagged("5"),
        ),
        (
            vec!["/ip/hotspot/user/print", "=count-only="],
            Command::new("/ip/hotspot/user/print").flag("count-only"),
        ),
        (
            vec!["/ip/hotspot/user/print", "=.proplist=.id,comment"],
            Command::new("/ip/hotspot/user/print").proplist([".id", "comment"]),
        ),
        (vec!["/quit"], Command::new("/quit")),
    ]
}

/// Sentences that routers sent, and the reply each must be read as.
fn golden_replies() -> Vec<(Vec<&'static str>, Reply)> {
    vec![
        (vec!["!done"], Reply::done()),
        (vec!["!re"], Reply::data()),
        (vec!["!empty", ".tag=5"], Reply::empty().tagged("5")),
        (
            vec!["!done", "=ret=*28E"],
            Reply::done().attr("ret", "*28E"),
        ),
        (
            vec!["!trap", "=message=invalid user name or password (6)"],
            Reply::trap(None, "invalid user name or password (6)"),
        ),
        (
            vec!["!trap", "=category=2", "=message=interrupted", ".tag=2"],
            Reply::trap(Some(2), "interrupted").tagged("2"),
        ),
        (
            vec!["!fatal", "session terminated on request"],
            Reply::fatal("session terminated on request"),
        ),
        (
            vec!["!re", "=.id=*1", "=name=ether1", "=mtu=1500", ".tag=2"],
            Reply::data()
                .attr(".id", "*1")
                .attr("name", "ether1")
                .attr("mtu", "1500")
                .tagged("2"),
        ),
        (
            vec!["!re", "=.id=*7", "=.dead=yes", ".tag=2"],
            Reply::data()
                .attr(".id", "*7")
                .attr(".dead", "yes")
                .tagged("2"),
        ),
    ]
}

#[test]
fn golden_commands_are_read_and_written() {
    for (words, command) in golden_commands() {
        let sentence = Sentence::new(words);
        assert_eq!(Command::parse(&sentence).as_ref(), Ok(&command));
        assert_eq!(command.encode(), sentence.encode());
    }
}

#[test]
fn golden_replies_are_read_and_written() {
    for (words, reply) in golden_replies() {
        let sentence = Sentence::new(words);
        assert_eq!(Reply::parse(&sentence).as_ref(), Ok(&reply));
        assert_eq!(reply.encode(), sentence.encode());
    }
}

#[test]
fn challenge_responses_match_captured_logins() {
    let vectors = [
        (
            "856780b7411eefd3abadee2058c149a3",
            "",
            "005062f7a5ef124d34675bf3e81f56c556",
        ),
        (
            "93b438ec9b80057c06dd9fe67d56aa9a",
            "",
            "00e134102a9d330dd7b1849fedfea3cb57",
        ),
        ("abc123", "passTest", "0021277bff9ac7caf06aa608e46616d47f"),
    ];
    for (challenge, password, response) in vectors {
        assert_eq!(
            challenge_response(password.as_bytes(), challenge),
            Ok(response.to_owned())
        );
    }
    assert_eq!(
        challenge_response(b"x", "not hexadecimal"),
        Err(BadChallenge)
    );
}

#[test]
fn values_keep_equal_signs_line_breaks_and_foreign_bytes() {
    let script = b":local a=1;\r\n:put $a\xE9";
    let command = Command::new("/system/script/add").attr("source", script);
    let bytes = command.encode().unwrap();
    let mut decoder = routeros_proto::SentenceDecoder::new(routeros_proto::Limits::CLIENT);
    decoder.feed(&bytes);
    let read = Command::parse(&decoder.next_sentence().unwrap().unwrap()).unwrap();
    assert_eq!(read.get_raw("source"), Some(script.as_slice()));
}

#[test]
fn a_switch_may_lack_its_second_equal_sign() {
    for word in ["=once", "=once="] {
        let command = Command::parse(&Sentence::new(["/interface/monitor-traffic", word])).unwrap();
        assert_eq!(command.get("once").as_deref(), Some(""));
    }
}

#[test]
fn sentences_that_are_no_commands_say_why() {
    let parse = |words: &[&str]| Command::parse(&Sentence::new(words.iter().copied()));
    assert_eq!(parse(&[]), Err(CommandError::Empty));
    assert_eq!(
        parse(&["login"]),
        Err(CommandError::NoSlash("login".to_owned()))
    );
    assert_eq!(
        parse(&["/login", "name"]),
        Err(CommandError::UnknownWord("name".to_owned()))
    );
    for nameless in ["?#x", "?", "?=", "?==x", "?-", "?<=1"] {
        let refused = parse(&["/x", nameless]);
        assert!(matches!(refused, Err(CommandError::Query(_))), "{nameless}");
    }
}

#[test]
fn names_that_look_like_an_operation_are_written_in_the_longer_form() {
    for (query, word) in [
        (Query::equals("-x", "1"), "?=-x=1"),
        (Query::has("#1"), "?=#1"),
        (Query::equals("name", "1"), "?name=1"),
    ] {
        assert_eq!(query.to_word(), word.as_bytes());
        assert_eq!(Query::parse(word.as_bytes()), Ok(query));
    }
}

#[test]
fn repeated_keys_keep_the_last_and_foreign_dot_keys_are_dropped() {
    let words = [
        "!re",
        "=.section=0",
        "=.about=a",
        "=name=first",
        "=name=second",
        "=.id=*A",
    ];
    let reply = Reply::parse(&Sentence::new(words)).unwrap();
    assert_eq!(reply.get("name").as_deref(), Some("second"));
    assert_eq!(reply.attributes().len(), 3);
    assert_eq!(reply.id(), Some(ItemId(10)));
}

#[test]
fn unknown_reply_words_are_kept_apart_and_never_end_a_command() {
    let reply = Reply::parse(&Sentence::new(["!progress", "=a=b", ".tag=1"])).unwrap();
    assert_eq!(reply.kind(), &ReplyKind::Other("progress".to_owned()));
    assert!(!reply.is_last());
    assert!(Reply::parse(&Sentence::new(["re"])).is_err());
}

#[test]
fn a_sentence_becomes_a_reply_of_its_own_memory() {
    let words = ["!re", "=.id=*1", "=name=siti", ".tag=7"];
    let sentence = Sentence::new(words);
    let read = Reply::parse(&sentence).unwrap();
    assert_eq!(Reply::try_from(sentence), Ok(read.clone()));
    let made = Reply::data().attr(".id", "*1").attr("name", "siti");
    assert_eq!(made.tagged("7"), read);
    // Tables of a hundred thousand rows are kept: a row costs little beyond its bytes.
    assert!(size_of::<Reply>() <= 56, "{}", size_of::<Reply>());
}

#[test]
fn fatal_text_and_removed_rows_are_recognised() {
    let fatal = Reply::parse(&Sentence::new(["!fatal", "session terminated"])).unwrap();
    assert_eq!(fatal.fatal_text().as_deref(), Some("session terminated"));
    assert!(fatal.is_last());
    for yes in ["yes", "true"] {
        assert!(Reply::data().attr(".dead", yes).is_dead());
    }
    assert!(!Reply::data().is_dead());
}

#[test]
fn query_words_are_read_in_every_form() {
    let table: [(&[u8], Query); 10] = [
        (b"?comment", Query::has("comment")),
        (b"?-comment", Query::lacks("comment")),
        (b"?name=a=b", Query::equals("name", "a=b")),
        (b"?=name=x", Query::equals("name", "x")),
        (b"?name=", Query::equals("name", "")),
        (
            b"?<mtu=1500",
            Query::Less("mtu".to_owned(), b"1500".to_vec()),
        ),
        (
            b"?>comment=",
            Query::Greater("comment".to_owned(), Vec::new()),
        ),
        (b"?#|", Query::any_of(2)),
        (
            b"?#!&.",
            Query::Operations(vec![QueryOp::Not, QueryOp::And, QueryOp::CopyTop]),
        ),
        (
            b"?#1.0",
            Query::Operations(vec![QueryOp::CopyAt(1), QueryOp::KeepOnly(0)]),
        ),
    ];
    for (word, query) in table {
        assert_eq!(Query::parse(word).as_ref(), Ok(&query), "{word:?}");
        assert_eq!(Query::parse(&query.to_word()), Ok(query));
    }
    for bad in [
        &b"?"[..],
        b"name",
        b"?-",
        b"?#",
        b"?#x",
        b"?<mtu",
        b"?#99999999999999999999999",
    ] {
        assert!(Query::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn passwords_do_not_show_in_debug_output() {
    let command = Command::new("/login")
        .attr("name", "admin")
        .attr("password", "hunter2");
    assert_eq!(format!("{command:?}"), "/login =name=admin =password=***");
}

#[test]
fn a_path_splits_into_menu_and_command() {
    assert_eq!(
        Command::new("/ppp/secret/add").split_path(),
        ("/ppp/secret", "add")
    );
    assert_eq!(Command::new("/login").split_path(), ("", "login"));
}

proptest! {
    #[test]
    fn commands_round_trip(
        names in prop::collection::vec("[a-z.][a-z-]{0,10}", 0..5),
        value in prop::collection::vec(any::<u8>(), 0..100),
        tag in prop::option::of("[a-z0-9]{1,8}"),
    ) {
        let mut command = Command::new("/ppp/secret/print");
        for name in names.iter().filter(|name| *name != ".tag") {
            command = command.attr(name, &value);
        }
        command = command.query(Query::equals("name", value));
        if let Some(tag) = tag {
            command = command.tagged(tag);
        }
        let mut decoder = routeros_proto::SentenceDecoder::new(routeros_proto::Limits::CLIENT);
        decoder.feed(&command.encode().unwrap());
        let sentence = decoder.next_sentence().unwrap().unwrap();
        prop_assert_eq!(Command::parse(&sentence), Ok(command));
    }
}
