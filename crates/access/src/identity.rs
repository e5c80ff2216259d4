//! What a customer is known by on a router: a name to log in with, an address, or a device.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use crate::login::{Login, Service};

/// An IPv4 address or prefix, in the one form in which it is stored and compared: `10.1.1.5`, `10.1.1.8/29`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    address: Ipv4Addr,
    /// Leading bits that count, 8 to 32.
    bits: u8,
}

/// A hardware address, in the one form in which it is stored and compared: `AA:BB:CC:DD:EE:FF`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac([u8; 6]);

/// Why a login does not fit its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadIdentity {
    /// A static address is known by its address.
    #[error("must be an IPv4 address or prefix of a customer, like 10.1.1.5 or 10.1.1.8/29")]
    Prefix,
    /// Devices are known by their hardware address.
    #[error("must be the hardware address of one device, like AA:BB:CC:DD:EE:FF")]
    Mac,
    /// An address beside the login is for devices only.
    #[error("an address of its own is for dhcp_lease and mac_bypass only")]
    Address,
    /// No customer can have this address.
    #[error("must be an address that a customer can have")]
    Unusable,
}

impl BadIdentity {
    /// Which of the two is wrong: `login` or `address`.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Prefix | Self::Mac => "login",
            Self::Address | Self::Unusable => "address",
        }
    }
}

/// The login in the form its service compares, checked together with the address a device is to have.
///
/// A login of `pppoe` or `hotspot` is left alone. `static_ip` takes an address or prefix, `dhcp_lease` and `mac_bypass`
/// take a hardware address, and for them a fixed address may be asked for.
///
/// # Errors
/// [`BadIdentity`] naming what does not fit.
pub fn canonical_login(
    service: Service,
    login: &Login,
    address: Option<Ipv4Addr>,
) -> Result<Login, BadIdentity> {
    let takes_address = matches!(service, Service::DhcpLease | Service::MacBypass);
    match address {
        Some(_) if !takes_address => return Err(BadIdentity::Address),
        Some(it) if !is_usable(it) => return Err(BadIdentity::Unusable),
        _ => {}
    }
    let text = match service {
        Service::Pppoe | Service::Hotspot => return Ok(login.clone()),
        Service::StaticIp => login.as_str().parse::<Prefix>()?.to_string(),
        Service::DhcpLease | Service::MacBypass => login.as_str().parse::<Mac>()?.to_string(),
    };
    text.parse().map_err(|_| BadIdentity::Prefix)
}

const fn is_usable(it: Ipv4Addr) -> bool {
    !(it.is_unspecified() || it.is_loopback() || it.is_multicast() || it.is_broadcast())
}

impl FromStr for Prefix {
    type Err = BadIdentity;

    /// Takes an address, or a prefix of 8 to 32 bits whose other bits are zero.
    fn from_str(text: &str) -> Result<Self, BadIdentity> {
        let (address, bits) = text.split_once('/').unwrap_or((text, "32"));
        let address: Ipv4Addr = address.parse().map_err(|_| BadIdentity::Prefix)?;
        let bits: u8 = bits.parse().map_err(|_| BadIdentity::Prefix)?;
        if !(8..=32).contains(&bits) || !is_usable(address) {
            return Err(BadIdentity::Prefix);
        }
        let rest = u32::MAX.checked_shr(u32::from(bits)).unwrap_or(0);
        if address.to_bits() & rest != 0 {
            return Err(BadIdentity::Prefix);
        }
        Ok(Self { address, bits })
    }
}

impl Prefix {
    /// How many leading bits count, 8 to 32.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.bits
    }
}

impl fmt::Display for Prefix {
    /// A single address has no `/32`: address lists print it that way.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bits {
            32 => self.address.fmt(f),
            bits => write!(f, "{}/{bits}", self.address),
        }
    }
}

impl FromStr for Mac {
    type Err = BadIdentity;

