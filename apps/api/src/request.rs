//! What is known about the request being served: its id and its trace.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName};
use kernel::Ids;
use uuid::Uuid;

/// The header that carries a request's id in and out.
pub(crate) static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

tokio::task_local! {
    static CURRENT: Arc<str>;
}

/// The identity of one request.
#[derive(Debug, Clone)]
pub(crate) struct RequestContext {
    /// Ties together everything that the request causes.
    pub(crate) correlation: Uuid,
    /// The id as the client sees it: its own, or the correlation.
    pub(crate) id: Arc<str>,
    /// The W3C trace id that the client sent, 32 hex digits.
    pub(crate) trace: Option<String>,
}

impl RequestContext {
    /// Reads `X-Request-Id` (1 to 64 of `A-Za-z0-9._-`; anything else is replaced) and `traceparent`.
    pub(crate) fn read(headers: &HeaderMap, ids: &dyn Ids) -> Self {
        let given = text(headers, &REQUEST_ID).filter(|it| is_plain(it));
        let correlation = given
            .and_then(|it| Uuid::parse_str(it).ok())
            .unwrap_or_else(|| ids.fresh());
        let id = given.map_or_else(|| correlation.to_string().into(), Arc::from);
        let trace = text(headers, &TRACEPARENT).and_then(trace_id);
        Self {
            correlation,
            id,
            trace,
        }
    }
}

/// Runs a future in which [`current_id`] answers.
pub(crate) async fn scoped<F: Future>(id: Arc<str>, work: F) -> F::Output {
    CURRENT.scope(id, work).await
}

/// The id of the request being served by this task, if any.
#[must_use]
pub(crate) fn current_id() -> Option<String> {
    CURRENT.try_with(|it| it.to_string()).ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn is_plain(id: &str) -> bool {
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"._-".contains(&it);
    (1..=64).contains(&id.len()) && id.bytes().all(plain)
}

/// The trace id of a version 00 `traceparent` (W3C Trace Context, section 3.2).
fn trace_id(traceparent: &str) -> Option<String> {
    let mut parts = traceparent.split('-');
    let version = parts.next().filter(|it| it.len() == 2 && *it != "ff")?;
    let trace = parts.next()?;
    let is_hex = |it: &str| {
        it.bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let known = trace.len() == 32 && trace.bytes().any(|it| it != b'0');
    (is_hex(version) && is_hex(trace) && known).then(|| trace.to_owned())
}

#[cfg(test)]
mod tests;
