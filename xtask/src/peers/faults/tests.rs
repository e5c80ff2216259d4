//! Findings become verdicts.
#![allow(clippy::unwrap_used)]

use super::{Findings, last_words, verdict};

fn cell(operation: (&str, &str), next: (&str, &str)) -> (bool, String) {
    let pair = |(worth, words): (&str, &str)| (worth.to_owned(), words.to_owned());
    let cell = verdict(&Findings {
        operation: pair(operation),
        next: pair(next),
    });
    (cell.is_sound, cell.text)
}

#[test]
fn sound_is_what_tells_the_truth_and_goes_on() {
    let right = ("right", "");
    assert_eq!(cell(right, right), (true, "ok".to_owned()));
    assert_eq!(
        cell(("error", "timeout"), right),
        (true, "error (timeout)".to_owned())
    );
    assert_eq!(
        cell(("wrong", "2 rows"), right),
        (false, "WRONG (2 rows)".to_owned())
    );
    let dead = cell(("error", "closed"), ("error", "closed"));
    assert_eq!(
        dead,
        (
            false,
            "error (closed); the connection stays dead".to_owned()
        )
    );
    let off = cell(("wrong", "TypeError"), ("wrong", "the next command got []"));
    assert_eq!(
        off.1,
        "WRONG (TypeError); DESYNCHRONISED: the next command got []"
    );
}

#[test]
fn a_crash_is_named_by_its_error() {
    let stderr =
        b"node:events:502\n  throw er;\n  ^\n\nRosException: Timed out after 10 seconds\n  at x";
    assert_eq!(
        last_words(stderr),
        "RosException: Timed out after 10 seconds"
    );
    assert_eq!(last_words(b""), "the process ends without a word");
}