    /// Takes six pairs of hexadecimal digits with colons, dashes or nothing between them. Groups and the two addresses
    /// that are nobody's are refused.
    fn from_str(text: &str) -> Result<Self, BadIdentity> {
        let separated = text.len() == 17;
        let mut octets = [0_u8; 6];
        for (place, octet) in octets.iter_mut().enumerate() {
            let start = if separated { place * 3 } else { place * 2 };
            let pair = text.get(start..start + 2).ok_or(BadIdentity::Mac)?;
            let digits = pair.bytes().all(|it| it.is_ascii_hexdigit());
            let between = text.as_bytes().get(start + 2);
            if !digits || (separated && place < 5 && !matches!(between, Some(b':' | b'-'))) {
                return Err(BadIdentity::Mac);
            }
            *octet = u8::from_str_radix(pair, 16).map_err(|_| BadIdentity::Mac)?;
        }
        let whole = separated || text.len() == 12;
        if !whole || octets[0] & 1 == 1 || octets == [0; 6] {
            return Err(BadIdentity::Mac);
        }
        Ok(Self(octets))
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}:{g:02X}")
    }
}

#[cfg(test)]
mod tests {
    //! One customer has one identity, however it was typed.

    use std::net::Ipv4Addr;

    use super::{BadIdentity, canonical_login};
    use crate::login::Service;

    fn canonical(service: Service, login: &str, address: Option<&str>) -> Result<String, String> {
        let login = login.parse().map_err(|_| "no login".to_owned())?;
        let address = address.and_then(|it| it.parse::<Ipv4Addr>().ok());
        canonical_login(service, &login, address)
            .map(|it| it.to_string())
            .map_err(|err| err.field().to_owned())
    }

    #[test]
    fn identities_take_one_form() {
        use Service as S;
        let table = [
            (S::Pppoe, "Siti@home", None, Ok("Siti@home")),
            (S::StaticIp, "10.1.1.5", None, Ok("10.1.1.5")),
            (S::StaticIp, "10.1.1.5/32", None, Ok("10.1.1.5")),
            (S::StaticIp, "10.1.1.8/29", None, Ok("10.1.1.8/29")),
            (S::StaticIp, "10.1.1.9/29", None, Err("login")),
            (S::StaticIp, "0.0.0.0/0", None, Err("login")),
            (S::StaticIp, "224.0.0.5", None, Err("login")),
            (S::StaticIp, "siti", None, Err("login")),
            (S::StaticIp, "10.1.1.5", Some("10.1.1.5"), Err("address")),
            (
                S::DhcpLease,
                "aa-bb-cc-dd-ee-ff",
                None,
                Ok("AA:BB:CC:DD:EE:FF"),
            ),
            (
                S::DhcpLease,
                "aabbccddeeff",
                Some("10.2.0.9"),
                Ok("AA:BB:CC:DD:EE:FF"),
            ),
            (
                S::MacBypass,
                "AA:BB:CC:DD:EE:FF",
                Some("127.0.0.1"),
                Err("address"),
            ),
            (S::MacBypass, "AA:BB:CC:DD:EE", None, Err("login")),
            (S::MacBypass, "AA:BB:CC:DD:EE:FG", None, Err("login")),
            (S::MacBypass, "AA.BB.CC.DD.EE.FF", None, Err("login")),
            (S::MacBypass, "01:00:5E:00:00:01", None, Err("login")),
            (S::MacBypass, "00:00:00:00:00:00", None, Err("login")),
            (S::Hotspot, "AA:bb", Some("10.0.0.1"), Err("address")),
        ];
        for (service, login, address, expected) in table {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(
                canonical(service, login, address),
                expected,
                "{service} {login}"
            );
        }
    }

    #[test]
    fn refusals_name_their_field() {
        assert_eq!(BadIdentity::Mac.field(), "login");
        assert_eq!(BadIdentity::Unusable.field(), "address");
    }
}
