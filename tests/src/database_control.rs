//! A database server that a story may stop and start.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tokio::process::Command;

/// The variable that describes the server, as JSON.
const VARIABLE: &str = "TEST_DATABASE_CONTROL";

/// How to stop and start a database server that no other test uses.
#[derive(Debug, Clone, Deserialize)]
pub struct DatabaseControl {
    /// Its maintenance database.
    pub url: String,
    start: Vec<String>,
    stop: Vec<String>,
}

impl DatabaseControl {
    /// The server that `cargo xtask test` has started for this.
    ///
    /// # Errors
    /// When there is none.
    pub fn from_environment() -> Result<Self> {
        let text = std::env::var(VARIABLE).with_context(|| {
            format!("{VARIABLE} describes no server: run the stories with `cargo xtask test`")
        })?;
        serde_json::from_str(&text).with_context(|| format!("{VARIABLE} is not understood"))
    }

    /// Stops the server at once, as a crash would.
    ///
    /// # Errors
    /// When it goes on.
    pub async fn stop(&self) -> Result<()> {
        run(&self.stop).await
    }

    /// Starts the server and returns once it takes connections.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(&self) -> Result<()> {
        run(&self.start).await
    }
}

async fn run(words: &[String]) -> Result<()> {
    let (program, arguments) = words.split_first().context("there is no command")?;
    // The server may not look at the caller's folder.
    let mut command = Command::new(program);
    let status = command
        .args(arguments)
        .current_dir(std::env::temp_dir())
        .status()
        .await?;
    if !status.success() {
        bail!("{} failed: {status}", words.join(" "));
    }
    Ok(())
}
