//! Every library does what it is made for, against healthy routers; nothing may fail.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use comfy_table::{Table, presets};
use serde::Deserialize;
use tokio::process::Command;
use tokio::time::timeout;

use super::libraries::Libraries;
use super::simulator::Simulator;
use crate::shell::Shell;
use crate::steps::Outcome;

/// How long one script may take; each gives up earlier by itself.
const LIMIT: Duration = Duration::from_secs(300);

/// A router with a large table.
const BIG: [&str; 2] = ["--seed-hotspot", "10000"];

/// One check, as a script prints it.
#[derive(Debug, Deserialize)]
pub(super) struct Check {
    peer: String,
    router: String,
    check: String,
    /// What went wrong, if anything did.
    wrong: Option<String>,
}

/// Starts the routers, runs the scripts and prints a table.
pub(super) async fn run(
    shell: &mut Shell,
    libraries: &Libraries,
    simulator: &Path,
) -> Result<Outcome> {
    let modern = Simulator::start(shell, simulator, &BIG).await?;
    let before_empty = [&BIG[..], &["--version-profile", "7.16"]].concat();
    let before_empty = Simulator::start(shell, simulator, &before_empty).await?;
    let legacy = ["--version-profile", "6.40", "--legacy-login"];
    let legacy = Simulator::start(shell, simulator, &legacy).await?;
    let mut checks = Vec::new();
    let mut python = libraries.python(shell, "run.py");
    python.args(["--port", &modern.port(), "--legacy-port", &legacy.port()]);
    checks.extend(ask(shell, python).await?);
    let mut node = libraries.node(shell, "node.js");
    let ports = [before_empty.port(), legacy.port()];
    node.args(["--port", &ports[0], "--legacy-port", &ports[1]]);
    checks.extend(ask(shell, node).await?);
    Ok(judge(&checks))
}

/// Prints the checks and says whether all are right.
pub(super) fn judge(checks: &[Check]) -> Outcome {
    println!("\n{}", table(checks));
    let failed = checks.iter().filter(|it| it.wrong.is_some()).count();
    match failed {
        0 => Outcome::Passed,
        _ => Outcome::Failed(format!("{failed} of {} checks", checks.len())),
    }
}

/// What a script found; it fails when a check failed, and says so in its lines.
pub(super) async fn ask(shell: &mut Shell, mut script: Command) -> Result<Vec<Check>> {
    script.stdout(Stdio::piped()).stderr(Stdio::inherit());
    let child = script.spawn().context("a script cannot be run")?;
    let ended = shell.unless_stopped(timeout(LIMIT, child.wait_with_output()));
    let output = ended.await?.context("a script does not end")??;
    let text = String::from_utf8(output.stdout)?;
    let checks: Vec<Check> = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .context("a script printed something else")?;
    let all_right = checks.iter().all(|it| it.wrong.is_none());
    if checks.is_empty() || output.status.success() != all_right {
        bail!(
            "a script ended with {} after {} checks",
            output.status,
            checks.len()
        );
    }
    Ok(checks)
}

fn table(checks: &[Check]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::ASCII_MARKDOWN)
        .set_header(["peer", "server", "check", "result"]);
    for check in checks {
        let result = match &check.wrong {
            None => "ok".to_owned(),
            Some(wrong) => format!("FAILED: {wrong}"),
        };
        table.add_row([&check.peer, &check.router, &check.check, &result]);
    }
    table
}
