//! `/routers/diagnose` and `/routers/{id}/diagnose`: what is wrong with a router, step by step.

use access::{Diagnosis, Step, StepName, Verdict};
use axum::Json;
use axum::extract::State;
use kernel::RouterKind;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{EnrolRouterBody, enrolment};
use crate::api::Api;
use crate::extract::{May, PathId, Valid};
use crate::idempotency::run;
use crate::problem::Problem;
use crate::rights::{TestRouters, WriteRouters};
use crate::words;

/// What is wrong with a router, and what to do about it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Diagnosis)]
pub(super) struct DiagnosisBody {
    /// The worst of the steps: `pass`, `warn` or `fail`.
    #[schema(value_type = words::VerdictWord, example = "warn")]
    verdict: Verdict,
    /// In the order in which they were taken. What depends on a step that failed is skipped.
    steps: Vec<StepBody>,
    /// How long it took, in milliseconds.
    took_ms: u64,
}

/// One step of a diagnosis.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DiagnosisStep)]
pub(super) struct StepBody {
    #[schema(value_type = words::StepNameWord, example = "clock")]
    name: StepName,
    #[schema(value_type = words::VerdictWord, example = "warn")]
    verdict: Verdict,
    /// What was measured.
    #[schema(example = "2026-11-21 10:00:00 (+07:00), 120 s behind ours")]
    measured: Option<String>,
    /// What to do, or why the step was skipped.
    advice: Option<String>,
}

impl From<Diagnosis> for DiagnosisBody {
    fn from(diagnosis: Diagnosis) -> Self {
        let step = |it: Step| StepBody {
            name: it.name,
            verdict: it.verdict,
            measured: it.measured,
            advice: it.advice,
        };
        Self {
            verdict: diagnosis.verdict,
            steps: diagnosis.steps.into_iter().map(step).collect(),
            took_ms: diagnosis.took_ms,
        }
    }
}

/// The routes of diagnoses.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(diagnose))
        .routes(routes!(diagnose_candidate))
}

/// Diagnoses a router. It answers within half a minute also when the router does not, and changes nothing.
#[utoipa::path(
    post, path = "/routers/{id}/diagnose", operation_id = "diagnose_router", tag = "routers",
    params(("id" = String, Path, description = "A router id")),
    responses((status = 200, description = "What was found out", body = DiagnosisBody))
)]
async fn diagnose(
    State(api): State<Api>,
    caller: May<TestRouters>,
    PathId(id): PathId<RouterKind>,
) -> Result<Json<DiagnosisBody>, Problem> {
    let diagnosis = run(&caller, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            let (store, gateway, vault) = (&*it.access, &*it.gateway, &*it.vault);
            access::diagnose_router(store, gateway, vault, &*it.clock, &scope, id).await
        }
    })
    .await?;
    Ok(Json(diagnosis.into()))
}

/// Diagnoses a router that is not enrolled, with the body that would enrol it. Nothing is stored.
#[utoipa::path(
    post, path = "/routers/diagnose", operation_id = "diagnose_candidate", tag = "routers",
    request_body = EnrolRouterBody,
    responses((status = 200, description = "What was found out", body = DiagnosisBody))
)]
async fn diagnose_candidate(
    State(api): State<Api>,
    _caller: May<WriteRouters>,
    Valid(body): Valid<EnrolRouterBody>,
) -> Result<Json<DiagnosisBody>, Problem> {
    let candidate = enrolment(&api, body)?;
    let it = &api.ports;
    let diagnosis = access::diagnose_candidate(&*it.gateway, &*it.clock, candidate).await;
    Ok(Json(diagnosis.into()))
}
