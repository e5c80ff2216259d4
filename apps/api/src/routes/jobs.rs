//! `/jobs`: background work, its state and its progress.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jobs::{JobFilter, JobStateName, JobView};
use kernel::{JobId, JobKind, Lane, Priority, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
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

/// A piece of background work.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Job)]
pub(crate) struct JobBody {
    #[schema(value_type = String, pattern = "^job_[a-z2-7]{25}[aeimquy4]$", example = "job_agjpfimc4btqadrdlvfsmcaaai")]
    id: JobId,
    /// What it does.
    #[schema(example = "generate_vouchers")]
    kind: String,
    /// `queued`, `running`, `done`, `parked` (failed for good) or `cancelled`.
    #[schema(value_type = words::JobStateWord, example = "running")]
    state: JobStateName,
    /// Jobs of one lane run one at a time; empty for none.
    #[schema(value_type = String, example = "router:rtr_agjpfimc4btqadrdlvfsmcaaai")]
    lane: Lane,
    /// `critical`, `high`, `normal` or `low`.
    #[schema(value_type = words::PriorityWord, example = "normal")]
    priority: Priority,
    /// What it works on.
    #[schema(value_type = Object)]
    payload: Value,
    /// How far it is.
    progress: ProgressBody,
    /// Attempts begun.
    attempts: u16,
    /// Attempts before it is parked.
    max_attempts: u16,
    /// Why the last attempt failed.
    last_error: Option<String>,
    /// Not before this instant.
    #[schema(value_type = String, format = DateTime)]
    run_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was done, parked or cancelled.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
}

/// How far a job is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Progress)]
pub(crate) struct ProgressBody {
    /// Steps done.
    #[schema(example = 250)]
    done: u64,
    /// Steps in total, once known.
    #[schema(example = 500)]
    total: Option<u64>,
}

impl From<JobView> for JobBody {
    fn from(view: JobView) -> Self {
        Self {
            id: view.id,
            kind: view.kind,
            state: view.state,
            lane: view.lane,
            priority: view.priority,
            payload: view.payload,
            progress: ProgressBody {
                done: view.done,
                total: view.total,
            },
            attempts: view.attempts,
            max_attempts: view.max_attempts,
            last_error: view.last_error,
            run_at: view.run_at,
            created_at: view.created_at,
            finished_at: view.finished_at,
        }
    }
}

/// Which jobs are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobsFilter {
    /// `queued`, `running`, `done`, `parked` or `cancelled`.
    #[param(value_type = Option<words::JobStateWord>, inline)]
    state: Option<JobStateName>,
    /// What they do.
    kind: Option<String>,
    /// Their lane.
    lane: Option<String>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(cancel))
        .routes(routes!(requeue))
}

/// Lists jobs, newest first.
#[utoipa::path(
    get, path = "/jobs", operation_id = "list_jobs", tag = "jobs",
    params(PageParams, JobsFilter),
    responses((status = 200, description = "A page of jobs", body = Listed<JobBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadJobs>,
    listing: Listing<JobsFilter>,
) -> Result<Json<Listed<JobBody>>, Problem> {
    let filter = JobFilter {
        state: listing.filter.state,
        kind: listing.filter.kind,
        lane: listing.filter.lane.map(Lane::named),
    };
    let queries = &api.ports.jobs;
    let page = queries.jobs(caller.tenant(), filter, listing.page).await?;
    Ok(Listed::of(page))
}

/// Shows a job and its progress.
#[utoipa::path(
    get, path = "/jobs/{id}", operation_id = "get_job", tag = "jobs",
    params(("id" = String, Path, description = "A job id")),
    responses((status = 200, description = "The job", body = JobBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadJobs>,
    PathId(id): PathId<JobKind>,
) -> Result<Json<JobBody>, Problem> {
    let found = api.ports.jobs.job(caller.tenant(), id).await?;
    let view = found.ok_or_else(|| Problem::not_found("job", id))?;
    Ok(Json(view.into()))
}

/// Cancels a job; what it has done stays done. Twice is harmless.
#[utoipa::path(
    post, path = "/jobs/{id}/cancel", operation_id = "cancel_job", tag = "jobs",
    params(("id" = String, Path, description = "A job id")),
    responses((status = 204, description = "Cancelled"))
)]
async fn cancel(
    State(api): State<Api>,
    caller: May<ControlJobs>,
    PathId(id): PathId<JobKind>,
) -> Result<StatusCode, Problem> {
    let ports = &api.ports;
    let now = ports.clock.now();
    ports.job_control.cancel(caller.tenant(), id, now).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts a parked or cancelled job back into the queue with all its attempts.
#[utoipa::path(
    post, path = "/jobs/{id}/requeue", operation_id = "requeue_job", tag = "jobs",
    params(("id" = String, Path, description = "A job id")),
    responses((status = 204, description = "Waiting again"))
)]
async fn requeue(
    State(api): State<Api>,
    caller: May<ControlJobs>,
    PathId(id): PathId<JobKind>,
) -> Result<StatusCode, Problem> {
    let ports = &api.ports;
    let now = ports.clock.now();
    ports.job_control.requeue(caller.tenant(), id, now).await?;
    ports.work_signal.wake();
    Ok(StatusCode::NO_CONTENT)
}
