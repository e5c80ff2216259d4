//! Every kind of problem, in one table: the `type` URNs are a promise to clients.

use axum::http::StatusCode;

/// A kind of problem.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// The last part of the `type` URN.
    pub(crate) slug: &'static str,
    /// The problem in a few words.
    pub(crate) title: &'static str,
    /// The HTTP status.
    pub(crate) status: StatusCode,
}

impl Kind {
    /// The `type` of the problem.
    #[must_use]
    pub(crate) fn urn(&self) -> String {
        format!("urn:mikrotik-billing:problem:{}", self.slug)
    }
}

macro_rules! catalog {
    ($($name:ident = $status:ident $slug:literal, $title:literal;)*) => {
        $(
            #[doc = concat!("`", $slug, "`: ", $title, ".")]
            pub(crate) static $name: Kind = Kind {
                slug: $slug,
                title: $title,
                status: StatusCode::$status,
            };
        )*

        /// Every kind there is, in the order of their statuses.
        pub(crate) static ALL: &[&Kind] = &[$(&$name),*];
    };
}

catalog! {
    MALFORMED_BODY = BAD_REQUEST "malformed-body", "The body is not JSON";
    INVALID_PARAMETER = BAD_REQUEST "invalid-parameter", "A parameter or header breaks a rule";
    MISSING_TOKEN = UNAUTHORIZED "missing-token", "An access token is required";
    INVALID_TOKEN = UNAUTHORIZED "invalid-token", "The token is not one of ours";
    EXPIRED_TOKEN = UNAUTHORIZED "expired-token", "The token has expired";
    BAD_CREDENTIALS = UNAUTHORIZED "bad-credentials", "Tenant, login or password is wrong";
    SESSION_ENDED = UNAUTHORIZED "session-ended", "The session has ended";
    WEBHOOK_REFUSED = UNAUTHORIZED "webhook-refused", "The message does not prove to be the provider's";
    FORBIDDEN = FORBIDDEN "forbidden", "The role does not allow this";
    NO_SUCH_ROUTE = NOT_FOUND "no-such-route", "There is nothing at this path";
    NOT_FOUND = NOT_FOUND "not-found", "There is no such thing";
    METHOD_NOT_ALLOWED = METHOD_NOT_ALLOWED "method-not-allowed", "The path does not take this method";
    CHANGED_MEANWHILE = CONFLICT "changed-meanwhile", "Somebody else changed it at the same time";
    DUPLICATE = CONFLICT "duplicate", "It exists already";
    WRONG_STATE = CONFLICT "wrong-state", "Its state does not allow this";
    PRECONDITION_FAILED = PRECONDITION_FAILED "precondition-failed", "It has changed since it was loaded";
    BODY_TOO_LARGE = PAYLOAD_TOO_LARGE "body-too-large", "The body is too large";
    UNSUPPORTED_MEDIA_TYPE = UNSUPPORTED_MEDIA_TYPE "unsupported-media-type", "The body must be application/json";
    INVALID_FIELDS = UNPROCESSABLE_ENTITY "invalid-fields", "Some fields break a rule";
    CURRENCY_MISMATCH = UNPROCESSABLE_ENTITY "currency-mismatch", "The currencies differ";
    UNKNOWN_REFERENCE = UNPROCESSABLE_ENTITY "unknown-reference", "A field refers to something that does not exist";
    REFUSED = UNPROCESSABLE_ENTITY "refused", "A business rule refuses this";
    KEY_REUSED = UNPROCESSABLE_ENTITY "idempotency-key-reused", "The idempotency key was used for another request";
    FORBIDDEN_ADDRESS = UNPROCESSABLE_ENTITY "forbidden-address", "Routers at this address are not allowed";
    ROUTER_LOGIN_REFUSED = UNPROCESSABLE_ENTITY "router-login-refused", "The router refuses the login";
    TLS_FAILED = UNPROCESSABLE_ENTITY "tls-failed", "No encrypted connection to the router can be made";
    NOT_ROUTEROS = UNPROCESSABLE_ENTITY "not-routeros", "What answers there is not the RouterOS API";
    WRONG_ROUTER = CONFLICT "wrong-router", "Another router answers at this address";
    CERTIFICATE_UNCONFIRMED = CONFLICT "certificate-unconfirmed", "Nobody has confirmed the router's certificate yet";
    CERTIFICATE_CHANGED = CONFLICT "certificate-changed", "The router shows another certificate than the confirmed one";
    ROUTER_REFUSED = CONFLICT "router-refused", "The router refuses the command";
    PRECONDITION_REQUIRED = PRECONDITION_REQUIRED "precondition-required", "An If-Match header is required";
    TOO_MANY_ATTEMPTS = TOO_MANY_REQUESTS "too-many-attempts", "Too many attempts";
    INTERNAL = INTERNAL_SERVER_ERROR "internal", "Something is wrong on our side";
    ROUTER_UNREACHABLE = BAD_GATEWAY "router-unreachable", "The router does not answer";
    ROUTER_OUTCOME_UNKNOWN = BAD_GATEWAY "router-outcome-unknown", "The router was lost before it answered";
    PROVIDER_REFUSED = BAD_GATEWAY "provider-refused", "The payment provider refuses it";
    PROVIDER_OUTCOME_UNKNOWN = BAD_GATEWAY "provider-outcome-unknown", "Nobody knows whether the payment provider did it";
    PROVIDER_UNAVAILABLE = BAD_GATEWAY "provider-unavailable", "The payment provider cannot do it now";
    UNAVAILABLE = SERVICE_UNAVAILABLE "unavailable", "The database is unavailable";
    OVERLOADED = SERVICE_UNAVAILABLE "overloaded", "Too many requests at once";
    ROUTER_OVERLOADED = SERVICE_UNAVAILABLE "router-overloaded", "Too much waits for the router";
    NOT_READY = SERVICE_UNAVAILABLE "not-ready", "Not ready yet";
    TIMED_OUT = GATEWAY_TIMEOUT "timed-out", "The request took too long";
    ROUTER_TIMED_OUT = GATEWAY_TIMEOUT "router-timed-out", "The router did not answer in time";
}
