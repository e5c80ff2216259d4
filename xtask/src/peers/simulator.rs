//! A simulator as a process of its own: a router, or payment providers.

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
        let options = [&["--user", "admin:password", "--quiet"], options].concat();
        Self::listening(shell, program, "routeros-sim", &options).await
    }

    /// Starts a program that says "<name> listening on <address>" first, on a free port.
    ///
    /// # Errors
    /// When it does not say that it listens, or somebody asked to stop.
    pub(super) async fn listening(
        shell: &mut Shell,
        program: &Path,
        name: &str,
        options: &[&str],
    ) -> Result<Self> {
        let mut command = shell.program(program);
        command.args(["--listen", "127.0.0.1:0"]).args(options);
        // Dropping the child ends it by its process id, which `Shell::program` asked for.
        let mut process = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {name}"))?;
        let stdout = process
            .stdout
            .take()
            .with_context(|| format!("{name} has no output"))?;
        let mut lines = BufReader::new(stdout).lines();
        let first = shell
            .unless_stopped(timeout(START_LIMIT, lines.next_line()))
            .await?;
        let first = first.with_context(|| format!("{name} does not say that it listens"))??;
        let address = address(name, first.as_deref().unwrap_or_default())?;
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

/// The address in a simulator's first line.
fn address(name: &str, line: &str) -> Result<SocketAddr> {
    let text = line.trim().strip_prefix(name);
    let text = text.and_then(|it| it.strip_prefix(" listening on "));
    let address = text.and_then(|it| it.parse().ok());
    address.with_context(|| format!("{name} said {line:?} instead of where it listens"))
}

#[cfg(test)]
mod tests;
