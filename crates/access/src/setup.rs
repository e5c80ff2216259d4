//! What a router holds besides customers: pools, the walled garden, and rows the operator has decided about by hand.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use kernel::RouterId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::events::AccessEvent;
use crate::identity::Prefix;
use crate::menu::Menu;
use crate::profile::ListName;
use crate::row::Attribute;

/// The most pools, and the most destinations, a router is given.
pub const MAX_SETUP_ROWS: usize = 200;

/// The most rows an operator may have decided about on one router.
pub const MAX_EXCEPTIONS: usize = 1_000;

/// Addresses of a pool, in the one form in which they are stored and compared: `10.0.0.2-10.0.0.254,10.0.1.9`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranges(Vec<(Ipv4Addr, Ipv4Addr)>);

/// The text is no list of address ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 16 ranges of IPv4 addresses, like 10.0.0.2-10.0.0.254, separated by commas")]
pub struct BadRanges;

impl FromStr for Ranges {
    type Err = BadRanges;

    /// Takes ranges, single addresses and prefixes; a prefix stands for all of its addresses, as routers take it.
    fn from_str(text: &str) -> Result<Self, BadRanges> {
        let ranges = text.split(',').map(|it| range(it.trim()));
        let ranges: Vec<_> = ranges.collect::<Option<_>>().ok_or(BadRanges)?;
        if ranges.len() > 16 {
            return Err(BadRanges);
        }
        Ok(Self(ranges))
    }
}

fn range(text: &str) -> Option<(Ipv4Addr, Ipv4Addr)> {
    if let Some((first, last)) = text.split_once('-') {
        let (first, last): (Ipv4Addr, Ipv4Addr) = (first.parse().ok()?, last.parse().ok()?);
        return (first <= last).then_some((first, last));
    }
    let (address, bits) = text.split_once('/').unwrap_or((text, "32"));
    let (address, bits): (Ipv4Addr, u32) = (address.parse().ok()?, bits.parse().ok()?);
    let rest = match bits {
        1..=32 => u32::MAX.checked_shr(bits).unwrap_or(0),
        _ => return None,
    };
    let first = address.to_bits() & !rest;
    Some((
        Ipv4Addr::from_bits(first),
        Ipv4Addr::from_bits(first | rest),
    ))
}

impl fmt::Display for Ranges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (first, last)) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            match first == last {
                true => write!(f, "{comma}{first}")?,
                false => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

/// Somewhere that customers may go without having paid.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    /// A host name; `*` stands for any part of it.
    Host(String),
    /// An address or prefix.
    Net(Prefix),
}

/// The text names no destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a host name, which may hold *, or an IPv4 address or prefix")]
pub struct BadDestination;

impl FromStr for Destination {
    type Err = BadDestination;

    fn from_str(text: &str) -> Result<Self, BadDestination> {
        if let Ok(net) = text.parse::<Prefix>() {
            return Ok(Self::Net(net));
        }
        let plain = |it: u8| it.is_ascii_alphanumeric() || b"-.*_".contains(&it);
        let lettered = text.bytes().any(|it| it.is_ascii_alphabetic());
        let whole = !text.starts_with('.') && !text.ends_with('.') && !text.contains("..");
        if text.len() > 253 || !lettered || !whole || !text.bytes().all(plain) {
            return Err(BadDestination);
        }
        Ok(Self::Host(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(name) => f.write_str(name),
            Self::Net(net) => net.fmt(f),
        }
    }
}

macro_rules! as_text {
    ($($name:ident)*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

as_text! { Ranges Destination }

/// A pool of addresses that the product keeps on a router.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// What profiles call it. Routers whose pools have no comments (RouterOS 6) need a name that begins with `wb-`.
    pub name: ListName,
    /// Its addresses.
    pub ranges: Ranges,
}

/// What an operator has decided about a row that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kept", rename_all = "snake_case")]
pub enum Kept {
    /// The row is the operator's from now on: neither made, changed nor removed.
    Row,
    /// One attribute stays as the router has it.
    Value {
        /// Which.
        attribute: Attribute,
        /// Its canonical value; `None` for not set.
        value: Option<String>,
    },
}

/// A row, or a part of it, that is not as it would be without the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// The menu.
    pub menu: Menu,
    /// The row's name.
    pub name: String,
    /// What was decided.
    #[serde(flatten)]
    pub kept: Kept,
}

/// Why a setup is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSetup {
    /// Too much of something.
    #[error("at most {MAX_SETUP_ROWS} {what} fit a router")]
    TooMany {
        /// `pools` or `walled_garden`.
        what: &'static str,
    },
    /// Two pools of one name, or a destination twice.
    #[error("{what} must not repeat themselves")]
    Repeated {
        /// `pools` or `walled_garden`.
        what: &'static str,
    },
    /// A table that fills up with exceptions is nobody's any more.
    #[error("at most {MAX_EXCEPTIONS} rows of a router can be left to the operator")]
    TooManyExceptions,
}

/// What a router holds besides customers.
#[derive(Debug, Clone)]
pub struct RouterSetup {
    data: RouterSetupSnapshot,
    events: Vec<AccessEvent>,
}

