//! `/gateway-accounts`: the accounts at payment providers that customers pay into.

use axum::Json;
use axum::extract::State;
use billing::PaymentMethod;
use billing::gateway::{AddGatewayAccount, GatewayAccountSnapshot, GatewayMode, WebhookToken};
use kernel::{GatewayAccountId, GatewayAccountKind, Name, Secret, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use crate::answer::Listed;
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Granted, Listing, May, NoFilter, PathId, Valid};
use crate::idempotency::run;
use crate::problem::Problem;
use crate::rights::{ReadGateways, WriteGateways};
use crate::words;

/// Whether real money is moved.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ModeName {
    /// It is.
    Live,
    /// It plays. Refused unless the setting `payments.allow_test_accounts` allows it.
    Test,
}

impl From<ModeName> for GatewayMode {
    fn from(mode: ModeName) -> Self {
        match mode {
            ModeName::Live => Self::Live,
            ModeName::Test => Self::Test,
        }
    }
}

impl From<GatewayMode> for ModeName {
    fn from(mode: GatewayMode) -> Self {
        match mode {
            GatewayMode::Live => Self::Live,
            GatewayMode::Test => Self::Test,
        }
    }
}

/// A gateway account. Never with its keys.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GatewayAccount)]
pub(crate) struct GatewayAccountBody {
    #[schema(value_type = String, pattern = "^gwa_[a-z2-7]{25}[aeimquy4]$", example = "gwa_agjpfimc4btqadrdlvfsmcaaai")]
    id: GatewayAccountId,
    /// The provider: `stripe` or `midtrans`.
    #[schema(example = "stripe")]
    gateway: String,
    #[schema(value_type = String, example = "Main account")]
    name: Name,
    mode: ModeName,
    /// As what its payments are recorded.
    #[schema(value_type = words::PaymentMethodWord, example = "card")]
    method: PaymentMethod,
    /// Whether new payment links may be opened through it.
    is_enabled: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<GatewayAccountSnapshot> for GatewayAccountBody {
    fn from(it: GatewayAccountSnapshot) -> Self {
        Self {
            id: it.id,
            gateway: it.gateway,
            name: it.name,
            mode: it.mode.into(),
            method: it.method,
            is_enabled: it.is_enabled,
            created_at: it.created_at,
        }
    }
}

/// Where the provider's webhook must be sent to. Shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookAddress)]
pub(crate) struct WebhookAddressBody {
    #[schema(value_type = String, pattern = "^gwa_[a-z2-7]{25}[aeimquy4]$", example = "gwa_agjpfimc4btqadrdlvfsmcaaai")]
    gateway_account: GatewayAccountId,
    /// The path of this API that only the provider should know; it is kept as a digest.
    webhook_path: String,
}

/// An account at a provider, and its keys.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddGatewayAccountBody {
    /// The provider: `stripe` or `midtrans`.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "stripe")]
    gateway: String,
    /// What people call it; unique.
    #[schema(value_type = String, example = "Main account")]
    name: Name,
    mode: ModeName,
    /// As what its payments are recorded.
    #[schema(value_type = words::PaymentMethodWord, example = "card")]
    method: PaymentMethod,
    /// The provider's secret key. Kept sealed.
    #[schema(value_type = String, format = Password)]
    api_key: Secret,
    /// What the provider signs webhooks with; several while one replaces another. Midtrans signs with its key: none.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 4)]
    webhook_secrets: Vec<Secret>,
}

/// Other keys, of the same mode.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GatewayCredentialsBody {
    /// The provider's secret key. Kept sealed.
    #[schema(value_type = String, format = Password)]
    api_key: Secret,
    /// What the provider signs webhooks with; several while one replaces another.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 4)]
    webhook_secrets: Vec<Secret>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(get))
        .routes(routes!(replace_credentials))
        .routes(routes!(replace_address))
        .routes(routes!(disable))
        .routes(routes!(enable))
}

/// Lists gateway accounts, newest first.
#[utoipa::path(
    get, path = "/gateway-accounts", operation_id = "list_gateway_accounts", tag = "payments",
    params(PageParams),
    responses((status = 200, description = "A page of gateway accounts", body = Listed<GatewayAccountBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadGateways>,
    listing: Listing<NoFilter>,
) -> Result<Json<Listed<GatewayAccountBody>>, Problem> {
    let queries = &api.ports.payment_gateways.queries;
    let page = queries
        .gateway_accounts(caller.tenant(), listing.page)
        .await?;
    Ok(Listed::of(page))
}

/// Configures a gateway account. The answer has the path for the provider's webhook, this once.
#[utoipa::path(
    post, path = "/gateway-accounts", operation_id = "add_gateway_account", tag = "payments",
    request_body = AddGatewayAccountBody,
    responses((status = 200, description = "Configured", body = WebhookAddressBody))
)]
async fn add(
    State(api): State<Api>,
    caller: May<WriteGateways>,
    Valid(body): Valid<AddGatewayAccountBody>,
) -> Result<Json<WebhookAddressBody>, Problem> {
    let command = AddGatewayAccount {
        id: api.ports.ids.next(),
        gateway: body.gateway.clone(),
        name: body.name,
        mode: body.mode.into(),
        method: body.method,
        api_key: body.api_key,
        webhook_secrets: body.webhook_secrets,
    };
    let token = run(&caller, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let desk = api.ports.gateway_desk();
            billing::gateway::add_gateway_account(desk, &*api.ports.randomness, &scope, command)
                .await
        }
    })
    .await?;
    Ok(Json(address(&body.gateway, &token)))
}

