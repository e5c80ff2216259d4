//! A bounded run of the fuzz targets: the same promises, on bytes that proptest makes up.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use proptest::prelude::{Just, Strategy, any, prop};
use proptest::prop_oneof;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use routeros_proto::{Sentence, fuzzing};

/// Cases of one target in a usual test run.
const CASES: u32 = 512;

/// Runs a target on `CASES` inputs or, when `FUZZ_SECONDS` says so, for that many seconds.
fn run(strategy: impl Strategy<Value = Vec<u8>>, target: fn(&[u8])) {
    let mut runner = TestRunner::new(Config::with_cases(CASES));
    let seconds = std::env::var("FUZZ_SECONDS").ok();
    let until = seconds.map(|it| Instant::now() + Duration::from_secs(it.parse().unwrap()));
    let mut cases = 0;
    while until.map_or(cases < CASES, |until| Instant::now() < until) {
        let data = strategy.new_tree(&mut runner).unwrap().current();
        let ended = std::panic::catch_unwind(|| target(&data));
        assert!(ended.is_ok(), "broken by {data:?}");
        cases += 1;
    }
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..most)
}

/// Streams that make sense for a while: sentences with odd lengths and noise between them.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "!re",
        "!done",
        "!trap",
        "!fatal",
        "/ppp/secret/add",
        "=.id=*1",
        "=name=a=b",
        "=comment=",
        ".tag=7",
        "?name=x",
        "?#|",
        "=.section=1",
        "gone",
    ];
    let word = prop_oneof![
        4 => prop::sample::select(words.to_vec()).prop_map(|it| it.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..300),
    ];
    let sentence =
        prop::collection::vec(word, 1..12).prop_map(|words| Sentence::new(words).encode().unwrap());
    let long = (0_u8..8, any::<[u8; 3]>()).prop_map(|(first, rest)| {
        let mut word = vec![0xF0 | first, 0, 0, 0, 3];
        word.extend(rest);
        word
    });
    let piece = prop_oneof![6 => sentence, 2 => long, 1 => bytes(6), 1 => Just(vec![0])];
    (any::<u8>(), prop::collection::vec(piece, 0..6))
        .prop_map(|(cut, pieces)| [vec![cut], pieces.concat()].concat())
}

fn texts(letters: &'static str) -> impl Strategy<Value = Vec<u8>> {
    prop::string::string_regex(letters)
        .unwrap()
        .prop_map(String::into_bytes)
}

#[test]
fn decoder() {
    run(prop_oneof![bytes(600), streams()], fuzzing::decoder);
}

#[test]
fn sentences() {
    run(bytes(3_000), fuzzing::sentences);
}

#[test]
fn query() {
    let words = texts(r"\?[#=<>-]?[a-z.=0-9&|!]{0,12}");
    run(prop_oneof![bytes(40), words], fuzzing::query);
}

#[test]
fn value() {
    let spans = texts("([0-9]{1,6}(w|d|h|m|s|ms|us|:|\\.)?){0,5}");
    let rates = texts("([0-9]{1,9}[kKMG]?[/ ]?){0,12}");
    let macs = texts("([0-9A-Fa-f]{2}[:-]?){6}");
    let ids = texts("\\*[0-9A-Fa-f]{0,17}");
    run(
        prop_oneof![bytes(40), spans, rates, macs, ids],
        fuzzing::value,
    );
}
