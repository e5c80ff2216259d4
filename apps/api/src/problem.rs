//! Everything that can go wrong, as an RFC 9457 problem that says which field and which rule.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::request;

mod access;
mod billing;
pub(crate) mod catalog;
mod customers;
mod dunning;
mod gateways;
mod jobs;
mod operators;
mod payments;
mod store;
mod vouchers;
mod workflows;

use catalog::Kind;
pub(crate) use operators::weak_password;

/// One field that breaks one rule. The rejected value is never repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// Where, as a path into the body (`price.amount_minor`), a parameter or a header.
    #[schema(example = "price.amount_minor")]
    pub(crate) field: String,
    /// Which rule, as a stable word: `required`, `unknown_field`, `type`, `format`, `range`, `length`, …
    #[schema(example = "range")]
    pub(crate) rule: String,
    /// The rule in words.
    #[schema(example = "must be above zero")]
    pub(crate) message: String,
}

impl FieldError {
    /// A field, the rule it breaks and the rule in words.
    pub(crate) fn new(
        field: impl Into<String>,
        rule: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            rule: rule.into(),
            message: message.into(),
        }
    }
}

/// The body of every answer that is not a success (`application/problem+json`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// The stable name of the problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:mikrotik-billing:problem:invalid-fields")]
    pub(crate) kind: String,
    /// The problem in a few words; the same for every occurrence.
    #[schema(example = "Some fields break a rule")]
    pub(crate) title: &'static str,
    /// The HTTP status.
    #[schema(example = 422)]
    pub(crate) status: u16,
    /// What happened this time and what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// The fields that break a rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(crate) errors: Vec<FieldError>,
    /// The request's id, as in the `X-Request-Id` header: quote it when asking for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
}

/// An answer that is not a success. Boxed inside, so that results stay small.
#[derive(Debug)]
pub(crate) struct Problem(Box<Parts>);

#[derive(Debug)]
struct Parts {
    kind: &'static Kind,
    detail: Option<String>,
    errors: Vec<FieldError>,
    retry_after_s: Option<u32>,
}

impl Problem {
    /// A problem of the catalog.
    #[must_use]
    pub(crate) fn of(kind: &'static Kind) -> Self {
        Self(Box::new(Parts {
            kind,
            detail: None,
            errors: Vec::new(),
            retry_after_s: None,
        }))
    }

    /// Says what happened this time.
    #[must_use]
    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Names a field and the rule it breaks.
    #[must_use]
    pub(crate) fn field(
        mut self,
        field: impl Into<String>,
        rule: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        self.0.errors.push(FieldError::new(field, rule, message));
        self
    }

    /// Names many fields.
    #[must_use]
    pub(crate) fn fields(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors.extend(errors);
        self
    }

    /// Tells the client when trying again makes sense.
    #[must_use]
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// One field of the request breaks one rule.
    pub(crate) fn invalid(
        field: impl Into<String>,
        rule: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::of(&catalog::INVALID_FIELDS).field(field, rule, message)
    }

    /// Nothing of this kind has this id in the caller's tenant.
    pub(crate) fn not_found(kind: &str, id: impl std::fmt::Display) -> Self {
        Self::of(&catalog::NOT_FOUND).detail(format!("there is no {kind} {id}"))
    }

    /// The state of the thing does not allow it: `rule` says which state, the refusal says it in words.
    pub(crate) fn wrong_state(rule: &str, refusal: impl std::fmt::Display) -> Self {
        let text = refusal.to_string();
        Self::of(&catalog::WRONG_STATE)
            .detail(text.clone())
            .field("status", rule, text)
    }

    /// A field names something that the caller's tenant does not have.
    pub(crate) fn unknown_reference(field: &str, refusal: impl std::fmt::Display) -> Self {
        Self::of(&catalog::UNKNOWN_REFERENCE).field(field, "unknown", refusal.to_string())
    }

    /// A business rule refuses the value of a field.
    pub(crate) fn refused(field: &str, rule: &str, message: String) -> Self {
        Self::of(&catalog::REFUSED)
            .detail(message.clone())
            .field(field, rule, message)
    }

    /// Something is wrong on our side; the chain goes to the log, not to the client.
    pub(crate) fn internal(cause: &dyn std::error::Error) -> Self {
        tracing::error!(error = %Chain(cause), "request failed");
        Self::of(&catalog::INTERNAL).detail("the failure was logged under this request's id")
    }

    /// What kind of problem this is.
    #[cfg(test)]
    pub(crate) fn kind(&self) -> &'static Kind {
        self.0.kind
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Parts {
            kind,
            detail,
            errors,
            retry_after_s,
        } = *self.0;
        let body = ProblemBody {
            kind: kind.urn(),
            title: kind.title,
            status: kind.status.as_u16(),
            detail,
            errors,
            request_id: request::current_id(),
        };
        let text = serde_json::to_vec(&body).unwrap_or_default();
        let mut answer = (kind.status, text).into_response();
        let headers = answer.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if kind.status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"mikrotik-billing\""),
            );
        }
        answer
    }
}

/// A field's value must be unique and is taken.
fn duplicate(field: &str, refusal: &dyn std::error::Error) -> Problem {
    let text = refusal.to_string();
    Problem::of(&catalog::DUPLICATE)
        .detail(text.clone())
        .field(field, "unique", text)
}

/// An error with everything that caused it, for the log.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(err) = cause {
            write!(f, ": {err}")?;
            cause = err.source();
        }
        Ok(())
    }
}
