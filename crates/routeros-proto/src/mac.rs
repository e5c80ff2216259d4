//! Hardware addresses, always written in capitals: routers compare PPP caller ids exactly.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A hardware address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

/// A text that is not a hardware address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a hardware address: {0:?}")]
pub struct BadMac(pub String);

impl FromStr for Mac {
    type Err = BadMac;

    /// Six pairs of hexadecimal digits with colons, dashes or nothing between them.
    fn from_str(text: &str) -> Result<Self, BadMac> {
        let bad = || BadMac(text.to_owned());
        let separated = text.len() == 17;
        if !separated && text.len() != 12 {
            return Err(bad());
        }
        let separators = text.bytes().skip(2).step_by(3);
        if separated && !separators.clone().all(|byte| matches!(byte, b':' | b'-')) {
            return Err(bad());
        }
        let digits: String = text
            .chars()
            .filter(|it| !separated || !matches!(it, ':' | '-'))
            .collect();
        let mut octets = [0; 6];
        hex::decode_to_slice(digits, &mut octets).map_err(|_| bad())?;
        Ok(Self(octets))
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}:{g:02X}")
    }
}
