//! Each Rust file says what it is, and stays short.

use super::tree::{Finding, Rule, TextFile};

/// More lines than this is more than one topic.
const MOST_LINES: usize = 500;

/// Folders whose files may be long: a schema is append-only, and a table of data has no topics.
///
/// A file declares itself a table by lying in a folder `data/`.
const LONG_FOLDERS: &[&str] = &["migrations", "data"];

/// Header and size of one file.
pub(super) fn check(file: &TextFile) -> Vec<Finding> {
    if !file.is_rust() {
        return Vec::new();
    }
    header(file).into_iter().chain(size(file)).collect()
}

fn header(file: &TextFile) -> Option<Finding> {
    let first = file.text.lines().next().unwrap_or_default();
    let sentence = first.strip_prefix("//!").unwrap_or_default().trim();
    if !sentence.is_empty() {
        return None;
    }
    Some(file.finding(
        1,
        Rule::FileHeader,
        "begin with `//!` and a sentence that says what it is",
    ))
}

fn size(file: &TextFile) -> Option<Finding> {
    let lines = file.text.lines().count();
    if lines <= MOST_LINES || may_be_long(file) {
        return None;
    }
    let advice = format!("{lines} lines; make the topic a folder of files, {MOST_LINES} at most");
    Some(file.finding(MOST_LINES + 1, Rule::FileSize, advice))
}

fn may_be_long(file: &TextFile) -> bool {
    file.is_test()
        || file
            .path
            .split('/')
            .any(|part| LONG_FOLDERS.contains(&part))
}
