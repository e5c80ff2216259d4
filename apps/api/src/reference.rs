//! The description as JSON and as a page that needs nothing from the internet.

use std::sync::LazyLock;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;

const PAGE: &str = include_str!("reference/page.html");
const SCRIPT: &str = include_str!("reference/page.js");
const STYLE: &str = include_str!("reference/page.css");

/// Lets the page load its own script and style and talk to this API, nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The description as JSON: made when somebody first asks, so that starting does not wait for it.
static DESCRIPTION: LazyLock<Bytes> =
    LazyLock::new(|| crate::openapi().to_json().unwrap_or_default().into());

/// Serves `/api/openapi.json` and `/api/docs`.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let json = async || file("application/json", Bytes::clone(&DESCRIPTION));
    let page = async || file("text/html; charset=utf-8", PAGE);
    let script = async || file("text/javascript; charset=utf-8", SCRIPT);
    let style = async || file("text/css; charset=utf-8", STYLE);
    Router::new()
        .route("/", get(async || Redirect::temporary("/api/docs")))
        .route("/api/openapi.json", get(json))
        .route("/api/docs", get(page))
        .route("/api/docs/page.js", get(script))
        .route("/api/docs/page.css", get(style))
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
