//! How the way to a router is protected: in the clear, or encrypted to a certificate that is known.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The SHA-256 of a certificate in DER, as `/certificate print detail` shows it on a router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

/// The text is no SHA-256 fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 64 hexadecimal digits, with or without colons")]
pub struct BadFingerprint;

impl Fingerprint {
    /// Takes a digest.
    #[must_use]
    pub const fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Takes a digest back from a store.
    ///
    /// # Errors
    /// [`BadFingerprint`] unless there are 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadFingerprint> {
        bytes.try_into().map(Self).map_err(|_| BadFingerprint)
    }

    /// The digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Fingerprint {
    type Err = BadFingerprint;

    /// Accepts what routers (`6fa4…`) and other tools (`6F:A4:…`) print.
    fn from_str(text: &str) -> Result<Self, BadFingerprint> {
        let digits: Vec<u8> = text.trim().bytes().filter(|it| *it != b':').collect();
        if digits.len() != 64 {
            return Err(BadFingerprint);
        }
        let mut digest = [0; 32];
        for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = pair else {
                return Err(BadFingerprint);
            };
            *byte = nibble(*high)? * 16 + nibble(*low)?;
        }
        Ok(Self(digest))
    }
}

const fn nibble(digit: u8) -> Result<u8, BadFingerprint> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(BadFingerprint),
    }
}

impl fmt::Display for Fingerprint {
    /// 64 lower-case hexadecimal digits, as a router prints them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|it| write!(f, "{it:02x}"))
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The certificate of an authority in PEM, of at most [`CaCertificate::MAX_BYTES`]. Whether the certificate inside can
/// be used shows when a connection is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct CaCertificate(String);

/// The text holds no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be certificates in PEM, of at most 16384 bytes, and no private key")]
pub struct BadCaCertificate;

impl CaCertificate {
    /// The most that is accepted.
    pub const MAX_BYTES: usize = 16 * 1024;

    /// The PEM text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CaCertificate {
    type Err = BadCaCertificate;

    fn from_str(text: &str) -> Result<Self, BadCaCertificate> {
        let text = text.trim();
        let framed = text.contains("-----BEGIN CERTIFICATE-----")
            && text.contains("-----END CERTIFICATE-----");
        // Somebody who pastes the key along has lost it to every log and backup: refused before it is stored.
        if !framed || text.len() > Self::MAX_BYTES || text.contains("PRIVATE KEY") {
            return Err(BadCaCertificate);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Which certificate a router must show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// None is known yet: whatever is seen is shown to an operator, and nothing is sent before it is confirmed.
    FirstUse,
    /// Exactly this one. Its names and dates do not matter: routers sign their own, by clocks that may be wrong.
    Pinned(Fingerprint),
    /// Any that this authority has issued for the router's host name or address and that is valid now.
    Authority(CaCertificate),
}

/// How the way to a router is protected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Not at all: the service `api`. Only for paths that are safe themselves, such as a tunnel.
    Plain,
    /// TLS 1.2 or 1.3: the service `api-ssl`.
    Tls(Trust),
}

impl Transport {
    /// The port that the router's service has unless somebody moved it.
    #[must_use]
    pub const fn default_port(&self) -> u16 {
        match self {
            Self::Plain => 8728,
            Self::Tls(_) => 8729,
        }
    }

    /// The name of the router's service in `/ip/service`.
    #[must_use]
    pub const fn service(&self) -> &'static str {
        match self {
            Self::Plain => "api",
            Self::Tls(_) => "api-ssl",
        }
    }

    /// The word for it: `plain` or `tls`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Tls(_) => "tls",
        }
    }

    /// The certificate that was confirmed, if one was.
    #[must_use]
    pub const fn pin(&self) -> Option<Fingerprint> {
        match self {
            Self::Tls(Trust::Pinned(pin)) => Some(*pin),
            Self::Plain | Self::Tls(Trust::FirstUse | Trust::Authority(_)) => None,
        }
    }

    /// Whether an operator confirms the certificate, and no authority.
    #[must_use]
    pub const fn is_confirmed_by_hand(&self) -> bool {
        matches!(self, Self::Tls(Trust::FirstUse | Trust::Pinned(_)))
    }
}

#[cfg(test)]
mod tests {
    //! Fingerprints are read in every usual form and written in one.
    #![allow(clippy::unwrap_used)]

    use super::{CaCertificate, Fingerprint, Transport, Trust};

    #[test]
    fn a_fingerprint_is_read_in_any_usual_form_and_printed_as_routers_do() {
        let mut digest = [0xab; 32];
        digest[31] = 0x0f;
        let printed = format!("{}0f", "ab".repeat(31));
        assert_eq!(Fingerprint::new(digest).to_string(), printed);
        let with_colons = format!("{}0F", "AB:".repeat(31));
        for text in [printed.as_str(), &with_colons, &format!(" {printed}\n")] {
            assert_eq!(text.parse(), Ok(Fingerprint::new(digest)), "{text}");
        }
        let json = serde_json::to_string(&Fingerprint::new(digest)).unwrap();
        assert_eq!(json, format!("\"{printed}\""));
        assert_eq!(
            serde_json::from_str::<Fingerprint>(&json).unwrap(),
            Fingerprint::new(digest)
        );
    }

    #[test]
    fn what_is_no_sha_256_is_refused() {
        let longer = "ab".repeat(33);
        let wrong = format!("{}zz", "ab".repeat(31));
        for text in ["", "ab", &longer, &wrong] {
            assert!(text.parse::<Fingerprint>().is_err(), "{text}");
        }
        assert!(Fingerprint::from_bytes(&[0; 31]).is_err());
    }

    #[test]
    fn an_authority_is_certificates_and_never_a_key() {
        let good = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        assert_eq!(good.parse::<CaCertificate>().unwrap().as_str(), good.trim());
        let key = format!("{good}-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----");
        let long = format!("{good}{}", "x".repeat(CaCertificate::MAX_BYTES));
        for bad in ["", "MIIB", &key, &long] {
            assert!(bad.parse::<CaCertificate>().is_err());
        }
    }

    #[test]
    fn each_transport_has_its_service() {
        let tls = Transport::Tls(Trust::FirstUse);
        assert_eq!((tls.default_port(), tls.service()), (8729, "api-ssl"));
        let plain = Transport::Plain;
        assert_eq!((plain.default_port(), plain.service()), (8728, "api"));
    }
}
