//! A file's name says what is inside; some names never do.

use super::tree::{Finding, Rule, TextFile};

/// Names that say nothing.
const EMPTY_NAMES: &[&str] = &[
    "common", "helper", "helpers", "manager", "misc", "models", "service", "types", "util", "utils",
];

/// Last words that turn a good name into an empty one.
const EMPTY_ENDINGS: &[&str] = &[
    "_helper", "_helpers", "_manager", "_service", "_util", "_utils",
];

/// The name of one file and of the folders it lies in.
pub(super) fn check(file: &TextFile) -> Option<Finding> {
    let path = file.path.strip_suffix(".rs")?;
    if path == "mod" || path.ends_with("/mod") {
        let advice = "no `mod.rs`; name the file after its folder and put it beside";
        return Some(file.finding(1, Rule::FileName, advice));
    }
    let empty = path.split('/').find(|part| says_nothing(part))?;
    let advice = format!("`{empty}` says nothing; name it after what is inside");
    Some(file.finding(1, Rule::FileName, advice))
}

fn says_nothing(name: &str) -> bool {
    EMPTY_NAMES.contains(&name) || EMPTY_ENDINGS.iter().any(|ending| name.ends_with(ending))
}
