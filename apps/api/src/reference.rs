//! The description as JSON and as a page that needs nothing from the internet.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use utoipa::openapi::OpenApi;

const PAGE: &str = include_str!("reference/page.html");
const SCRIPT: &str = include_str!("reference/page.js");
const STYLE: &str = include_str!("reference/page.css");

/// Lets the page load its own script and style and talk to this API, nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Serves `/api/openapi.json` and `/api/docs`.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(document: &OpenApi) -> Router<S> {
    let json: Bytes = document.to_json().unwrap_or_default().into();
    let json = Arc::new(json);
    Router::new()
        .route("/", get(async || Redirect::temporary("/api/docs")))
        .route(
            "/api/openapi.json",
            get(move || {
                let json = Bytes::clone(&json);
                async move { file("application/json", json) }
            }),
        )
        .route(
            "/api/docs",
            get(async || file("text/html; charset=utf-8", PAGE)),
        )
        .route(
            "/api/docs/page.js",
            get(async || file("text/javascript; charset=utf-8", SCRIPT)),
        )
        .route(
            "/api/docs/page.css",
            get(async || file("text/css; charset=utf-8", STYLE)),
        )
}

fn file(kind: &'static str, content: impl IntoResponse) -> impl IntoResponse {
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        ),
    ];
    (headers, content)
}
