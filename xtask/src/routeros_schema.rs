//! `cargo xtask routeros-schema`: does every command our gateway may send exist on a real router?
//!
//! A router's own command tree, as it describes itself, is compared with the gateway's table.

mod emitted;
mod tree;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use comfy_table::{Table, presets};

use crate::shell::Shell;
use emitted::Row;
use tree::Tree;

/// How an operator makes a dump.
const HOW_TO: &str = "\
How to make a dump of a router's command tree (RouterOS 7; older ones cannot describe themselves):

  python3 -m venv venv && venv/bin/pip install librouteros==4.2.2
  venv/bin/python xtask/routeros_tree.py --host ROUTER --user NAME > 7.18.2.json

It asks for the password, only reads (`/console/inspect`), and walks the menus our gateway uses. The account
needs the policies `api` and `read`. Name the file after the version; dumps of the same form that others publish
(nested objects with \"_type\" of dir, path, cmd or arg) work as well.";

/// What one dump showed.
struct Report {
    name: String,
    commands: usize,
    arguments: usize,
    /// What may be missing, and is.
    without: Vec<String>,
    /// What must not be missing, and is.
    missing: Vec<String>,
}

/// Compares every dump and says whether nothing is missing.
///
/// # Errors
/// When a dump cannot be read, the gateway's table cannot be had, or somebody asked to stop.
pub(crate) async fn run(shell: &mut Shell, dumps: &[PathBuf]) -> Result<bool> {
    if dumps.is_empty() {
        println!("{HOW_TO}");
        bail!("which dump? See above how to make one");
    }
    let rows = emitted::ask(shell).await?;
    let mut reports = Vec::new();
    for dump in dumps {
        let read = read(dump).with_context(|| format!("{} is no command tree", dump.display()))?;
        reports.push(compare(label(dump), &read, &rows));
    }
    println!("{}", table(&reports));
    for report in &reports {
        for missing in &report.missing {
            println!("{}: {missing} is missing", report.name);
        }
        for without in &report.without {
            println!(
                "{}: without {without}, which the gateway can do without",
                report.name
            );
        }
    }
    println!("\n{HOW_TO}");
    Ok(reports.iter().all(|it| it.missing.is_empty()))
}

fn read(dump: &Path) -> Result<Tree> {
    let text = std::fs::read_to_string(dump)?;
    Tree::parse(&text)
}

/// The version that a path names: its file, or the folder of an `inspect.json`.
fn label(dump: &Path) -> String {
    let stem = dump.file_stem().unwrap_or_default().to_string_lossy();
    let folder = dump.parent().and_then(Path::file_name);
    match folder {
        Some(folder) if stem == "inspect" => folder.to_string_lossy().into_owned(),
        _ => stem.into_owned(),
    }
}

fn compare(name: String, tree: &Tree, rows: &[Row]) -> Report {
    let mut report = Report {
        name,
        commands: 0,
        arguments: 0,
        without: Vec::new(),
        missing: Vec::new(),
    };
    for row in rows {
        let missing = row.missing_in(tree);
        report.commands += 1;
        report.arguments += row.arguments.len();
        if row.may_be_missing {
            report.without.extend(missing);
        } else {
            report.missing.extend(missing);
        }
    }
    report
}

fn table(reports: &[Report]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header([
        "version",
        "commands",
        "arguments",
        "optional, absent",
        "missing",
    ]);
    for report in reports {
        let counts = [
            report.commands,
            report.arguments,
            report.without.len(),
            report.missing.len(),
        ];
        table.add_row(std::iter::once(report.name.clone()).chain(counts.map(|it| it.to_string())));
    }
    table
}

#[cfg(test)]
mod tests;
