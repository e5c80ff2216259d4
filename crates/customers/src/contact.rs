//! How to reach a customer, and short free texts: each exists only if it is valid.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

/// An e-mail address: at most 254 characters, one `@`, a domain with a dot; the domain in lower case.
///
/// Deliberately narrower than RFC 5321: no quoted local parts, no address literals, ASCII only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Email(String);

/// A postal address: 1 to 300 characters after trimming, line breaks allowed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Address(String);

/// What colleagues should know: 1 to 2,000 characters after trimming, line breaks allowed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Note(String);

/// Why somebody was blocked: 1 to 200 characters after trimming, one line.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Reason(String);

/// Why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadContact {
    /// Not an [`Email`].
    #[error("must be an e-mail address such as siti@example.org, at most 254 characters")]
    Email,
    /// Not an [`Address`].
    #[error("must be 1 to 300 characters; line breaks are fine, other control characters are not")]
    Address,
    /// Not a [`Note`].
    #[error("must be 1 to 2000 characters; line breaks are fine, other control characters are not")]
    Note,
    /// Not a [`Reason`].
    #[error("must be 1 to 200 characters on one line, without control characters")]
    Reason,
}

impl FromStr for Email {
    type Err = BadContact;

    fn from_str(text: &str) -> Result<Self, BadContact> {
        let text = text.trim();
        let (local, domain) = text.split_once('@').ok_or(BadContact::Email)?;
        if text.len() > 254 || !is_local_part(local) || !is_domain(domain) {
            return Err(BadContact::Email);
        }
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }
}

/// The dot-atom of RFC 5321 section 4.1.2, at most 64 characters.
fn is_local_part(local: &str) -> bool {
    let allowed = |it: u8| it.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&it);
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    (1..=64).contains(&local.len()) && !dots && local.bytes().all(allowed)
}

/// Two or more labels of letters, digits and inner hyphens (RFC 1123 section 2.1).
fn is_domain(domain: &str) -> bool {
    domain.contains('.') && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let allowed = |it: u8| it.is_ascii_alphanumeric() || it == b'-';
    let hyphens = label.starts_with('-') || label.ends_with('-');
    (1..=63).contains(&label.len()) && !hyphens && label.bytes().all(allowed)
}

impl FromStr for Address {
    type Err = BadContact;

    fn from_str(text: &str) -> Result<Self, BadContact> {
        free_text(text, 300, Lines::Many)
            .map(Self)
            .ok_or(BadContact::Address)
    }
}

impl FromStr for Note {
    type Err = BadContact;

    fn from_str(text: &str) -> Result<Self, BadContact> {
        free_text(text, 2_000, Lines::Many)
            .map(Self)
            .ok_or(BadContact::Note)
    }
}

impl FromStr for Reason {
    type Err = BadContact;

    fn from_str(text: &str) -> Result<Self, BadContact> {
        free_text(text, 200, Lines::One)
            .map(Self)
            .ok_or(BadContact::Reason)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    One,
    Many,
}

fn free_text(text: &str, max_chars: usize, lines: Lines) -> Option<String> {
    let text = text.trim();
    let forbidden = |it: char| it.is_control() && !(it == '\n' && lines == Lines::Many);
    if text.is_empty() || text.chars().count() > max_chars || text.chars().any(forbidden) {
        return None;
    }
    Some(text.to_owned())
}

macro_rules! text_value {
    ($name:ident) => {
        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

text_value!(Email);
text_value!(Address);
text_value!(Note);
text_value!(Reason);

#[cfg(test)]
mod tests;
