//! `/routers`: which routers there are, how they are reached and how they do.

use access::{
    ApiUser, ChangeRouter, EnrolRouter, Host, LoginMethod, RouterFacts, RouterView, Transport,
    Trust, TrustRouter,
};
use axum::Json;
use axum::extract::State;
use kernel::{Name, RouterId, RouterKind, Secret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::KeyHeader;
use super::drift::LastReconcileBody;
use crate::answer::{Created, Listed};
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Granted, Listing, May, NoFilter, Once, PathId, Valid};
use crate::idempotency::{once, run};
use crate::problem::Problem;
use crate::rights::{ReadRouters, TestRouters, WriteRouters};
use crate::words;

mod diagnosis;
mod status;
mod transport;

use status::RouterStatusBody;
use transport::Asked;
pub(crate) use transport::{TransportName, TrustName};

/// A router. Never with its password.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Router)]
pub(crate) struct RouterBody {
    #[schema(value_type = String, pattern = "^rtr_[a-z2-7]{25}[aeimquy4]$", example = "rtr_agjpfimc4btqadrdlvfsmcaaai")]
    id: RouterId,
    #[schema(example = "Tower West")]
    name: String,
    #[schema(example = "10.20.0.1")]
    host: String,
    #[schema(example = 8729)]
    port: u16,
    /// `tls` or `plain`.
    #[schema(value_type = words::TransportWord, example = "tls")]
    transport: TransportName,
    /// What vouches for the certificate: `first_use` (nobody yet), `pinned` or `authority`.
    #[schema(value_type = Option<words::TrustWord>)]
    trust: Option<TrustName>,
    /// The SHA-256 of the certificate that an operator has confirmed.
    #[schema(min_length = 64, max_length = 64)]
    certificate_pin: Option<String>,
    /// `plain` or `legacy_md5`.
    #[schema(value_type = words::LoginMethodWord, example = "plain")]
    login_method: LoginMethod,
    #[schema(example = "billing")]
    username: String,
    /// Absent until the router has answered.
    facts: Option<FactsBody>,
    status: RouterStatusBody,
    last_reconcile: Option<LastReconcileBody>,
    /// Logins on it that have not ended.
    grants: u64,
    /// Logins whose newest state it does not have yet.
    pending: u64,
    /// Customers who are online although everything was done to end that: an alert, shown until they are gone.
    still_online: u64,
}

/// What a router says about itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RouterFacts)]
pub(crate) struct FactsBody {
    #[schema(example = "tower-west")]
    identity: String,
    /// The serial number, or the licence's system id on virtual routers.
    serial: Option<String>,
    #[schema(example = "7.18.2 (stable)")]
    version: String,
    #[schema(example = "RB5009UG+S+")]
    board: String,
    /// Seconds since it started.
    uptime_s: u64,
}

impl From<RouterFacts> for FactsBody {
    fn from(facts: RouterFacts) -> Self {
        Self {
            identity: facts.identity,
            serial: facts.serial,
            version: facts.version,
            board: facts.board,
            uptime_s: facts.uptime_s,
        }
    }
}

impl From<RouterView> for RouterBody {
    fn from(view: RouterView) -> Self {
        let (transport, trust) = transport::names(&view.transport);
        Self {
            id: view.id,
            name: view.name,
            host: view.host,
            port: view.port,
            transport,
            trust,
            certificate_pin: view.transport.pin().map(|it| it.to_string()),
            login_method: view.method,
            username: view.username,
            facts: (!view.facts.is_unknown()).then(|| view.facts.into()),
            status: view.status.into(),
            last_reconcile: view.last_reconcile.map(LastReconcileBody::from),
            grants: view.grants,
            pending: view.pending,
            still_online: view.still_online,
        }
    }
}

