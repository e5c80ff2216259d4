//! Passwords as people choose them, and what is kept of them.

use std::fmt;

use kernel::{Randomness, Secret};

/// A password that may be set: 10 to 128 characters, no control characters, not one character repeated.
///
/// Length is the only demand (NIST SP 800-63B section 3.1.1.2 advises against rules of composition).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password(Secret);

/// The password is too easy to guess or too long to hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Shorter than 10 characters.
    #[error("must be at least 10 characters long")]
    TooShort,
    /// Longer than 128 characters.
    #[error("must be at most 128 characters long")]
    TooLong,
    /// Contains a control character.
    #[error("must not contain control characters")]
    Control,
    /// The same character over and over.
    #[error("must not be one character repeated")]
    Repeated,
}

impl Password {
    /// The fewest characters.
    pub const MIN_CHARS: usize = 10;

    /// The most characters.
    pub const MAX_CHARS: usize = 128;

    /// Accepts a chosen password.
    ///
    /// # Errors
    /// [`WeakPassword`] names the rule it breaks.
    pub fn choose(text: Secret) -> Result<Self, WeakPassword> {
        let chars = text.expose().chars();
        match chars.clone().count() {
            0..Self::MIN_CHARS => return Err(WeakPassword::TooShort),
            count if count > Self::MAX_CHARS => return Err(WeakPassword::TooLong),
            _ => {}
        }
        if chars.clone().any(char::is_control) {
            return Err(WeakPassword::Control);
        }
        let first = chars.clone().next();
        if chars.clone().all(|it| Some(it) == first) {
            return Err(WeakPassword::Repeated);
        }
        Ok(Self(text))
    }

    /// A password nobody chose: 20 characters that nobody misreads, some 99 bits.
    #[must_use]
    pub fn generate(randomness: &dyn Randomness) -> Self {
        const ALPHABET: &[u8; 31] = b"abcdefghijkmnpqrstuvwxyz2345679";
        let bound = u32::try_from(ALPHABET.len()).unwrap_or(u32::MAX);
        let letter = |_| {
            let place = usize::try_from(randomness.below(bound)).unwrap_or(0);
            char::from(ALPHABET[place])
        };
        Self(Secret::new((0..20).map(letter).collect::<String>()))
    }

    /// The text, for the hasher, and to show a generated one once.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.0
    }
}

/// What is kept of a password: a salted hash in PHC text form. Not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

/// The text is not a password hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a password hash in PHC form: expected $ and at most 512 printable characters")]
pub struct BadPasswordHash;

impl PasswordHash {
    /// Takes the text of a hash, as a hasher or a store gives it.
    ///
    /// # Errors
    /// [`BadPasswordHash`] if it does not look like a PHC string.
    pub fn from_phc(text: impl Into<String>) -> Result<Self, BadPasswordHash> {
        let text = text.into();
        let printable = text.bytes().all(|it| it.is_ascii_graphic());
        if !text.starts_with('$') || text.len() > 512 || !printable {
            return Err(BadPasswordHash);
        }
        Ok(Self(text))
    }

    /// The text, for the hasher and the store.
    #[must_use]
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests;
