//! Words that must not stand in a line: unfinished marks, ignored tests, sleeps, machine paths.

use super::tree::{Finding, Rule, TextFile};

/// Kinds of files that hold code or settings; prose may talk about marks.
const CODE: &[&str] = &[".rs", ".toml", ".py", ".sh", ".sql", ".yml", ".yaml"];

/// Marks of unfinished work, put together here so that this file holds none.
const MARKS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

/// An attribute that hides a test.
const IGNORE: &str = concat!("#[", "ignore");

/// First folders of paths that exist on somebody's machine only.
const MACHINE_ROOTS: &[&str] = &["home", "root", "Users", "work"];

/// Files below describe a container or a host of their own, whose paths are the same everywhere.
const HOST_DESCRIPTIONS: &str = "deploy/";

/// Every bad line of one file.
pub(super) fn check(file: &TextFile) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, line) in file.numbered() {
        found.extend(unfinished(file, number, line));
        found.extend(ignored(file, number, line));
        found.extend(sleeping(file, number, line));
        found.extend(machine_path(file, number, line));
    }
    found
}

fn unfinished(file: &TextFile, number: usize, line: &str) -> Option<Finding> {
    if !CODE.iter().any(|ending| file.path.ends_with(ending)) {
        return None;
    }
    let mark = MARKS.iter().find(|mark| has_word(line, mark))?;
    if names_issue(line) {
        return None;
    }
    let advice = format!("finish it, or write `{mark}(#12)` with the number of its issue");
    Some(file.finding(number, Rule::Unfinished, advice))
}

fn ignored(file: &TextFile, number: usize, line: &str) -> Option<Finding> {
    if !file.is_rust() || !line.trim_start().starts_with(IGNORE) {
        return None;
    }
    let advice = "a test that does not run proves nothing; mend it or remove it";
    Some(file.finding(number, Rule::IgnoredTest, advice))
}

fn sleeping(file: &TextFile, number: usize, line: &str) -> Option<Finding> {
    if !file.is_rust() || !file.is_test() || !calls_sleep(line) {
        return None;
    }
    let advice = "wait on the condition with a deadline, a fixed time is too long and too short";
    Some(file.finding(number, Rule::SleepInTest, advice))
}

fn machine_path(file: &TextFile, number: usize, line: &str) -> Option<Finding> {
    if file.path.starts_with(HOST_DESCRIPTIONS) {
        return None;
    }
    let root = MACHINE_ROOTS
        .iter()
        .find(|root| has_path(line, &format!("/{root}/")))?;
    let advice = format!("a path below /{root} exists on one machine only; use a relative one");
    Some(file.finding(number, Rule::MachinePath, advice))
}

/// Whether `word` stands in `line` as a word of its own.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |it: char| it.is_alphanumeric() || it == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part)
    })
}

/// Whether a line names an issue, as in `#12`.
fn names_issue(line: &str) -> bool {
    line.split('#')
        .skip(1)
        .any(|after| after.starts_with(|it: char| it.is_ascii_digit()))
}

/// Whether a line calls a free function `sleep`; declaring one or calling a method is no sleep.
fn calls_sleep(line: &str) -> bool {
    let call = concat!("sleep", "(");
    line.match_indices(call).any(|(at, _)| {
        let before = &line[..at];
        let other = before.ends_with(|it: char| it.is_alphanumeric() || it == '_' || it == '.');
        !other && !before.ends_with("fn ") && !before.contains("//")
    })
}

/// Whether an absolute path that begins with `root` stands in `line`.
fn has_path(line: &str, root: &str) -> bool {
    let inner = |it: char| it.is_alphanumeric() || "_-.}*)/".contains(it);
    line.match_indices(root).any(|(at, _)| {
        let after = &line[at + root.len()..];
        !line[..at].ends_with(inner)
            && after.starts_with(|it: char| it.is_alphanumeric() || it == '.')
    })
}
