//! The outermost layers of every request: identity, log span, panics, load, time and security headers.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use tokio::sync::SemaphorePermit;
use tracing::Instrument;

use crate::api::Api;
use crate::problem::{Problem, catalog};
use crate::request::{self, REQUEST_ID, RequestContext};

/// How long a request waits for a slot.
const PATIENCE: Duration = Duration::from_secs(1);

/// Gives the request its id and span, turns a panic into a problem, and decorates the answer.
pub(crate) async fn identify(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let context = RequestContext::read(request.headers(), &*api.ports.ids);
    let id = Arc::clone(&context.id);
    let span = tracing::info_span!(
        "request",
        method = %request.method(),
        path = shown_path(request.uri().path()),
        id = &*id,
        trace = context.trace,
    );
    request.extensions_mut().insert(context);
    let served = async move {
        let answer = unpanicked(request, next).await;
        tracing::debug!(status = answer.status().as_u16(), "answered");
        answer
    };
    let mut answer = request::scoped(Arc::clone(&id), served)
        .instrument(span)
        .await;
    decorate(answer.headers_mut(), &id);
    answer
}

/// The path for the log, without the secret end of a webhook's address.
fn shown_path(path: &str) -> &str {
    let Some(end) = path.strip_prefix("/api/v1/webhooks/") else {
        return path;
    };
    let gateway = end.split('/').next().map_or(0, str::len);
    &path[..path.len() - end.len() + gateway]
}

/// Refuses what exceeds the load limit, and abandons what takes too long: a transaction left open rolls back.
pub(crate) async fn bound(State(api): State<Api>, request: Request, next: Next) -> Response {
    let Some(_slot) = slot(&api).await else {
        return Problem::of(&catalog::OVERLOADED)
            .retry_after(1)
            .into_response();
    };
    let limit = api.settings.request_timeout;
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(answer) => answer,
        Err(_elapsed) => abandoned(limit),
    }
}

/// A short burst waits its turn; a long one is told to come back.
async fn slot(api: &Api) -> Option<SemaphorePermit<'_>> {
    if let Ok(slot) = api.slots.try_acquire() {
        return Some(slot);
    }
    let turn = tokio::time::timeout(PATIENCE, api.slots.acquire()).await;
    turn.ok()?.ok()
}

fn abandoned(limit: Duration) -> Response {
    tracing::warn!(limit_s = limit.as_secs(), "request abandoned");
    let detail = "whether it took effect is unknown: repeat it with the same Idempotency-Key";
    Problem::of(&catalog::TIMED_OUT)
        .detail(detail)
        .retry_after(1)
        .into_response()
}

async fn unpanicked(request: Request, next: Next) -> Response {
    let served = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    served.unwrap_or_else(|cause| {
        let text = cause
            .downcast_ref::<&str>()
            .map(|it| (*it).to_owned())
            .or_else(|| cause.downcast_ref::<String>().cloned());
        tracing::error!(cause = text, "a handler panicked");
        Problem::of(&catalog::INTERNAL).into_response()
    })
}

/// Answers are data about customers: not cached, sniffed or framed. Pages set a policy of their own.
fn decorate(headers: &mut HeaderMap, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID.clone(), value);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'",
        ));
}
