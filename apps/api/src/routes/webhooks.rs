//! `/webhooks`: where payment providers say that something happened, and what they have said.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use billing::gateway::{
    MAX_WEBHOOK_BYTES, ReceiveWebhookError, WebhookRequest, WebhookSnapshot, WebhookStatus,
};
use kernel::{GatewayAccountId, Secret, Timestamp, WebhookId, WebhookKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Listed;
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Listing, May, PathId};
use crate::idempotency::run;
use crate::problem::{Problem, catalog};
use crate::rights::{ReadGateways, RecordPayments};
use crate::words;

/// A provider's message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(crate) struct WebhookBody {
    #[schema(value_type = String, pattern = "^whk_[a-z2-7]{25}[aeimquy4]$", example = "whk_agjpfimc4btqadrdlvfsmcaaai")]
    id: WebhookId,
    #[schema(value_type = String, pattern = "^gwa_[a-z2-7]{25}[aeimquy4]$", example = "gwa_agjpfimc4btqadrdlvfsmcaaai")]
    gateway_account: GatewayAccountId,
    /// The provider's name for it.
    #[schema(example = "evt_1")]
    event: String,
    /// The provider's name for the payment that it is about.
    #[schema(example = "cs_1")]
    payment: String,
    /// Our name for the payment, if the message says it.
    order: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    #[schema(value_type = words::WebhookStatusWord, example = "done")]
    status: &'static str,
    /// Why a person must look at it.
    note: Option<String>,
}

impl From<WebhookSnapshot> for WebhookBody {
    fn from(it: WebhookSnapshot) -> Self {
        Self {
            id: it.id,
            gateway_account: it.gateway_account,
            event: it.event,
            payment: it.payment.to_string(),
            order: it.order.map(|it| it.to_string()),
            received_at: it.received_at,
            status: it.status.as_str(),
            note: it.note,
        }
    }
}

/// Which messages are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WebhooksFilter {
    /// Only messages with this status.
    #[param(value_type = Option<words::WebhookStatusWord>)]
    status: Option<StatusName>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StatusName {
    Waiting,
    Done,
    Parked,
}

impl From<StatusName> for WebhookStatus {
    fn from(name: StatusName) -> Self {
        match name {
            StatusName::Waiting => Self::Waiting,
            StatusName::Done => Self::Done,
            StatusName::Parked => Self::Parked,
        }
    }
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(requeue))
        .routes(routes!(receive))
}

/// Lists what providers have sent, newest first.
#[utoipa::path(
    get, path = "/webhooks", operation_id = "list_webhooks", tag = "payments",
    params(PageParams, WebhooksFilter),
    responses((status = 200, description = "A page of messages", body = Listed<WebhookBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadGateways>,
    listing: Listing<WebhooksFilter>,
) -> Result<Json<Listed<WebhookBody>>, Problem> {
    let queries = &api.ports.payment_gateways.queries;
    let status = listing.filter.status.map(WebhookStatus::from);
    let page = queries
        .webhooks(caller.tenant(), status, listing.page)
        .await?;
    Ok(Listed::of(page))
}

/// Works again on a parked message, because what it was parked for has changed. One that is not parked is left alone.
#[utoipa::path(
    post, path = "/webhooks/{id}/requeue", operation_id = "requeue_webhook", tag = "payments",
    params(("id" = String, Path, description = "A webhook id")),
    responses((status = 200, description = "Enqueued", body = WebhookBody))
)]
async fn requeue(
    State(api): State<Api>,
    caller: May<RecordPayments>,
    PathId(id): PathId<WebhookKind>,
) -> Result<Json<WebhookBody>, Problem> {
    let found = run(&caller, |scope| {
        let api = api.clone();
        async move {
            let desk = api.ports.gateway_desk();
            billing::gateway::requeue_webhook(desk, &scope, id).await
        }
    })
    .await?;
    let missing = || Problem::not_found("webhook", id);
    if !found {
        return Err(missing());
    }
    let store = &api.ports.payment_gateways.store;
    let mut tx = store.begin(&caller.scope()).await?;
    let webhook = tx.webhooks().find(id).await?.ok_or_else(missing)?;
    Ok(Json(webhook.snapshot().clone().into()))
}

/// Takes a provider's message. Answered once it is stored; repetitions are answered too.
#[utoipa::path(
    post, path = "/webhooks/{gateway}/{token}", operation_id = "receive_webhook", tag = "payments",
    security(()),
    params(
        ("gateway" = String, Path, description = "The provider", example = "stripe"),
        ("token" = String, Path, description = "The secret end of the address that a gateway account has")
    ),
    responses(
        (status = 200, description = "Stored"),
        (status = 401, description = "It does not prove to be the provider's", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such address", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "It has more than 64 KiB", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn receive(
    State(api): State<Api>,
    Path((gateway, token)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    if !api.settings.takes_webhooks {
        return Err(ReceiveWebhookError::NoSuchAddress.into());
    }
    let (desk, token) = (api.ports.gateway_desk(), Secret::new(token));
    // Strangers are turned away before anything of theirs is read.
    let address = billing::gateway::admit_webhook(desk, &gateway, &token).await?;
    let (head, body) = request.into_parts();
    let request = WebhookRequest {
        headers: headers(&head.headers),
        body: read(body).await?,
    };
    let answer = billing::gateway::receive_webhook(desk, &address, request).await?;
    let kind = [(header::CONTENT_TYPE, answer.content_type)];
    Ok((kind, answer.body).into_response())
}

async fn read(body: Body) -> Result<Vec<u8>, Problem> {
    let bytes = to_bytes(body, MAX_WEBHOOK_BYTES).await;
    let bytes = bytes.map_err(|_| Problem::of(&catalog::BODY_TOO_LARGE))?;
    Ok(bytes.to_vec())
}

/// The headers that are text; a signature always is.
fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let texts = headers.iter().filter_map(|(name, value)| {
        let value = value.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    texts.collect()
}
