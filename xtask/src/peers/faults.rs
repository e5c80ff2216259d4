//! Our gateway and the libraries before faulty routers: one cell for each of both, measured.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use comfy_table::{ContentArrangement, Table, presets};
use serde::Deserialize;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::libraries::Libraries;
use super::simulator::Simulator;
use super::{Programs, page};
use crate::shell::Shell;
use crate::steps::Outcome;

/// After how long something that has not ended is said to hang. Every library was left its own
/// limits, the longest of which is 15 s, and a late answer is waited for 8 s.
const LIMIT: Duration = Duration::from_secs(40);

/// A fault: its name, what it is, and how the simulator is started for the libraries and for us.
/// Two commands of ours come before the operation and one of theirs, and our addition makes a
/// profile first.
pub(super) struct Fault {
    name: &'static str,
    pub(super) what: &'static str,
    theirs: &'static str,
    ours: &'static str,
}

const fn fault(name: &'static str, what: &'static str, flag: &'static str) -> Fault {
    counted(name, what, flag, flag)
}

const fn counted(
    name: &'static str,
    what: &'static str,
    theirs: &'static str,
    ours: &'static str,
) -> Fault {
    Fault {
        name,
        what,
        theirs,
        ours,
    }
}

pub(super) const FAULTS: [Fault; 11] = [
    fault(
        "stall",
        "a print is never answered",
        "stall:/ppp/secret/print",
    ),
    fault(
        "late",
        "a print is answered after 17 s",
        "slow:/ppp/secret/print:17000",
    ),
    counted(
        "cut-mid-reply",
        "the connection is cut in the middle of an answer",
        "drop-mid-reply:2",
        "drop-mid-reply:3",
    ),
    counted(
        "cut-after-apply",
        "an addition is made, the connection cut before the answer",
        "drop-after-apply:1",
        "drop-after-apply:2",
    ),
    fault(
        "empty",
        "`!empty` before every `!done` without rows",
        "empty-always",
    ),
    fault(
        "extra-trap-attribute",
        "a refusal carries one more attribute",
        "extra-trap-attribute",
    ),
    fault(
        "duplicate-keys",
        "keys occur twice in a row",
        "duplicate-keys",
    ),
    fault("bad-utf8", "a comment holds the byte E9", "bad-utf8"),
    fault(
        "fatal",
        "a print is answered with `!fatal`",
        "fatal:/ppp/secret/print",
    ),
    counted(
        "reboot",
        "the power fails instead of an answer",
        "reboot-on:2",
        "reboot-on:3",
    ),
    fault(
        "long-lengths",
        "every length takes five bytes",
        "long-lengths",
    ),
];

/// Who is compared.
pub(super) const PEERS: [&str; 4] = ["ours", "librouteros", "RouterOS-api", "node-routeros"];

/// What came of one fault with one peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    /// Whether nothing that was said is untrue, nothing hangs, and the next command is served.
    pub(super) is_sound: bool,
    /// In words.
    pub(super) text: String,
}

/// Measures every cell, prints them and writes the page; fails when one of ours is not sound.
pub(super) async fn run(
    shell: &mut Shell,
    libraries: &Libraries,
    programs: &Programs,
) -> Result<Outcome> {
    let mut columns = Vec::new();
    for peer in PEERS {
        columns.push(column(shell, libraries, programs, peer).await?);
    }
    println!("\n{}", table(&columns));
    page::write(shell.root(), &columns)?;
    let unsound = columns
        .first()
        .map_or(0, |ours| ours.iter().filter(|it| !it.is_sound).count());
    Ok(match unsound {
        0 => Outcome::Passed,
        _ => Outcome::Failed(format!("{unsound} faults are not handled by our gateway")),
    })
}

