//! `/deliveries`: events on their way to handlers, above all those that are parked.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jobs::{DeliveryFilter, DeliveryState, DeliveryView};
use kernel::{DeliveryId, DeliveryKind, EventId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Listed;
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Listing, May, PathId};
use crate::problem::Problem;
use crate::rights::{ControlJobs, ReadJobs};
use crate::words;

/// An event on its way to one handler.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(crate) struct DeliveryBody {
    #[schema(value_type = String, pattern = "^dlv_[a-z2-7]{25}[aeimquy4]$", example = "dlv_agjpfimc4btqadrdlvfsmcaaai")]
    id: DeliveryId,
    /// Who handles the event.
    #[schema(example = "follow_access")]
    handler: String,
    /// `waiting`, `running`, `done` or `parked` (failed for good).
    #[schema(value_type = words::DeliveryStateWord, example = "parked")]
    state: DeliveryState,
    #[schema(value_type = String, pattern = "^evt_[a-z2-7]{25}[aeimquy4]$", example = "evt_agjpfimc4btqadrdlvfsmcaaai")]
    event: EventId,
    #[schema(example = "billing.access_desired")]
    event_name: String,
    #[schema(value_type = String, format = DateTime)]
    occurred_at: Timestamp,
    /// Attempts begun.
    attempts: u16,
    /// When it is due, if it waits.
    #[schema(value_type = String, format = DateTime)]
    run_at: Timestamp,
    /// Why the last attempt failed.
    last_error: Option<String>,
}

impl From<DeliveryView> for DeliveryBody {
    fn from(view: DeliveryView) -> Self {
        Self {
            id: view.id,
            handler: view.handler,
            state: view.state,
            event: view.event,
            event_name: view.event_name,
            occurred_at: view.occurred_at,
            attempts: view.attempts,
            run_at: view.run_at,
            last_error: view.last_error,
        }
    }
}

/// Which deliveries are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveriesFilter {
    /// `waiting`, `running`, `done` or `parked`.
    #[param(value_type = Option<words::DeliveryStateWord>, inline)]
    state: Option<DeliveryState>,
    /// Who handles them.
    handler: Option<String>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(requeue))
}

/// Lists deliveries, newest first.
#[utoipa::path(
    get, path = "/deliveries", operation_id = "list_deliveries", tag = "jobs",
    params(PageParams, DeliveriesFilter),
    responses((status = 200, description = "A page of deliveries", body = Listed<DeliveryBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadJobs>,
    listing: Listing<DeliveriesFilter>,
) -> Result<Json<Listed<DeliveryBody>>, Problem> {
    let filter = DeliveryFilter {
        state: listing.filter.state,
        handler: listing.filter.handler,
    };
    let queries = &api.ports.jobs;
    let page = queries
        .deliveries(caller.tenant(), filter, listing.page)
        .await?;
    Ok(Listed::of(page))
}

/// Puts a parked delivery back, due at once.
#[utoipa::path(
    post, path = "/deliveries/{id}/requeue", operation_id = "requeue_delivery", tag = "jobs",
    params(("id" = String, Path, description = "A delivery id")),
    responses((status = 204, description = "Waiting again"))
)]
async fn requeue(
    State(api): State<Api>,
    caller: May<ControlJobs>,
    PathId(id): PathId<DeliveryKind>,
) -> Result<StatusCode, Problem> {
    let ports = &api.ports;
    let now = ports.clock.now();
    let control = &ports.job_control;
    control.requeue_delivery(caller.tenant(), id, now).await?;
    ports.work_signal.wake();
    Ok(StatusCode::NO_CONTENT)
}
