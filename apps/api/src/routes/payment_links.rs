//! `/payment-links`: pages at payment providers where customers pay what they owe.

use axum::Json;
use axum::extract::State;
use billing::gateway::{LinkStatus, NewPaymentLink, PaymentLinkError, PaymentLinkSnapshot};
use chrono::Duration;
use kernel::{AccountId, GatewayAccountId, PaymentId, PaymentKind, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::KeyHeader;
use crate::answer::{Acted, Created, Listed};
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Granted, Listing, May, NoFilter, Once, PathId};
use crate::idempotency::{once, run};
use crate::money::MoneyBody;
use crate::problem::Problem;
use crate::rights::{ReadPayments, RecordPayments};
use crate::words;

/// An hour less than providers take at most: their clocks may run behind ours.
const DEFAULT_MINUTES: i64 = 23 * 60;

/// A payment link.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentLink)]
pub(crate) struct PaymentLinkBody {
    /// The id of the payment that it becomes.
    #[schema(value_type = String, pattern = "^pay_[a-z2-7]{25}[aeimquy4]$", example = "pay_agjpfimc4btqadrdlvfsmcaaai")]
    id: PaymentId,
    #[schema(value_type = String, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$", example = "acc_agjpfimc4btqadrdlvfsmcaaai")]
    account: AccountId,
    #[schema(value_type = String, pattern = "^gwa_[a-z2-7]{25}[aeimquy4]$", example = "gwa_agjpfimc4btqadrdlvfsmcaaai")]
    gateway_account: GatewayAccountId,
    /// How much is asked for. What is paid counts.
    amount: MoneyBody,
    #[schema(example = "Internet, December")]
    description: String,
    /// Where the customer pays; null while the provider has not opened it.
    #[schema(example = "https://checkout.stripe.com/c/pay/cs_1")]
    pay_url: Option<String>,
    #[schema(value_type = words::LinkStatusWord, example = "open")]
    status: &'static str,
    /// What a person should know about it.
    note: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    opened_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl From<PaymentLinkSnapshot> for PaymentLinkBody {
    fn from(it: PaymentLinkSnapshot) -> Self {
        Self {
            id: it.id,
            account: it.account,
            gateway_account: it.gateway_account,
            amount: it.amount.into(),
            description: it.description,
            pay_url: it.pay_url.filter(|_| it.status == LinkStatus::Open),
            status: it.status.as_str(),
            note: it.note,
            opened_at: it.opened_at,
            expires_at: it.expires_at,
        }
    }
}

/// What a customer is to pay, and where.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenPaymentLinkBody {
    /// Whose debt it pays.
    #[schema(value_type = String, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$", example = "acc_agjpfimc4btqadrdlvfsmcaaai")]
    account: AccountId,
    #[schema(value_type = String, pattern = "^gwa_[a-z2-7]{25}[aeimquy4]$", example = "gwa_agjpfimc4btqadrdlvfsmcaaai")]
    gateway_account: GatewayAccountId,
    /// Above zero, in the account's currency.
    #[validate(nested)]
    amount: MoneyBody,
    /// What the customer reads.
    #[validate(length(min = 1, max = 120))]
    #[schema(min_length = 1, max_length = 120, example = "Internet, December")]
    description: String,
    /// Where the customer's browser goes afterwards.
    #[validate(length(min = 8, max = 500))]
    #[schema(min_length = 8, max_length = 500, example = "https://isp.example/paid")]
    return_url: String,
    /// Whom the provider may write to.
    #[validate(length(min = 3, max = 254))]
    #[schema(min_length = 3, max_length = 254, example = "siti@example.com")]
    email: Option<String>,
    /// For how many minutes it can be paid: 35 to 1440, 23 hours if absent.
    #[validate(range(min = 35, max = 1440))]
    #[schema(minimum = 35, maximum = 1440, example = 120)]
    minutes: Option<i64>,
}

/// Why nothing is to be done about a note.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DismissNoteBody {
    /// Why.
    #[validate(length(min = 1, max = 300))]
    #[schema(
        min_length = 1,
        max_length = 300,
        example = "the customer has paid in cash"
    )]
    reason: String,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, open))
        .routes(routes!(get))
        .routes(routes!(refresh))
        .routes(routes!(cancel))
        .routes(routes!(dismiss))
}

