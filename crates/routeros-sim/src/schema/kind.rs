//! What the value of a property may be.

use std::sync::Arc;

use serde::Deserialize;

/// The kind of a property's value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum Kind {
    /// Any bytes.
    Text,
    /// A whole number.
    Number,
    /// A whole number or this word.
    NumberOr(String),
    /// A time span.
    Time,
    /// A time span or this word.
    TimeOr(String),
    /// `yes`/`no`, shown as `true`/`false`.
    Bool,
    /// A hardware address, shown in capitals.
    Mac,
    /// An IPv4 address.
    Ip,
    /// An IPv4 address with a prefix length, /32 when left out.
    Prefix,
    /// What a queue limits: prefixes or interface names, separated by commas.
    Target,
    /// An address-list entry: address, prefix, range or name.
    Listed,
    /// One rate, shown in bits per second.
    Rate,
    /// Two rates, shown in bits per second.
    Pair,
    /// Two time spans.
    SecondsPair,
    /// Ranges of addresses.
    Ranges,
    /// A date.
    Date,
    /// Time since the row began.
    Age,
    /// Time until the row ends.
    Left,
    /// One of these words.
    OneOf(Vec<String>),
    /// The name of a row elsewhere, or one of these words.
    Reference(Arc<str>, Vec<String>),
    /// An IPv4 address or the name of a row elsewhere.
    AddressOr(Arc<str>),
}

impl Kind {
    /// The menu that values of this kind point into.
    pub(crate) fn target(&self) -> Option<&str> {
        match self {
            Self::Reference(menu, _) | Self::AddressOr(menu) => Some(menu),
            _ => None,
        }
    }
}

impl TryFrom<String> for Kind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (name, rest) = text.split_once(':').unwrap_or((&text, ""));
        let mut words = rest.split('|').map(str::to_owned);
        Ok(match name {
            "text" => Self::Text,
            "number" => Self::Number,
            "number-or" => Self::NumberOr(rest.to_owned()),
            "time" => Self::Time,
            "time-or" => Self::TimeOr(rest.to_owned()),
            "bool" => Self::Bool,
            "mac" => Self::Mac,
            "ip" => Self::Ip,
            "prefix" => Self::Prefix,
            "target" => Self::Target,
            "listed" => Self::Listed,
            "rate" => Self::Rate,
            "pair" => Self::Pair,
            "seconds-pair" => Self::SecondsPair,
            "ranges" => Self::Ranges,
            "date" => Self::Date,
            "age" => Self::Age,
            "left" => Self::Left,
            "one-of" => Self::OneOf(words.collect()),
            "ref" | "ref-or" => {
                let menu = words.next().unwrap_or_default();
                Self::Reference(menu.into(), words.collect())
            }
            "address-or" => Self::AddressOr(rest.into()),
            _ => return Err(format!("unknown kind {text}")),
        })
    }
}
