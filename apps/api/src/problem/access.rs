//! What a refusal by access, or by a router, means to a client.

use access::adoption::{PreviewImportError, RequestImportError};
use access::{
    BadExecution, BadHost, BadProfile, BadRateLimit, ChangeProfileError, ChangeRouterError,
    DefineProfileError, EnrolRouterError, GatewayError, GatewayErrorKind, RouterRefusal,
    RouterTaskError,
};

use super::catalog::{self, Kind};
use super::{Problem, duplicate};

impl From<DefineProfileError> for Problem {
    fn from(err: DefineProfileError) -> Self {
        match err {
            DefineProfileError::Refused(rule) => bad_profile(rule),
            DefineProfileError::NameTaken => duplicate("name", &err),
            DefineProfileError::Store(err) => err.into(),
        }
    }
}

impl From<ChangeProfileError> for Problem {
    fn from(err: ChangeProfileError) -> Self {
        match err {
            ChangeProfileError::NotFound(id) => Self::not_found("service profile", id),
            ChangeProfileError::Refused(rule) => bad_profile(rule),
            ChangeProfileError::Store(err) => err.into(),
        }
    }
}

impl From<EnrolRouterError> for Problem {
    fn from(err: EnrolRouterError) -> Self {
        match err {
            EnrolRouterError::Gateway(err) => err.into(),
            EnrolRouterError::NameTaken => duplicate("name", &err),
            EnrolRouterError::AlreadyEnrolled => duplicate("host", &err),
            EnrolRouterError::Sealed(err) => Self::internal(&err),
            EnrolRouterError::Store(err) => err.into(),
        }
    }
}

impl From<ChangeRouterError> for Problem {
    fn from(err: ChangeRouterError) -> Self {
        match err {
            ChangeRouterError::NotFound(id) => Self::not_found("router", id),
            ChangeRouterError::Refused(refusal) => refusal.into(),
            ChangeRouterError::Enrol(err) => err.into(),
        }
    }
}

impl From<RouterTaskError> for Problem {
    fn from(err: RouterTaskError) -> Self {
        match err {
            RouterTaskError::NotFound(id) => Self::not_found("router", id),
            RouterTaskError::Refused(refusal) => refusal.into(),
            RouterTaskError::Gateway(err) => err.into(),
            RouterTaskError::Sealed(err) => Self::internal(&err),
            RouterTaskError::Undesirable(err) => Self::internal(&err),
            RouterTaskError::Store(err) => err.into(),
        }
    }
}

impl From<PreviewImportError> for Problem {
    fn from(err: PreviewImportError) -> Self {
        match err {
            PreviewImportError::Router(err) => err.into(),
            PreviewImportError::NoZone => {
                Self::invalid("zone", "required", PreviewImportError::NoZone.to_string())
            }
        }
    }
}

impl From<RequestImportError> for Problem {
    fn from(err: RequestImportError) -> Self {
        match err {
            RequestImportError::NotFound(id) => Self::not_found("import", id),
            RequestImportError::Refused(refusal) => refusal.into(),
            RequestImportError::Store(err) => err.into(),
        }
    }
}

impl From<RouterRefusal> for Problem {
    fn from(refusal: RouterRefusal) -> Self {
        let rule = match refusal {
            RouterRefusal::Retired => "retired",
            RouterRefusal::InUse { .. } => "in_use",
            RouterRefusal::NothingToConfirm => "nothing_to_confirm",
            RouterRefusal::AnotherRouter { .. } => {
                return Self::of(&catalog::WRONG_ROUTER).detail(refusal.to_string());
            }
        };
        Self::wrong_state(rule, refusal)
    }
}

impl From<BadHost> for Problem {
    fn from(err: BadHost) -> Self {
        let kind = match err {
            BadHost::Syntax => &catalog::INVALID_FIELDS,
            BadHost::Loopback | BadHost::LinkLocal | BadHost::Multicast | BadHost::Unspecified => {
                &catalog::FORBIDDEN_ADDRESS
            }
        };
        Self::of(kind).field("host", err.rule(), err.to_string())
    }
}

impl From<BadExecution> for Problem {
    fn from(err: BadExecution) -> Self {
        let (field, rule) = match err {
            BadExecution::Path => ("command", "format"),
            BadExecution::Interactive => ("command", "interactive"),
            BadExecution::Endless => ("command", "endless"),
            BadExecution::Argument => ("arguments", "format"),
            BadExecution::Query => ("queries", "format"),
            BadExecution::Timeout => ("timeout_s", "range"),
        };
        Self::invalid(field, rule, err.to_string())
    }
}

