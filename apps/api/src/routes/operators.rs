//! `/operators`: who works here, and as what.

use axum::Json;
use axum::extract::State;
use kernel::{Name, OperatorId, OperatorKind, Sealed, Secret, Timestamp};
use operators::{
    HireOperator, Login, OperatorFilter, OperatorStatusName, OperatorView, Password, Role,
};
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
use crate::idempotency::{once, run};
use crate::problem::{Problem, weak_password};
use crate::rights::{ReadOperators, WriteOperators};
use crate::words;

/// An operator.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Operator)]
pub(crate) struct OperatorBody {
    #[schema(value_type = String, pattern = "^opr_[a-z2-7]{25}[aeimquy4]$", example = "opr_agjpfimc4btqadrdlvfsmcaaai")]
    id: OperatorId,
    #[schema(example = "siti")]
    login: String,
    #[schema(example = "Siti Rahayu")]
    name: String,
    /// `admin`, `cashier`, `technician` or `auditor`.
    #[schema(value_type = words::RoleWord, example = "cashier")]
    role: Role,
    /// `active` or `disabled`.
    #[schema(value_type = words::OperatorStatusWord, example = "active")]
    status: OperatorStatusName,
    /// Until when wrong passwords keep them out.
    #[schema(value_type = Option<String>, format = DateTime)]
    locked_until: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_signed_in_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    hired_at: Timestamp,
}

impl From<OperatorView> for OperatorBody {
    fn from(view: OperatorView) -> Self {
        Self {
            id: view.id,
            login: view.login,
            name: view.name,
            role: view.role,
            status: view.status,
            locked_until: view.locked_until,
            last_signed_in_at: view.last_signed_in_at,
            hired_at: view.hired_at,
        }
    }
}

/// Somebody who is to work here.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HireOperatorBody {
    /// 3 to 64 of `a-z`, `0-9`, `.`, `_`, `@` and `-`.
    #[schema(value_type = String, min_length = 3, max_length = 64, example = "siti")]
    login: Login,
    #[schema(value_type = String, min_length = 1, max_length = 120, example = "Siti Rahayu")]
    name: Name,
    /// `admin`, `cashier`, `technician` or `auditor`.
    #[schema(value_type = words::RoleWord, example = "cashier")]
    role: Role,
    /// 10 to 128 characters. Without one a password is made and shown once.
    #[schema(value_type = Option<String>, format = Password, min_length = 10, max_length = 128)]
    password: Option<Secret>,
}

/// An operator who was hired.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HiredOperator)]
pub(crate) struct HiredBody {
    operator: OperatorBody,
    /// The password that was made, shown only here; null if one was chosen.
    password: Option<String>,
}

/// What a repetition needs to answer again; the made password stays sealed.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Hired {
    operator: OperatorId,
    password: Option<Sealed>,
}

/// Which operators are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OperatorsFilter {
    /// `admin`, `cashier`, `technician` or `auditor`.
    #[param(value_type = Option<words::RoleWord>, inline)]
    role: Option<Role>,
    /// `active` or `disabled`.
    #[param(value_type = Option<words::OperatorStatusWord>, inline)]
    status: Option<OperatorStatusName>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, hire))
        .routes(routes!(get))
        .routes(routes!(disable))
        .routes(routes!(enable))
}

