//! Traps: what a router refused and what the caller can do about it.
//!
//! Routers say it in words; the category number comes with some messages only, so the text
//! decides. The table is ordered: the first pattern that fits wins.

/// What a refusal means to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrapKind {
    /// The account lacks a policy, or the row is protected.
    Forbidden,
    /// The credentials of the API account are wrong.
    AuthFailed,
    /// Something with this key exists already.
    Conflict,
    /// The row is gone.
    NotFound,
    /// This router does not know the menu, command or parameter (version or package).
    Unsupported,
    /// The device mode of the router forbids it.
    DeviceMode,
    /// A value was refused.
    InvalidArgument,
    /// The command was cancelled.
    Cancelled,
    /// The router ran out of time; the same command may pass later.
    Retry,
    /// A hotspot login on behalf of a customer was refused.
    LoginRejected,
    /// Anything else: show the text to a person.
    Other,
}

/// A refusal, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trap {
    /// The router's own words.
    pub message: String,
    /// The category number, where the router sent one.
    pub category: Option<u8>,
    /// What it means.
    pub kind: TrapKind,
    /// The argument it is about, where the text names one.
    pub field: Option<String>,
}

impl Trap {
    /// Classifies a message.
    #[must_use]
    pub fn new(message: &str, category: Option<u8>) -> Self {
        let (kind, field) = classify(message);
        Self {
            message: message.to_owned(),
            category,
            kind,
            field,
        }
    }
}

/// How a pattern is looked for in the lower-case text, and where the field's name stands.
enum Pattern {
    /// The text holds this.
    Holds(&'static str),
    /// The text holds this and the next word is the field.
    Field(&'static str),
    /// The text holds the first, then the second, and the word between or after is the field.
    Between(&'static str, &'static str),
}

use Pattern::{Between, Field, Holds};

/// Ordered: a message is what the first fitting line says.
const TABLE: [(Pattern, TrapKind); 40] = [
    (Holds("not enough permissions"), TrapKind::Forbidden),
    (Holds("invalid user name or password"), TrapKind::AuthFailed),
    (Holds("cannot log in"), TrapKind::AuthFailed),
    (Holds("already have"), TrapKind::Conflict),
    (Holds("already exists"), TrapKind::Conflict),
    (Holds("with such name exists"), TrapKind::Conflict),
    (Holds("with the same name"), TrapKind::Conflict),
    (Holds("no such item"), TrapKind::NotFound),
    (Holds("no such command"), TrapKind::Unsupported),
    (Field("unknown parameter "), TrapKind::Unsupported),
    (Holds("unknown parameter"), TrapKind::Unsupported),
    (Holds("expected end of command"), TrapKind::Unsupported),
    (Holds("bad command name"), TrapKind::Unsupported),
    (Holds("not allowed by device-mode"), TrapKind::DeviceMode),
    (
        Field("input does not match any value of "),
        TrapKind::InvalidArgument,
    ),
    (Field("ambiguous value of "), TrapKind::InvalidArgument),
    (
        Field("invalid value for argument "),
        TrapKind::InvalidArgument,
    ),
    (Field("invalid value of "), TrapKind::InvalidArgument),
    (
        Between("invalid value ", " for "),
        TrapKind::InvalidArgument,
    ),
    (Holds("invalid value"), TrapKind::InvalidArgument),
    (Between("value of ", " expects"), TrapKind::InvalidArgument),
    (Between("value of ", " must"), TrapKind::InvalidArgument),
    (
        Between("failure: ", " less than"),
        TrapKind::InvalidArgument,
    ),
    (
        Field("missing value(s) of argument(s) "),
        TrapKind::InvalidArgument,
    ),
    (Holds("is required"), TrapKind::InvalidArgument),
    (Holds("contents too long"), TrapKind::InvalidArgument),
    (Holds("can not remove default"), TrapKind::Forbidden),
    (Holds("interrupted"), TrapKind::Cancelled),
    (Holds("timeout"), TrapKind::Retry),
    (Holds("timed out"), TrapKind::Retry),
    (
        Holds("invalid username or password"),
        TrapKind::LoginRejected,
    ),
    (Holds("unknown host ip"), TrapKind::LoginRejected),
    (Holds("wrong mac provided"), TrapKind::LoginRejected),
    (Holds("session limit reached"), TrapKind::LoginRejected),
    (
        Holds("no more sessions are allowed"),
        TrapKind::LoginRejected,
    ),
    (Holds("uptime limit"), TrapKind::LoginRejected),
    (Holds("traffic limit"), TrapKind::LoginRejected),
    (Holds("no valid profile found"), TrapKind::LoginRejected),
    (Holds("invalid calling-station-id"), TrapKind::LoginRejected),
    (
        Holds("not allowed to log in from this mac"),
        TrapKind::LoginRejected,
    ),
];

/// What a message means, and the argument it is about where it names one.
///
/// Case and a trailing ` (N)` do not matter.
#[must_use]
pub fn classify(message: &str) -> (TrapKind, Option<String>) {
    match decide(message) {
        Some((row, field)) => (TABLE.get(row).map_or(TrapKind::Other, |it| it.1), field),
        None => (TrapKind::Other, None),
    }
}

/// The row of the table that decides about a message, and the field it names.
fn decide(message: &str) -> Option<(usize, Option<String>)> {
    let text = without_number(message).to_ascii_lowercase();
    let mut rows = TABLE.iter().enumerate();
    rows.find_map(|(row, (pattern, _))| find(pattern, &text).map(|field| (row, field)))
}

/// Strips a trailing ` (N)` such as in `no such item (4)`.
fn without_number(message: &str) -> &str {
    let message = message.trim();
    let Some((text, number)) = message
        .strip_suffix(')')
        .and_then(|it| it.rsplit_once(" ("))
    else {
        return message;
    };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text } else { message }
}

/// `Some(field)` when the pattern fits.
fn find(pattern: &Pattern, text: &str) -> Option<Option<String>> {
    match pattern {
        Holds(part) => text.contains(part).then_some(None),
        Field(part) => text.split_once(part).map(|(_, rest)| first_word(rest)),
        Between(first, second) => {
            let (_, rest) = text.split_once(first)?;
            let (before, after) = rest.split_once(second)?;
            // "invalid value V for P": the field follows; in the others it stands between.
            let named = if second.ends_with("for ") {
                after
            } else {
                before
            };
            Some(first_word(named))
        }
    }
}

fn first_word(text: &str) -> Option<String> {
    let word = text.split([' ', ',']).next().unwrap_or_default();
    (!word.is_empty()).then(|| word.to_owned())
}

#[cfg(test)]
mod tests;
