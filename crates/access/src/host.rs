//! Where a router is reached, and which places the product refuses to connect to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An IP address or DNS name, syntactically valid.
///
/// A name says nothing about where it leads: whoever resolves it must put every address through [`HostRules::check`]
/// before connecting, and connect to the address that was checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Host(String);

/// Why a host is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHost {
    /// Neither an IP address nor a DNS name.
    #[error("must be an IP address or a DNS name of at most 253 characters")]
    Syntax,
    /// This very machine.
    #[error("must not be a loopback address")]
    Loopback,
    /// `169.254.0.0/16` and `fe80::/10`: among them the metadata services of cloud machines.
    #[error("must not be a link-local or metadata address")]
    LinkLocal,
    /// A group of machines.
    #[error("must not be a multicast or broadcast address")]
    Multicast,
    /// No machine at all.
    #[error("must not be an unspecified or reserved address")]
    Unspecified,
}

impl BadHost {
    /// The rule's stable name, for programs.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Syntax => "host_syntax",
            Self::Loopback => "host_loopback",
            Self::LinkLocal => "host_link_local",
            Self::Multicast => "host_multicast",
            Self::Unspecified => "host_unspecified",
        }
    }
}

/// Which addresses may be connected to. Private and carrier-grade ranges always may: routers live there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostRules {
    /// Whether this machine itself is allowed, for simulated routers.
    pub allow_loopback: bool,
}

/// The metadata service of cloud machines on IPv6.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// The metadata service of one cloud that does not use a link-local address.
const METADATA_V4: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);

impl HostRules {
    /// Parses a host and, when it is an address, checks where it leads.
    ///
    /// # Errors
    /// [`BadHost`] naming the rule.
    pub fn parse(self, text: &str) -> Result<Host, BadHost> {
        let host: Host = text.parse()?;
        if let Some(address) = host.address() {
            self.check(address)?;
        }
        if !self.allow_loopback && host.is_localhost_name() {
            return Err(BadHost::Loopback);
        }
        Ok(host)
    }

    /// Checks an address that a connection is about to be made to.
    ///
    /// # Errors
    /// [`BadHost`] naming the rule.
    pub fn check(self, address: IpAddr) -> Result<(), BadHost> {
        match address {
            IpAddr::V4(it) => self.check_v4(it),
            IpAddr::V6(it) => self.check_v6(it),
        }
    }

    fn check_v4(self, it: Ipv4Addr) -> Result<(), BadHost> {
        let [first, ..] = it.octets();
        if it.is_loopback() {
            return if self.allow_loopback {
                Ok(())
            } else {
                Err(BadHost::Loopback)
            };
        }
        if it.is_link_local() || it == METADATA_V4 {
            return Err(BadHost::LinkLocal);
        }
        if it.is_multicast() || it.is_broadcast() {
            return Err(BadHost::Multicast);
        }
        if first == 0 || first >= 240 {
            return Err(BadHost::Unspecified);
        }
        Ok(())
    }

    fn check_v6(self, it: Ipv6Addr) -> Result<(), BadHost> {
        if it.is_unspecified() {
            return Err(BadHost::Unspecified);
        }
        if it.is_loopback() {
            return if self.allow_loopback {
                Ok(())
            } else {
                Err(BadHost::Loopback)
            };
        }
        if let Some(inner) = embedded_v4(it) {
            return self.check_v4(inner);
        }
        if it.is_unicast_link_local() || it == METADATA_V6 {
            return Err(BadHost::LinkLocal);
        }
        if it.is_multicast() {
            return Err(BadHost::Multicast);
        }
        Ok(())
    }
}

/// The IPv4 address inside a mapped, compatible, NAT64 or 6to4 one: a detour must not pass where the way is closed.
fn embedded_v4(it: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = it.segments();
    let join = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match segments {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(join(high, low))
        }
        [0x2002, high, low, ..] => Some(join(high, low)),
        _ => None,
    }
}

impl Host {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address, unless it is a name.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.0.parse().ok()
    }

    fn is_localhost_name(&self) -> bool {
        let name = self.0.trim_end_matches('.');
        name == "localhost" || name.ends_with(".localhost")
    }
}

impl FromStr for Host {
    type Err = BadHost;

    /// Accepts an address, an address in brackets, or a name; names become lower case.
    fn from_str(text: &str) -> Result<Self, BadHost> {
        let text = text.trim();
        let bare = text
            .strip_prefix('[')
            .and_then(|it| it.strip_suffix(']'))
            .unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(Self(address.to_string()));
        }
        let name = text.to_ascii_lowercase();
        if !is_dns_name(&name) {
            return Err(BadHost::Syntax);
        }
        Ok(Self(name))
    }
}

/// RFC 1123 labels; a last label of digits alone would be an address that was mistyped (or disguised: `0x7f.1`, `127.1`).
fn is_dns_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let label = |it: &str| {
        let edge = it.starts_with('-') || it.ends_with('-');
        let plain = it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        !it.is_empty() && it.len() <= 63 && !edge && plain
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    let numeric = last.bytes().all(|it| it.is_ascii_digit()) || last.starts_with("0x");
    !name.is_empty() && name.len() <= 253 && !numeric && name.split('.').all(label)
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
