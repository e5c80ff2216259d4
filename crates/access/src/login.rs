//! The kinds of service a router sells, and the login a customer uses for one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

/// How a customer reaches the internet through a router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// A dialled PPPoE line: `/ppp/secret`.
    Pppoe,
    /// A hotspot login: `/ip/hotspot/user`.
    Hotspot,
    /// A fixed address or prefix behind the router: `/queue/simple` and `/ip/firewall/address-list`.
    StaticIp,
    /// A device that always gets the same lease: `/ip/dhcp-server/lease`.
    DhcpLease,
    /// A device that passes the hotspot without logging in: `/ip/hotspot/ip-binding`.
    MacBypass,
}

impl Service {
    /// Every service, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::Pppoe,
        Self::Hotspot,
        Self::StaticIp,
        Self::DhcpLease,
        Self::MacBypass,
    ];

    /// Whether its customers prove who they are with a password; the others are known by address or device.
    #[must_use]
    pub const fn has_password(self) -> bool {
        matches!(self, Self::Pppoe | Self::Hotspot)
    }

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pppoe => "pppoe",
            Self::Hotspot => "hotspot",
            Self::StaticIp => "static_ip",
            Self::DhcpLease => "dhcp_lease",
            Self::MacBypass => "mac_bypass",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be pppoe, hotspot, static_ip, dhcp_lease or mac_bypass")]
pub struct BadService;

impl FromStr for Service {
    type Err = BadService;

    fn from_str(text: &str) -> Result<Self, BadService> {
        let named = |it: &Self| it.as_str() == text;
        Self::ALL.into_iter().find(named).ok_or(BadService)
    }
}

/// A name to log in with: 1 to 64 printable ASCII characters without spaces, quotes, commas or backslashes.
///
/// Routers keep bytes and compare case; plain ASCII is the only text every client shows alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Login(String);

/// The text cannot be a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 64 printable ASCII characters without spaces, quotes, commas or backslashes")]
pub struct BadLogin;

impl Login {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Two characters and an ellipsis: enough to recognise a voucher's login, too little to use it.
    #[must_use]
    pub fn masked(&self) -> String {
        let shown: String = self.0.chars().take(2).collect();
        format!("{shown}…")
    }
}

impl FromStr for Login {
    type Err = BadLogin;

    fn from_str(text: &str) -> Result<Self, BadLogin> {
        let plain = |it: u8| it.is_ascii_graphic() && !b"\"'`\\,".contains(&it);
        if text.is_empty() || text.len() > 64 || !text.bytes().all(plain) {
            return Err(BadLogin);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Login {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// One login as a router names it: which service, and the exact text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LoginRef {
    /// The service it logs in to.
    pub service: Service,
    /// The name, exactly as the router has it.
    pub name: String,
}

impl LoginRef {
    /// The login of a service by name.
    #[must_use]
    pub fn new(service: Service, name: impl Into<String>) -> Self {
        Self {
            service,
            name: name.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    //! Logins are what every router and every client agrees on.

    use super::{BadLogin, Login};

    #[test]
    fn logins_are_plain_ascii() {
        for good in ["siti", "Siti.42@home", "AA:BB:CC:DD:EE:FF", &"x".repeat(64)] {
            assert!(good.parse::<Login>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "a b",
            "a\"b",
            "a'b",
            "a,b",
            "a\\b",
            "a\nb",
            "sití",
            &"x".repeat(65),
        ] {
            assert_eq!(bad.parse::<Login>(), Err(BadLogin), "{bad}");
        }
    }

    #[test]
    fn a_masked_login_cannot_be_used() {
        let masked = "abcdefgh".parse::<Login>().map(|it| it.masked());
        assert_eq!(masked, Ok("ab…".to_owned()));
    }
}