/// How a new router is reached.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnrolRouterBody {
    #[schema(value_type = String, min_length = 1, max_length = 120, example = "Tower West")]
    name: Name,
    /// An IP address or DNS name; not loopback, link-local, multicast or a metadata service.
    #[validate(length(min = 1, max = 253))]
    #[schema(example = "10.20.0.1")]
    host: String,
    /// The port of its API service: 8729 for `tls` and 8728 for `plain` unless given.
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    port: Option<u16>,
    /// `tls`, unless the path to the router is protected itself and `plain` is named.
    #[serde(default = "tls")]
    #[schema(value_type = words::TransportWord, default = "tls")]
    transport: TransportName,
    /// The SHA-256 of the router's certificate, 64 hexadecimal digits. Without it and without an authority, the router
    /// waits for somebody to confirm what it shows.
    #[validate(length(max = 128))]
    certificate_pin: Option<String>,
    /// Certificates of an authority in PEM. The router's certificate must be issued by it for `host`.
    #[validate(length(max = 16384))]
    certificate_authority: Option<String>,
    /// `plain` (RouterOS 6.43 and later) or `legacy_md5`.
    #[serde(default = "plain")]
    #[schema(value_type = words::LoginMethodWord, default = "plain")]
    login_method: LoginMethod,
    /// An account with the policies api, read, write, test and sensitive.
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64, example = "billing")]
    username: String,
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// What changes about a router: what is absent stays.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeRouterBody {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 120)]
    name: Option<Name>,
    #[validate(length(min = 1, max = 253))]
    host: Option<String>,
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    port: Option<u16>,
    /// `tls` or `plain`. Moving to `tls` without a certificate below waits for somebody to confirm it.
    #[schema(value_type = Option<words::TransportWord>)]
    transport: Option<TransportName>,
    #[validate(length(max = 128))]
    certificate_pin: Option<String>,
    #[validate(length(max = 16384))]
    certificate_authority: Option<String>,
    /// `plain` or `legacy_md5`.
    #[schema(value_type = Option<words::LoginMethodWord>)]
    login_method: Option<LoginMethod>,
    #[validate(length(min = 1, max = 64))]
    username: Option<String>,
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Secret>,
}

/// Which certificate is confirmed.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrustRouterBody {
    /// The SHA-256 of the certificate, as `/certificate print detail` shows it on the router.
    #[validate(length(max = 128))]
    #[schema(min_length = 64, max_length = 128)]
    certificate_pin: String,
}

const fn tls() -> TransportName {
    TransportName::Tls
}

const fn plain() -> LoginMethod {
    LoginMethod::Plain
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, enrol))
        .routes(routes!(get, change))
        .routes(routes!(test))
        .routes(routes!(trust))
        .merge(diagnosis::routes())
        .routes(routes!(retire))
}