/// One peer before every fault, all at the same time, each with a router of its own.
async fn column(
    shell: &mut Shell,
    libraries: &Libraries,
    programs: &Programs,
    peer: &'static str,
) -> Result<Vec<Cell>> {
    let mut routers = Vec::new();
    let mut running = JoinSet::new();
    for (row, fault) in FAULTS.iter().enumerate() {
        let flag = if peer == "ours" {
            fault.ours
        } else {
            fault.theirs
        };
        let options = ["--seed-ppp", "3", "--fault", flag];
        let router = Simulator::start(shell, &programs.simulator, &options).await?;
        let mut command = match peer {
            "ours" => shell.program(&programs.probe),
            "node-routeros" => libraries.node(shell, "faults.js"),
            _ => libraries.python(shell, "faults.py"),
        };
        match peer {
            "ours" => command.args([fault.name, &router.port()]),
            "node-routeros" => command.args(["--fault", fault.name, "--port", &router.port()]),
            _ => command.args([
                "--peer",
                peer,
                "--fault",
                fault.name,
                "--port",
                &router.port(),
            ]),
        };
        routers.push(router);
        running.spawn(async move { (row, measure(command).await) });
    }
    let mut cells = Vec::new();
    while let Some(done) = shell.unless_stopped(running.join_next()).await? {
        let (row, cell) = done?;
        cells.push((row, cell?));
    }
    cells.sort_by_key(|(row, _)| *row);
    Ok(cells.into_iter().map(|(_, cell)| cell).collect())
}

/// What a program printed about one fault.
#[derive(Debug, Deserialize)]
struct Findings {
    /// `right`, `error` or `wrong`, and words.
    operation: (String, String),
    /// The same of the next command, or `hangs`.
    next: (String, String),
}

async fn measure(mut program: Command) -> Result<Cell> {
    program.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = program.spawn().context("a peer cannot be run")?;
    let Ok(output) = timeout(LIMIT, child.wait_with_output()).await else {
        let text = format!("HANGS: nothing is told within {} s", LIMIT.as_secs());
        return Ok(unsound(text));
    };
    let output = output?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let findings = printed.lines().last().map(serde_json::from_str);
    match findings {
        Some(Ok(findings)) if output.status.success() => Ok(verdict(&findings)),
        _ => Ok(unsound(format!("CRASH: {}", last_words(&output.stderr)))),
    }
}

/// The line of a crash that names the error.
fn last_words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let named = text.lines().map(str::trim).find(|line| {
        let first = line.split(':').next().unwrap_or_default();
        line.contains(": ") && (first.ends_with("Exception") || first.ends_with("Error"))
    });
    named
        .unwrap_or("the process ends without a word")
        .to_owned()
}

fn unsound(text: String) -> Cell {
    Cell {
        is_sound: false,
        text,
    }
}

fn verdict(findings: &Findings) -> Cell {
    let (operation, words) = (&*findings.operation.0, &*findings.operation.1);
    let (next, reason) = (&*findings.next.0, &*findings.next.1);
    let said = match operation {
        "right" if words.is_empty() => "ok".to_owned(),
        "right" => format!("ok ({words})"),
        "error" => format!("error ({words})"),
        _ => format!("WRONG ({words})"),
    };
    match next {
        "right" => Cell {
            is_sound: operation != "wrong",
            text: said,
        },
        "error" => unsound(format!("{said}; the connection stays dead")),
        "hangs" => unsound(format!("{said}; the next command hangs")),
        _ => unsound(format!("{said}; DESYNCHRONISED: {}", short(reason))),
    }
}

/// The beginning of a long text.
fn short(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn table(columns: &[Vec<Cell>]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::ASCII_MARKDOWN)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(std::iter::once("fault").chain(PEERS));
    for (row, fault) in FAULTS.iter().enumerate() {
        let cells = columns.iter().filter_map(|it| it.get(row));
        table.add_row(std::iter::once(fault.what).chain(cells.map(|it| &*it.text)));
    }
    table
}

#[cfg(test)]
mod tests;
