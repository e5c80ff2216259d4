//! Checks a value against its kind and writes it the way the router would print it.

use std::net::Ipv4Addr;

use routeros_proto::{Mac, RatePair, format_duration, parse_bool, parse_duration, parse_rate};

use crate::policies;
use crate::refusal::Refusal;
use crate::schema::Kind;
use crate::text::Text;

/// The value in the router's own form.
///
/// References are not looked up here: the caller knows the tables.
pub(crate) fn normalise(kind: &Kind, name: &str, raw: &[u8]) -> Result<Text, Refusal> {
    if matches!(kind, Kind::Text | Kind::Date | Kind::Derived) {
        return Ok(Text::from(raw));
    }
    let Ok(text) = std::str::from_utf8(raw) else {
        return Err(Refusal::invalid_argument(name));
    };
    match kind {
        Kind::Text | Kind::Date | Kind::Derived | Kind::Reference(..) | Kind::AddressOr(_) => {
            Ok(text.into())
        }
        Kind::Number => number(name, text),
        Kind::NumberOr(words) | Kind::TimeOr(words) if words.iter().any(|word| word == text) => {
            Ok(text.into())
        }
        Kind::AgeOr(word) if word == text => Ok(text.into()),
        Kind::NumberOr(_) => number(name, text),
        Kind::Time | Kind::TimeOr(_) | Kind::Age | Kind::AgeOr(_) | Kind::Left => time(name, text),
        Kind::Bool => boolean(name, text),
        Kind::Mac => mac(name, text),
        Kind::Ip => ip(name, text),
        Kind::Prefix => prefix(name, text),
        Kind::Target => target(name, text),
        Kind::Listed => Ok(listed(text).into()),
        Kind::Rate => {
            let bps = parse_rate(text).map_err(|_| Refusal::invalid_argument(name))?;
            Ok(bps.to_string().into())
        }
        Kind::Pair => {
            let pair: RatePair = text.parse().map_err(|_| Refusal::invalid_argument(name))?;
            Ok(pair.in_bps().into())
        }
        Kind::SecondsPair => seconds_pair(name, text),
        Kind::NumberPair => number_pair(name, text),
        Kind::ReferencePair(_) => Ok(text_pair(text).into()),
        Kind::Ranges => ranges(text),
        Kind::AddressRange => address_range(name, text),
        Kind::Ports => ports(name, text),
        Kind::Words(words) => some_of(name, words, text),
        Kind::Policies => policies::granted(name, text),
        Kind::Not(inner) => negated(inner, name, text),
        Kind::OneOf(words) if words.iter().any(|word| word == text) => Ok(text.into()),
        Kind::OneOf(words) => Err(unmatched(name, words, text)),
    }
}

/// The first and last address of each range, `10.0.0.2-10.0.0.9,10.1.0.0/24`.
pub(crate) fn parse_ranges(text: &str) -> Result<Vec<(u32, u32)>, Refusal> {
    text.split(',')
        .map(|range| parse_range(range.trim()))
        .collect()
}

fn parse_range(text: &str) -> Result<(u32, u32), Refusal> {
    let not_a_range = || Refusal::bad_range("expects range of ip addresses");
    if let Some((address, bits)) = text.split_once('/') {
        let (first, last) = network(address, bits).ok_or_else(not_a_range)?;
        return Ok((first, last));
    }
    let Some((first, last)) = text.split_once('-') else {
        let address: Ipv4Addr = text.parse().map_err(|_| not_a_range())?;
        return Ok((address.into(), address.into()));
    };
    let before = || Refusal::bad_range("must have ip address before '-'");
    let after = || Refusal::bad_range("must have ip address after '-'");
    let first: Ipv4Addr = first.parse().map_err(|_| before())?;
    let last: Ipv4Addr = last.parse().map_err(|_| after())?;
    if first > last {
        return Err(not_a_range());
    }
    Ok((first.into(), last.into()))
}

/// First and last address of a network.
fn network(address: &str, bits: &str) -> Option<(u32, u32)> {
    let address: Ipv4Addr = address.parse().ok()?;
    let bits: u32 = bits.parse().ok().filter(|bits| *bits <= 32)?;
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    let first = u32::from(address) & mask;
    Some((first, first | !mask))
}

/// The network of `10.0.0.1/24`, as `/ip/address` prints it.
pub(crate) fn network_of(prefix: &str) -> Option<Ipv4Addr> {
    let (address, bits) = prefix.split_once('/')?;
    network(address, bits).map(|(first, _)| Ipv4Addr::from(first))
}

fn number(name: &str, text: &str) -> Result<Text, Refusal> {
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = text.parse::<u64>().ok().filter(|_| is_digits);
    let value = value.ok_or_else(|| Refusal::invalid_value(text, name, "an integer"))?;
    Ok(value.to_string().into())
}

fn time(name: &str, text: &str) -> Result<Text, Refusal> {
    let span =
        parse_duration(text).map_err(|_| Refusal::invalid_value(text, name, "time interval"))?;
    Ok(format_duration(span).into())
}

