//! `/routers/{id}/setup`: the pools and the walled garden that the product keeps on a router.

use access::{
    BadSetup, ChangeSetup, ChangeSetupError, Destination, ListName, Pool, Ranges,
    RouterSetupSnapshot,
};
use axum::Json;
use axum::extract::State;
use kernel::{RouterId, RouterKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use crate::api::Api;
use crate::extract::{Granted, May, PathId, Valid};
use crate::idempotency::run;
use crate::problem::Problem;
use crate::rights::{ReadRouters, WriteRouters};

/// A pool of addresses.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Pool)]
pub(crate) struct PoolBody {
    /// What service profiles call it; on RouterOS 6 it must begin with `wb-`, because pools have no comments there.
    #[schema(value_type = String, max_length = 40, example = "wb-home")]
    name: ListName,
    /// Up to 16 ranges, single addresses or prefixes, separated by commas.
    #[schema(value_type = String, example = "10.20.0.2-10.20.3.254")]
    ranges: Ranges,
}

/// What a router holds besides customers.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RouterSetup)]
pub(crate) struct SetupBody {
    /// Pools of addresses; pools by other hands stay as they are.
    #[validate(nested)]
    #[schema(max_items = 200)]
    pools: Vec<PoolBody>,
    /// Host names (with `*`), addresses and prefixes that hotspot customers reach without having paid.
    #[schema(value_type = Vec<String>, max_items = 200, example = json!(["pay.example.com", "*.bank.id", "192.0.2.0/24"]))]
    walled_garden: Vec<Destination>,
}

impl From<RouterSetupSnapshot> for SetupBody {
    fn from(setup: RouterSetupSnapshot) -> Self {
        let pool = |it: Pool| PoolBody {
            name: it.name,
            ranges: it.ranges,
        };
        Self {
            pools: setup.pools.into_iter().map(pool).collect(),
            walled_garden: setup.walled_garden,
        }
    }
}

impl From<ChangeSetupError> for Problem {
    fn from(err: ChangeSetupError) -> Self {
        match err {
            ChangeSetupError::NotFound(id) => Self::not_found("router", id),
            ChangeSetupError::Router(refusal) => refusal.into(),
            ChangeSetupError::Refused(rule) => refused(rule),
            ChangeSetupError::Store(err) => err.into(),
        }
    }
}

fn refused(rule: BadSetup) -> Problem {
    let text = rule.to_string();
    match rule {
        BadSetup::TooMany { what } => Problem::invalid(what, "length", text),
        BadSetup::Repeated { what } => Problem::invalid(what, "unique", text),
        BadSetup::TooManyExceptions => Problem::invalid("exceptions", "length", text),
    }
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show, replace))
}

/// Shows the pools and the walled garden that are kept on a router.
#[utoipa::path(
    get, path = "/routers/{id}/setup", operation_id = "get_router_setup", tag = "routers",
    params(("id" = String, Path, description = "A router id")),
    responses((status = 200, description = "The setup", body = SetupBody))
)]
async fn show(
    State(api): State<Api>,
    caller: May<ReadRouters>,
    PathId(id): PathId<RouterKind>,
) -> Result<Json<SetupBody>, Problem> {
    load(&api, &caller, id).await.map(Json)
}

/// Replaces the pools and the walled garden; the router is brought up to date in the background.
#[utoipa::path(
    put, path = "/routers/{id}/setup", operation_id = "change_router_setup", tag = "routers",
    params(("id" = String, Path, description = "A router id")),
    request_body = SetupBody,
    responses((status = 200, description = "Changed", body = SetupBody))
)]
async fn replace(
    State(api): State<Api>,
    caller: May<WriteRouters>,
    PathId(router): PathId<RouterKind>,
    Valid(body): Valid<SetupBody>,
) -> Result<Json<SetupBody>, Problem> {
    let pool = |it: PoolBody| Pool {
        name: it.name,
        ranges: it.ranges,
    };
    let command = ChangeSetup {
        router,
        pools: body.pools.into_iter().map(pool).collect(),
        walled_garden: body.walled_garden,
    };
    run(&caller, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            access::change_setup(&*it.access, &*it.ids, &*it.clock, &scope, command).await
        }
    })
    .await?;
    load(&api, &caller, router).await.map(Json)
}

async fn load(api: &Api, caller: &Granted, id: RouterId) -> Result<SetupBody, Problem> {
    let found = access::show_setup(&*api.ports.access, &caller.scope(), id).await?;
    let setup = found.ok_or_else(|| Problem::not_found("router", id))?;
    Ok(setup.into())
}
