//! `/payments`: money received or asked for, what it paid, and what went back of it.

use axum::Json;
use axum::extract::State;
use billing::{
    AllocationView, PaymentFilter, PaymentMethod, PaymentStatus, PaymentView, RecordPayment,
    Return, ToldLate,
};
use kernel::{AccountId, InvoiceId, PaymentId, PaymentKind, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::KeyHeader;
use crate::answer::{Created, Listed};
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Granted, Listing, May, Once, PathId};
use crate::idempotency::once;
use crate::money::MoneyBody;
use crate::problem::Problem;
use crate::rights::{ReadPayments, RecordPayments};
use crate::words;

mod moves;
mod receipt;
mod requests;

/// A payment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub(crate) struct PaymentBody {
    #[schema(value_type = String, pattern = "^pay_[a-z2-7]{25}[aeimquy4]$", example = "pay_agjpfimc4btqadrdlvfsmcaaai")]
    id: PaymentId,
    #[schema(value_type = String, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$", example = "acc_agjpfimc4btqadrdlvfsmcaaai")]
    account: AccountId,
    /// `pending`, `settled`, `reversed`, `failed` or `expired`; only settled money pays anything.
    #[schema(value_type = words::PaymentStatusWord, example = "settled")]
    status: PaymentStatus,
    /// How much came in; while nothing did, how much was asked for.
    amount: MoneyBody,
    /// `cash`, `mobile_money`, `card` or `bank_transfer`.
    #[schema(value_type = words::PaymentMethodWord, example = "mobile_money")]
    method: PaymentMethod,
    /// What the payer or provider calls it.
    #[schema(example = "SIT4Q0XY77")]
    reference: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// What it paid.
    allocations: Vec<AllocationBody>,
    /// Credit: what has not paid anything yet.
    unallocated: MoneyBody,
    /// What went back of it in all.
    returned: MoneyBody,
    /// What went back of it, in order.
    returns: Vec<ReturnBody>,
    /// What a provider was asked for; null where the money was recorded as it lay there.
    request: Option<RequestBody>,
    /// Why no money came, where none did.
    failure: Option<String>,
    /// What the provider paid out, if in another currency.
    settled_as: Option<MoneyBody>,
    /// What was told after it had resolved otherwise: a person should look.
    told_late: Vec<ToldLateBody>,
}

/// Money of a payment that went back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentReturn)]
pub(crate) struct ReturnBody {
    /// `refund`, `reversal` or `reversal_undone`.
    #[schema(example = "refund")]
    kind: &'static str,
    /// How much; below zero where a reversal was undone.
    amount: MoneyBody,
    /// Why, in somebody's words.
    #[schema(example = "moved away")]
    reason: Option<String>,
    /// How it left, if not the way the payment came.
    #[schema(value_type = Option<words::PaymentMethodWord>, example = "cash")]
    paid_out_as: Option<PaymentMethod>,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<Return> for ReturnBody {
    fn from(it: Return) -> Self {
        Self {
            kind: it.why.as_str(),
            amount: it.amount.into(),
            reason: it.reason,
            paid_out_as: it.paid_out_as,
            at: it.at,
        }
    }
}

/// What a provider was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentRequest)]
pub(crate) struct RequestBody {
    /// Whose account at which provider.
    #[schema(example = "sandbox")]
    provider: String,
    /// What the payment is called there.
    #[schema(example = "INV-000001-1")]
    asked_as: String,
    amount: MoneyBody,
    /// From when on nobody can pay it any more.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// Something that was told too late.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentToldLate)]
pub(crate) struct ToldLateBody {
    /// `settled`, `failed` or `expired`.
    #[schema(example = "failed")]
    told: &'static str,
    /// What the payment was then.
    #[schema(value_type = words::PaymentStatusWord, example = "settled")]
    was: PaymentStatus,
}

impl From<ToldLate> for ToldLateBody {
    fn from(it: ToldLate) -> Self {
        Self {
            told: it.told.as_str(),
            was: it.was,
        }
    }
}

/// What a payment paid.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Allocation)]
pub(crate) struct AllocationBody {
    #[schema(value_type = String, pattern = "^inv_[a-z2-7]{25}[aeimquy4]$", example = "inv_agjpfimc4btqadrdlvfsmcaaai")]
    invoice: InvoiceId,
    amount: MoneyBody,
}

impl From<AllocationView> for AllocationBody {
    fn from(view: AllocationView) -> Self {
        Self {
            invoice: view.invoice,
            amount: view.amount.into(),
        }
    }
}

impl From<PaymentView> for PaymentBody {
    fn from(view: PaymentView) -> Self {
        let allocations = view.allocations.into_iter();
        let request = match (view.provider, view.asked_as, view.asked) {
            (Some(provider), Some(asked_as), Some(amount)) => Some(RequestBody {
                provider,
                asked_as,
                amount: amount.into(),
                expires_at: view.expires_at,
            }),
            _ => None,
        };
        Self {
            status: view.status,
            returned: view.returned.into(),
            returns: view.returns.into_iter().map(ReturnBody::from).collect(),
            request,
            failure: view.failure,
            settled_as: view.settled_as.map(MoneyBody::from),
            told_late: view.told_late.into_iter().map(ToldLateBody::from).collect(),
            id: view.id,
            account: view.account,
            amount: view.amount.into(),
            method: view.method,
            reference: view.reference,
            received_at: view.received_at,
            allocations: allocations.map(AllocationBody::from).collect(),
            unallocated: view.unallocated.into(),
        }
    }
}

/// Money that came in.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordPaymentBody {
    /// Whose debt it pays.
    #[schema(value_type = String, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$", example = "acc_agjpfimc4btqadrdlvfsmcaaai")]
    account: AccountId,
    /// Above zero, in the account's currency.
    #[validate(nested)]
    amount: MoneyBody,
    /// `cash`, `mobile_money`, `card` or `bank_transfer`.
    #[schema(value_type = words::PaymentMethodWord, example = "mobile_money")]
    method: PaymentMethod,
    /// What the payer or provider calls it; unique per method.
    #[validate(length(min = 1, max = 80))]
    #[schema(min_length = 1, max_length = 80, example = "SIT4Q0XY77")]
    reference: Option<String>,
    /// Now if absent; not in the future.
    #[schema(value_type = Option<String>, format = DateTime)]
    received_at: Option<Timestamp>,
}

/// Which payments are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PaymentsFilter {
    /// Only payments of this account.
    #[param(value_type = Option<String>, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$")]
    account: Option<AccountId>,
    /// `pending`, `settled`, `reversed`, `failed` or `expired`.
    #[param(value_type = Option<words::PaymentStatusWord>, inline)]
    status: Option<PaymentStatus>,
    /// `cash`, `mobile_money`, `card` or `bank_transfer`.
    #[param(value_type = Option<words::PaymentMethodWord>, inline)]
    method: Option<PaymentMethod>,
    /// Only payments with this reference.
    #[param(min_length = 1, max_length = 80)]
    reference: Option<String>,
    /// Only payments that this provider was asked for.
    #[param(min_length = 1, max_length = 80)]
    provider: Option<String>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, record))
        .routes(routes!(get))
        .merge(moves::routes())
        .merge(receipt::routes())
        .merge(requests::routes())
}

