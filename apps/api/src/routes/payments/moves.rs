//! What is done with a payment that is here: refunded, reversed, given again, used for another invoice.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use billing::{AllocatePayment, PaymentMethod, RefundPayment, ReversePayment, Spoken};
use kernel::{InvoiceId, PaymentId, PaymentKind};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::{PaymentBody, load};
use crate::answer::{Accepted, Acted, Created};
use crate::api::Api;
use crate::extract::{Granted, May, Once, PathId};
use crate::idempotency::{Attempt, once};
use crate::money::MoneyBody;
use crate::problem::Problem;
use crate::rights::{AllocatePayments, RefundPayments, ReversePayments};
use crate::routes::KeyHeader;
use crate::words;

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
    /// Whether money that came through a payment provider was given back in another way, in cash perhaps: then it is in the
    /// books at once, and the provider is not asked. No means nothing for other money, which is always given back by hand.
    #[serde(default)]
    by_hand: bool,
    /// How it leaves, if not the way it came, which says as well that it is given back by hand: `cash` leaves the till of whoever
    /// hands it out, and cash that goes back by `bank_transfer` stays in the till.
    #[schema(value_type = Option<words::PaymentMethodWord>, example = "cash")]
    paid_out_as: Option<PaymentMethod>,
}

/// Money goes back now, or once its provider has given it back.
#[derive(Debug)]
enum GivenBack {
    Now(Created<PaymentBody>),
    Later(Accepted<PaymentBody>),
}

impl IntoResponse for GivenBack {
    fn into_response(self) -> Response {
        match self {
            Self::Now(answer) => answer.into_response(),
            Self::Later(answer) => answer.into_response(),
        }
    }
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
///
/// Money that came through a payment provider goes back through it: the provider is asked, and the books change when it says
/// that it went back. `Location` names the refund to watch.
#[utoipa::path(
    post, path = "/payments/{id}/refund", operation_id = "refund_payment", tag = "payments",
    params(("id" = String, Path, description = "A payment id"), KeyHeader),
    request_body = RefundBody,
    responses(
        (status = 201, description = "Given back", body = PaymentBody),
        (status = 202, description = "The provider is asked", body = PaymentBody)
    )
)]
async fn refund(
    State(api): State<Api>,
    caller: May<RefundPayments>,
    PathId(id): PathId<PaymentKind>,
    request: Once<RefundBody>,
) -> Result<GivenBack, Problem> {
    let Once { body, attempt } = request;
    let command = RefundPayment {
        id: api.ports.ids.next(),
        payment: id,
        amount: body.amount.map(MoneyBody::into),
        reason: body.reason,
        paid_out_as: body.paid_out_as,
    };
    if body.by_hand || body.paid_out_as.is_some() {
        return give_by_hand(&api, &caller, &attempt, command).await;
    }
    let desk = api.ports.gateway_desk();
    match billing::gateway::came_through_provider(desk, &caller.scope(), id).await? {
        true => ask_provider(&api, &caller, &attempt, command).await,
        false => give_by_hand(&api, &caller, &attempt, command).await,
    }
}

async fn give_by_hand(
    api: &Api,
    caller: &Granted,
    attempt: &Attempt,
    command: RefundPayment,
) -> Result<GivenBack, Problem> {
    let id = command.payment;
    let (_, turn) = once(api, caller, attempt, command.id, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let desk = api.ports.gateway_desk();
            billing::gateway::refund_by_hand(desk, &scope, command).await
        }
    })
    .await?;
    Ok(GivenBack::Now(Created {
        location: place(id),
        turn,
        body: load(api, caller, id).await?,
    }))
}

async fn ask_provider(
    api: &Api,
    caller: &Granted,
    attempt: &Attempt,
    command: RefundPayment,
) -> Result<GivenBack, Problem> {
    let id = command.payment;
    let (refund, turn) = once(api, caller, attempt, command.id, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let desk = api.ports.gateway_desk();
            billing::gateway::ask_provider_refund(desk, &scope, command).await
        }
    })
    .await?;
    Ok(GivenBack::Later(Accepted {
        location: format!("/api/v1/provider-refunds/{refund}"),
        turn,
        body: load(api, caller, id).await?,
    }))
}

/// Takes a payment back because its provider did: everything it paid is owed again. Twice is harmless. Cash is refunded
/// instead, and leaves a till then.
#[utoipa::path(
    post, path = "/payments/{id}/reverse", operation_id = "reverse_payment", tag = "payments",
    params(("id" = String, Path, description = "A payment id"), KeyHeader),
    request_body = ReversalBody,
    responses((status = 200, description = "Reversed", body = PaymentBody))
)]
async fn reverse(
    State(api): State<Api>,
    caller: May<ReversePayments>,
    PathId(id): PathId<PaymentKind>,
    request: Once<ReversalBody>,
) -> Result<Acted<PaymentBody>, Problem> {
    let command = reversal(id, request.body);
    let (_, turn) = once(&api, &caller, &request.attempt, id, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            billing::reverse_payment(&*it.billing, &*it.clock, &scope, command).await
        }
    })
    .await?;
    let body = load(&api, &caller, id).await?;
    Ok(Acted { turn, body })
}

/// Gives a reversed payment again, because its provider did: it pays the oldest invoices. Twice is harmless.
#[utoipa::path(
    post, path = "/payments/{id}/undo-reversal", operation_id = "undo_reversal", tag = "payments",
    params(("id" = String, Path, description = "A payment id"), KeyHeader),
    request_body = ReversalBody,
    responses((status = 200, description = "Given again", body = PaymentBody))
)]
async fn undo_reversal(
    State(api): State<Api>,
    caller: May<ReversePayments>,
    PathId(id): PathId<PaymentKind>,
    request: Once<ReversalBody>,
) -> Result<Acted<PaymentBody>, Problem> {
    let command = reversal(id, request.body);
    let (_, turn) = once(&api, &caller, &request.attempt, id, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            billing::undo_reversal(&*it.billing, &*it.clock, &scope, command).await
        }
    })
    .await?;
    let body = load(&api, &caller, id).await?;
    Ok(Acted { turn, body })
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
