//! `/provider-refunds`: money on its way back through payment providers.

use axum::Json;
use axum::extract::State;
use billing::RefundId;
use billing::gateway::{
    ProviderRefundFilter, ProviderRefundSnapshot, ProviderRefundStatus, RefundOrigin,
};
use kernel::{PaymentId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Listed;
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Granted, Listing, May, PathId};
use crate::idempotency::run;
use crate::money::MoneyBody;
use crate::problem::Problem;
use crate::rights::{ReadPayments, RefundPayments};
use crate::words;

/// A refund through a payment provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderRefund)]
pub(crate) struct ProviderRefundBody {
    /// Its id here, in the books, and at the provider.
    #[schema(value_type = String, pattern = "^rfd_[a-z2-7]{25}[aeimquy4]$", example = "rfd_agjpfimc4btqadrdlvfsmcaaai")]
    id: RefundId,
    #[schema(value_type = String, pattern = "^pay_[a-z2-7]{25}[aeimquy4]$", example = "pay_agjpfimc4btqadrdlvfsmcaaai")]
    payment: PaymentId,
    amount: MoneyBody,
    #[schema(example = "moved away")]
    reason: String,
    /// `here` where an operator asked for it, `provider` where it was made at the provider and found.
    #[schema(value_type = words::RefundOriginWord, example = "here")]
    origin: RefundOrigin,
    /// `waiting`; `done` once it went back and is in the books; `failed`; `unbooked` where it went back and the books refuse it.
    #[schema(value_type = words::ProviderRefundStatusWord, example = "done")]
    status: ProviderRefundStatus,
    /// Why it waits, failed or is not in the books.
    note: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    asked_at: Timestamp,
    /// When it was done, or failed.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

impl From<ProviderRefundSnapshot> for ProviderRefundBody {
    fn from(it: ProviderRefundSnapshot) -> Self {
        Self {
            id: it.id,
            payment: it.payment,
            amount: it.amount.into(),
            reason: it.reason,
            origin: it.origin,
            status: it.status,
            note: it.note,
            asked_at: it.asked_at,
            ended_at: it.ended_at,
        }
    }
}

/// Which refunds are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RefundsFilter {
    /// Only refunds of this payment.
    #[param(value_type = Option<String>, pattern = "^pay_[a-z2-7]{25}[aeimquy4]$")]
    payment: Option<PaymentId>,
    /// `waiting`, `done`, `failed` or `unbooked`.
    #[param(value_type = Option<words::ProviderRefundStatusWord>, inline)]
    status: Option<StatusName>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StatusName {
    Waiting,
    Done,
    Failed,
    Unbooked,
}

impl From<StatusName> for ProviderRefundStatus {
    fn from(name: StatusName) -> Self {
        match name {
            StatusName::Waiting => Self::Waiting,
            StatusName::Done => Self::Done,
            StatusName::Failed => Self::Failed,
            StatusName::Unbooked => Self::Unbooked,
        }
    }
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(retry))
}

/// Lists refunds through payment providers, newest first.
#[utoipa::path(
    get, path = "/provider-refunds", operation_id = "list_provider_refunds", tag = "payments",
    params(PageParams, RefundsFilter),
    responses((status = 200, description = "A page of refunds", body = Listed<ProviderRefundBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadPayments>,
    listing: Listing<RefundsFilter>,
) -> Result<Json<Listed<ProviderRefundBody>>, Problem> {
    let filter = ProviderRefundFilter {
        payment: listing.filter.payment,
        status: listing.filter.status.map(ProviderRefundStatus::from),
    };
    let queries = &api.ports.payment_gateways.queries;
    let page = queries
        .provider_refunds(caller.tenant(), filter, listing.page)
        .await?;
    Ok(Listed::of(page))
}

/// Shows a refund through a payment provider.
#[utoipa::path(
    get, path = "/provider-refunds/{id}", operation_id = "get_provider_refund", tag = "payments",
    params(("id" = String, Path, description = "A refund id")),
    responses((status = 200, description = "The refund", body = ProviderRefundBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadPayments>,
    PathId(id): PathId<billing::RefundKind>,
) -> Result<Json<ProviderRefundBody>, Problem> {
    load(&api, &caller, id).await.map(Json)
}

/// Tries again to put a refund into the books that they had refused. Any other is left alone.
#[utoipa::path(
    post, path = "/provider-refunds/{id}/retry", operation_id = "retry_provider_refund", tag = "payments",
    params(("id" = String, Path, description = "A refund id")),
    responses((status = 200, description = "Enqueued, or left alone", body = ProviderRefundBody))
)]
async fn retry(
    State(api): State<Api>,
    caller: May<RefundPayments>,
    PathId(id): PathId<billing::RefundKind>,
) -> Result<Json<ProviderRefundBody>, Problem> {
    run(&caller, |scope| {
        let api = api.clone();
        async move {
            let desk = api.ports.gateway_desk();
            billing::gateway::retry_provider_refund(desk, &scope, id).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

async fn load(api: &Api, caller: &Granted, id: RefundId) -> Result<ProviderRefundBody, Problem> {
    let store = &api.ports.payment_gateways.store;
    let mut tx = store.begin(&caller.scope()).await?;
    let found = tx.provider_refunds().find(id).await?;
    let refund = found.ok_or_else(|| Problem::not_found("refund", id))?;
    Ok(refund.snapshot().clone().into())
}