/// Lists payments, newest first.
#[utoipa::path(
    get, path = "/payments", operation_id = "list_payments", tag = "payments",
    params(PageParams, PaymentsFilter),
    responses((status = 200, description = "A page of payments", body = Listed<PaymentBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadPayments>,
    listing: Listing<PaymentsFilter>,
) -> Result<Json<Listed<PaymentBody>>, Problem> {
    let queries = &api.ports.billing_queries;
    let wanted = listing.filter;
    let filter = PaymentFilter {
        account: wanted.account,
        status: wanted.status,
        method: wanted.method,
        reference: wanted.reference,
        provider: wanted.provider,
    };
    let page = queries
        .payments(caller.tenant(), filter, listing.page)
        .await?;
    Ok(Listed::of(page))
}

/// Records a payment. It pays the oldest invoices first; the rest is kept as credit. Access comes back with it.
#[utoipa::path(
    post, path = "/payments", operation_id = "record_payment", tag = "payments",
    params(KeyHeader),
    request_body = RecordPaymentBody,
    responses((status = 201, description = "Recorded", body = PaymentBody))
)]
async fn record(
    State(api): State<Api>,
    caller: May<RecordPayments>,
    request: Once<RecordPaymentBody>,
) -> Result<Created<PaymentBody>, Problem> {
    let body = request.body;
    let command = RecordPayment {
        id: api.ports.ids.next(),
        account: body.account,
        amount: body.amount.into(),
        method: body.method,
        reference: body.reference,
        received_at: body.received_at,
    };
    let (id, turn) = once(&api, &caller, &request.attempt, command.id, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let ports = &api.ports;
            billing::record_payment(&*ports.billing, &*ports.clock, &scope, command).await
        }
    })
    .await?;
    Ok(Created {
        location: format!("/api/v1/payments/{id}"),
        turn,
        body: load(&api, &caller, id).await?,
    })
}

/// Shows a payment and what it paid.
#[utoipa::path(
    get, path = "/payments/{id}", operation_id = "get_payment", tag = "payments",
    params(("id" = String, Path, description = "A payment id")),
    responses((status = 200, description = "The payment", body = PaymentBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadPayments>,
    PathId(id): PathId<PaymentKind>,
) -> Result<Json<PaymentBody>, Problem> {
    load(&api, &caller, id).await.map(Json)
}

pub(super) async fn load(
    api: &Api,
    caller: &Granted,
    id: PaymentId,
) -> Result<PaymentBody, Problem> {
    let found = api
        .ports
        .billing_queries
        .payment(caller.tenant(), id)
        .await?;
    let view = found.ok_or_else(|| Problem::not_found("payment", id))?;
    Ok(view.into())
}
