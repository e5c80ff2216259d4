//! `/voucher-batches`: vouchers ordered in bulk, and the codes of those that exist.

use axum::Json;
use axum::extract::State;
use kernel::{BatchId, BatchKind, JobId, Name, PlanId, ProfileId, RouterId, Timestamp, VoucherId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;
use vouchers::{
    Alphabet, BatchFilter, BatchView, RevealCodes, RevealedCode, VoidBatch, VoucherFilter,
    VoucherStateName,
};
use workflows::{OrderVouchers, OrderVouchersPorts};

use super::KeyHeader;
use super::vouchers::{VoidBody, VoucherBody};
use crate::answer::{Accepted, Listed};
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Granted, Listing, May, NoFilter, Once, PathId, Valid};
use crate::idempotency::{once, run};
use crate::money::MoneyBody;
use crate::problem::Problem;
use crate::rights::{self, ReadVouchers, VoidVouchers};
use crate::words;

/// A batch of vouchers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VoucherBatch)]
pub(crate) struct BatchBody {
    #[schema(value_type = String, pattern = "^bat_[a-z2-7]{25}[aeimquy4]$", example = "bat_agjpfimc4btqadrdlvfsmcaaai")]
    id: BatchId,
    #[schema(value_type = String, example = "Kiosk Barat, November")]
    name: Name,
    #[schema(value_type = String, pattern = "^pln_[a-z2-7]{25}[aeimquy4]$", example = "pln_agjpfimc4btqadrdlvfsmcaaai")]
    plan: PlanId,
    #[schema(value_type = String, pattern = "^spf_[a-z2-7]{25}[aeimquy4]$", example = "spf_agjpfimc4btqadrdlvfsmcaaai")]
    profile: ProfileId,
    #[schema(value_type = String, pattern = "^rtr_[a-z2-7]{25}[aeimquy4]$", example = "rtr_agjpfimc4btqadrdlvfsmcaaai")]
    router: RouterId,
    /// How many were ordered.
    count: u32,
    /// How many exist so far.
    generated: u32,
    code: CodeStyleBody,
    validity: ValidityBody,
    price: MoneyBody,
    /// `generating`, `ready` or `voided`.
    status: &'static str,
    /// Why it was withdrawn.
    voided_reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    ordered_at: Timestamp,
    states: StateCountsBody,
}

/// How codes look.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CodeStyle)]
pub(crate) struct CodeStyleBody {
    /// `lower`, `upper`, `upplow`, `mix`, `mix1`, `mix2` or `num`; characters that are easily misread are left out.
    #[schema(value_type = words::AlphabetWord, example = "mix")]
    alphabet: Alphabet,
    /// Random characters. The floor grows with the size of the batch, so that codes cannot be guessed.
    #[validate(range(min = 4, max = 16))]
    #[schema(minimum = 4, maximum = 16, example = 8)]
    length: u8,
    /// What stands before them.
    #[serde(default)]
    #[validate(length(max = 8))]
    #[schema(max_length = 8, example = "kb-")]
    prefix: String,
}

/// The clocks of a voucher.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = Validity)]
pub(crate) struct ValidityBody {
    /// Days it may lie unused.
    shelf_days: Option<u16>,
    /// Minutes of calendar time from its first login.
    #[schema(example = 1440)]
    from_first_login_minutes: Option<u32>,
    /// Seconds online that it contains.
    online_s: Option<u64>,
    /// Bytes in both directions that it contains.
    data_bytes: Option<u64>,
}

/// What became of a batch's vouchers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VoucherStateCounts)]
pub(crate) struct StateCountsBody {
    generated: u64,
    sold: u64,
    active: u64,
    expired: u64,
    voided: u64,
}

impl From<BatchView> for BatchBody {
    fn from(view: BatchView) -> Self {
        let (states, clocks) = (view.states, view.validity);
        Self {
            id: view.id,
            name: view.name,
            plan: view.plan,
            profile: view.profile,
            router: view.router,
            count: view.count,
            generated: view.generated,
            code: CodeStyleBody {
                alphabet: view.alphabet,
                length: view.length,
                prefix: view.prefix,
            },
            validity: ValidityBody {
                shelf_days: clocks.shelf_days,
                from_first_login_minutes: clocks.from_first_login_minutes,
                online_s: clocks.online_s,
                data_bytes: clocks.data_bytes,
            },
            price: view.price.into(),
            status: view.status,
            voided_reason: view.voided_reason,
            ordered_at: view.ordered_at,
            states: StateCountsBody {
                generated: states.generated,
                sold: states.sold,
                active: states.active,
                expired: states.expired,
                voided: states.voided,
            },
        }
    }
}

