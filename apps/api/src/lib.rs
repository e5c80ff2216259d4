//! The REST API; in embedded mode it hosts the worker too.
//!
//! [`router`] makes the whole API from the product's ports: tests give it fakes, [`run`] gives it the real ones. A
//! handler takes what it needs through extractors that refuse with a problem (RFC 9457), tells one use case, and shows
//! what came of it. It reaches data only through `May<Right>`, so a route that asks for no right reaches none.

mod answer;
mod api;
mod codepage;
mod command_line;
mod extract;
mod host;
mod idempotency;
mod money;
mod monitoring;
mod openapi;
mod paper;
mod problem;
mod reference;
mod report;
mod request;
mod rights;
mod routes;
mod serve;
mod settings;
mod shell;
mod words;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi as Describe;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use bootstrap::Ports;
pub use command_line::run;
pub use serve::serve;
pub use settings::ApiSettings;

use api::Api;
use openapi::Head;
use problem::{Problem, catalog};

/// The whole API, ready to be served.
///
/// Resources are bounded in load and time; the monitoring routes are not, so that a busy process is not taken for a
/// dead one.
pub fn router(ports: Ports, settings: ApiSettings) -> Router {
    let api = Api::new(ports, settings);
    let resources = Router::from(resources())
        .layer(DefaultBodyLimit::max(api.settings.body_limit_bytes))
        .layer(from_fn_with_state(api.clone(), shell::bound));
    resources
        .merge(watched())
        .merge(reference::routes())
        .fallback(no_such_route)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(api.clone(), shell::identify))
        .with_state(api)
}

/// The description of the API, as served at `/api/openapi.json`.
#[must_use]
pub fn openapi() -> OpenApi {
    let head = OpenApiRouter::with_openapi(Head::openapi());
    let mut document = head.merge(resources()).merge(watched()).into_openapi();
    openapi::complete(&mut document);
    document
}

fn resources() -> OpenApiRouter<Api> {
    OpenApiRouter::new().nest("/api/v1", routes::all())
}

fn watched() -> OpenApiRouter<Api> {
    OpenApiRouter::new().nest("/monitoring", monitoring::routes())
}

async fn no_such_route() -> Response {
    let detail = "the routes are listed at /api/docs";
    Problem::of(&catalog::NO_SUCH_ROUTE)
        .detail(detail)
        .into_response()
}

async fn method_not_allowed() -> Response {
    Problem::of(&catalog::METHOD_NOT_ALLOWED).into_response()
}
