//! Refusals with the exact texts of real routers.

use routeros_proto::Reply;

/// A command that is refused: what the `!trap` says.
///
/// Only category and message are ever sent, the category first: one well-known client reads the
/// words by position and another breaks on any third attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) category: Option<u8>,
    pub(crate) message: String,
}

/// Category of a missing item or command.
const MISSING: u8 = 0;
/// Category of a bad argument value.
const ARGUMENT: u8 = 1;
/// Category of an interrupted command.
const INTERRUPTED: u8 = 2;
/// Category of a general failure.
const GENERAL: u8 = 4;

impl Refusal {
    fn with(category: u8, message: impl Into<String>) -> Self {
        Self {
            category: Some(category),
            message: message.into(),
        }
    }

    /// A refusal without a category word, as `failure: ...` messages are.
    pub(crate) fn plain(message: impl Into<String>) -> Self {
        Self {
            category: None,
            message: message.into(),
        }
    }

    pub(crate) fn no_such_command() -> Self {
        Self::with(MISSING, "no such command")
    }

    pub(crate) fn no_such_menu() -> Self {
        Self::with(MISSING, "no such command prefix")
    }

    pub(crate) fn unknown_parameter(name: &str) -> Self {
        Self::with(MISSING, format!("unknown parameter {name}"))
    }

    /// The id is of the right form and there is no such row.
    pub(crate) fn no_such_id() -> Self {
        Self::with(MISSING, "no such item (4)")
    }

    /// There is no row of this name.
    pub(crate) fn no_such_item() -> Self {
        Self::with(MISSING, "no such item")
    }

    pub(crate) fn no_match(name: &str) -> Self {
        Self::with(
            ARGUMENT,
            format!("input does not match any value of {name}"),
        )
    }

    pub(crate) fn ambiguous(name: &str) -> Self {
        Self::with(
            ARGUMENT,
            format!("ambiguous value of {name}, more than one possible value matches input"),
        )
    }

    pub(crate) fn invalid_argument(name: &str) -> Self {
        Self::with(ARGUMENT, format!("invalid value for argument {name}"))
    }

    pub(crate) fn invalid_value(value: &str, name: &str, wanted: &str) -> Self {
        Self::with(
            ARGUMENT,
            format!("invalid value {value} for {name}, {wanted} required"),
        )
    }

    pub(crate) fn invalid_mac(name: &str) -> Self {
        Self::with(
            ARGUMENT,
            format!("invalid value of {name}, mac address required"),
        )
    }

    pub(crate) fn bad_range(what: &str) -> Self {
        Self::with(ARGUMENT, format!("value of range {what}"))
    }

    /// The wording of the console for arguments that must not be left out.
    pub(crate) fn missing_argument(name: &str) -> Self {
        Self::with(ARGUMENT, format!("missing value(s) of argument(s) {name}"))
    }

    /// A row that the router protects.
    pub(crate) fn protected(message: &str) -> Self {
        Self::with(GENERAL, message)
    }

    pub(crate) fn forbidden() -> Self {
        Self::plain("not enough permissions (9)")
    }

    pub(crate) fn device_mode() -> Self {
        Self::plain("failure: not allowed by device-mode")
    }

    pub(crate) fn interrupted() -> Self {
        Self::with(INTERRUPTED, "interrupted")
    }

    pub(crate) fn reply(&self) -> Reply {
        Reply::trap(self.category, &self.message)
    }
}
