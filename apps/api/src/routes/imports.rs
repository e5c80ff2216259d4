//! `/routers/{id}/imports`: what a router already has, looked at first and then taken over.

use access::adoption::{
    ImportRowFilter, ImportSnapshot, ImportStatus, ImportView, PreviewImport, PreviewPorts,
    RowCount, RowKind, RowState, UnreadablePasswords, preview_import,
};
use axum::Json;
use axum::extract::State;
use kernel::{ImportId, ImportKind, JobId, RouterId, RouterKind, Timestamp, Zone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;
use workflows::{BeginImport, BeginImportPorts, PlansOfBilling, begin_import, interrupted};

use super::KeyHeader;
use super::historical_sales::HistoricalSaleBody;
use super::import_rows::{ImportRowBody, Reader};
use crate::answer::{Accepted, Created, Listed};
use crate::api::Api;
use crate::codepage::Codepage;
use crate::extract::listing::PageParams;
use crate::extract::path::PathIdIn;
use crate::extract::{Granted, Listing, May, Once, PathId};
use crate::idempotency::{Turn, once, run};
use crate::problem::Problem;
use crate::rights::{ImportRouters, PreviewImports, ReadPayments};
use crate::words;

/// A look at a router.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewBody {
    /// The zone of the dates that were written on the router; the one its clock names if absent.
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64, example = "Asia/Jakarta")]
    zone: Option<String>,
    /// Whether logins whose passwords the router does not tell are imported with new ones: vouchers with their code, and
    /// customers with one that the rows of the import show. Without it they are refused.
    #[serde(default)]
    reset_passwords: bool,
}

/// An import: what a router has, and how far it was taken over.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Import)]
pub(crate) struct ImportBody {
    #[schema(value_type = String, pattern = "^imp_[a-z2-7]{25}[aeimquy4]$", example = "imp_agjpfimc4btqadrdlvfsmcaaai")]
    id: ImportId,
    #[schema(value_type = String, pattern = "^rtr_[a-z2-7]{25}[aeimquy4]$", example = "rtr_agjpfimc4btqadrdlvfsmcaaai")]
    router: RouterId,
    /// `previewed`, `applying`, `interrupted` (its job has ended, and rows are left: apply it again) or `applied`.
    #[schema(example = "previewed")]
    status: &'static str,
    /// The job that applies it, or was to before it was interrupted: watch it at `/api/v1/jobs/{id}`.
    #[schema(value_type = Option<String>, pattern = "^job_[a-z2-7]{25}[aeimquy4]$", example = "job_agjpfimc4btqadrdlvfsmcaaai")]
    job: Option<JobId>,
    /// The zone of the dates that were written on the router.
    #[schema(example = "Asia/Jakarta")]
    zone: &'static str,
    /// Two looks with the same digest saw the same.
    #[schema(example = "5e2f…")]
    digest: String,
    /// Menus that could not be read, and why: what they hold is unknown.
    unread: Vec<String>,
    /// How many rows of each kind are in each state.
    counts: Vec<CountBody>,
    #[schema(value_type = String, format = DateTime)]
    made_at: Timestamp,
}

/// How many rows of a kind are in a state.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportRowCount)]
pub(crate) struct CountBody {
    #[schema(value_type = words::ImportRowKindWord, example = "voucher")]
    kind: RowKind,
    #[schema(value_type = words::ImportRowStateWord, example = "pending")]
    state: RowState,
    #[schema(example = 120)]
    count: u64,
}

impl From<RowCount> for CountBody {
    fn from(it: RowCount) -> Self {
        Self {
            kind: it.kind,
            state: it.state,
            count: it.count,
        }
    }
}

/// The status of an import whose job has ended without finishing.
const INTERRUPTED: &str = "interrupted";

