//! `/unmatched-payments`: money that fits no account, until somebody says whose it is.

use axum::Json;
use axum::extract::State;
use billing::{
    AllocateUnmatched, Claimed, PaymentMethod, ReceiveUnmatched, ReturnUnmatched, UnmatchedId,
    UnmatchedKind, UnmatchedStatus, UnmatchedView,
};
use kernel::{AccountId, PaymentId, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::KeyHeader;
use super::payments::{PaymentBody, load as load_payment};
use crate::answer::{Acted, Created, Listed};
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Granted, Listing, May, Once, PathId};
use crate::idempotency::{Attempt, once, run};
use crate::money::MoneyBody;
use crate::problem::Problem;
use crate::rights::{AllocatePayments, ReadPayments, RecordPayments, RefundPayments};
use crate::words;

/// Money that fits no account, or did not.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnmatchedPayment)]
pub(crate) struct UnmatchedBody {
    #[schema(value_type = String, pattern = "^unm_[a-z2-7]{25}[aeimquy4]$", example = "unm_agjpfimc4btqadrdlvfsmcaaai")]
    id: UnmatchedId,
    amount: MoneyBody,
    /// `cash`, `mobile_money`, `card` or `bank_transfer`.
    #[schema(value_type = words::PaymentMethodWord, example = "mobile_money")]
    method: PaymentMethod,
    /// What the payer or provider calls it.
    #[schema(example = "SIT4Q0XY77")]
    reference: Option<String>,
    /// Who sent it, as far as the provider tells.
    payer: Option<String>,
    /// What the payer wrote.
    #[schema(example = "hose 12")]
    note: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// `open`, `allocated` or `returned`.
    #[schema(value_type = words::UnmatchedStatusWord, example = "open")]
    status: UnmatchedStatus,
    /// The payment it became.
    #[schema(value_type = Option<String>, pattern = "^pay_[a-z2-7]{25}[aeimquy4]$")]
    payment: Option<PaymentId>,
    /// Whose it is.
    #[schema(value_type = Option<String>, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$")]
    account: Option<AccountId>,
    /// Why it went back.
    reason: Option<String>,
}

impl From<UnmatchedView> for UnmatchedBody {
    fn from(view: UnmatchedView) -> Self {
        Self {
            id: view.id,
            amount: view.amount.into(),
            method: view.method,
            reference: view.reference,
            payer: view.payer,
            note: view.note,
            received_at: view.received_at,
            status: view.status,
            payment: view.payment,
            account: view.account,
            reason: view.reason,
        }
    }
}

/// Money that came in and fits no account.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReceiveBody {
    /// Above zero.
    #[validate(nested)]
    amount: MoneyBody,
    /// `cash`, `mobile_money`, `card` or `bank_transfer`.
    #[schema(value_type = words::PaymentMethodWord, example = "mobile_money")]
    method: PaymentMethod,
    /// What the payer or provider calls it; unique per method.
    #[validate(length(min = 1, max = 80))]
    #[schema(min_length = 1, max_length = 80, example = "SIT4Q0XY77")]
    reference: Option<String>,
    /// Who sent it, as far as the provider tells.
    #[validate(length(min = 1, max = 80))]
    #[schema(min_length = 1, max_length = 80)]
    payer: Option<String>,
    /// What the payer wrote.
    #[validate(length(min = 1, max = 80))]
    #[schema(min_length = 1, max_length = 80, example = "hose 12")]
    note: Option<String>,
    /// Now if absent; not in the future.
    #[schema(value_type = Option<String>, format = DateTime)]
    received_at: Option<Timestamp>,
}

/// Whose money it is.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllocateUnmatchedBody {
    #[schema(value_type = String, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$", example = "acc_agjpfimc4btqadrdlvfsmcaaai")]
    account: AccountId,
}

/// A transaction code that a customer was told.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClaimBody {
    #[schema(value_type = String, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$", example = "acc_agjpfimc4btqadrdlvfsmcaaai")]
    account: AccountId,
    /// `cash`, `mobile_money`, `card` or `bank_transfer`.
    #[schema(value_type = words::PaymentMethodWord, example = "mobile_money")]
    method: PaymentMethod,
    /// The code.
    #[validate(length(min = 1, max = 80))]
    #[schema(min_length = 1, max_length = 80, example = "SIT4Q0XY77")]
    reference: String,
}

/// Why money goes back.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReturnUnmatchedBody {
    #[validate(length(min = 1, max = 300))]
    #[schema(min_length = 1, max_length = 300, example = "not a customer of ours")]
    reason: String,
    /// How it leaves, if not the way it came: `cash` leaves the till of whoever hands it out.
    #[schema(value_type = Option<words::PaymentMethodWord>, example = "cash")]
    paid_out_as: Option<PaymentMethod>,
}

/// Which money is listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UnmatchedFilter {
    /// `open`, `allocated` or `returned`.
    #[param(value_type = Option<words::UnmatchedStatusWord>, inline)]
    status: Option<UnmatchedStatus>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, receive))
        .routes(routes!(claim))
        .routes(routes!(get))
        .routes(routes!(allocate))
        .routes(routes!(send_back))
}

