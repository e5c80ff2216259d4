//! `/events`: what happened to one thing, and who did it.

use axum::Json;
use axum::extract::State;
use jobs::AggregateRef;
use kernel::{EventId, EventRow, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::answer::Listed;
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Listing, May};
use crate::problem::{Problem, catalog};
use crate::rights::ReadEvents;

/// A recorded fact.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventBody {
    #[schema(value_type = String, pattern = "^evt_[a-z2-7]{25}[aeimquy4]$", example = "evt_agjpfimc4btqadrdlvfsmcaaai")]
    id: EventId,
    /// What happened.
    #[serde(rename = "type")]
    #[schema(example = "billing.invoice_issued")]
    kind: String,
    /// The version of the body's shape.
    version: u16,
    /// What happened, in data.
    #[schema(value_type = Object)]
    body: Value,
    /// Who did it: an operator id, or `system:` and the name of a sweep, job or handler.
    #[schema(example = "opr_agjpfimc4btqadrdlvfsmcaaai")]
    actor: String,
    /// Shared by everything that one request or sweep caused.
    correlation: Uuid,
    /// The event that caused this one.
    #[schema(value_type = Option<String>, pattern = "^evt_[a-z2-7]{25}[aeimquy4]$")]
    causation: Option<EventId>,
    /// The W3C trace id of the request.
    trace: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    occurred_at: Timestamp,
}

impl From<EventRow> for EventBody {
    fn from(row: EventRow) -> Self {
        Self {
            id: row.id,
            kind: row.name,
            version: row.version,
            body: row.body,
            actor: row.actor,
            correlation: row.correlation,
            causation: row.causation,
            trace: row.trace,
            occurred_at: row.occurred_at,
        }
    }
}

/// Whose events are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsFilter {
    /// The id of anything: a customer, subscription, invoice, payment, voucher, router, …
    #[param(
        pattern = "^[a-z]{3}_[a-z2-7]{25}[aeimquy4]$",
        example = "inv_agjpfimc4btqadrdlvfsmcaaai"
    )]
    aggregate: String,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Lists the events of one thing, newest first.
#[utoipa::path(
    get, path = "/events", operation_id = "list_events", tag = "jobs",
    params(PageParams, EventsFilter),
    responses((status = 200, description = "A page of events", body = Listed<EventBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadEvents>,
    listing: Listing<EventsFilter>,
) -> Result<Json<Listed<EventBody>>, Problem> {
    let aggregate: AggregateRef = listing.filter.aggregate.parse().map_err(refused)?;
    let queries = &api.ports.jobs;
    let page = queries
        .events_of(caller.tenant(), &aggregate, listing.page)
        .await?;
    Ok(Listed::of(page))
}

fn refused(err: jobs::BadAggregateRef) -> Problem {
    Problem::of(&catalog::INVALID_PARAMETER).field("aggregate", "format", err.to_string())
}
