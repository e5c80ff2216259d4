//! The architecture page names each crate that exists, and only those.
//!
//! The page has a section `## The rooms` in which each row of a table, list item or heading begins
//! with the crate's name, or its folder, in backticks.

use super::Crate;
use super::tree::{Finding, Rule, Tree};

/// The page, from the root.
pub(super) const PAGE: &str = "docs/ARCHITECTURE.md";

/// The title of the section that lists the crates.
const SECTION: &str = "The rooms";

/// What the page says against what exists.
pub(super) fn check(tree: &Tree, crates: &[Crate]) -> Vec<Finding> {
    let Some(text) = tree.text(PAGE) else {
        return vec![finding(
            1,
            format!("write the page, with a section `## {SECTION}`"),
        )];
    };
    let entries = entries(text);
    let stale = entries
        .iter()
        .filter(|(_, entry)| !crates.iter().any(|it| it.answers_to(entry)));
    let silent = crates
        .iter()
        .filter(|it| !entries.iter().any(|(_, entry)| it.answers_to(entry)));
    let stale = stale.map(|(line, entry)| {
        finding(
            *line,
            format!("`{entry}` does not exist, remove it from `## {SECTION}`"),
        )
    });
    let silent = silent.map(|it| {
        finding(
            1,
            format!(
                "`{0}` is missing, add a row | `{0}` | … | to `## {SECTION}`",
                it.name
            ),
        )
    });
    stale.chain(silent).collect()
}

fn finding(line: usize, advice: String) -> Finding {
    Finding {
        path: PAGE.to_owned(),
        line,
        rule: Rule::ArchitecturePage,
        advice,
    }
}

/// What the section's rows, items and headings begin with, and their lines.
fn entries(text: &str) -> Vec<(usize, &str)> {
    let mut inside = false;
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if let Some(title) = line.strip_prefix("## ") {
            inside = title.trim() == SECTION;
        } else if inside && let Some(name) = leading_name(line) {
            found.push((index + 1, name));
        }
    }
    found
}

/// The name in backticks at the start of a row, item or heading.
fn leading_name(line: &str) -> Option<&str> {
    let entry = ["| ", "* ", "- ", "### "]
        .iter()
        .find_map(|start| line.strip_prefix(start))?;
    let quoted = entry
        .trim_start()
        .trim_start_matches("**")
        .strip_prefix('`')?;
    quoted.split_once('`').map(|(name, _)| name)
}
