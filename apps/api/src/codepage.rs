//! Shows bytes that a router keeps as text, in the code page of whoever typed them. For display only: nothing is ever
//! written back from it.

use access::adoption::Raw;
use encoding_rs::{Encoding, WINDOWS_1252};
use serde::{Deserialize, Deserializer, de};

/// A code page by any of its usual names: `utf-8`, `windows-1251`, `iso-8859-1`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Codepage(&'static Encoding);

impl Default for Codepage {
    /// What WinBox writes on most Windows installations.
    fn default() -> Self {
        Self(WINDOWS_1252)
    }
}

impl Codepage {
    /// The text: bytes that are UTF-8 are taken as such, others are read in this code page.
    #[must_use]
    pub(crate) fn show(self, raw: &Raw) -> String {
        match raw.text() {
            Some(text) => text.to_owned(),
            None => self
                .0
                .decode_without_bom_handling(raw.as_bytes())
                .0
                .into_owned(),
        }
    }
}

impl<'de> Deserialize<'de> for Codepage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let label = String::deserialize(deserializer)?;
        let found = Encoding::for_label(label.as_bytes());
        // UTF-16 is no code page of WinBox.
        let found = found.filter(|it| it.is_ascii_compatible()).map(Self);
        found.ok_or_else(|| de::Error::custom("must be a code page, such as windows-1251"))
    }
}

#[cfg(test)]
mod tests {
    //! The same bytes read differently, and UTF-8 is never misread.
    #![allow(clippy::unwrap_used)]

    use super::{Codepage, Raw};

    fn page(label: &str) -> Result<Codepage, serde_json::Error> {
        serde_json::from_str(&format!("\"{label}\""))
    }

    #[test]
    fn bytes_are_read_in_the_chosen_code_page() {
        let bytes = Raw::new(&b"\xcc\xe8\xf0"[..]);
        assert_eq!(page("windows-1251").unwrap().show(&bytes), "Мир");
        assert_eq!(Codepage::default().show(&bytes), "Ìèð");
        assert_eq!(
            page("utf-8").unwrap().show(&bytes),
            "\u{fffd}\u{fffd}\u{fffd}"
        );
        let text = Raw::from("Café");
        assert_eq!(page("windows-1251").unwrap().show(&text), "Café");
        for bad in ["klingon", "", "utf-16le"] {
            assert!(page(bad).is_err(), "{bad}");
        }
    }
}
