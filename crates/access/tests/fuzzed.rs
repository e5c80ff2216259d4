//! A bounded run of the fuzz target for comments, on texts that proptest makes up.
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
    let texts = proptest::string::string_regex(pieces).unwrap();
    let mut runner = TestRunner::new(Config::with_cases(CASES));
    let seconds = std::env::var("FUZZ_SECONDS").ok();
    let until = seconds.map(|it| Instant::now() + Duration::from_secs(it.parse().unwrap()));
    let mut cases = 0;
    while until.map_or(cases < CASES, |until| Instant::now() < until) {
        let text = texts.new_tree(&mut runner).unwrap().current();
        let ended = std::panic::catch_unwind(|| fuzzing::comment(text.as_bytes()));
        assert!(ended.is_ok(), "broken by {text:?}");
        cases += 1;
    }
}