/// Lists operators, newest first.
#[utoipa::path(
    get, path = "/operators", operation_id = "list_operators", tag = "operators",
    params(PageParams, OperatorsFilter),
    responses((status = 200, description = "A page of operators", body = Listed<OperatorBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadOperators>,
    listing: Listing<OperatorsFilter>,
) -> Result<Json<Listed<OperatorBody>>, Problem> {
    let filter = OperatorFilter {
        role: listing.filter.role,
        status: listing.filter.status,
    };
    let queries = &api.ports.operator_queries;
    let page = queries
        .operators(caller.tenant(), filter, listing.page)
        .await?;
    Ok(Listed::of(page))
}

/// Hires an operator.
#[utoipa::path(
    post, path = "/operators", operation_id = "hire_operator", tag = "operators",
    params(KeyHeader),
    request_body = HireOperatorBody,
    responses((status = 201, description = "Hired", body = HiredBody))
)]
async fn hire(
    State(api): State<Api>,
    caller: May<WriteOperators>,
    request: Once<HireOperatorBody>,
) -> Result<Created<HiredBody>, Problem> {
    let body = request.body;
    let operator = api.ports.ids.next();
    let (password, made) = password(&api, operator, body.password)?;
    let command = HireOperator {
        operator,
        login: body.login,
        name: body.name,
        role: body.role,
        password,
    };
    let answer = Hired {
        operator,
        password: made,
    };
    let (hired, turn) = once(&api, &caller, &request.attempt, answer, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            operators::hire_operator(&*it.operators, &*it.hasher, &*it.clock, &scope, command).await
        }
    })
    .await?;
    let view = load(&api, &caller, hired.operator).await?;
    Ok(Created {
        location: format!("/api/v1/operators/{}", hired.operator),
        turn,
        body: HiredBody {
            operator: view.into(),
            password: shown(&api, &hired)?,
        },
    })
}

/// Shows an operator.
#[utoipa::path(
    get, path = "/operators/{id}", operation_id = "get_operator", tag = "operators",
    params(("id" = String, Path, description = "An operator id")),
    responses((status = 200, description = "The operator", body = OperatorBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadOperators>,
    PathId(id): PathId<OperatorKind>,
) -> Result<Json<OperatorBody>, Problem> {
    let view = load(&api, &caller, id).await?;
    Ok(Json(view.into()))
}

/// Lets an operator sign in no more; their sessions end at the next refresh.
#[utoipa::path(
    post, path = "/operators/{id}/disable", operation_id = "disable_operator", tag = "operators",
    params(("id" = String, Path, description = "An operator id")),
    responses((status = 200, description = "Disabled", body = OperatorBody))
)]
async fn disable(
    State(api): State<Api>,
    caller: May<WriteOperators>,
    PathId(id): PathId<OperatorKind>,
) -> Result<Json<OperatorBody>, Problem> {
    let view = run(&caller, |scope| {
        let api = api.clone();
        async move {
            let ports = &api.ports;
            operators::disable_operator(&*ports.operators, &*ports.clock, &scope, id).await
        }
    })
    .await?;
    Ok(Json(view.into()))
}

/// Lets an operator sign in again, and ends a lockout.
#[utoipa::path(
    post, path = "/operators/{id}/enable", operation_id = "enable_operator", tag = "operators",
    params(("id" = String, Path, description = "An operator id")),
    responses((status = 200, description = "Enabled", body = OperatorBody))
)]
async fn enable(
    State(api): State<Api>,
    caller: May<WriteOperators>,
    PathId(id): PathId<OperatorKind>,
) -> Result<Json<OperatorBody>, Problem> {
    let view = run(&caller, |scope| {
        let api = api.clone();
        async move { operators::enable_operator(&*api.ports.operators, &scope, id).await }
    })
    .await?;
    Ok(Json(view.into()))
}

/// The chosen password, or one that is made, with a sealed copy for repetitions.
fn password(
    api: &Api,
    operator: OperatorId,
    chosen: Option<Secret>,
) -> Result<(Password, Option<Sealed>), Problem> {
    if let Some(text) = chosen {
        let password = Password::choose(text).map_err(|err| weak_password("password", err))?;
        return Ok((password, None));
    }
    let made = Password::generate(&*api.ports.randomness);
    let sealed = api.ports.vault.seal(&owner(operator), made.secret());
    Ok((made, Some(sealed)))
}

fn shown(api: &Api, hired: &Hired) -> Result<Option<String>, Problem> {
    let Some(sealed) = &hired.password else {
        return Ok(None);
    };
    let opened = api.ports.vault.open(&owner(hired.operator), sealed);
    let secret = opened.map_err(|err| Problem::internal(&err))?;
    Ok(Some(secret.expose().to_owned()))
}

fn owner(operator: OperatorId) -> String {
    format!("receipts/{operator}")
}

async fn load(api: &Api, caller: &Granted, id: OperatorId) -> Result<OperatorView, Problem> {
    let queries = &api.ports.operator_queries;
    let found = queries.operator(caller.tenant(), id).await?;
    found.ok_or_else(|| Problem::not_found("operator", id))
}
