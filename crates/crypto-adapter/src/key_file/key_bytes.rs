//! The 32 bytes of one key: wiped when dropped, never printed, base64 in the file.

use std::fmt;

use data_encoding::BASE64;
use kernel::Randomness;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use zeroize::Zeroizing;

const TEXT_BYTES: usize = 44;

/// One key of 256 bits.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KeyBytes(Zeroizing<[u8; 32]>);

impl KeyBytes {
    /// A new key.
    pub(crate) fn draw(randomness: &dyn Randomness) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        randomness.fill(bytes.as_mut_slice());
        Self(bytes)
    }

    /// The bytes, for the algorithm.
    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let decoded = Zeroizing::new(BASE64.decode(text.as_bytes()).ok()?);
        let bytes: [u8; 32] = decoded.as_slice().try_into().ok()?;
        Some(Self(Zeroizing::new(bytes)))
    }
}

impl fmt::Debug for KeyBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyBytes(…)")
    }
}

impl Serialize for KeyBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = Zeroizing::new([0; TEXT_BYTES]);
        BASE64.encode_mut(self.0.as_slice(), text.as_mut_slice());
        let text = std::str::from_utf8(text.as_slice()).map_err(ser::Error::custom)?;
        serializer.serialize_str(text)
    }
}

impl<'de> Deserialize<'de> for KeyBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        Self::parse(&text).ok_or_else(|| de::Error::custom("a key is 32 bytes in base64"))
    }
}
