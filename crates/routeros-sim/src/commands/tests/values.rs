//! Values for properties, by kind: right ones, and anything.

use crate::router::Router;
use crate::schema::Kind;

/// Bytes that some parser may trip over.
const ODD: [&[u8]; 12] = [
    b"",
    b"-",
    b"/",
    b"!",
    b",,",
    b"0.0.0.0/0",
    b"18446744073709551616",
    b"99999999999w",
    b"\xE9\xFF\x00",
    b"*1",
    b"1-2-3/4",
    b"255.255.255.255-0.0.0.0",
];

/// A value of the right kind that this router takes.
pub(super) fn good(router: &Router, kind: &Kind, pick: u32) -> Vec<u8> {
    let [a, b, c, d] = pick.to_be_bytes();
    let text = match kind {
        Kind::Text | Kind::Date | Kind::Derived => format!("text {c} {d}"),
        Kind::Number | Kind::Rate => pick.to_string(),
        Kind::NumberOr(words) => word_or(words, pick, || c.to_string()),
        Kind::Time | Kind::Age | Kind::Left => format!("{c}m{d}s"),
        Kind::AgeOr(word) => word.clone(),
        Kind::TimeOr(words) => word_or(words, pick, || format!("{c}d{d}h")),
        Kind::Bool => if d % 2 == 0 { "yes" } else { "no" }.to_owned(),
        Kind::Mac => format!("02:0a:{a:02x}:{b:02x}:{c:02x}:{d:02x}"),
        Kind::Ip => format!("10.{b}.{c}.{d}"),
        Kind::Prefix | Kind::Target => format!("10.{b}.{c}.{d}/{}", a % 33),
        Kind::Listed | Kind::AddressRange => format!("10.{b}.{c}.0-10.{b}.{c}.{d}"),
        Kind::Pair => format!("{c}M/{d}k"),
        Kind::SecondsPair => format!("{c}/{d}"),
        Kind::NumberPair => format!("{}/{}", c % 8 + 1, d % 8 + 1),
        Kind::ReferencePair(menu) => name_in(router, menu, pick),
        Kind::Ranges => format!("10.{b}.{c}.0-10.{b}.{c}.{d}"),
        Kind::Ports => format!("{c},{d}-{}", 255 + u32::from(a)),
        Kind::OneOf(words) => words[pick as usize % words.len()].clone(),
        Kind::Words(words) => words[pick as usize % words.len()..].join(","),
        Kind::Policies => "read,!write,api".to_owned(),
        Kind::Reference(menu, words) => word_or(words, pick, || name_in(router, menu, pick)),
        Kind::AddressOr(menu) if d % 2 == 0 => name_in(router, menu, pick),
        Kind::AddressOr(_) => format!("10.{b}.{c}.{d}"),
        Kind::Not(inner) => {
            let inner = good(router, inner, pick);
            return if a % 2 == 0 {
                [b"!", inner.as_slice()].concat()
            } else {
                inner
            };
        }
    };
    text.into_bytes()
}

/// A value that is right, wrong or nonsense.
pub(super) fn wild(router: &Router, kind: &Kind, pick: u32) -> Vec<u8> {
    match pick % 3 {
        0 => good(router, kind, pick / 3),
        1 => ODD[pick as usize / 3 % ODD.len()].to_vec(),
        _ => pick.to_le_bytes().to_vec(),
    }
}

/// One of the words now and then.
fn word_or(words: &[String], pick: u32, other: impl Fn() -> String) -> String {
    match words.get(pick as usize % 4) {
        Some(word) => word.clone(),
        None => other(),
    }
}

/// The name of some row of a menu.
fn name_in(router: &Router, menu: &str, pick: u32) -> String {
    let table = &router[router.schema.find(menu).unwrap()];
    let row = table.iter().nth(pick as usize % table.len()).unwrap();
    table.text(row, "name").into_owned()
}