/// Shows a gateway account.
#[utoipa::path(
    get, path = "/gateway-accounts/{id}", operation_id = "get_gateway_account", tag = "payments",
    params(("id" = String, Path, description = "A gateway account id")),
    responses((status = 200, description = "The gateway account", body = GatewayAccountBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadGateways>,
    PathId(id): PathId<GatewayAccountKind>,
) -> Result<Json<GatewayAccountBody>, Problem> {
    load(&api, &caller, id).await.map(|it| Json(it.into()))
}

/// Gives a gateway account other keys.
#[utoipa::path(
    put, path = "/gateway-accounts/{id}/credentials", operation_id = "replace_gateway_credentials", tag = "payments",
    params(("id" = String, Path, description = "A gateway account id")),
    request_body = GatewayCredentialsBody,
    responses((status = 200, description = "Replaced", body = GatewayAccountBody))
)]
async fn replace_credentials(
    State(api): State<Api>,
    caller: May<WriteGateways>,
    PathId(id): PathId<GatewayAccountKind>,
    Valid(body): Valid<GatewayCredentialsBody>,
) -> Result<Json<GatewayAccountBody>, Problem> {
    run(&caller, |scope| {
        let (api, key) = (api.clone(), body.api_key.clone());
        let secrets = body.webhook_secrets.clone();
        async move {
            let desk = api.ports.gateway_desk();
            billing::gateway::replace_credentials(desk, &scope, id, key, secrets).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(|it| Json(it.into()))
}

/// Gives a gateway account's webhook another address; the old one is dead at once.
#[utoipa::path(
    post, path = "/gateway-accounts/{id}/replace-webhook-address", operation_id = "replace_webhook_address", tag = "payments",
    params(("id" = String, Path, description = "A gateway account id")),
    responses((status = 200, description = "Replaced", body = WebhookAddressBody))
)]
async fn replace_address(
    State(api): State<Api>,
    caller: May<WriteGateways>,
    PathId(id): PathId<GatewayAccountKind>,
) -> Result<Json<WebhookAddressBody>, Problem> {
    let token = run(&caller, |scope| {
        let api = api.clone();
        async move {
            let (desk, randomness) = (api.ports.gateway_desk(), &*api.ports.randomness);
            billing::gateway::replace_webhook_token(desk, randomness, &scope, id).await
        }
    })
    .await?;
    let account = load(&api, &caller, id).await?;
    Ok(Json(address(&account.gateway, &token)))
}

/// Opens no new payment links through a gateway account; those that are open are followed to their end.
#[utoipa::path(
    post, path = "/gateway-accounts/{id}/disable", operation_id = "disable_gateway_account", tag = "payments",
    params(("id" = String, Path, description = "A gateway account id")),
    responses((status = 200, description = "Disabled", body = GatewayAccountBody))
)]
async fn disable(
    State(api): State<Api>,
    caller: May<WriteGateways>,
    PathId(id): PathId<GatewayAccountKind>,
) -> Result<Json<GatewayAccountBody>, Problem> {
    run(&caller, |scope| {
        let api = api.clone();
        async move {
            billing::gateway::disable_gateway_account(api.ports.gateway_desk(), &scope, id).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(|it| Json(it.into()))
}

/// Takes a gateway account into use again.
#[utoipa::path(
    post, path = "/gateway-accounts/{id}/enable", operation_id = "enable_gateway_account", tag = "payments",
    params(("id" = String, Path, description = "A gateway account id")),
    responses((status = 200, description = "Enabled", body = GatewayAccountBody))
)]
async fn enable(
    State(api): State<Api>,
    caller: May<WriteGateways>,
    PathId(id): PathId<GatewayAccountKind>,
) -> Result<Json<GatewayAccountBody>, Problem> {
    run(&caller, |scope| {
        let api = api.clone();
        async move {
            billing::gateway::enable_gateway_account(api.ports.gateway_desk(), &scope, id).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(|it| Json(it.into()))
}

fn address(gateway: &str, token: &WebhookToken) -> WebhookAddressBody {
    WebhookAddressBody {
        gateway_account: token.account(),
        webhook_path: format!("/api/v1/webhooks/{gateway}/{}", token.text().expose()),
    }
}

async fn load(
    api: &Api,
    caller: &Granted,
    id: GatewayAccountId,
) -> Result<GatewayAccountSnapshot, Problem> {
    let mut tx = api
        .ports
        .payment_gateways
        .store
        .begin(&caller.scope())
        .await?;
    let found = tx.gateway_accounts().find(id).await?;
    let account = found.ok_or_else(|| Problem::not_found("gateway account", id))?;
    Ok(account.snapshot().clone())
}
