//! What an error of a router means: its name, how grave it is, which field it is about.

use serde::Serialize;

use crate::gateway::{GatewayError, GatewayErrorKind};

/// How grave an error is, for whoever looks after the routers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It concerns one row or passes by itself: work goes on.
    Low,
    /// Something is left undone until it passes.
    Medium,
    /// The router is out of reach, or something is left undone until a person acts.
    High,
    /// What answers may not be what it should be: nothing is done until a person has looked.
    Critical,
}

impl GatewayErrorKind {
    /// Its name, in one word, for metrics, statistics and logs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Ambiguous => "ambiguous",
            Self::AuthFailed => "auth_failed",
            Self::Forbidden => "forbidden",
            Self::Unsupported => "unsupported",
            Self::Conflict => "conflict",
            Self::NotFound => "not_found",
            Self::InvalidArgument { .. } => "invalid_argument",
            Self::DeviceMode => "device_mode",
            Self::NotRouterOs => "not_routeros",
            Self::WrongRouter => "wrong_router",
            Self::BadHost => "bad_host",
            Self::Overloaded => "overloaded",
            Self::TlsFailed => "tls_failed",
            Self::CertificateInvalid => "certificate_invalid",
            Self::CertificateUnconfirmed { .. } => "certificate_unconfirmed",
            Self::CertificateChanged { .. } => "certificate_changed",
            Self::Other => "other",
        }
    }

    /// How grave it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::NotFound | Self::Overloaded => Severity::Low,
            Self::Timeout | Self::Ambiguous | Self::Conflict => Severity::Medium,
            Self::InvalidArgument { .. } | Self::Unsupported | Self::Other => Severity::Medium,
            Self::Unreachable | Self::AuthFailed | Self::Forbidden => Severity::High,
            Self::DeviceMode | Self::NotRouterOs | Self::BadHost => Severity::High,
            Self::TlsFailed | Self::CertificateUnconfirmed { .. } => Severity::High,
            Self::CertificateInvalid => Severity::High,
            Self::WrongRouter | Self::CertificateChanged { .. } => Severity::Critical,
        }
    }
}

impl GatewayError {
    /// The argument that was refused, where the router names it.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match &self.kind {
            GatewayErrorKind::InvalidArgument { field } => field.as_deref(),
            _ => None,
        }
    }

    /// How grave it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.kind.severity()
    }
}

#[cfg(test)]
mod tests {
    //! Every kind has a name of its own and something that can be done about it.

    use std::collections::BTreeSet;

    use super::Severity;
    use crate::gateway::{GatewayError, GatewayErrorKind as Kind};

    fn all() -> Vec<GatewayError> {
        let field = Some("profile".to_owned());
        let kinds = [
            Kind::Unreachable,
            Kind::Timeout,
            Kind::Ambiguous,
            Kind::AuthFailed,
            Kind::Forbidden,
            Kind::Unsupported,
            Kind::Conflict,
            Kind::NotFound,
            Kind::InvalidArgument { field },
            Kind::DeviceMode,
            Kind::NotRouterOs,
            Kind::WrongRouter,
            Kind::BadHost,
            Kind::Overloaded,
            Kind::Other,
        ];
        let error = |kind| GatewayError::new(kind, "the router's words");
        kinds.into_iter().map(error).collect()
    }

    #[test]
    fn every_kind_has_its_own_name_and_advice() {
        let names: BTreeSet<_> = all().iter().map(|it| it.kind.word()).collect();
        let advice: BTreeSet<_> = all().iter().map(GatewayError::advice).collect();
        assert_eq!((names.len(), advice.len()), (15, 15));
    }

    #[test]
    fn what_passes_by_itself_is_not_grave_unless_the_router_is_gone() {
        for err in all() {
            let is_grave = err.severity() >= Severity::High;
            let is_gone = err.kind == Kind::Unreachable;
            assert!(!err.is_transient() || !is_grave || is_gone, "{err:?}");
        }
    }

    #[test]
    fn only_a_refused_argument_has_a_field() {
        let fields: Vec<_> = all()
            .into_iter()
            .filter_map(|it| it.field().map(str::to_owned))
            .collect();
        assert_eq!(fields, ["profile"]);
    }
}
