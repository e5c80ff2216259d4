//! A simulated router as a process of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;
use tokio::time::timeout;

use crate::shell::Shell;

/// How long the simulator may take to listen.
const START_LIMIT: Duration = Duration::from_secs(20);

/// What its first line begins with.
const FIRST_LINE: &str = "routeros-sim listening on ";

/// A running simulator. Dropping it ends it.
pub(super) struct Simulator {
    address: SocketAddr,
    _process: Child,
}

/// Builds the simulator and returns its program.
///
/// # Errors
/// When it does not build, or somebody asked to stop.
pub(super) async fn build(shell: &mut Shell) -> Result<PathBuf> {
    let mut cargo = shell.cargo();
    cargo.args([
        "build",
        "--package",
        "routeros-sim",
        "--bin",
        "routeros-sim",
    ]);
    shell.run(&mut cargo).await?;
    Ok(shell.target().join("debug/routeros-sim"))
}

impl Simulator {
    /// Starts a simulator on a free port, with more options, and waits until it listens.
    ///
    /// # Errors
    /// When it does not say that it listens, or somebody asked to stop.
    pub(super) async fn start(shell: &mut Shell, program: &Path, options: &[&str]) -> Result<Self> {
        let mut command = shell.program(program);
        command.args([
            "--listen",
            "127.0.0.1:0",
            "--user",
            "admin:password",
            "--quiet",
        ]);
        command.args(options);
        // Dropping the child ends it by its process id, which `Shell::program` asked for.
        let mut process = command
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run routeros-sim")?;
        let stdout = process
            .stdout
            .take()
            .context("routeros-sim has no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let first = shell
            .unless_stopped(timeout(START_LIMIT, lines.next_line()))
            .await?;
        let first = first.context("routeros-sim does not say that it listens")??;
        let address = address(first.as_deref().unwrap_or_default())?;
        // Whatever else it says is read, or it would stand still once the pipe is full.
        tokio::spawn(async move {
            tokio::io::copy(&mut lines.into_inner(), &mut tokio::io::sink()).await
        });
        Ok(Self {
            address,
            _process: process,
        })
    }

    /// The port, as text for a command line.
    pub(super) fn port(&self) -> String {
        self.address.port().to_string()
    }
}

/// The address in the simulator's first line.
fn address(line: &str) -> Result<SocketAddr> {
    let text = line.trim().strip_prefix(FIRST_LINE);
    let address = text.and_then(|it| it.parse().ok());
    address.with_context(|| format!("routeros-sim said {line:?} instead of {FIRST_LINE:?}"))
}

#[cfg(test)]
mod tests;
