//! `/auth`: sign in, stay signed in, sign out, and who one is.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use kernel::{Secret, Slug, TenantId, Timestamp};
use operators::{
    ChangePassword, Login, Password, Permission, RefreshSession, SignIn, SignInPorts,
    SignedIn as Tokens,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::operators::OperatorBody;
use crate::api::Api;
use crate::extract::{May, Valid};
use crate::idempotency::run;
use crate::problem::{Problem, weak_password};
use crate::request::RequestContext;
use crate::rights::SignedIn;

/// Who signs in, and the proof.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginBody {
    /// The provider's short name.
    #[schema(value_type = String, pattern = "^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", example = "demo")]
    tenant: Slug,
    #[schema(value_type = String, example = "admin")]
    login: Login,
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// A refresh token.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefreshBody {
    /// As it was handed out; good once.
    #[schema(value_type = String, format = Password)]
    refresh_token: Secret,
}

/// A new password and the proof that it may be set.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePasswordBody {
    #[schema(value_type = String, format = Password)]
    current_password: Secret,
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    new_password: Secret,
}

/// The tokens of a session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tokens)]
pub(crate) struct TokensBody {
    /// For the header `Authorization: Bearer …`.
    access_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    #[schema(value_type = String, format = DateTime)]
    access_expires_at: Timestamp,
    /// Exchange it for the next pair at `/api/v1/auth/refresh`; good once. Using it a second time ends the session.
    refresh_token: String,
    /// When the session ends unless it is refreshed.
    #[schema(value_type = String, format = DateTime)]
    refresh_expires_at: Timestamp,
    operator: OperatorBody,
}

impl From<Tokens> for TokensBody {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access_token.expose().to_owned(),
            token_type: "Bearer",
            access_expires_at: tokens.access_expires_at,
            refresh_token: tokens.refresh_token.expose().to_owned(),
            refresh_expires_at: tokens.refresh_expires_at,
            operator: tokens.operator.into(),
        }
    }
}

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Me)]
pub(crate) struct MeBody {
    tenant: TenantBody,
    operator: OperatorBody,
    /// What the role allows.
    #[schema(example = json!(["customers.read", "payments.record"]))]
    permissions: Vec<&'static str>,
}

/// The provider one works for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tenant)]
pub(crate) struct TenantBody {
    #[schema(value_type = String, pattern = "^ten_[a-z2-7]{25}[aeimquy4]$", example = "ten_agjpfimc4btqadrdlvfsmcaaai")]
    id: TenantId,
    /// The short name used at sign-in.
    #[schema(example = "demo")]
    slug: String,
    #[schema(example = "Demo Net")]
    name: String,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(login))
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(me))
        .routes(routes!(change_password))
}

/// Signs in. The same answer for an unknown login and a wrong password; five wrong passwords lock for 15 minutes.
#[utoipa::path(
    post, path = "/auth/login", operation_id = "login", tag = "auth", security(()),
    request_body = LoginBody,
    responses(
        (status = 200, description = "Signed in", body = TokensBody),
        (status = 401, description = "Wrong tenant, login or password, or too many tries", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn login(
    State(api): State<Api>,
    context: Option<Extension<RequestContext>>,
    Valid(body): Valid<LoginBody>,
) -> Result<Json<TokensBody>, Problem> {
    let command = SignIn {
        tenant: body.tenant,
        login: body.login,
        password: body.password,
        session: api.ports.ids.next(),
        trace: context.and_then(|it| it.0.trace),
    };
    let work = || operators::sign_in(ports(&api), command.clone());
    let tokens = kernel::rerun_on_conflict(work).await?;
    Ok(Json(tokens.into()))
}

/// Exchanges a refresh token for the next pair of tokens, with the role of today.
#[utoipa::path(
    post, path = "/auth/refresh", operation_id = "refresh", tag = "auth", security(()),
    request_body = RefreshBody,
    responses(
        (status = 200, description = "Refreshed", body = TokensBody),
        (status = 401, description = "The token is unknown, used, expired or its session has ended", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn refresh(
    State(api): State<Api>,
    context: Option<Extension<RequestContext>>,
    Valid(body): Valid<RefreshBody>,
) -> Result<Json<TokensBody>, Problem> {
    let command = RefreshSession {
        token: body.refresh_token,
        trace: context.and_then(|it| it.0.trace),
    };
    let work = || operators::refresh_session(ports(&api), command.clone());
    let tokens = kernel::rerun_on_conflict(work).await?;
    Ok(Json(tokens.into()))
}

/// Ends the session: it cannot be refreshed any more. The access token stays good until it expires.
#[utoipa::path(
    post, path = "/auth/logout", operation_id = "logout", tag = "auth",
    responses((status = 204, description = "Signed out"))
)]
async fn logout(State(api): State<Api>, caller: May<SignedIn>) -> Result<StatusCode, Problem> {
    let session = caller.claims().session;
    run(&caller, |scope| {
        let api = api.clone();
        async move {
            let ports = &api.ports;
            operators::sign_out(&*ports.operators, &*ports.clock, &scope, session).await
        }
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows who is signed in and what their role allows.
#[utoipa::path(
    get, path = "/auth/me", operation_id = "me", tag = "auth",
    responses((status = 200, description = "Who is signed in", body = MeBody))
)]
async fn me(State(api): State<Api>, caller: May<SignedIn>) -> Result<Json<MeBody>, Problem> {
    let queries = &api.ports.operator_queries;
    let operator = queries.operator(caller.tenant(), caller.operator()).await?;
    let tenant = queries.tenant(caller.tenant()).await?;
    let (Some(operator), Some(tenant)) = (operator, tenant) else {
        return Err(Problem::not_found("operator", caller.operator()));
    };
    let role = caller.claims().role;
    let allowed = Permission::ALL.iter().filter(|it| role.allows(**it));
    Ok(Json(MeBody {
        tenant: TenantBody {
            id: tenant.id,
            slug: tenant.slug,
            name: tenant.name,
        },
        operator: operator.into(),
        permissions: allowed.map(|it| it.as_str()).collect(),
    }))
}

/// Sets a new password; every session begun before ends at its next refresh.
#[utoipa::path(
    post, path = "/auth/password", operation_id = "change_password", tag = "auth",
    request_body = ChangePasswordBody,
    responses((status = 204, description = "Changed"))
)]
async fn change_password(
    State(api): State<Api>,
    caller: May<SignedIn>,
    Valid(body): Valid<ChangePasswordBody>,
) -> Result<StatusCode, Problem> {
    let next = Password::choose(body.new_password);
    let command = ChangePassword {
        operator: caller.operator(),
        current: body.current_password,
        next: next.map_err(|err| weak_password("new_password", err))?,
    };
    run(&caller, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            let policy = &api.settings.sign_in;
            operators::change_password(
                &*it.operators,
                &*it.hasher,
                &*it.clock,
                policy,
                &scope,
                command,
            )
            .await
        }
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn ports(api: &Api) -> SignInPorts<'_> {
    let ports = &api.ports;
    SignInPorts {
        store: &*ports.operators,
        tenants: &*ports.tenants,
        hasher: &*ports.hasher,
        signer: &*ports.signer,
        vault: &*ports.vault,
        randomness: &*ports.randomness,
        clock: &*ports.clock,
        policy: &api.settings.sign_in,
    }
}