/// An order for vouchers.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderBatchBody {
    #[schema(value_type = String, min_length = 1, max_length = 120, example = "Kiosk Barat, November")]
    name: Name,
    /// A plan that is sold as vouchers; it sets price, profile and the time from the first login.
    #[schema(value_type = String, pattern = "^pln_[a-z2-7]{25}[aeimquy4]$", example = "pln_agjpfimc4btqadrdlvfsmcaaai")]
    plan: PlanId,
    /// Where the vouchers are valid.
    #[schema(value_type = String, pattern = "^rtr_[a-z2-7]{25}[aeimquy4]$", example = "rtr_agjpfimc4btqadrdlvfsmcaaai")]
    router: RouterId,
    #[validate(range(min = 1, max = 50_000))]
    #[schema(minimum = 1, maximum = 50_000, example = 500)]
    count: u32,
    #[validate(nested)]
    code: CodeStyleBody,
    /// Days each may lie unused.
    #[validate(range(min = 1, max = 3650))]
    #[schema(minimum = 1, maximum = 3650, example = 365)]
    shelf_days: Option<u16>,
    /// Seconds online that each contains, counted by the router.
    #[validate(range(min = 60, max = 315_360_000))]
    #[schema(minimum = 60, maximum = 315_360_000)]
    online_s: Option<u64>,
    /// Bytes in both directions that each contains, counted by the router.
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    data_bytes: Option<u64>,
}

/// An order that was taken, and the job that makes the vouchers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderedBatch)]
pub(crate) struct OrderedBatchBody {
    batch: BatchBody,
    /// Watch its progress at `/api/v1/jobs/{id}`.
    #[schema(value_type = String, pattern = "^job_[a-z2-7]{25}[aeimquy4]$", example = "job_agjpfimc4btqadrdlvfsmcaaai")]
    job: JobId,
}

/// What a repetition of an order needs to answer again.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Ordered {
    batch: BatchId,
    job: JobId,
}

/// Which batches are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BatchesFilter {
    /// Only batches for this router.
    #[param(value_type = Option<String>, pattern = "^rtr_[a-z2-7]{25}[aeimquy4]$")]
    router: Option<RouterId>,
    /// Only batches of this plan.
    #[param(value_type = Option<String>, pattern = "^pln_[a-z2-7]{25}[aeimquy4]$")]
    plan: Option<PlanId>,
}

/// Which vouchers of a batch are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContentsFilter {
    /// `generated`, `sold`, `active`, `expired` or `voided`.
    #[param(value_type = Option<words::VoucherStateWord>, inline)]
    state: Option<VoucherStateName>,
}

/// One code in the clear.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VoucherCode)]
pub(crate) struct CodeBody {
    #[schema(value_type = String, pattern = "^vou_[a-z2-7]{25}[aeimquy4]$", example = "vou_agjpfimc4btqadrdlvfsmcaaai")]
    voucher: VoucherId,
    #[schema(example = "kb-h7m2xk4p")]
    code: String,
    /// Where the voucher stands.
    #[schema(value_type = words::VoucherStateWord, example = "generated")]
    state: VoucherStateName,
}

impl From<RevealedCode> for CodeBody {
    fn from(revealed: RevealedCode) -> Self {
        Self {
            voucher: revealed.voucher,
            code: revealed.code.expose().to_owned(),
            state: revealed.state,
        }
    }
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, order))
        .routes(routes!(get))
        .routes(routes!(contents))
        .routes(routes!(codes))
        .routes(routes!(void))
}

/// Lists batches, newest first.
#[utoipa::path(
    get, path = "/voucher-batches", operation_id = "list_voucher_batches", tag = "vouchers",
    params(PageParams, BatchesFilter),
    responses((status = 200, description = "A page of batches", body = Listed<BatchBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadVouchers>,
    listing: Listing<BatchesFilter>,
) -> Result<Json<Listed<BatchBody>>, Problem> {
    let filter = BatchFilter {
        router: listing.filter.router,
        plan: listing.filter.plan,
    };
    let queries = &api.ports.voucher_queries;
    let page = queries
        .batches(caller.tenant(), filter, listing.page)
        .await?;
    Ok(Listed::of(page))
}

/// Orders vouchers; they are made and put on the router in the background.
#[utoipa::path(
    post, path = "/voucher-batches", operation_id = "order_voucher_batch", tag = "vouchers",
    params(KeyHeader),
    request_body = OrderBatchBody,
    responses((status = 202, description = "Ordered; watch the job", body = OrderedBatchBody))
)]
async fn order(
    State(api): State<Api>,
    caller: May<rights::OrderVouchers>,
    request: Once<OrderBatchBody>,
) -> Result<Accepted<OrderedBatchBody>, Problem> {
    let command = command(&api, request.body);
    let answer = Ordered {
        batch: command.id,
        job: command.job,
    };
    let (ordered, turn) = once(&api, &caller, &request.attempt, answer, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            let ports = OrderVouchersPorts {
                vouchers: &*it.vouchers,
                billing: &*it.billing_queries,
                access: &*it.access_queries,
                clock: &*it.clock,
            };
            workflows::order_vouchers(ports, &scope, command).await
        }
    })
    .await?;
    let view = load(&api, &caller, ordered.batch).await?;
    Ok(Accepted {
        location: format!("/api/v1/jobs/{}", ordered.job),
        turn,
        body: OrderedBatchBody {
            batch: view.into(),
            job: ordered.job,
        },
    })
}

