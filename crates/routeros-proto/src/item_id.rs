//! The `.id` of a row: a star and hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The router's own handle of a row, valid for now only.
///
/// Ids of dynamic tables change at a reboot and may be reused: never store one as identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub u64);

/// A text that is not a row id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a row id: {0:?}")]
pub struct BadItemId(pub String);

impl FromStr for ItemId {
    type Err = BadItemId;

    fn from_str(text: &str) -> Result<Self, BadItemId> {
        let digits = text
            .strip_prefix('*')
            .filter(|digits| !digits.starts_with('+'));
        let parsed = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        parsed.map(Self).ok_or_else(|| BadItemId(text.to_owned()))
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "*{:X}", self.0)
    }
}
