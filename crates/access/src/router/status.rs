//! How a router does.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};

use crate::transport::Fingerprint;

/// How a router does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum RouterStatus {
    /// It answered when it was enrolled; nothing was written to it yet.
    Enrolled,
    /// It answers.
    Online,
    /// It does not answer.
    Unreachable {
        /// Since when.
        since: Timestamp,
        /// Why, in words.
        reason: String,
    },
    /// It is out of service.
    Retired,
    /// It showed a certificate that nobody has confirmed: nothing is sent to it.
    AwaitingConfirmation {
        /// The certificate.
        seen: Fingerprint,
    },
    /// It shows another certificate than the confirmed one: nothing is sent to it.
    CertificateChanged {
        /// Since when it is out of reach.
        since: Timestamp,
        /// The certificate that was confirmed.
        expected: Fingerprint,
        /// The certificate that was seen.
        seen: Fingerprint,
    },
}

impl RouterStatus {
    /// Since when and why it is out of reach, in words; `None` if it is not.
    #[must_use]
    pub fn silence(&self) -> Option<(Timestamp, String)> {
        match self {
            Self::Unreachable { since, reason } => Some((*since, reason.clone())),
            Self::CertificateChanged {
                since,
                expected,
                seen,
            } => {
                let reason = format!("the certificate is {seen} and not {expected}");
                Some((*since, reason))
            }
            Self::Enrolled | Self::Online | Self::Retired | Self::AwaitingConfirmation { .. } => {
                None
            }
        }
    }
}
