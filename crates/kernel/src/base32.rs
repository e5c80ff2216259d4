//! The lower-case, unpadded base32 (RFC 4648 section 6 alphabet) that ids are written in.

use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};

static LOWER: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut spec = Specification::new();
    spec.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    spec.encoding().ok()
});

/// 16 bytes as 26 characters.
pub(crate) fn encode(bytes: &[u8; 16]) -> String {
    LOWER
        .as_ref()
        .map_or_else(String::new, |it| it.encode(bytes))
}

/// 26 characters back to 16 bytes; `None` for any other text.
pub(crate) fn decode(text: &str) -> Option<[u8; 16]> {
    let bytes = LOWER.as_ref()?.decode(text.as_bytes()).ok()?;
    bytes.try_into().ok()
}