/// Lists money that fits no account, newest first.
#[utoipa::path(
    get, path = "/unmatched-payments", operation_id = "list_unmatched_payments", tag = "payments",
    params(PageParams, UnmatchedFilter),
    responses((status = 200, description = "A page of unmatched payments", body = Listed<UnmatchedBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadPayments>,
    listing: Listing<UnmatchedFilter>,
) -> Result<Json<Listed<UnmatchedBody>>, Problem> {
    let queries = &api.ports.billing_queries;
    let status = listing.filter.status;
    let page = queries
        .unmatched_payments(caller.tenant(), status, listing.page)
        .await?;
    Ok(Listed::of(page))
}

/// Takes money that fits no account: it stands in suspense until somebody says whose it is. Cash goes into the open till of
/// whoever takes it; without one it is refused (`no_open_till`).
#[utoipa::path(
    post, path = "/unmatched-payments", operation_id = "receive_unmatched_payment", tag = "payments",
    params(KeyHeader),
    request_body = ReceiveBody,
    responses((status = 201, description = "Taken", body = UnmatchedBody))
)]
async fn receive(
    State(api): State<Api>,
    caller: May<RecordPayments>,
    request: Once<ReceiveBody>,
) -> Result<Created<UnmatchedBody>, Problem> {
    let body = request.body;
    let command = ReceiveUnmatched {
        id: api.ports.ids.next(),
        amount: body.amount.into(),
        method: body.method,
        reference: body.reference,
        payer: body.payer,
        note: body.note,
        received_at: body.received_at,
    };
    let (id, turn) = once(&api, &caller, &request.attempt, command.id, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            billing::receive_unmatched(&*it.billing, &*it.clock, &scope, command).await
        }
    })
    .await?;
    Ok(Created {
        location: format!("/api/v1/unmatched-payments/{id}"),
        turn,
        body: load(&api, &caller, id).await?,
    })
}

/// Shows money that fits no account.
#[utoipa::path(
    get, path = "/unmatched-payments/{id}", operation_id = "get_unmatched_payment", tag = "payments",
    params(("id" = String, Path, description = "An unmatched payment id")),
    responses((status = 200, description = "The money", body = UnmatchedBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadPayments>,
    PathId(id): PathId<UnmatchedKind>,
) -> Result<Json<UnmatchedBody>, Problem> {
    load(&api, &caller, id).await.map(Json)
}

/// Says whose it is: it becomes a payment, which pays the oldest invoices first. Twice for one account is harmless.
#[utoipa::path(
    post, path = "/unmatched-payments/{id}/allocate", operation_id = "allocate_unmatched_payment", tag = "payments",
    params(("id" = String, Path, description = "An unmatched payment id"), KeyHeader),
    request_body = AllocateUnmatchedBody,
    responses((status = 200, description = "The payment", body = PaymentBody))
)]
async fn allocate(
    State(api): State<Api>,
    caller: May<AllocatePayments>,
    PathId(id): PathId<UnmatchedKind>,
    request: Once<AllocateUnmatchedBody>,
) -> Result<Acted<PaymentBody>, Problem> {
    let whose = (Claimed::Unmatched(id), request.body.account);
    give_to(&api, &caller, &request.attempt, whose).await
}

/// Finds money by the transaction code that a customer was told, and makes it the customer's. Twice for one account is
/// harmless.
#[utoipa::path(
    post, path = "/unmatched-payments/claim", operation_id = "claim_payment", tag = "payments",
    params(KeyHeader),
    request_body = ClaimBody,
    responses((status = 200, description = "The payment", body = PaymentBody))
)]
async fn claim(
    State(api): State<Api>,
    caller: May<AllocatePayments>,
    request: Once<ClaimBody>,
) -> Result<Acted<PaymentBody>, Problem> {
    let body = request.body;
    let code = Claimed::Code {
        method: body.method,
        reference: body.reference,
    };
    give_to(&api, &caller, &request.attempt, (code, body.account)).await
}

/// Gives money back to whoever sent it. Cash leaves the open till of whoever hands it out. Twice is harmless.
#[utoipa::path(
    post, path = "/unmatched-payments/{id}/return", operation_id = "return_unmatched_payment", tag = "payments",
    params(("id" = String, Path, description = "An unmatched payment id"), KeyHeader),
    request_body = ReturnUnmatchedBody,
    responses((status = 200, description = "Given back", body = UnmatchedBody))
)]
async fn send_back(
    State(api): State<Api>,
    caller: May<RefundPayments>,
    PathId(id): PathId<UnmatchedKind>,
    request: Once<ReturnUnmatchedBody>,
) -> Result<Acted<UnmatchedBody>, Problem> {
    let command = ReturnUnmatched {
        id,
        reason: request.body.reason,
        paid_out_as: request.body.paid_out_as,
    };
    let (_, turn) = once(&api, &caller, &request.attempt, id, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            billing::return_unmatched(&*it.billing, &*it.clock, &scope, command).await
        }
    })
    .await?;
    let body = load(&api, &caller, id).await?;
    Ok(Acted { turn, body })
}

async fn give_to(
    api: &Api,
    caller: &Granted,
    attempt: &Attempt,
    (money, account): (Claimed, AccountId),
) -> Result<Acted<PaymentBody>, Problem> {
    let command = AllocateUnmatched {
        money,
        account,
        payment: api.ports.ids.next(),
    };
    // Twice for one account is the same payment, which may have another id than the one chosen here: the answer to a
    // repetition finds it again by running again, which changes nothing.
    let work = |scope: Scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            billing::allocate_unmatched(&*it.billing, &*it.clock, &scope, command).await
        }
    };
    let (_, turn) = once(api, caller, attempt, account, work).await?;
    let payment = run(caller, work).await?;
    let body = load_payment(api, caller, payment).await?;
    Ok(Acted { turn, body })
}

async fn load(api: &Api, caller: &Granted, id: UnmatchedId) -> Result<UnmatchedBody, Problem> {
    let queries = &api.ports.billing_queries;
    let found = queries.unmatched_payment(caller.tenant(), id).await?;
    let view = found.ok_or_else(|| Problem::not_found("unmatched payment", id))?;
    Ok(view.into())
}
