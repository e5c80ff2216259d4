//! The shapes of successful answers.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::Page;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::if_match::etag;
use crate::idempotency::Turn;

static REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// One page of a list, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listed<T> {
    /// The items.
    pub(crate) items: Vec<T>,
    /// The `after` of the next page; null on the last one.
    #[schema(example = "cagjpfimc4btqadrdlvfsmcaaai")]
    pub(crate) next: Option<String>,
}

impl<T> Listed<T> {
    /// A page of views as a page of bodies.
    pub(crate) fn of<V>(page: Page<V>) -> Json<Self>
    where
        T: From<V>,
    {
        let Page { items, next } = page.map(T::from);
        Json(Self { items, next })
    }
}

/// Something was created: 201, and where it is.
#[derive(Debug)]
pub(crate) struct Created<T> {
    /// Its path.
    pub(crate) location: String,
    /// Whether this request created it, or an earlier one with the same key.
    pub(crate) turn: Turn,
    /// What was created.
    pub(crate) body: T,
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut answer = (StatusCode::CREATED, Json(self.body)).into_response();
        if let Ok(place) = HeaderValue::from_str(&self.location) {
            answer.headers_mut().insert(header::LOCATION, place);
        }
        mark(&mut answer, self.turn);
        answer
    }
}

/// Work was accepted and goes on in the background: 202, and the job to watch.
#[derive(Debug)]
pub(crate) struct Accepted<T> {
    /// The path to watch.
    pub(crate) location: String,
    /// Whether this request started it, or an earlier one with the same key.
    pub(crate) turn: Turn,
    /// What is known so far.
    pub(crate) body: T,
}

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        let Self {
            location,
            turn,
            body,
        } = self;
        let mut answer = Created {
            location,
            turn,
            body,
        }
        .into_response();
        *answer.status_mut() = StatusCode::ACCEPTED;
        answer
    }
}

/// Something was done to a thing: 200, and the thing as it is now.
#[derive(Debug)]
pub(crate) struct Acted<T> {
    /// Whether this request did it, or an earlier one with the same key.
    pub(crate) turn: Turn,
    /// The thing.
    pub(crate) body: T,
}

impl<T: Serialize> IntoResponse for Acted<T> {
    fn into_response(self) -> Response {
        let mut answer = Json(self.body).into_response();
        mark(&mut answer, self.turn);
        answer
    }
}

/// A thing with its version as `ETag`.
#[derive(Debug)]
pub(crate) struct Versioned<T> {
    /// The version.
    pub(crate) version: i64,
    /// The thing.
    pub(crate) body: T,
}

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        ([(header::ETAG, etag(self.version))], Json(self.body)).into_response()
    }
}

/// Tells the client that an earlier request with its key had acted.
fn mark(answer: &mut Response, turn: Turn) {
    if turn == Turn::Repeated {
        answer
            .headers_mut()
            .insert(REPLAYED.clone(), HeaderValue::from_static("true"));
    }
}