/// Lists routers, newest first.
#[utoipa::path(
    get, path = "/routers", operation_id = "list_routers", tag = "routers",
    params(PageParams),
    responses((status = 200, description = "A page of routers", body = Listed<RouterBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadRouters>,
    listing: Listing<NoFilter>,
) -> Result<Json<Listed<RouterBody>>, Problem> {
    let queries = &api.ports.access_queries;
    let page = queries.routers(caller.tenant(), listing.page).await?;
    Ok(Listed::of(page))
}

/// Enrols a router. It is logged in to first; nothing is stored unless it answers as RouterOS. With `tls` and neither a
/// pin nor an authority nothing is sent to it: it waits, as `awaiting_confirmation`, until its certificate is trusted.
#[utoipa::path(
    post, path = "/routers", operation_id = "enrol_router", tag = "routers",
    params(KeyHeader),
    request_body = EnrolRouterBody,
    responses(
        (status = 201, description = "Enrolled", body = RouterBody),
        (status = 502, description = "The router does not answer", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn enrol(
    State(api): State<Api>,
    caller: May<WriteRouters>,
    request: Once<EnrolRouterBody>,
) -> Result<Created<RouterBody>, Problem> {
    let command = enrolment(&api, request.body)?;
    let (id, turn) = once(&api, &caller, &request.attempt, command.id, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            access::enrol_router(&*it.access, &*it.gateway, &*it.vault, &scope, command).await
        }
    })
    .await?;
    Ok(Created {
        location: format!("/api/v1/routers/{id}"),
        turn,
        body: load(&api, &caller, id).await?,
    })
}

/// The command of an enrolment.
fn enrolment(api: &Api, body: EnrolRouterBody) -> Result<EnrolRouter, Problem> {
    let asked = Asked {
        transport: Some(body.transport),
        pin: body.certificate_pin.as_deref(),
        authority: body.certificate_authority.as_deref(),
    };
    let host = host(api, &body.host)?;
    let username = username(&body.username)?;
    let transport = asked.parse()?.unwrap_or(Transport::Tls(Trust::FirstUse));
    Ok(EnrolRouter {
        id: api.ports.ids.next(),
        name: body.name,
        host,
        port: body.port.unwrap_or(transport.default_port()),
        transport,
        method: body.login_method,
        username,
        password: body.password,
    })
}

/// Shows a router.
#[utoipa::path(
    get, path = "/routers/{id}", operation_id = "get_router", tag = "routers",
    params(("id" = String, Path, description = "A router id")),
    responses((status = 200, description = "The router", body = RouterBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadRouters>,
    PathId(id): PathId<RouterKind>,
) -> Result<Json<RouterBody>, Problem> {
    load(&api, &caller, id).await.map(Json)
}

/// Changes how a router is reached or called. It is logged in to first; another router than the enrolled one is refused.
#[utoipa::path(
    patch, path = "/routers/{id}", operation_id = "change_router", tag = "routers",
    params(("id" = String, Path, description = "A router id")),
    request_body = ChangeRouterBody,
    responses(
        (status = 200, description = "Changed", body = RouterBody),
        (status = 502, description = "The router does not answer", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn change(
    State(api): State<Api>,
    caller: May<WriteRouters>,
    PathId(id): PathId<RouterKind>,
    Valid(body): Valid<ChangeRouterBody>,
) -> Result<Json<RouterBody>, Problem> {
    let asked = Asked {
        transport: body.transport,
        pin: body.certificate_pin.as_deref(),
        authority: body.certificate_authority.as_deref(),
    };
    let command = ChangeRouter {
        id,
        name: body.name,
        host: body.host.map(|it| host(&api, &it)).transpose()?,
        port: body.port,
        transport: asked.parse()?,
        method: body.login_method,
        username: body.username.map(|it| username(&it)).transpose()?,
        password: body.password,
    };
    run(&caller, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            access::change_router(&*it.access, &*it.gateway, &*it.vault, &scope, command).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

/// Logs in to a router and reads what it says about itself.
#[utoipa::path(
    post, path = "/routers/{id}/test", operation_id = "test_router", tag = "routers",
    params(("id" = String, Path, description = "A router id")),
    responses(
        (status = 200, description = "It answers", body = FactsBody),
        (status = 502, description = "The router does not answer", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn test(
    State(api): State<Api>,
    caller: May<TestRouters>,
    PathId(id): PathId<RouterKind>,
) -> Result<Json<FactsBody>, Problem> {
    let facts = run(&caller, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            access::test_router(
                &*it.access,
                &*it.gateway,
                &*it.vault,
                &*it.clock,
                &scope,
                id,
            )
            .await
        }
    })
    .await?;
    Ok(Json(facts.into()))
}

/// Confirms a router's certificate: only if it shows exactly this one it is logged in to, and must show it ever after.
#[utoipa::path(
    post, path = "/routers/{id}/trust", operation_id = "trust_router", tag = "routers",
    params(("id" = String, Path, description = "A router id")),
    request_body = TrustRouterBody,
    responses(
        (status = 200, description = "Trusted", body = RouterBody),
        (status = 409, description = "It shows another certificate", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 502, description = "The router does not answer", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn trust(
    State(api): State<Api>,
    caller: May<WriteRouters>,
    PathId(id): PathId<RouterKind>,
    Valid(body): Valid<TrustRouterBody>,
) -> Result<Json<RouterBody>, Problem> {
    let command = TrustRouter {
        router: id,
        certificate: transport::fingerprint(&body.certificate_pin)?,
    };
    run(&caller, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            let (store, gateway, vault) = (&*it.access, &*it.gateway, &*it.vault);
            let (ids, clock) = (&*it.ids, &*it.clock);
            access::trust_router(store, gateway, vault, ids, clock, &scope, command).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

/// Takes a router out of service, once no login on it is left.
#[utoipa::path(
    post, path = "/routers/{id}/retire", operation_id = "retire_router", tag = "routers",
    params(("id" = String, Path, description = "A router id")),
    responses(
        (status = 200, description = "Retired", body = RouterBody),
        (status = 409, description = "Logins on it have not ended", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn retire(
    State(api): State<Api>,
    caller: May<WriteRouters>,
    PathId(id): PathId<RouterKind>,
) -> Result<Json<RouterBody>, Problem> {
    run(&caller, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            access::retire_router(&*it.access, &*it.gateway, &scope, id).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

fn host(api: &Api, text: &str) -> Result<Host, Problem> {
    Ok(api.ports.host_rules.parse(text)?)
}

fn username(text: &str) -> Result<ApiUser, Problem> {
    let parsed = text.parse::<ApiUser>();
    parsed.map_err(|err| Problem::invalid("username", "format", err.to_string()))
}

async fn load(api: &Api, caller: &Granted, id: RouterId) -> Result<RouterBody, Problem> {
    let queries = &api.ports.access_queries;
    let found = queries.router(caller.tenant(), id).await?;
    let view = found.ok_or_else(|| Problem::not_found("router", id))?;
    Ok(view.into())
}
