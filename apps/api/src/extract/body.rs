//! JSON bodies: parsed, validated, and for creations fingerprinted for their idempotency key.

use std::time::Duration;

use axum::body::BodyDataStream;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderName, header};
use futures::StreamExt;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use validator::Validate;

use super::json;
use super::rules::field_errors;
use crate::api::Api;
use crate::idempotency::Attempt;
use crate::problem::{Problem, catalog};

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A valid JSON body.
#[derive(Debug)]
pub(crate) struct Valid<T>(pub T);

/// A valid JSON body of a request that must act once, however often it is sent with the same key.
#[derive(Debug)]
pub(crate) struct Once<T> {
    /// The body.
    pub(crate) body: T,
    /// What tells a repetition from a new request.
    pub(crate) attempt: Attempt,
}

impl<T: DeserializeOwned + Validate> FromRequest<Api> for Valid<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let bytes = read(request, api.settings.body_limit_bytes).await?;
        checked(&bytes).map(Self)
    }
}

impl<T: DeserializeOwned + Validate> FromRequest<Api> for Once<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let key = idempotency_key(request.headers())?;
        let route = format!("{} {}", request.method(), request.uri().path());
        let bytes = read(request, api.settings.body_limit_bytes).await?;
        let body = checked(&bytes)?;
        let attempt = Attempt::new(key, route, Sha256::digest(&bytes).into());
        Ok(Self { body, attempt })
    }
}

fn checked<T: DeserializeOwned + Validate>(bytes: &[u8]) -> Result<T, Problem> {
    let body: T = json::parse(bytes)?;
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::invalid("body", "type", "must be an object"));
    }
    body.validate()
        .map_err(|errors| Problem::of(&catalog::INVALID_FIELDS).fields(field_errors(&errors)))?;
    Ok(body)
}

async fn read(request: Request, limit: usize) -> Result<Vec<u8>, Problem> {
    if !is_json(request.headers()) {
        return Err(Problem::of(&catalog::UNSUPPORTED_MEDIA_TYPE)
            .detail("send the header Content-Type: application/json"));
    }
    bounded(request, limit).await
}

/// The body, of at most so many bytes.
pub(super) async fn bounded(request: Request, limit: usize) -> Result<Vec<u8>, Problem> {
    let mut body = request.into_body().into_data_stream();
    let mut bytes = Vec::new();
    while let Some(part) = body.next().await {
        let part = part.map_err(|_| {
            Problem::of(&catalog::MALFORMED_BODY).detail("the body ended before it was complete")
        })?;
        if bytes.len() + part.len() > limit {
            drain(body).await;
            return Err(Problem::of(&catalog::BODY_TOO_LARGE));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

/// How much of a body that is too large is read and thrown away.
const DRAINED_BYTES: usize = 8 * 1024 * 1024;
/// For how long.
const DRAINED_FOR: Duration = Duration::from_secs(2);

/// Lets the client finish within bounds: a connection that is closed while it still sends is reset, and the client
/// never sees why it was refused.
async fn drain(mut body: BodyDataStream) {
    let rest = async {
        let mut drained = 0;
        while let Some(Ok(part)) = body.next().await {
            drained += part.len();
            if drained > DRAINED_BYTES {
                return;
            }
        }
    };
    // Whether the client finished or not, the answer is the same.
    let _ = tokio::time::timeout(DRAINED_FOR, rest).await;
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else {
        return false;
    };
    let essence = kind.to_str().unwrap_or_default().split(';').next();
    essence.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json"))
}

/// The key that the client chose, if it chose one.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(&IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let visible = text.bytes().all(|it| it.is_ascii_graphic());
    if !visible || !(1..=128).contains(&text.len()) {
        return Err(Problem::of(&catalog::INVALID_PARAMETER).field(
            "Idempotency-Key",
            "format",
            "must be 1 to 128 visible ASCII characters without spaces",
        ));
    }
    Ok(Some(text.to_owned()))
}
