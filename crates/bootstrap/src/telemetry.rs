//! Where log lines go and what they look like.

use std::io::IsTerminal;

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::settings::{LogFormat, LogSettings};

/// Sends log lines to standard error in the form the settings ask for.
///
/// # Errors
/// Names the setting `log.filter` if it is not a filter, and fails if logging was set up before.
pub fn start_logging(settings: &LogSettings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.filter)
        .context("setting `log.filter` must be a level such as info, or a filter such as info,workflows=debug")?;
    let lines = tracing_subscriber::fmt()
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = match settings.format {
        LogFormat::Text => lines.with_target(false).compact().try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started
        .map_err(|err| anyhow::anyhow!(err))
        .context("logging is already set up")
}