/// Shows a batch and what became of its vouchers.
#[utoipa::path(
    get, path = "/voucher-batches/{id}", operation_id = "get_voucher_batch", tag = "vouchers",
    params(("id" = String, Path, description = "A batch id")),
    responses((status = 200, description = "The batch", body = BatchBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadVouchers>,
    PathId(id): PathId<BatchKind>,
) -> Result<Json<BatchBody>, Problem> {
    let view = load(&api, &caller, id).await?;
    Ok(Json(view.into()))
}

/// Lists the vouchers of a batch, newest first.
#[utoipa::path(
    get, path = "/voucher-batches/{id}/vouchers", operation_id = "list_batch_vouchers", tag = "vouchers",
    params(("id" = String, Path, description = "A batch id"), PageParams, ContentsFilter),
    responses((status = 200, description = "A page of vouchers", body = Listed<VoucherBody>))
)]
async fn contents(
    State(api): State<Api>,
    caller: May<ReadVouchers>,
    PathId(id): PathId<BatchKind>,
    listing: Listing<ContentsFilter>,
) -> Result<Json<Listed<VoucherBody>>, Problem> {
    load(&api, &caller, id).await?;
    let filter = VoucherFilter {
        batch: Some(id),
        state: listing.filter.state,
    };
    let queries = &api.ports.voucher_queries;
    let page = queries
        .vouchers(caller.tenant(), filter, listing.page)
        .await?;
    Ok(Listed::of(page))
}

/// Shows the codes of a batch, a page at a time in the order they were made; the record says who saw them.
#[utoipa::path(
    get, path = "/voucher-batches/{id}/codes", operation_id = "reveal_voucher_codes", tag = "vouchers",
    params(("id" = String, Path, description = "A batch id"), PageParams),
    responses((status = 200, description = "A page of codes", body = Listed<CodeBody>))
)]
async fn codes(
    State(api): State<Api>,
    caller: May<rights::RevealCodes>,
    PathId(batch): PathId<BatchKind>,
    listing: Listing<NoFilter>,
) -> Result<Json<Listed<CodeBody>>, Problem> {
    let limit = listing.page.limit();
    let after = listing.page.after();
    let mut revealed = run(&caller, |scope| {
        let api = api.clone();
        let command = RevealCodes {
            batch,
            after: after.map(|it| VoucherId::from_uuid(it.uuid())),
            limit,
        };
        async move {
            let ports = &api.ports;
            vouchers::reveal_codes(&*ports.vouchers, &*ports.vault, &scope, command).await
        }
    })
    .await?;
    let is_full = revealed.len() >= usize::from(limit);
    let last = revealed.last().filter(|_| is_full);
    let next = last.map(|it| kernel::Cursor::after(it.voucher).to_string());
    let items = revealed.drain(..).map(CodeBody::from).collect();
    Ok(Json(Listed { items, next }))
}

/// Withdraws a batch with every voucher in it that has not ended. Twice is harmless.
#[utoipa::path(
    post, path = "/voucher-batches/{id}/void", operation_id = "void_voucher_batch", tag = "vouchers",
    params(("id" = String, Path, description = "A batch id")),
    request_body = VoidBody,
    responses((status = 200, description = "Withdrawn", body = BatchBody))
)]
async fn void(
    State(api): State<Api>,
    caller: May<VoidVouchers>,
    PathId(batch): PathId<BatchKind>,
    Valid(body): Valid<VoidBody>,
) -> Result<Json<BatchBody>, Problem> {
    let reason = body.reason;
    run(&caller, |scope| {
        let api = api.clone();
        let command = VoidBatch {
            batch,
            reason: reason.clone(),
        };
        async move {
            let ports = &api.ports;
            vouchers::void_batch(&*ports.vouchers, &*ports.clock, &scope, command).await
        }
    })
    .await?;
    let view = load(&api, &caller, batch).await?;
    Ok(Json(view.into()))
}

async fn load(api: &Api, caller: &Granted, id: BatchId) -> Result<BatchView, Problem> {
    let queries = &api.ports.voucher_queries;
    let found = queries.batch(caller.tenant(), id).await?;
    found.ok_or_else(|| Problem::not_found("voucher batch", id))
}

fn command(api: &Api, body: OrderBatchBody) -> OrderVouchers {
    OrderVouchers {
        id: api.ports.ids.next(),
        job: api.ports.ids.next(),
        name: body.name,
        plan: body.plan,
        router: body.router,
        count: body.count,
        alphabet: body.code.alphabet,
        length: body.code.length,
        prefix: body.code.prefix,
        shelf_days: body.shelf_days,
        online_s: body.online_s,
        data_bytes: body.data_bytes,
    }
}
