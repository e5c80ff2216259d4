//! `/vouchers`: single vouchers, never with their codes.

use axum::Json;
use axum::extract::State;
use kernel::{BatchId, Timestamp, VoucherId, VoucherKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;
use vouchers::{SellVoucher, VoidVoucher, VoucherFilter, VoucherStateName, VoucherView};

use crate::answer::Listed;
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Granted, Listing, May, PathId, Valid};
use crate::idempotency::run;
use crate::problem::Problem;
use crate::rights::{ReadVouchers, SellVouchers, VoidVouchers};
use crate::words;

/// A voucher.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Voucher)]
pub(crate) struct VoucherBody {
    #[schema(value_type = String, pattern = "^vou_[a-z2-7]{25}[aeimquy4]$", example = "vou_agjpfimc4btqadrdlvfsmcaaai")]
    id: VoucherId,
    #[schema(value_type = String, pattern = "^bat_[a-z2-7]{25}[aeimquy4]$", example = "bat_agjpfimc4btqadrdlvfsmcaaai")]
    batch: BatchId,
    /// `generated`, `sold`, `active`, `expired` or `voided`.
    #[schema(value_type = words::VoucherStateWord, example = "active")]
    state: VoucherStateName,
    /// When it entered that state; null while generated.
    #[schema(value_type = Option<String>, format = DateTime)]
    state_since: Option<Timestamp>,
    /// When its present clock runs out.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Why it was withdrawn.
    voided_reason: Option<String>,
}

impl From<VoucherView> for VoucherBody {
    fn from(view: VoucherView) -> Self {
        Self {
            id: view.id,
            batch: view.batch,
            state: view.state,
            state_since: view.state_since,
            expires_at: view.expires_at,
            voided_reason: view.voided_reason,
        }
    }
}

/// Why something is withdrawn.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VoidBody {
    #[validate(length(min = 1, max = 300))]
    #[schema(min_length = 1, max_length = 300, example = "printed twice")]
    pub(super) reason: String,
}

/// Which vouchers are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct VouchersFilter {
    /// Only vouchers of this batch.
    #[param(value_type = Option<String>, pattern = "^bat_[a-z2-7]{25}[aeimquy4]$")]
    batch: Option<BatchId>,
    /// `generated`, `sold`, `active`, `expired` or `voided`.
    #[param(value_type = Option<words::VoucherStateWord>, inline)]
    state: Option<VoucherStateName>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(sell))
        .routes(routes!(void))
}

/// Lists vouchers, newest first.
#[utoipa::path(
    get, path = "/vouchers", operation_id = "list_vouchers", tag = "vouchers",
    params(PageParams, VouchersFilter),
    responses((status = 200, description = "A page of vouchers", body = Listed<VoucherBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadVouchers>,
    listing: Listing<VouchersFilter>,
) -> Result<Json<Listed<VoucherBody>>, Problem> {
    let filter = VoucherFilter {
        batch: listing.filter.batch,
        state: listing.filter.state,
    };
    let queries = &api.ports.voucher_queries;
    let page = queries
        .vouchers(caller.tenant(), filter, listing.page)
        .await?;
    Ok(Listed::of(page))
}

/// Shows a voucher.
#[utoipa::path(
    get, path = "/vouchers/{id}", operation_id = "get_voucher", tag = "vouchers",
    params(("id" = String, Path, description = "A voucher id")),
    responses((status = 200, description = "The voucher", body = VoucherBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadVouchers>,
    PathId(id): PathId<VoucherKind>,
) -> Result<Json<VoucherBody>, Problem> {
    load(&api, &caller, id).await
}

/// Marks a voucher as sold. Twice is harmless.
#[utoipa::path(
    post, path = "/vouchers/{id}/sell", operation_id = "sell_voucher", tag = "vouchers",
    params(("id" = String, Path, description = "A voucher id")),
    responses((status = 200, description = "Sold", body = VoucherBody))
)]
async fn sell(
    State(api): State<Api>,
    caller: May<SellVouchers>,
    PathId(voucher): PathId<VoucherKind>,
) -> Result<Json<VoucherBody>, Problem> {
    run(&caller, |scope| {
        let api = api.clone();
        async move {
            let ports = &api.ports;
            let command = SellVoucher { voucher };
            vouchers::sell_voucher(&*ports.vouchers, &*ports.clock, &scope, command).await
        }
    })
    .await?;
    load(&api, &caller, voucher).await
}

/// Withdraws a voucher; one that has ended stays as it is.
#[utoipa::path(
    post, path = "/vouchers/{id}/void", operation_id = "void_voucher", tag = "vouchers",
    params(("id" = String, Path, description = "A voucher id")),
    request_body = VoidBody,
    responses((status = 200, description = "Withdrawn", body = VoucherBody))
)]
async fn void(
    State(api): State<Api>,
    caller: May<VoidVouchers>,
    PathId(voucher): PathId<VoucherKind>,
    Valid(body): Valid<VoidBody>,
) -> Result<Json<VoucherBody>, Problem> {
    let reason = body.reason;
    run(&caller, |scope| {
        let api = api.clone();
        let command = VoidVoucher {
            voucher,
            reason: reason.clone(),
        };
        async move {
            let ports = &api.ports;
            vouchers::void_voucher(&*ports.vouchers, &*ports.clock, &scope, command).await
        }
    })
    .await?;
    load(&api, &caller, voucher).await
}

async fn load(api: &Api, caller: &Granted, id: VoucherId) -> Result<Json<VoucherBody>, Problem> {
    let queries = &api.ports.voucher_queries;
    let found = queries.voucher(caller.tenant(), id).await?;
    let view = found.ok_or_else(|| Problem::not_found("voucher", id))?;
    Ok(Json(view.into()))
}