/// Lists payment links, newest first.
#[utoipa::path(
    get, path = "/payment-links", operation_id = "list_payment_links", tag = "payments",
    params(PageParams),
    responses((status = 200, description = "A page of payment links", body = Listed<PaymentLinkBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadPayments>,
    listing: Listing<NoFilter>,
) -> Result<Json<Listed<PaymentLinkBody>>, Problem> {
    let queries = &api.ports.payment_gateways.queries;
    let page = queries.payment_links(caller.tenant(), listing.page).await?;
    Ok(Listed::of(page))
}

/// Opens a payment link. If the provider cannot open it now, `pay_url` is null: refresh it.
#[utoipa::path(
    post, path = "/payment-links", operation_id = "open_payment_link", tag = "payments",
    params(KeyHeader),
    request_body = OpenPaymentLinkBody,
    responses((status = 201, description = "Asked for", body = PaymentLinkBody))
)]
async fn open(
    State(api): State<Api>,
    caller: May<RecordPayments>,
    request: Once<OpenPaymentLinkBody>,
) -> Result<Created<PaymentLinkBody>, Problem> {
    let body = request.body;
    let ahead = Duration::minutes(body.minutes.unwrap_or(DEFAULT_MINUTES));
    let command = NewPaymentLink {
        id: api.ports.ids.next(),
        account: body.account,
        gateway_account: body.gateway_account,
        amount: body.amount.into(),
        description: body.description,
        return_url: body.return_url,
        email: body.email,
        expires_at: api.ports.clock.now().plus(ahead),
    };
    let (id, turn) = once(&api, &caller, &request.attempt, command.id, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let desk = api.ports.gateway_desk();
            billing::gateway::open_payment_link(desk, &scope, command).await
        }
    })
    .await?;
    let desk = api.ports.gateway_desk();
    let presented = billing::gateway::present_payment_link(desk, &caller.scope(), id).await;
    // What a provider would not do stands on the link.
    if let Err(err) = presented
        && !matches!(err, PaymentLinkError::Provider(_))
    {
        return Err(err.into());
    }
    Ok(Created {
        location: format!("/api/v1/payment-links/{id}"),
        turn,
        body: load(&api, &caller, id).await?,
    })
}

/// Shows a payment link.
#[utoipa::path(
    get, path = "/payment-links/{id}", operation_id = "get_payment_link", tag = "payments",
    params(("id" = String, Path, description = "A payment link id")),
    responses((status = 200, description = "The payment link", body = PaymentLinkBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadPayments>,
    PathId(id): PathId<PaymentKind>,
) -> Result<Json<PaymentLinkBody>, Problem> {
    load(&api, &caller, id).await.map(Json)
}

/// Asks the provider now what became of a payment link, and opens it if it was not open yet.
#[utoipa::path(
    post, path = "/payment-links/{id}/refresh", operation_id = "refresh_payment_link", tag = "payments",
    params(("id" = String, Path, description = "A payment link id")),
    responses(
        (status = 200, description = "Asked", body = PaymentLinkBody),
        (status = 502, description = "The provider does not answer, or would not", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn refresh(
    State(api): State<Api>,
    caller: May<RecordPayments>,
    PathId(id): PathId<PaymentKind>,
) -> Result<Json<PaymentLinkBody>, Problem> {
    run(&caller, |scope| {
        let api = api.clone();
        async move {
            let desk = api.ports.gateway_desk();
            billing::gateway::follow_payment_link(desk, &scope, id, None).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

/// Closes a payment link at the provider. One that was paid is refused.
#[utoipa::path(
    post, path = "/payment-links/{id}/cancel", operation_id = "cancel_payment_link", tag = "payments",
    params(("id" = String, Path, description = "A payment link id")),
    responses(
        (status = 200, description = "Closed", body = PaymentLinkBody),
        (status = 502, description = "The provider does not answer, or would not", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn cancel(
    State(api): State<Api>,
    caller: May<RecordPayments>,
    PathId(id): PathId<PaymentKind>,
) -> Result<Json<PaymentLinkBody>, Problem> {
    run(&caller, |scope| {
        let api = api.clone();
        async move {
            let desk = api.ports.gateway_desk();
            billing::gateway::cancel_payment_link(desk, &scope, id).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

/// Takes the note off a payment link: somebody has seen it, and says why nothing is to be done. Twice is harmless.
#[utoipa::path(
    post, path = "/payment-links/{id}/dismiss-note", operation_id = "dismiss_payment_link_note", tag = "payments",
    params(("id" = String, Path, description = "A payment link id"), KeyHeader),
    request_body = DismissNoteBody,
    responses((status = 200, description = "Without a note", body = PaymentLinkBody))
)]
async fn dismiss(
    State(api): State<Api>,
    caller: May<RecordPayments>,
    PathId(id): PathId<PaymentKind>,
    request: Once<DismissNoteBody>,
) -> Result<Acted<PaymentLinkBody>, Problem> {
    let reason = request.body.reason;
    let (_, turn) = once(&api, &caller, &request.attempt, id, |scope| {
        let (api, reason) = (api.clone(), reason.clone());
        async move {
            let desk = api.ports.gateway_desk();
            billing::gateway::dismiss_link_note(desk, &scope, id, &reason).await
        }
    })
    .await?;
    let body = load(&api, &caller, id).await?;
    Ok(Acted { turn, body })
}

async fn load(api: &Api, caller: &Granted, id: PaymentId) -> Result<PaymentLinkBody, Problem> {
    let mut tx = api
        .ports
        .payment_gateways
        .store
        .begin(&caller.scope())
        .await?;
    let found = tx.payment_links().find(id).await?;
    let link = found.ok_or_else(|| Problem::not_found("payment link", id))?;
    Ok(link.snapshot().clone().into())
}
