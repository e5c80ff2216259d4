//! Bounded runs of the fuzz targets, on texts that proptest makes up.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use access::testing::fuzzing;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, TestRunner};

/// Cases of a usual test run; `FUZZ_SECONDS` makes it a run of that many seconds.
const CASES: u32 = 2_000;

#[test]
fn comment() {
    let pieces = r"(\[wb:|\]|:|[gpr][a-z2-7]{1,12}|[a-z2-7]{6}|[0-9]{1,11}| |\[|.){0,16}";
    run(pieces, fuzzing::comment);
}

#[test]
fn mikhmon() {
    let pieces = r"(vc-|up-|-\|-|,|-|/|:|\.|[0-9]{1,4}|jan|nov|dec|rem|ntf|remc|ntfc|:put|;|[smhdw]| |.){0,24}";
    run(pieces, fuzzing::mikhmon);
}

/// Runs a target on texts of a shape, as often as wanted or for as long.
fn run(shape: &str, target: fn(&[u8])) {
    let texts = proptest::string::string_regex(shape).unwrap();
    let mut runner = TestRunner::new(Config::with_cases(CASES));
    let seconds = std::env::var("FUZZ_SECONDS").ok();
    let until = seconds.map(|it| Instant::now() + Duration::from_secs(it.parse().unwrap()));
    let mut cases = 0;
    while until.map_or(cases < CASES, |until| Instant::now() < until) {
        let text = texts.new_tree(&mut runner).unwrap().current();
        let ended = std::panic::catch_unwind(|| target(text.as_bytes()));
        assert!(ended.is_ok(), "broken by {text:?}");
        cases += 1;
    }
}
