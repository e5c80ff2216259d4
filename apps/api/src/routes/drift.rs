//! `/routers/{id}/drift` and `/reconcile`: how far a router is from what it should be, and mending it.

use access::{
    DriftCounts, NotApplied, ReconcileMode, ReconcileReport, ReconcileRouter, Reconciled, RowShown,
};
use axum::Json;
use axum::extract::State;
use kernel::{RouterKind, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::drift_rows::sees_codes;
use super::grants::GrantBody;
use super::sessions::LoginBody;
use crate::answer::Listed;
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Listing, May, NoFilter, PathId, Valid};
use crate::idempotency::run;
use crate::problem::Problem;
use crate::rights::{ReadRouters, ReconcileRouters};

/// How many rows differ, by what would have to be done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DriftCounts)]
pub(crate) struct CountsBody {
    /// Rows to create.
    missing: u64,
    /// Rows of ours to correct.
    differing: u64,
    /// Rows of ours to remove.
    surplus: u64,
    /// Rows by other hands under names that are needed: rename or remove them by hand.
    conflicts: u64,
    /// Removals held back because there are suspiciously many.
    held_back: u64,
    /// Rows by other hands; never touched.
    foreign: u64,
    /// Rows of ours in all, profiles left out.
    owned: u64,
}

impl From<DriftCounts> for CountsBody {
    fn from(counts: DriftCounts) -> Self {
        Self {
            missing: counts.missing,
            differing: counts.differing,
            surplus: counts.surplus,
            conflicts: counts.conflicts,
            held_back: counts.held_back,
            foreign: counts.foreign,
            owned: counts.owned,
        }
    }
}

/// The last comparison with the whole router.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LastReconcile)]
pub(crate) struct LastReconcileBody {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    drift: CountsBody,
}

impl From<Reconciled> for LastReconcileBody {
    fn from(last: Reconciled) -> Self {
        Self {
            at: last.at,
            drift: last.drift.into(),
        }
    }
}

/// A login whose newest state is not on the router.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NotApplied)]
pub(crate) struct NotAppliedBody {
    grant: GrantBody,
    /// The router's refusal, or why it is out of reach; null while it merely waits.
    reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
}

impl From<NotApplied> for NotAppliedBody {
    fn from(view: NotApplied) -> Self {
        Self {
            grant: view.grant.into(),
            reason: view.reason,
            since: view.since,
        }
    }
}

/// How far a router is from what it should be, as far as is known without asking it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Drift)]
pub(crate) struct DriftBody {
    last_reconcile: Option<LastReconcileBody>,
    /// Logins whose newest state is not on the router, a page at a time.
    not_applied: Listed<NotAppliedBody>,
}

/// What to do about the difference.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReconcileMode)]
pub(crate) enum ModeBody {
    /// Say what would be done.
    DryRun,
    /// Do it, except removals that are held back.
    Apply,
    /// Do it, including removals that were held back and whatever was paused.
    ApplyEverything,
}

/// How to reconcile.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReconcileBody {
    mode: ModeBody,
}

/// What was found and done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReconcileReport)]
pub(crate) struct ReportBody {
    /// What was found.
    drift: CountsBody,
    /// The exact commands, passwords hidden; voucher codes too, unless the caller may reveal them.
    #[schema(example = json!(["/ppp/secret/add name=siti.42 password=*** profile=wb-home-20m service=pppoe"]))]
    commands: Vec<String>,
    /// Rows by other hands in the way.
    conflicts: Vec<RowBody>,
    /// Rows that would be removed, but there are suspiciously many.
    held_back: Vec<RowBody>,
    /// Menus that could not be read, with the reason: they are unknown, not empty.
    unknown: Vec<String>,
    /// Why nothing is changed until an operator has looked and asks for `apply_everything`.
    paused: Option<String>,
    /// Whether the router has started anew since the last comparison.
    rebooted: bool,
    /// What the router refused, and why.
    refused: Vec<String>,
    /// Sessions that were ended.
    cut: u64,
    /// Who is online still although they should not be.
    still_online: Vec<LoginBody>,
    /// Whether anything was to be done, as opposed to said.
    applied: bool,
}

