//! `/monitoring`: whether this process lives, is ready, and what it depends on. Open, so nothing here is a secret.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::Slug;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::problem::{Problem, catalog};

/// How this process does.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Health)]
pub(crate) struct HealthBody {
    /// `ok` or `failing`.
    #[schema(example = "ok")]
    status: &'static str,
    /// The version of the product.
    version: &'static str,
    components: ComponentsBody,
}

/// What this process depends on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Components)]
pub(crate) struct ComponentsBody {
    /// `ok` or `failing`.
    #[schema(example = "ok")]
    database: &'static str,
    /// `ok`, `starting`, or `elsewhere` if it runs in a process of its own.
    #[schema(example = "ok")]
    worker: &'static str,
}

impl ComponentsBody {
    fn are_ready(&self) -> bool {
        self.database == "ok" && self.worker != "starting"
    }
}

/// The routes of this resource.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(live))
        .routes(routes!(ready))
        .routes(routes!(health))
        .routes(routes!(metrics))
}

/// Whether the process answers at all.
#[utoipa::path(
    get, path = "/live", operation_id = "live", tag = "monitoring", security(()),
    responses((status = 204, description = "It does"))
)]
async fn live() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Whether requests may be sent here: the database answers and a worker in this process has begun to claim.
#[utoipa::path(
    get, path = "/ready", operation_id = "ready", tag = "monitoring", security(()),
    responses((status = 204, description = "Ready"))
)]
async fn ready(State(api): State<Api>) -> Result<StatusCode, Problem> {
    let components = components(&api).await;
    if components.are_ready() {
        return Ok(StatusCode::NO_CONTENT);
    }
    let detail = format!(
        "database {}, worker {}",
        components.database, components.worker
    );
    Err(Problem::of(&catalog::NOT_READY)
        .detail(detail)
        .retry_after(1))
}

/// Says how this process and what it depends on do.
#[utoipa::path(
    get, path = "/health", operation_id = "health", tag = "monitoring", security(()),
    responses(
        (status = 200, description = "All is well", body = HealthBody),
        (status = 503, description = "Something is failing", body = HealthBody)
    )
)]
async fn health(State(api): State<Api>) -> Response {
    let components = components(&api).await;
    let (code, status) = match components.are_ready() {
        true => (StatusCode::OK, "ok"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "failing"),
    };
    let body = HealthBody {
        status,
        version: env!("CARGO_PKG_VERSION"),
        components,
    };
    (code, Json(body)).into_response()
}

/// What this process has counted, in the text format of Prometheus.
#[utoipa::path(
    get, path = "/metrics", operation_id = "metrics", tag = "monitoring", security(()),
    responses(
        (status = 200, description = "The counters", body = String, content_type = "text/plain"),
        (status = 503, description = "This process counts nothing", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn metrics(State(api): State<Api>) -> Result<Response, Problem> {
    let Some(metrics) = &api.settings.metrics else {
        return Err(Problem::of(&catalog::NOT_READY).detail("this process counts nothing"));
    };
    let kind = (
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    );
    Ok(([kind], metrics.text()).into_response())
}

async fn components(api: &Api) -> ComponentsBody {
    let database = match is_database_up(api).await {
        true => "ok",
        false => "failing",
    };
    let worker = match &api.settings.worker_ready {
        None => "elsewhere",
        Some(ready) if *ready.borrow() => "ok",
        Some(_) => "starting",
    };
    ComponentsBody { database, worker }
}

/// The cheapest question: it finds nothing, and that is fine.
async fn is_database_up(api: &Api) -> bool {
    let Ok(nobody) = "nobody".parse::<Slug>() else {
        return false;
    };
    api.ports.tenants.by_slug(&nobody).await.is_ok()
}
