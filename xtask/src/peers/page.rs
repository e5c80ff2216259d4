//! The page that keeps what the faults showed: `docs/ROUTEROS_PEERS.md`.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

use super::faults::{Cell, FAULTS, PEERS};

/// The page, from the root.
const PAGE: &str = "docs/ROUTEROS_PEERS.md";

/// Between these lines everything is written anew.
const BEGIN: &str = "<!-- written by `cargo xtask peers --faults`, do not edit -->";
const END: &str = "<!-- end of what is written -->";

/// Puts the table into the page.
///
/// # Errors
/// When the page cannot be read or written, or lacks its marks.
pub(super) fn write(root: &Path, columns: &[Vec<Cell>]) -> Result<()> {
    let file = root.join(PAGE);
    let page = std::fs::read_to_string(&file).with_context(|| format!("cannot read {PAGE}"))?;
    let page =
        with_table(&page, &table(columns)).with_context(|| format!("{PAGE} lacks its marks"))?;
    std::fs::write(&file, page).with_context(|| format!("cannot write {PAGE}"))
}

fn with_table(page: &str, table: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{table}\n{END}{after}"))
}

fn table(columns: &[Vec<Cell>]) -> String {
    let mut table = format!("| fault | {} |\n|---|", PEERS.join(" | "));
    table.push_str(&"---|".repeat(PEERS.len()));
    table.push('\n');
    for (row, fault) in FAULTS.iter().enumerate() {
        let _always = write!(table, "| {} |", fault.what);
        for cell in columns.iter().filter_map(|it| it.get(row)) {
            let mark = if cell.is_sound { "" } else { "**!** " };
            let _always = write!(table, " {mark}{} |", escaped(&cell.text));
        }
        table.push('\n');
    }
    table
}

/// Text that may hold what would end a cell.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    //! Only what is between the marks changes.

    use super::{BEGIN, END, escaped, with_table};

    #[test]
    fn the_words_around_the_table_stay() {
        let page = format!("# Peers\n{BEGIN}\nold\n{END}\nafter\n");
        let expected = format!("# Peers\n{BEGIN}\n\n| new |\n\n{END}\nafter\n");
        assert_eq!(with_table(&page, "| new |\n"), Some(expected));
        assert_eq!(with_table("# no marks", "x"), None);
    }

    #[test]
    fn a_cell_stays_a_cell() {
        assert_eq!(escaped("a|b\nc"), "a\\|b c");
    }
}
