//! How a router does, as clients see it.

use access::{GatewayError, GatewayErrorKind, RouterStatus};
use kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// How a router does.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RouterStatus)]
pub(crate) struct RouterStatusBody {
    /// `enrolled`, `online`, `unreachable`, `awaiting_confirmation`, `certificate_changed` or `retired`.
    #[schema(example = "online")]
    state: &'static str,
    /// Since when it is out of reach.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Why it is out of reach.
    reason: Option<String>,
    /// The SHA-256 of the certificate that it shows and that nobody has confirmed.
    #[schema(min_length = 64, max_length = 64)]
    certificate_seen: Option<String>,
    /// What a person can do about it.
    advice: Option<&'static str>,
}

impl From<RouterStatus> for RouterStatusBody {
    fn from(status: RouterStatus) -> Self {
        let silence = status.silence();
        let (state, kind) = match status {
            RouterStatus::Enrolled => ("enrolled", None),
            RouterStatus::Online => ("online", None),
            RouterStatus::Retired => ("retired", None),
            RouterStatus::Unreachable { .. } => ("unreachable", None),
            RouterStatus::AwaitingConfirmation { seen } => (
                "awaiting_confirmation",
                Some(GatewayErrorKind::CertificateUnconfirmed { seen }),
            ),
            RouterStatus::CertificateChanged { expected, seen, .. } => (
                "certificate_changed",
                Some(GatewayErrorKind::CertificateChanged { expected, seen }),
            ),
        };
        let certificate_seen = match &kind {
            Some(
                GatewayErrorKind::CertificateUnconfirmed { seen }
                | GatewayErrorKind::CertificateChanged { seen, .. },
            ) => Some(seen.to_string()),
            _ => None,
        };
        let (since, reason) = silence.unzip();
        Self {
            state,
            since,
            reason,
            certificate_seen,
            advice: kind.map(|it| GatewayError::new(it, "").advice()),
        }
    }
}
