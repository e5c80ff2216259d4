//! The gateway's table, as its example program prints it.

use anyhow::{Context, Result};

use super::tree::Tree;
use crate::shell::Shell;

/// A command the gateway may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Whether the gateway can do without it.
    pub(super) may_be_missing: bool,
    pub(super) menu: String,
    pub(super) command: String,
    pub(super) arguments: Vec<String>,
}

/// Builds the gateway and asks it.
///
/// # Errors
/// When it does not build, or somebody asked to stop.
pub(super) async fn ask(shell: &mut Shell) -> Result<Vec<Row>> {
    let mut cargo = shell.cargo();
    cargo.args(["run", "--quiet", "--package", "routeros-adapter"]);
    let printed = shell.output(cargo.args(["--example", "emitted"])).await?;
    printed.lines().map(row).collect()
}

pub(super) fn row(line: &str) -> Result<Row> {
    let parts: Vec<&str> = line.split('\t').collect();
    let [presence, menu, command, arguments] = parts[..] else {
        return Err(anyhow::anyhow!("not a command: {line:?}"));
    };
    let may_be_missing = match presence {
        "everywhere" => false,
        "where-known" => true,
        _ => return None.with_context(|| format!("not a presence: {presence:?}")),
    };
    let arguments = arguments.split(',').filter(|it| !it.is_empty());
    Ok(Row {
        may_be_missing,
        menu: menu.to_owned(),
        command: command.to_owned(),
        arguments: arguments.map(str::to_owned).collect(),
    })
}

impl Row {
    /// What of it a router does not know: the menu, the command, or single arguments.
    pub(super) fn missing_in(&self, tree: &Tree) -> Vec<String> {
        let Self { menu, command, .. } = self;
        if !tree.has_menu(menu) {
            return vec![menu.clone()];
        }
        if !tree.has_command(menu, command) {
            return vec![format!("{menu}/{command}")];
        }
        let arguments = self.arguments.iter().filter_map(|it| in_console(it));
        arguments
            .filter(|it| !tree.has_argument(menu, command, it))
            .map(|it| format!("{menu}/{command} ={it}="))
            .collect()
    }
}

/// What the console calls an argument of the API; `None` for those that only the API has.
fn in_console(argument: &str) -> Option<&str> {
    match argument {
        ".id" => Some("numbers"),
        ".proplist" => None,
        other => Some(other),
    }
}
