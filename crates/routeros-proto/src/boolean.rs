//! Yes and no, in both spellings routers use.

use thiserror::Error;

/// A text that is neither yes nor no.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("neither yes nor no: {0:?}")]
pub struct BadBool(pub String);

/// Reads `true`, `yes`, `false` or `no`.
///
/// # Errors
/// [`BadBool`] for anything else.
pub fn parse_bool(text: &str) -> Result<bool, BadBool> {
    match text {
        "true" | "yes" => Ok(true),
        "false" | "no" => Ok(false),
        other => Err(BadBool(other.to_owned())),
    }
}

/// What to send: `yes` or `no`, understood by every version.
#[must_use]
pub fn format_bool(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}