impl ImportBody {
    fn of(view: ImportView, ended: Option<JobId>) -> Self {
        let ImportSnapshot {
            id,
            router,
            zone,
            status,
            digest,
            unread,
            made_at,
            version: _,
        } = view.import;
        let job = match status {
            ImportStatus::Applying { job, .. } => Some(job),
            ImportStatus::Previewed | ImportStatus::Applied { .. } => None,
        };
        Self {
            id,
            router,
            status: ended.map_or(status.word(), |_| INTERRUPTED),
            job,
            zone: zone.name(),
            digest: digest.iter().map(|it| format!("{it:02x}")).collect(),
            unread,
            counts: view.counts.into_iter().map(CountBody::from).collect(),
            made_at,
        }
    }
}

/// Which rows are listed, and how their bytes are shown.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RowsFilter {
    /// Only rows of this kind.
    #[param(value_type = Option<words::ImportRowKindWord>, inline)]
    kind: Option<RowKind>,
    /// Only rows in this state.
    #[param(value_type = Option<words::ImportRowStateWord>, inline)]
    state: Option<RowState>,
    /// The code page in which text that is not UTF-8 is shown: `windows-1251`, `iso-8859-1`; `windows-1252` if absent.
    #[param(value_type = Option<String>, example = "windows-1251")]
    codepage: Option<Codepage>,
}

/// How bytes are shown.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SalesFilter {
    /// The code page in which text that is not UTF-8 is shown.
    #[param(value_type = Option<String>, example = "windows-1251")]
    codepage: Option<Codepage>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(preview))
        .routes(routes!(get))
        .routes(routes!(rows))
        .routes(routes!(apply))
        .routes(routes!(sales))
}

/// Looks at what a router has and keeps what an import would do. Nothing is written to the router, and nothing else is
/// stored.
#[utoipa::path(
    post, path = "/routers/{id}/imports", operation_id = "preview_import", tag = "routers",
    params(("id" = String, Path, description = "A router id"), KeyHeader),
    request_body = PreviewBody,
    responses(
        (status = 201, description = "Looked at", body = ImportBody),
        (status = 502, description = "The router does not answer", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn preview(
    State(api): State<Api>,
    caller: May<PreviewImports>,
    PathId(router): PathId<RouterKind>,
    request: Once<PreviewBody>,
) -> Result<Created<ImportBody>, Problem> {
    let command = PreviewImport {
        id: api.ports.ids.next(),
        router,
        zone: request.body.zone.as_deref().map(zone).transpose()?,
        unreadable: match request.body.reset_passwords {
            true => UnreadablePasswords::Reset,
            false => UnreadablePasswords::Refuse,
        },
    };
    let (id, turn) = once(&api, &caller, &request.attempt, command.id, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            let ports = PreviewPorts {
                store: &*it.access,
                queries: &*it.access_queries,
                plans: &PlansOfBilling(&*it.billing_queries),
                gateway: &*it.gateway,
                vault: &*it.vault,
                ids: &*it.ids,
                clock: &*it.clock,
            };
            preview_import(ports, &scope, command).await
        }
    })
    .await?;
    Ok(Created {
        location: format!("/api/v1/routers/{router}/imports/{id}"),
        turn,
        body: load(&api, &caller, router, id).await?,
    })
}

/// Shows an import and how far it is.
#[utoipa::path(
    get, path = "/routers/{id}/imports/{import}", operation_id = "get_import", tag = "routers",
    params(
        ("id" = String, Path, description = "A router id"),
        ("import" = String, Path, description = "An import id"),
    ),
    responses((status = 200, description = "The import", body = ImportBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<PreviewImports>,
    PathIdIn(router, import): PathIdIn<RouterKind, ImportKind>,
) -> Result<Json<ImportBody>, Problem> {
    load(&api, &caller, router, import).await.map(Json)
}

/// Lists the rows of an import in the order in which they are applied. Voucher codes show masked to those who may not see
/// codes.
#[utoipa::path(
    get, path = "/routers/{id}/imports/{import}/rows", operation_id = "list_import_rows", tag = "routers",
    params(
        ("id" = String, Path, description = "A router id"),
        ("import" = String, Path, description = "An import id"),
        PageParams, RowsFilter,
    ),
    responses((status = 200, description = "A page of rows", body = Listed<ImportRowBody>))
)]
async fn rows(
    State(api): State<Api>,
    caller: May<PreviewImports>,
    PathIdIn(router, import): PathIdIn<RouterKind, ImportKind>,
    listing: Listing<RowsFilter>,
) -> Result<Json<Listed<ImportRowBody>>, Problem> {
    load(&api, &caller, router, import).await?;
    let filter = ImportRowFilter {
        kind: listing.filter.kind,
        state: listing.filter.state,
    };
    let queries = &api.ports.import_queries;
    let page = queries.import_rows(caller.tenant(), import, filter, listing.page);
    let reader = Reader::of(&caller, listing.filter.codepage.unwrap_or_default());
    let page = page.await?.map(|it| reader.row(it, &*api.ports.vault));
    Ok(Listed::of(page))
}

