//! What is done with a payment that is here: refunded, reversed, given again, used for another invoice.

use axum::Json;
use axum::extract::State;
use billing::{AllocatePayment, RefundPayment, ReversePayment, Spoken};
use kernel::{InvoiceId, PaymentId, PaymentKind};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::{PaymentBody, load};
use crate::answer::Created;
use crate::api::Api;
use crate::extract::{May, Once, PathId, Valid};
use crate::idempotency::{once, run};
use crate::money::MoneyBody;
use crate::problem::Problem;
use crate::rights::{AllocatePayments, RefundPayments, ReversePayments};
use crate::routes::KeyHeader;

/// Money that goes back to the payer.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundBody {
    /// How much, at most what was received and has not gone back; all of that if absent.
    #[validate(nested)]
    amount: Option<MoneyBody>,
    /// Why.
    #[validate(length(min = 1, max = 300))]
    #[schema(min_length = 1, max_length = 300, example = "moved away")]
    reason: String,
}

/// Why a payment is taken back, or given again.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReversalBody {
    /// Why.
    #[validate(length(min = 1, max = 300))]
    #[schema(min_length = 1, max_length = 300, example = "the bank took it back")]
    reason: String,
}

/// What a payment is to pay.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllocateBody {
    /// An invoice of the same account.
    #[schema(value_type = String, pattern = "^inv_[a-z2-7]{25}[aeimquy4]$", example = "inv_agjpfimc4btqadrdlvfsmcaaai")]
    invoice: InvoiceId,
    /// Above zero, at most what is due.
    #[validate(nested)]
    amount: MoneyBody,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(refund))
        .routes(routes!(reverse))
        .routes(routes!(undo_reversal))
        .routes(routes!(allocate))
}

/// Gives money back: what pays nothing first, then what it paid last, which is owed again. To keep the debt from coming
/// back, credit the invoice first: what had paid it is credit then, and goes back without opening anything.
#[utoipa::path(
    post, path = "/payments/{id}/refund", operation_id = "refund_payment", tag = "payments",
    params(("id" = String, Path, description = "A payment id"), KeyHeader),
    request_body = RefundBody,
    responses((status = 201, description = "Given back", body = PaymentBody))
)]
async fn refund(
    State(api): State<Api>,
    caller: May<RefundPayments>,
    PathId(id): PathId<PaymentKind>,
    request: Once<RefundBody>,
) -> Result<Created<PaymentBody>, Problem> {
    let body = request.body;
    let command = RefundPayment {
        id: api.ports.ids.next(),
        payment: id,
        amount: body.amount.map(MoneyBody::into),
        reason: body.reason,
    };
    let (_, turn) = once(&api, &caller, &request.attempt, command.id, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            billing::refund_payment(&*it.billing, &*it.clock, &scope, command).await
        }
    })
    .await?;
    Ok(Created {
        location: place(id),
        turn,
        body: load(&api, &caller, id).await?,
    })
}

/// Takes a payment back because its provider did: everything it paid is owed again. Twice is harmless.
#[utoipa::path(
    post, path = "/payments/{id}/reverse", operation_id = "reverse_payment", tag = "payments",
    params(("id" = String, Path, description = "A payment id")),
    request_body = ReversalBody,
    responses((status = 200, description = "Reversed", body = PaymentBody))
)]
async fn reverse(
    State(api): State<Api>,
    caller: May<ReversePayments>,
    PathId(id): PathId<PaymentKind>,
    Valid(body): Valid<ReversalBody>,
) -> Result<Json<PaymentBody>, Problem> {
    let command = reversal(id, body);
    run(&caller, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            billing::reverse_payment(&*it.billing, &*it.clock, &scope, command).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

/// Gives a reversed payment again, because its provider did: it pays the oldest invoices. Twice is harmless.
#[utoipa::path(
    post, path = "/payments/{id}/undo-reversal", operation_id = "undo_reversal", tag = "payments",
    params(("id" = String, Path, description = "A payment id")),
    request_body = ReversalBody,
    responses((status = 200, description = "Given again", body = PaymentBody))
)]
async fn undo_reversal(
    State(api): State<Api>,
    caller: May<ReversePayments>,
    PathId(id): PathId<PaymentKind>,
    Valid(body): Valid<ReversalBody>,
) -> Result<Json<PaymentBody>, Problem> {
    let command = reversal(id, body);
    run(&caller, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            billing::undo_reversal(&*it.billing, &*it.clock, &scope, command).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

/// Uses a payment for an invoice: what is left of it first, then what it paid last elsewhere, which is owed again.
#[utoipa::path(
    post, path = "/payments/{id}/allocate", operation_id = "allocate_payment", tag = "payments",
    params(("id" = String, Path, description = "A payment id"), KeyHeader),
    request_body = AllocateBody,
    responses((status = 201, description = "Allocated", body = PaymentBody))
)]
async fn allocate(
    State(api): State<Api>,
    caller: May<AllocatePayments>,
    PathId(id): PathId<PaymentKind>,
    request: Once<AllocateBody>,
) -> Result<Created<PaymentBody>, Problem> {
    let command = AllocatePayment {
        payment: id,
        invoice: request.body.invoice,
        amount: request.body.amount.into(),
    };
    let (_, turn) = once(&api, &caller, &request.attempt, id, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            billing::allocate_payment(&*it.billing, &*it.clock, &scope, command).await
        }
    })
    .await?;
    Ok(Created {
        location: place(id),
        turn,
        body: load(&api, &caller, id).await?,
    })
}

fn reversal(id: PaymentId, body: ReversalBody) -> ReversePayment {
    ReversePayment {
        of: Spoken::Payment(id),
        reason: body.reason,
    }
}

fn place(id: PaymentId) -> String {
    format!("/api/v1/payments/{id}")
}