/// Everything about a setup, for stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouterSetupSnapshot {
    /// The router.
    pub router: RouterId,
    /// Pools of addresses, each name once.
    pub pools: Vec<Pool>,
    /// Where customers may go without having paid, each once.
    pub walled_garden: Vec<Destination>,
    /// What the operator has decided about by hand, in the order of the decisions.
    pub exceptions: Vec<Exception>,
    /// The stored version, 0 before the first save.
    pub version: i64,
}

impl RouterSetup {
    /// A router with nothing besides customers.
    #[must_use]
    pub const fn empty(router: RouterId) -> Self {
        let data = RouterSetupSnapshot {
            router,
            pools: Vec::new(),
            walled_garden: Vec::new(),
            exceptions: Vec::new(),
            version: 0,
        };
        Self {
            data,
            events: Vec::new(),
        }
    }

    /// Replaces pools and walled garden. Returns whether that changes anything.
    ///
    /// # Errors
    /// [`BadSetup`] for too many rows, or one twice.
    pub fn change(
        &mut self,
        pools: Vec<Pool>,
        walled_garden: Vec<Destination>,
    ) -> Result<bool, BadSetup> {
        distinct("pools", pools.iter().map(|it| it.name.as_str()))?;
        distinct("walled_garden", &walled_garden)?;
        if self.data.pools == pools && self.data.walled_garden == walled_garden {
            return Ok(false);
        }
        self.events.push(AccessEvent::RouterSetupChanged {
            router: self.data.router,
            pools: count(pools.len()),
            destinations: count(walled_garden.len()),
        });
        self.data.pools = pools;
        self.data.walled_garden = walled_garden;
        Ok(true)
    }

    /// Leaves a row, or values of it, as the router has them.
    ///
    /// # Errors
    /// [`BadSetup::TooManyExceptions`].
    pub fn accept(&mut self, menu: Menu, name: &str, kept: Vec<Kept>) -> Result<(), BadSetup> {
        if self.data.exceptions.len() + kept.len() > MAX_EXCEPTIONS {
            return Err(BadSetup::TooManyExceptions);
        }
        self.events.push(AccessEvent::DriftAccepted {
            router: self.data.router,
            menu: menu.path(),
            row: shown_name(menu, name),
            attributes: kept.iter().filter_map(|it| it.attribute(menu)).collect(),
        });
        let replaced = |it: &Exception| {
            let attribute = it.kept.attribute(menu);
            it.menu == menu
                && it.name == name
                && kept.iter().any(|new| new.attribute(menu) == attribute)
        };
        self.data.exceptions.retain(|it| !replaced(it));
        let exception = |kept| Exception {
            menu,
            name: name.to_owned(),
            kept,
        };
        self.data.exceptions.extend(kept.into_iter().map(exception));
        Ok(())
    }

    /// Takes a row back: from now on it is as the product wants it.
    pub fn restore_row(&mut self, menu: Menu, name: &str) {
        self.data
            .exceptions
            .retain(|it| it.menu != menu || it.name != name);
        self.events.push(AccessEvent::DriftRestored {
            router: self.data.router,
            menu: menu.path(),
            row: shown_name(menu, name),
        });
    }

    /// The router.
    #[must_use]
    pub const fn router(&self) -> RouterId {
        self.data.router
    }

    /// Pools of addresses.
    #[must_use]
    pub fn pools(&self) -> &[Pool] {
        &self.data.pools
    }

    /// Where customers may go without having paid.
    #[must_use]
    pub fn walled_garden(&self) -> &[Destination] {
        &self.data.walled_garden
    }

    /// What the operator has decided about by hand.
    #[must_use]
    pub fn exceptions(&self) -> &[Exception] {
        &self.data.exceptions
    }

    /// Hands over what was recorded since the last save.
    pub fn take_events(&mut self) -> Vec<AccessEvent> {
        std::mem::take(&mut self.events)
    }

    /// Everything about it, for the store.
    #[must_use]
    pub fn snapshot(&self) -> RouterSetupSnapshot {
        self.data.clone()
    }

    /// Takes it back from the store.
    #[must_use]
    pub const fn restore(from: RouterSetupSnapshot) -> Self {
        Self {
            data: from,
            events: Vec::new(),
        }
    }

    /// Notes the version the store has given it.
    pub const fn saved_as(&mut self, version: i64) {
        self.data.version = version;
    }
}

impl Kept {
    fn attribute(&self, menu: Menu) -> Option<&'static str> {
        match self {
            Self::Row => None,
            Self::Value { attribute, .. } => Some(attribute.name_in(menu)),
        }
    }
}

/// A row's name for records that everybody may read: a hotspot login may be a voucher's code.
pub(crate) fn shown_name(menu: Menu, name: &str) -> String {
    if menu != Menu::HotspotUser {
        return name.to_owned();
    }
    let shown: String = name.chars().take(2).collect();
    format!("{shown}…")
}

fn distinct<T: Ord>(what: &'static str, all: impl IntoIterator<Item = T>) -> Result<(), BadSetup> {
    let mut all: Vec<T> = all.into_iter().collect();
    let many = all.len();
    all.sort_unstable();
    all.dedup();
    if all.len() < many {
        return Err(BadSetup::Repeated { what });
    }
    if many > MAX_SETUP_ROWS {
        return Err(BadSetup::TooMany { what });
    }
    Ok(())
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