fn boolean(name: &str, text: &str) -> Result<Text, Refusal> {
    let value = parse_bool(text).map_err(|_| Refusal::no_match(name))?;
    Ok(Text::from(if value { "true" } else { "false" }))
}

fn mac(name: &str, text: &str) -> Result<Text, Refusal> {
    let mac: Mac = text.parse().map_err(|_| Refusal::invalid_mac(name))?;
    Ok(mac.to_string().into())
}

fn ip(name: &str, text: &str) -> Result<Text, Refusal> {
    let address: Ipv4Addr = text.parse().map_err(|_| Refusal::invalid_argument(name))?;
    Ok(address.to_string().into())
}

/// Keeps the host part: `10.0.0.1` is `10.0.0.1/32`.
fn prefix(name: &str, text: &str) -> Result<Text, Refusal> {
    let (address, bits) = text.split_once('/').unwrap_or((text, "32"));
    if network(address, bits).is_none() {
        return Err(Refusal::invalid_argument(name));
    }
    Ok(format!("{address}/{bits}").into())
}

/// Addresses become prefixes; anything else must look like an interface name.
fn target(name: &str, text: &str) -> Result<Text, Refusal> {
    let mut parts = Vec::new();
    for part in text.split(',') {
        if part.is_empty() {
            return Err(Refusal::invalid_argument(name));
        }
        let looks_like_address = part
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
        if part.contains('/') || looks_like_address {
            parts.push(prefix(name, part)?.lossy().into_owned());
        } else {
            parts.push(part.to_owned());
        }
    }
    Ok(parts.join(",").into())
}

/// A range that is exactly a network turns into it; a host keeps its form.
fn listed(text: &str) -> String {
    let Ok((first, last)) = parse_range(text) else {
        return text.to_owned();
    };
    if first == last {
        return Ipv4Addr::from(first).to_string();
    }
    let size = u64::from(last) - u64::from(first) + 1;
    let is_aligned = size.is_power_of_two() && u64::from(first).is_multiple_of(size);
    if is_aligned {
        return format!("{}/{}", Ipv4Addr::from(first), 32 - size.trailing_zeros());
    }
    format!("{}-{}", Ipv4Addr::from(first), Ipv4Addr::from(last))
}

fn seconds_pair(name: &str, text: &str) -> Result<Text, Refusal> {
    let (rx, tx) = text.split_once('/').unwrap_or((text, text));
    let rx = time(name, rx)?;
    let tx = time(name, tx)?;
    Ok(format!("{}/{}", rx.lossy(), tx.lossy()).into())
}

/// `8` is `8/8`.
fn number_pair(name: &str, text: &str) -> Result<Text, Refusal> {
    let (rx, tx) = text.split_once('/').unwrap_or((text, text));
    let (rx, tx) = (number(name, rx)?, number(name, tx)?);
    Ok(format!("{}/{}", rx.lossy(), tx.lossy()).into())
}

fn text_pair(text: &str) -> String {
    match text.split_once('/') {
        Some(_) => text.to_owned(),
        None => format!("{text}/{text}"),
    }
}

/// An address, a prefix, or a range in the form it was given.
fn address_range(name: &str, text: &str) -> Result<Text, Refusal> {
    parse_range(text).map_err(|_| Refusal::invalid_argument(name))?;
    Ok(text.into())
}

fn ports(name: &str, text: &str) -> Result<Text, Refusal> {
    let is_port = |text: &str| text.parse::<u16>().is_ok();
    let is_range = |text: &str| match text.split_once('-') {
        Some((first, last)) => is_port(first) && is_port(last),
        None => is_port(text),
    };
    if !text.split(',').all(is_range) {
        return Err(Refusal::invalid_argument(name));
    }
    Ok(text.into())
}

/// Some words begin like this, or none does. One alone is refused too: nobody knows for certain
/// that the API takes abbreviations.
fn unmatched(name: &str, words: &[String], text: &str) -> Refusal {
    let alike = words.iter().filter(|word| word.starts_with(text));
    match alike.count() {
        0 | 1 => Refusal::no_match(name),
        _ => Refusal::ambiguous(name),
    }
}

/// The words that are set, in the router's order.
fn some_of(name: &str, known: &[String], text: &str) -> Result<Text, Refusal> {
    let given: Vec<&str> = text.split(',').filter(|word| !word.is_empty()).collect();
    let is_known = |word: &&str| known.iter().any(|known| known == word);
    if !given.iter().all(is_known) {
        return Err(Refusal::no_match(name));
    }
    let set = known.iter().filter(|word| given.contains(&word.as_str()));
    let set: Vec<&str> = set.map(String::as_str).collect();
    Ok(set.join(",").into())
}

fn negated(inner: &Kind, name: &str, text: &str) -> Result<Text, Refusal> {
    let Some(rest) = text.strip_prefix('!') else {
        return normalise(inner, name, text.as_bytes());
    };
    let value = normalise(inner, name, rest.as_bytes())?;
    Ok(format!("!{}", value.lossy()).into())
}

fn ranges(text: &str) -> Result<Text, Refusal> {
    parse_ranges(text)?;
    Ok(Text::from(text))
}
