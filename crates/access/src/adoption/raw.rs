//! Text as a router keeps it: bytes, in whatever encoding the person who typed them had.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Bytes that are text to somebody. Nothing is lost: what is not UTF-8 is stored as hexadecimal digits, and shown in a
/// code page that a person chooses.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Raw(Vec<u8>);

/// The written form: readable where it can be.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Bytes { hex: String },
}

impl Raw {
    /// Takes the bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, if the bytes are UTF-8 (strictly).
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The text; bytes that are not UTF-8 show as U+FFFD.
    #[must_use]
    pub fn lossy(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }

    /// Whether there is nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Raw {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raw(\"{}\")", self.0.escape_ascii())
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Databases refuse U+0000 in JSON.
        let plain = self.text().filter(|it| !it.contains('\0'));
        let written = match plain {
            Some(text) => Written::Text(text.to_owned()),
            None => Written::Bytes { hex: hex(&self.0) },
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Text(text) => Ok(Self(text.into_bytes())),
            Written::Bytes { hex } => unhex(&hex)
                .map(Self)
                .ok_or_else(|| de::Error::custom("not hexadecimal digits")),
        }
    }
}

/// Two lower-case digits for each byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|it| u8::from_str_radix(std::str::from_utf8(it).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    //! Whatever bytes a router holds come back.
    #![allow(clippy::unwrap_used)]

    use super::Raw;
    use proptest::prelude::{any, proptest};

    #[test]
    fn text_stays_readable_and_other_bytes_survive() {
        let written = |bytes: &[u8]| serde_json::to_string(&Raw::new(bytes)).unwrap();
        assert_eq!(written(b"vc-123"), r#""vc-123""#);
        assert_eq!(written(b"caf\xe9"), r#"{"hex":"636166e9"}"#);
        assert_eq!(written(b"\0"), r#"{"hex":"00"}"#);
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes in any::<Vec<u8>>()) {
            let raw = Raw::new(bytes);
            let text = serde_json::to_string(&raw).unwrap();
            assert_eq!(serde_json::from_str::<Raw>(&text).unwrap(), raw);
        }
    }
}
