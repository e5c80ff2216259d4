//! A request and its answer, without a socket.

use std::collections::BTreeMap;

use serde_json::Value;

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// An answer: a status and JSON.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answered {
    pub(crate) const fn new(status: u16, body: Value) -> Self {
        Self { status, body }
    }
}

impl Asked {
    /// The key of the caller, from `Bearer KEY` or from `Basic` with the key as the name.
    pub(crate) fn key(&self) -> Option<String> {
        let value = self.headers.get("authorization")?;
        if let Some(key) = value.strip_prefix("Bearer ") {
            return Some(key.to_owned());
        }
        let pair = decode_base64(value.strip_prefix("Basic ")?)?;
        let pair = String::from_utf8(pair).ok()?;
        Some(pair.split_once(':')?.0.to_owned())
    }

    /// The parts of the path between its slashes.
    pub(crate) fn parts(&self) -> Vec<&str> {
        self.path.split('/').filter(|it| !it.is_empty()).collect()
    }
}

/// Fields of a form or a query, by their flat names.
pub(crate) fn fields(text: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0_u32, 0_u32, Vec::new());
    for symbol in text.trim_end_matches('=').bytes() {
        let value = ALPHABET.iter().position(|it| *it == symbol)?;
        bits = (bits << 6) | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    //! Keys are found in both schemes.

    use super::{Asked, fields};

    #[test]
    fn keys_come_in_two_schemes() {
        for (value, key) in [
            ("Bearer sk_test_a", Some("sk_test_a")),
            (
                "Basic U0ItTWlkLXNlcnZlci1URVNUOg==",
                Some("SB-Mid-server-TEST"),
            ),
            ("Basic ???", None),
            ("", None),
        ] {
            let headers = [("authorization".to_owned(), value.to_owned())];
            let asked = Asked {
                method: "GET".to_owned(),
                path: "/".to_owned(),
                query: String::new(),
                headers: headers.into(),
                body: String::new(),
            };
            assert_eq!(asked.key().as_deref(), key, "{value}");
        }
    }

    #[test]
    fn brackets_stay_in_names() {
        let read = fields("a[0][b]=1&created%5Bgte%5D=5");
        assert_eq!(read["a[0][b]"], "1");
        assert_eq!(read["created[gte]"], "5");
    }
}
