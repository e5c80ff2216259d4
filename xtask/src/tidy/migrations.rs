//! Merged migrations are never edited: their checksums are committed beside them.
//!
//! A migration is a file below `migrations/src` whose name, or whose folder's name, is an `m`
//! followed by a digit. Each line of the checksum file is a SHA-256, two spaces and the path.

use sha2::{Digest, Sha256};

use super::tree::{Finding, Rule, TextFile, Tree};

/// The committed checksums, from the root.
pub(super) const CHECKSUMS: &str = "migrations/checksums.txt";

/// Where migrations live, from the root.
const FOLDER: &str = "migrations/src/";

/// The checksum file with the new migrations added.
pub(super) struct Accepted {
    pub(super) text: String,
    pub(super) added: Vec<String>,
}

/// A line of the checksum file.
struct Known<'a> {
    line: usize,
    checksum: &'a str,
    path: &'a str,
}

/// Edited, removed and unknown migrations.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let known = known(tree);
    let mut found: Vec<_> = known.iter().filter_map(|it| changed(tree, it)).collect();
    found.extend(unknown(tree, &known).map(|file| {
        file.finding(
            1,
            Rule::Migration,
            "run `cargo xtask tidy --accept-migrations` to write its checksum down",
        )
    }));
    found
}

/// Adds a line for each unknown migration and leaves the known ones alone, edited or not.
pub(super) fn accept(tree: &Tree) -> Accepted {
    let known = known(tree);
    let mut text = tree.text(CHECKSUMS).unwrap_or_default().to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let mut added = Vec::new();
    for file in unknown(tree, &known) {
        text.push_str(&format_line(file));
        added.push(file.path.clone());
    }
    Accepted { text, added }
}

fn format_line(file: &TextFile) -> String {
    format!("{}  {}\n", checksum(&file.text), file.path)
}

fn known(tree: &Tree) -> Vec<Known<'_>> {
    let text = tree.text(CHECKSUMS).unwrap_or_default();
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(index, line)| {
            let (checksum, path) = line.split_once("  ")?;
            Some(Known {
                line: index + 1,
                checksum,
                path,
            })
        })
        .collect()
}

fn unknown<'a>(tree: &'a Tree, known: &[Known<'_>]) -> impl Iterator<Item = &'a TextFile> {
    let is_known = move |path: &str| known.iter().any(|it| it.path == path);
    tree.files()
        .iter()
        .filter(move |file| is_migration(&file.path) && !is_known(&file.path))
}

fn changed(tree: &Tree, known: &Known<'_>) -> Option<Finding> {
    let Some(text) = tree.text(known.path) else {
        return Some(Finding {
            path: CHECKSUMS.to_owned(),
            line: known.line,
            rule: Rule::Migration,
            advice: format!(
                "bring {} back, a merged migration is never removed",
                known.path
            ),
        });
    };
    if checksum(text) == known.checksum {
        return None;
    }
    Some(Finding {
        path: known.path.to_owned(),
        line: 1,
        rule: Rule::Migration,
        advice: "undo the edit and add a new migration, databases have run this one".to_owned(),
    })
}

fn is_migration(path: &str) -> bool {
    path.strip_prefix(FOLDER)
        .is_some_and(|inside| inside.split('/').any(is_numbered))
}

fn is_numbered(name: &str) -> bool {
    name.strip_prefix('m')
        .is_some_and(|rest| rest.starts_with(|it: char| it.is_ascii_digit()))
}

/// The SHA-256 of a text, in lower-case hexadecimal.
fn checksum(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