/// A row of a router.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RouterRow)]
pub(crate) struct RowBody {
    #[schema(example = "/ppp/secret")]
    menu: &'static str,
    #[schema(example = "*1A")]
    id: String,
    #[schema(example = "siti.42")]
    name: String,
}

impl From<RowShown> for RowBody {
    fn from(row: RowShown) -> Self {
        Self {
            menu: row.menu,
            id: row.id,
            name: row.name,
        }
    }
}

impl From<ReconcileReport> for ReportBody {
    fn from(report: ReconcileReport) -> Self {
        let rows = |rows: Vec<RowShown>| rows.into_iter().map(RowBody::from).collect();
        Self {
            drift: report.drift.into(),
            commands: report.commands,
            conflicts: rows(report.conflicts),
            held_back: rows(report.held_back),
            unknown: report.unknown,
            paused: report.paused,
            rebooted: report.rebooted,
            refused: report.refused,
            cut: report.cut,
            still_online: report
                .still_online
                .into_iter()
                .map(LoginBody::from)
                .collect(),
            applied: report.applied,
        }
    }
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(drift))
        .routes(routes!(reconcile))
}

/// Shows the last comparison, and which logins the router does not have in their newest state, with reason and age.
#[utoipa::path(
    get, path = "/routers/{id}/drift", operation_id = "get_router_drift", tag = "routers",
    params(("id" = String, Path, description = "A router id"), PageParams),
    responses((status = 200, description = "What is known", body = DriftBody))
)]
async fn drift(
    State(api): State<Api>,
    caller: May<ReadRouters>,
    PathId(id): PathId<RouterKind>,
    listing: Listing<NoFilter>,
) -> Result<Json<DriftBody>, Problem> {
    let queries = &api.ports.access_queries;
    let tenant = caller.tenant();
    let found = queries.router(tenant, id).await?;
    let router = found.ok_or_else(|| Problem::not_found("router", id))?;
    let page = queries.not_applied(tenant, Some(id), listing.page).await?;
    let Json(not_applied) = Listed::of(page);
    Ok(Json(DriftBody {
        last_reconcile: router.last_reconcile.map(LastReconcileBody::from),
        not_applied,
    }))
}

/// Compares a router with what it should be now, and mends it if asked to.
#[utoipa::path(
    post, path = "/routers/{id}/reconcile", operation_id = "reconcile_router", tag = "routers",
    params(("id" = String, Path, description = "A router id")),
    request_body = ReconcileBody,
    responses(
        (status = 200, description = "What was found and done", body = ReportBody),
        (status = 502, description = "The router does not answer", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn reconcile(
    State(api): State<Api>,
    caller: May<ReconcileRouters>,
    PathId(router): PathId<RouterKind>,
    Valid(body): Valid<ReconcileBody>,
) -> Result<Json<ReportBody>, Problem> {
    let mode = match body.mode {
        ModeBody::DryRun => ReconcileMode::DryRun,
        ModeBody::Apply => ReconcileMode::Apply,
        ModeBody::ApplyEverything => ReconcileMode::ApplyEverything,
    };
    let report = run(&caller, |scope| {
        let api = api.clone();
        let command = ReconcileRouter { router, mode };
        async move {
            let it = &api.ports;
            access::reconcile_router(
                &*it.access,
                &*it.gateway,
                &*it.vault,
                &*it.clock,
                &scope,
                command,
            )
            .await
        }
    })
    .await?;
    let report: ReconcileReport = report;
    let report = match sees_codes(&caller) {
        true => report,
        false => report.without_codes(),
    };
    Ok(Json(report.into()))
}
