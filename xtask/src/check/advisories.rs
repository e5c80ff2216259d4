//! Known vulnerabilities of the dependencies, whenever the database of them can be had.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use tokio::time::timeout;

use crate::shell::Shell;
use crate::steps::Outcome;

/// How long fetching the database may take before the machine counts as offline.
const FETCH_LIMIT: Duration = Duration::from_secs(120);

/// Fetches the database and checks against it; an older copy serves when fetching fails.
///
/// # Errors
/// When a dependency has an advisory, or somebody asked to stop.
pub(super) async fn check(shell: &mut Shell) -> Result<Outcome> {
    let fetched = fetch(shell).await?;
    if !fetched && !has_older_copy() {
        let reason = "offline, the advisory database cannot be fetched and no copy is here";
        eprintln!("xtask: advisories are NOT checked: {reason}");
        return Ok(Outcome::NotDone(reason.to_owned()));
    }
    if !fetched {
        eprintln!("xtask: offline, checking against the copy of the database that is here");
    }
    let mut deny = shell.cargo();
    deny.args([
        "deny",
        "--all-features",
        "check",
        "--disable-fetch",
        "advisories",
    ]);
    shell.run(&mut deny).await?;
    Ok(Outcome::Passed)
}

async fn fetch(shell: &mut Shell) -> Result<bool> {
    let mut command = shell.cargo();
    // Without a prompt, or a refused connection would wait for somebody to type a password.
    command
        .args(["deny", "fetch", "db"])
        .env("GIT_TERMINAL_PROMPT", "0");
    match timeout(FETCH_LIMIT, shell.status(&mut command)).await {
        Ok(status) => Ok(status?.success()),
        Err(_) => Ok(false),
    }
}

/// Whether an earlier run left a database behind. A failed fetch leaves an empty folder.
fn has_older_copy() -> bool {
    let Some(home) = cargo_home() else {
        return false;
    };
    let Ok(databases) = std::fs::read_dir(home.join("advisory-dbs")) else {
        return false;
    };
    databases
        .flatten()
        .any(|database| database.path().join("crates").is_dir())
}

fn cargo_home() -> Option<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    named.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")))
}
