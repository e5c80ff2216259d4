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
    /// A whole number or one of these words.
    NumberOr(Vec<String>),
    /// A time span.
    Time,
    /// A time span or one of these words.
    TimeOr(Vec<String>),
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
    /// Two whole numbers; one stands for both.
    NumberPair,
    /// The names of two rows elsewhere; one stands for both.
    ReferencePair(Arc<str>),
    /// Ranges of addresses.
    Ranges,
    /// An IPv4 address, a prefix, or a range.
    AddressRange,
    /// Ports and ranges of ports, separated by commas.
    Ports,
    /// A date.
    Date,
    /// Time since the row began.
    Age,
    /// Time since the row began, or this word before it did.
    AgeOr(String),
    /// Time until the row ends.
    Left,
    /// Worked out when it is shown, from other rows or the clock.
    Derived,
    /// One of these words.
    OneOf(Vec<String>),
    /// Any of these words, separated by commas and shown in this order.
    Words(Vec<String>),
    /// The policies of a group; those it lacks are shown too, with a `!`.
    Policies,
    /// The name of a row elsewhere, or one of these words.
    Reference(Arc<str>, Vec<String>),
    /// An IPv4 address or the name of a row elsewhere.
    AddressOr(Arc<str>),
    /// The same with a `!` in front, which turns a rule around.
    Not(Box<Self>),
}

impl Kind {
    /// The menu that values of this kind point into.
    pub(crate) fn target(&self) -> Option<&str> {
        match self {
            Self::Reference(menu, _) | Self::AddressOr(menu) => Some(menu),
            Self::Not(inner) => inner.target(),
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
            "number-or" => Self::NumberOr(words.collect()),
            "time" => Self::Time,
            "time-or" => Self::TimeOr(words.collect()),
            "bool" => Self::Bool,
            "mac" => Self::Mac,
            "ip" => Self::Ip,
            "prefix" => Self::Prefix,
            "target" => Self::Target,
            "listed" => Self::Listed,
            "rate" => Self::Rate,
            "pair" => Self::Pair,
            "seconds-pair" => Self::SecondsPair,
            "number-pair" => Self::NumberPair,
            "ref-pair" => Self::ReferencePair(rest.into()),
            "ranges" => Self::Ranges,
            "address-range" => Self::AddressRange,
            "ports" => Self::Ports,
            "date" => Self::Date,
            "age" => Self::Age,
            "age-or" => Self::AgeOr(rest.to_owned()),
            "derived" => Self::Derived,
            "left" => Self::Left,
            "one-of" => Self::OneOf(words.collect()),
            "words" => Self::Words(words.collect()),
            "policies" => Self::Policies,
            "not" => Self::Not(Box::new(Self::try_from(rest.to_owned())?)),
            "ref" | "ref-or" => {
                let menu = words.next().unwrap_or_default();
                Self::Reference(menu.into(), words.collect())
            }
            "address-or" => Self::AddressOr(rest.into()),
            _ => return Err(format!("unknown kind {text}")),
        })
    }
}
