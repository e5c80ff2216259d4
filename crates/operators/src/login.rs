//! The name an operator signs in with.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

/// 3 to 64 of `a-z`, `0-9`, `.`, `_`, `@` and `-`; capitals are taken as small letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Login(String);

/// The text is not a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 3 to 64 of a-z, 0-9, ., _, @ and -")]
pub struct BadLogin;

impl Login {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Login {
    type Err = BadLogin;

    fn from_str(text: &str) -> Result<Self, BadLogin> {
        let text = text.trim().to_ascii_lowercase();
        let plain =
            |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"._@-".contains(&it);
        if !(3..=64).contains(&text.len()) || !text.bytes().all(plain) {
            return Err(BadLogin);
        }
        Ok(Self(text))
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Login {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