/// Takes over what the preview said, in the background. Rows that have changed on the router since are refused one by one;
/// while it is at it, and afterwards, asking again imports nothing twice. An import that was interrupted goes on.
#[utoipa::path(
    post, path = "/routers/{id}/imports/{import}/apply", operation_id = "apply_import", tag = "routers",
    params(
        ("id" = String, Path, description = "A router id"),
        ("import" = String, Path, description = "An import id"),
    ),
    responses((status = 202, description = "Begun; watch the job", body = ImportBody))
)]
async fn apply(
    State(api): State<Api>,
    caller: May<ImportRouters>,
    PathIdIn(router, import): PathIdIn<RouterKind, ImportKind>,
) -> Result<Accepted<ImportBody>, Problem> {
    let command = BeginImport {
        import,
        router,
        job: api.ports.ids.next(),
    };
    let job = run(&caller, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            let ports = BeginImportPorts {
                access: &*it.access,
                imports: &*it.import_queries,
                jobs: &*it.jobs,
                clock: &*it.clock,
            };
            begin_import(ports, &scope, command).await
        }
    })
    .await?;
    Ok(Accepted {
        location: format!("/api/v1/jobs/{job}"),
        turn: Turn::First,
        body: load(&api, &caller, router, import).await?,
    })
}

/// Lists the sales that another program had recorded on a router. They are for reports: no invoice stands behind them.
#[utoipa::path(
    get, path = "/routers/{id}/historical-sales", operation_id = "list_historical_sales", tag = "routers",
    params(("id" = String, Path, description = "A router id"), PageParams, SalesFilter),
    responses((status = 200, description = "A page of sales", body = Listed<HistoricalSaleBody>))
)]
async fn sales(
    State(api): State<Api>,
    caller: May<ReadPayments>,
    PathId(router): PathId<RouterKind>,
    listing: Listing<SalesFilter>,
) -> Result<Json<Listed<HistoricalSaleBody>>, Problem> {
    let known = api.ports.access_queries.router(caller.tenant(), router);
    known
        .await?
        .ok_or_else(|| Problem::not_found("router", router))?;
    let queries = &api.ports.import_queries;
    let page = queries.historical_sales(caller.tenant(), router, listing.page);
    let reader = Reader::of(&caller, listing.filter.codepage.unwrap_or_default());
    let page = page.await?.map(|it| HistoricalSaleBody::of(&it, reader));
    Ok(Listed::of(page))
}

fn zone(name: &str) -> Result<Zone, Problem> {
    let parsed = name.parse::<Zone>();
    parsed.map_err(|err| Problem::invalid("zone", "format", err.to_string()))
}

async fn load(
    api: &Api,
    caller: &Granted,
    router: RouterId,
    id: ImportId,
) -> Result<ImportBody, Problem> {
    let queries = &api.ports.import_queries;
    let found = queries.import(caller.tenant(), id).await?;
    let found = found.filter(|it| it.import.router == router);
    let view = found.ok_or_else(|| Problem::not_found("import", id))?;
    let ended = interrupted(&*api.ports.jobs, caller.tenant(), &view.import.status).await?;
    Ok(ImportBody::of(view, ended))
}
