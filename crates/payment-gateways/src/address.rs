//! Where a provider is: over TLS, or on this machine.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;

/// The beginning of a provider's addresses, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseAddress(String);

/// The text cannot be the beginning of a provider's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be https://host without a query; http only on this machine")]
pub struct BadAddress;

impl BaseAddress {
    pub(crate) fn constant(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// The address of a path, which begins with a slash.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl fmt::Display for BaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BaseAddress {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let url = Url::parse(text).map_err(|_| BadAddress)?;
        let is_here = is_this_machine(url.host_str().unwrap_or_default());
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here);
        let is_plain = url.username().is_empty() && url.password().is_none();
        if !is_safe || !is_plain || url.query().is_some() || url.fragment().is_some() {
            return Err(BadAddress);
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|it| it.is_loopback())
}

#[cfg(test)]
mod tests {
    //! A key goes over TLS, or stays on this machine.

    use super::BaseAddress;

    #[test]
    fn a_key_never_travels_in_the_open() {
        for good in [
            "https://api.stripe.com",
            "http://127.0.0.1:8420/",
            "http://localhost:1",
            "http://[::1]:2",
        ] {
            assert!(good.parse::<BaseAddress>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "http://api.stripe.com",
            "http://127.evil.example",
            "https://user:pass@host",
            "https://host?x=1",
            "ftp://host",
        ] {
            assert!(bad.parse::<BaseAddress>().is_err(), "{bad}");
        }
    }
}
