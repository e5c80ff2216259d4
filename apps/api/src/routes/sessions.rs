//! `/routers/{id}/sessions`: who is online on a router, and cutting them off.

use std::collections::BTreeSet;

use access::{CutLogin, CutReport, LiveSession, LoginRef, Service, Subject};
use axum::Json;
use axum::extract::State;
use kernel::{RouterId, RouterKind, TenantId};
use operators::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::import_rows::masked;
use crate::api::Api;
use crate::extract::{May, PathId, Valid};
use crate::idempotency::run;
use crate::problem::Problem;
use crate::rights::{CutSessions, ReadSessions};
use crate::words;

/// A login on a router.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Login)]
pub(crate) struct LoginBody {
    /// `pppoe` or `hotspot`.
    #[schema(value_type = words::ServiceWord, example = "pppoe")]
    service: Service,
    /// Exactly as the router has it.
    #[validate(length(min = 1, max = 253))]
    #[schema(min_length = 1, max_length = 253, example = "siti.42")]
    name: String,
}

impl From<LoginRef> for LoginBody {
    fn from(login: LoginRef) -> Self {
        Self {
            service: login.service,
            name: login.name,
        }
    }
}

/// A session that runs on a router.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LiveSession)]
pub(crate) struct SessionBody {
    login: LoginBody,
    /// The customer's address, if known.
    #[schema(example = "10.64.3.7")]
    address: Option<String>,
    /// The device: a MAC address as a rule.
    #[schema(example = "D4:CA:6D:00:11:22")]
    device: Option<String>,
    /// Seconds since it began.
    uptime_s: u64,
}

impl From<LiveSession> for SessionBody {
    fn from(session: LiveSession) -> Self {
        Self {
            login: session.login.into(),
            address: session.address,
            device: session.device,
            uptime_s: session.uptime_s,
        }
    }
}

/// Everybody who is online on a router now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LiveSessions)]
pub(crate) struct SessionsBody {
    items: Vec<SessionBody>,
}

/// What cutting came to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CutReport)]
pub(crate) struct CutBody {
    /// Sessions that ended.
    removed: u64,
    /// Who is online still, or again.
    still_online: Vec<LoginBody>,
}

impl From<CutReport> for CutBody {
    fn from(report: CutReport) -> Self {
        Self {
            removed: report.removed,
            still_online: report
                .still_online
                .into_iter()
                .map(LoginBody::from)
                .collect(),
        }
    }
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(cut))
}

/// Asks a router who is online now. Hotspot logins that are not known as a subscription's show masked to those who may not
/// see codes.
#[utoipa::path(
    get, path = "/routers/{id}/sessions", operation_id = "list_router_sessions", tag = "routers",
    params(("id" = String, Path, description = "A router id")),
    responses(
        (status = 200, description = "Who is online", body = SessionsBody),
        (status = 502, description = "The router does not answer", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadSessions>,
    PathId(id): PathId<RouterKind>,
) -> Result<Json<SessionsBody>, Problem> {
    let sessions = run(&caller, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            access::list_sessions(
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
    let sessions = if caller.claims().role.allows(Permission::RevealCodes) {
        sessions
    } else {
        without_codes(&api, caller.tenant(), id, sessions).await?
    };
    let items = sessions.into_iter().map(SessionBody::from).collect();
    Ok(Json(SessionsBody { items }))
}

/// Every hotspot login that is not known as a subscription's may be a voucher's code.
async fn without_codes(
    api: &Api,
    tenant: TenantId,
    router: RouterId,
    mut sessions: Vec<LiveSession>,
) -> Result<Vec<LiveSession>, Problem> {
    let may_be_code = |it: &LoginRef| it.service == Service::Hotspot;
    let logins = sessions.iter().map(|it| it.login.clone());
    let logins: Vec<LoginRef> = logins.filter(may_be_code).collect();
    let queries = &api.ports.access_queries;
    let subjects = queries.subjects_of(tenant, router, &logins).await?;
    let open = subjects.into_iter().filter_map(|(login, subject)| {
        matches!(subject, Subject::Subscription(_)).then_some(login)
    });
    let open: BTreeSet<LoginRef> = open.collect();
    for it in &mut sessions {
        if may_be_code(&it.login) && !open.contains(&it.login) {
            it.login.name = masked(&it.login.name);
        }
    }
    Ok(sessions)
}

/// Ends every session of a login and forgets its cookies. It may come back: suspend the subscription to keep it out.
#[utoipa::path(
    post, path = "/routers/{id}/cut", operation_id = "cut_login", tag = "routers",
    params(("id" = String, Path, description = "A router id")),
    request_body = LoginBody,
    responses(
        (status = 200, description = "What it came to", body = CutBody),
        (status = 502, description = "The router does not answer", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn cut(
    State(api): State<Api>,
    caller: May<CutSessions>,
    PathId(router): PathId<RouterKind>,
    Valid(body): Valid<LoginBody>,
) -> Result<Json<CutBody>, Problem> {
    let command = CutLogin {
        router,
        login: LoginRef::new(body.service, body.name),
    };
    let report = run(&caller, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            access::cut_login(
                &*it.access,
                &*it.gateway,
                &*it.vault,
                &*it.clock,
                &scope,
                command,
            )
            .await
        }
    })
    .await?;
    Ok(Json(report.into()))
}