impl From<GatewayError> for Problem {
    fn from(err: GatewayError) -> Self {
        let problem = Self::of(kind_of(&err)).detail(format!("{err}; {}", err.advice()));
        match &err.kind {
            GatewayErrorKind::AuthFailed => problem
                .field(
                    "username",
                    "login_refused",
                    "the router refuses this account",
                )
                .field("password", "login_refused", "or this password"),
            GatewayErrorKind::NotRouterOs => problem.field(
                "port",
                "not_routeros",
                "must be the port of the API service",
            ),
            GatewayErrorKind::CertificateUnconfirmed { seen }
            | GatewayErrorKind::CertificateChanged { seen, .. } => {
                let message = format!("the router shows {seen}");
                problem.field("certificate_pin", "another_certificate", message)
            }
            GatewayErrorKind::Overloaded => problem.retry_after(1),
            GatewayErrorKind::BadHost => {
                problem.field("host", "forbidden", "must not lead to this address")
            }
            GatewayErrorKind::InvalidArgument { field: Some(field) } if field == OUR_FIELD => {
                problem.field(OUR_FIELD, "format", "must be certificates in PEM")
            }
            GatewayErrorKind::InvalidArgument { field: Some(field) } => {
                problem.field(field.clone(), "router_refused", "is refused by the router")
            }
            _ => problem,
        }
    }
}

/// The one field that the gateway and not the router refuses.
const OUR_FIELD: &str = "certificate_authority";

/// The kind by what the client can do about it.
fn kind_of(err: &GatewayError) -> &'static Kind {
    match &err.kind {
        GatewayErrorKind::Unreachable => &catalog::ROUTER_UNREACHABLE,
        GatewayErrorKind::Timeout => &catalog::ROUTER_TIMED_OUT,
        GatewayErrorKind::Ambiguous => &catalog::ROUTER_OUTCOME_UNKNOWN,
        GatewayErrorKind::AuthFailed => &catalog::ROUTER_LOGIN_REFUSED,
        GatewayErrorKind::NotRouterOs => &catalog::NOT_ROUTEROS,
        GatewayErrorKind::WrongRouter => &catalog::WRONG_ROUTER,
        GatewayErrorKind::BadHost => &catalog::FORBIDDEN_ADDRESS,
        GatewayErrorKind::Overloaded => &catalog::ROUTER_OVERLOADED,
        GatewayErrorKind::TlsFailed | GatewayErrorKind::CertificateInvalid => &catalog::TLS_FAILED,
        GatewayErrorKind::InvalidArgument { field: Some(field) } if field == OUR_FIELD => {
            &catalog::INVALID_FIELDS
        }
        GatewayErrorKind::CertificateUnconfirmed { .. } => &catalog::CERTIFICATE_UNCONFIRMED,
        GatewayErrorKind::CertificateChanged { .. } => &catalog::CERTIFICATE_CHANGED,
        GatewayErrorKind::Forbidden
        | GatewayErrorKind::Unsupported
        | GatewayErrorKind::Conflict
        | GatewayErrorKind::NotFound
        | GatewayErrorKind::InvalidArgument { .. }
        | GatewayErrorKind::DeviceMode
        | GatewayErrorKind::Other => &catalog::ROUTER_REFUSED,
    }
}

fn bad_profile(rule: BadProfile) -> Problem {
    let text = rule.to_string();
    match rule {
        BadProfile::Rate(rate) => bad_rate(rate),
        BadProfile::SharedUsers => Problem::invalid("terms.shared_users", "range", text),
        BadProfile::Timeout { field } => Problem::invalid(format!("terms.{field}"), "range", text),
        BadProfile::LocalAddress => Problem::invalid("terms.local_address", "service", text),
        BadProfile::NotForService { field } => {
            Problem::invalid(format!("terms.{field}"), "service", text)
        }
        BadProfile::ReservedName => Problem::invalid("name", "reserved", text),
        BadProfile::Retired => Problem::wrong_state("retired", text),
    }
}

fn bad_rate(rule: BadRateLimit) -> Problem {
    let (field, code) = match rule {
        BadRateLimit::Rate { field } => (field, "range"),
        BadRateLimit::Burst { field } => (field, "order"),
        BadRateLimit::BurstTime => ("burst.time_s", "range"),
    };
    Problem::invalid(format!("terms.rate.{field}"), code, rule.to_string())
}

#[cfg(test)]
mod tests {
    //! What the gateway refuses before anybody is asked is the client's own field.

    use access::{Fingerprint, GatewayError, GatewayErrorKind};
    use axum::response::IntoResponse;

    use super::Problem;

    #[test]
    fn trouble_with_certificates_has_its_own_answers() {
        let field = Some("certificate_authority".to_owned());
        let seen = Fingerprint::new([1; 32]);
        let table = [
            (GatewayErrorKind::InvalidArgument { field }, 422),
            (GatewayErrorKind::TlsFailed, 422),
            (GatewayErrorKind::CertificateInvalid, 422),
            (GatewayErrorKind::CertificateUnconfirmed { seen }, 409),
        ];
        for (kind, status) in table {
            let problem = Problem::from(GatewayError::new(kind.clone(), "no"));
            let told = problem.into_response().status().as_u16();
            assert_eq!(told, status, "{kind:?}");
        }
    }
}
