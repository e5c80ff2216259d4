//! Payments that somebody is asked for: requested, settled once the money is here, or failed.

use axum::extract::State;
use billing::{PaymentMethod, RequestPayment, SettlePayment, Spoken};
use kernel::{AccountId, InvoiceId, PaymentId, PaymentKind, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::{PaymentBody, load};
use crate::answer::{Acted, Created};
use crate::api::Api;
use crate::extract::{May, Once, PathId};
use crate::idempotency::once;
use crate::money::MoneyBody;
use crate::problem::Problem;
use crate::rights::RecordPayments;
use crate::routes::KeyHeader;
use crate::words;

/// Money that is asked for.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestPaymentBody {
    /// Whose debt it is to pay.
    #[schema(value_type = String, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$", example = "acc_agjpfimc4btqadrdlvfsmcaaai")]
    account: AccountId,
    /// Above zero, in the account's currency.
    #[validate(nested)]
    amount: MoneyBody,
    /// `cash`, `mobile_money`, `card` or `bank_transfer`.
    #[schema(value_type = words::PaymentMethodWord, example = "bank_transfer")]
    method: PaymentMethod,
    /// Whose account at which bank or provider.
    #[validate(length(min = 1, max = 80))]
    #[schema(min_length = 1, max_length = 80, example = "Harbour Bank 0042")]
    provider: String,
    /// What the payer is to write; unique per provider.
    #[validate(length(min = 1, max = 80))]
    #[schema(min_length = 1, max_length = 80, example = "INV-000001-1")]
    asked_as: String,
    /// From when on nobody can pay it any more; ahead.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// The invoice that it pays before all others.
    #[schema(value_type = Option<String>, pattern = "^inv_[a-z2-7]{25}[aeimquy4]$")]
    invoice: Option<InvoiceId>,
    /// The earlier try that it is made instead of; refused while nobody knows what became of that.
    #[schema(value_type = Option<String>, pattern = "^pay_[a-z2-7]{25}[aeimquy4]$")]
    retry_of: Option<PaymentId>,
}

/// Money that is here.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettlePaymentBody {
    /// What the bank or provider calls the money; unique per method.
    #[validate(length(min = 1, max = 80))]
    #[schema(min_length = 1, max_length = 80, example = "SIT4Q0XY77")]
    reference: String,
    /// What came, in the currency that was asked for; less or more than that is taken as it is.
    #[validate(nested)]
    amount: MoneyBody,
    /// What is paid out, if in another currency.
    #[validate(nested)]
    settled_as: Option<MoneyBody>,
    /// Now if absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    received_at: Option<Timestamp>,
}

/// Why no money comes.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailPaymentBody {
    #[validate(length(min = 1, max = 300))]
    #[schema(
        min_length = 1,
        max_length = 300,
        example = "the proof of the transfer was refused"
    )]
    reason: String,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(request))
        .routes(routes!(settle))
        .routes(routes!(fail))
}

/// Writes down that money is asked for: a pending payment, which counts nowhere until it is settled.
#[utoipa::path(
    post, path = "/payment-requests", operation_id = "request_payment", tag = "payments",
    params(KeyHeader),
    request_body = RequestPaymentBody,
    responses((status = 201, description = "Asked for", body = PaymentBody))
)]
async fn request(
    State(api): State<Api>,
    caller: May<RecordPayments>,
    request: Once<RequestPaymentBody>,
) -> Result<Created<PaymentBody>, Problem> {
    let body = request.body;
    let command = RequestPayment {
        id: api.ports.ids.next(),
        account: body.account,
        amount: body.amount.into(),
        method: body.method,
        provider: body.provider,
        asked_as: body.asked_as,
        expires_at: body.expires_at,
        meant_for: body.invoice,
        retry_of: body.retry_of,
    };
    let (id, turn) = once(&api, &caller, &request.attempt, command.id, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            billing::request_payment(&*it.billing, &*it.clock, &scope, command).await
        }
    })
    .await?;
    Ok(Created {
        location: format!("/api/v1/payments/{id}"),
        turn,
        body: load(&api, &caller, id).await?,
    })
}

/// Says that the money is here: it pays what it was asked for, then the oldest invoices, and access comes back with it.
/// Twice is harmless; after it failed or expired it is credit all the same.
#[utoipa::path(
    post, path = "/payments/{id}/settle", operation_id = "settle_payment", tag = "payments",
    params(("id" = String, Path, description = "A payment id"), KeyHeader),
    request_body = SettlePaymentBody,
    responses((status = 200, description = "Settled", body = PaymentBody))
)]
async fn settle(
    State(api): State<Api>,
    caller: May<RecordPayments>,
    PathId(id): PathId<PaymentKind>,
    request: Once<SettlePaymentBody>,
) -> Result<Acted<PaymentBody>, Problem> {
    let body = request.body;
    let command = SettlePayment {
        of: Spoken::Payment(id),
        reference: body.reference,
        amount: body.amount.into(),
        settled_as: body.settled_as.map(MoneyBody::into),
        received_at: body.received_at,
    };
    let (_, turn) = once(&api, &caller, &request.attempt, id, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            billing::settle_payment(&*it.billing, &*it.clock, &scope, command).await
        }
    })
    .await?;
    let body = load(&api, &caller, id).await?;
    Ok(Acted { turn, body })
}

/// Says that no money comes. Once there is money this changes nothing but is kept as told late.
#[utoipa::path(
    post, path = "/payments/{id}/fail", operation_id = "fail_payment", tag = "payments",
    params(("id" = String, Path, description = "A payment id"), KeyHeader),
    request_body = FailPaymentBody,
    responses((status = 200, description = "Failed, or told late", body = PaymentBody))
)]
async fn fail(
    State(api): State<Api>,
    caller: May<RecordPayments>,
    PathId(id): PathId<PaymentKind>,
    request: Once<FailPaymentBody>,
) -> Result<Acted<PaymentBody>, Problem> {
    let (_, turn) = once(&api, &caller, &request.attempt, id, |scope| {
        let (api, reason) = (api.clone(), request.body.reason.clone());
        async move {
            let of = Spoken::Payment(id);
            billing::fail_payment(&*api.ports.billing, &scope, of, &reason).await
        }
    })
    .await?;
    let body = load(&api, &caller, id).await?;
    Ok(Acted { turn, body })
}
