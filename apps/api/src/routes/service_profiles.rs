//! `/service-profiles`: the technical side of plans.

use std::net::Ipv4Addr;

use access::{
    Burst, ChangeProfile, DefineProfile, ListName, ProfileStatus, ProfileView, RateLimit, Service,
    Terms,
};
use axum::Json;
use axum::extract::State;
use kernel::{ProfileId, ProfileKind, Slug};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::KeyHeader;
use crate::answer::{Created, Listed};
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Granted, Listing, May, NoFilter, Once, PathId, Valid};
use crate::idempotency::{once, run};
use crate::problem::Problem;
use crate::rights::{ReadProfiles, WriteProfiles};
use crate::words;

/// A service profile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServiceProfile)]
pub(crate) struct ProfileBody {
    #[schema(value_type = String, pattern = "^spf_[a-z2-7]{25}[aeimquy4]$", example = "spf_agjpfimc4btqadrdlvfsmcaaai")]
    id: ProfileId,
    /// On routers it is called `wb-` and this.
    #[schema(example = "home-20m")]
    name: String,
    /// What it is for: `pppoe`, `hotspot`, `static_ip`, `dhcp_lease` or `mac_bypass`.
    #[schema(value_type = words::ServiceWord, example = "pppoe")]
    service: Service,
    terms: TermsBody,
    /// `offered` or `retired`.
    #[schema(value_type = words::ProfileStatusWord, example = "offered")]
    status: ProfileStatus,
    /// Grows with every change.
    revision: u32,
}

/// What a profile allows.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Terms)]
pub(crate) struct TermsBody {
    #[validate(nested)]
    rate: RateBody,
    /// The router's address pool for customers; logins only.
    #[schema(value_type = Option<String>, max_length = 40, example = "pool-home")]
    pool: Option<ListName>,
    /// The router's own address on PPPoE lines.
    #[schema(value_type = Option<String>, example = "10.0.0.1")]
    local_address: Option<Ipv4Addr>,
    /// The router's address list that customers are put on; logins and leases only.
    #[schema(value_type = Option<String>, max_length = 40)]
    address_list: Option<ListName>,
    /// How many devices may use one login at a time; 1 for anything but a hotspot.
    #[serde(default = "one")]
    #[validate(range(min = 1, max = 1000))]
    #[schema(minimum = 1, maximum = 1000, default = 1)]
    shared_users: u16,
    /// Seconds after which a session ends.
    #[validate(range(min = 60, max = 31_536_000))]
    #[schema(minimum = 60, maximum = 31_536_000)]
    session_timeout_s: Option<u32>,
    /// Seconds of silence after which a session ends.
    #[validate(range(min = 60, max = 31_536_000))]
    #[schema(minimum = 60, maximum = 31_536_000)]
    idle_timeout_s: Option<u32>,
}

/// A speed in both directions, from the customer's point of view.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RateLimit)]
pub(crate) struct RateBody {
    /// Bits per second.
    #[validate(range(min = 1, max = 1_000_000_000_000_u64))]
    #[schema(minimum = 1, example = 5_000_000)]
    up_bps: u64,
    /// Bits per second.
    #[validate(range(min = 1, max = 1_000_000_000_000_u64))]
    #[schema(minimum = 1, example = 20_000_000)]
    down_bps: u64,
    /// A higher speed for a while.
    burst: Option<BurstBody>,
}

/// A higher speed that is allowed while the average stays under a threshold.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Burst)]
pub(crate) struct BurstBody {
    #[schema(example = 8_000_000)]
    up_bps: u64,
    #[schema(example = 30_000_000)]
    down_bps: u64,
    /// The average that ends the burst.
    #[schema(example = 4_000_000)]
    up_threshold_bps: u64,
    /// The average that ends the burst.
    #[schema(example = 15_000_000)]
    down_threshold_bps: u64,
    /// Seconds the averages are taken over, 1 to 3600.
    #[schema(minimum = 1, maximum = 3600, example = 10)]
    time_s: u32,
}

const fn one() -> u16 {
    1
}

impl From<Terms> for TermsBody {
    fn from(terms: Terms) -> Self {
        let RateLimit {
            up_bps,
            down_bps,
            burst,
        } = terms.rate;
        Self {
            rate: RateBody {
                up_bps,
                down_bps,
                burst: burst.map(BurstBody::from),
            },
            pool: terms.pool,
            local_address: terms.local_address,
            address_list: terms.address_list,
            shared_users: terms.shared_users,
            session_timeout_s: terms.session_timeout_s,
            idle_timeout_s: terms.idle_timeout_s,
        }
    }
}

impl From<TermsBody> for Terms {
    fn from(body: TermsBody) -> Self {
        Self {
            rate: RateLimit {
                up_bps: body.rate.up_bps,
                down_bps: body.rate.down_bps,
                burst: body.rate.burst.map(Burst::from),
            },
            pool: body.pool,
            local_address: body.local_address,
            address_list: body.address_list,
            shared_users: body.shared_users,
            session_timeout_s: body.session_timeout_s,
            idle_timeout_s: body.idle_timeout_s,
        }
    }
}

impl From<Burst> for BurstBody {
    fn from(burst: Burst) -> Self {
        Self {
            up_bps: burst.up_bps,
            down_bps: burst.down_bps,
            up_threshold_bps: burst.up_threshold_bps,
            down_threshold_bps: burst.down_threshold_bps,
            time_s: burst.time_s,
        }
    }
}

impl From<BurstBody> for Burst {
    fn from(body: BurstBody) -> Self {
        Self {
            up_bps: body.up_bps,
            down_bps: body.down_bps,
            up_threshold_bps: body.up_threshold_bps,
            down_threshold_bps: body.down_threshold_bps,
            time_s: body.time_s,
        }
    }
}

impl From<ProfileView> for ProfileBody {
    fn from(view: ProfileView) -> Self {
        Self {
            id: view.id,
            name: view.name,
            service: view.service,
            terms: view.terms.into(),
            status: view.status,
            revision: view.revision,
        }
    }
}

/// A new service profile.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DefineProfileBody {
    /// 1 to 40 of `a-z`, `0-9` and `-`; unique.
    #[schema(value_type = String, min_length = 1, max_length = 40, example = "home-20m")]
    name: Slug,
    /// What it is for: `pppoe`, `hotspot`, `static_ip`, `dhcp_lease` or `mac_bypass`.
    #[schema(value_type = words::ServiceWord, example = "pppoe")]
    service: Service,
    #[validate(nested)]
    terms: TermsBody,
}

/// What a profile allows from now on.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeProfileBody {
    #[validate(nested)]
    terms: TermsBody,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, define))
        .routes(routes!(get, change))
        .routes(routes!(retire))
}

/// Lists service profiles, newest first.
#[utoipa::path(
    get, path = "/service-profiles", operation_id = "list_service_profiles", tag = "service profiles",
    params(PageParams),
    responses((status = 200, description = "A page of profiles", body = Listed<ProfileBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadProfiles>,
    listing: Listing<NoFilter>,
) -> Result<Json<Listed<ProfileBody>>, Problem> {
    let queries = &api.ports.access_queries;
    let page = queries.profiles(caller.tenant(), listing.page).await?;
    Ok(Listed::of(page))
}

/// Defines a service profile.
#[utoipa::path(
    post, path = "/service-profiles", operation_id = "define_service_profile", tag = "service profiles",
    params(KeyHeader),
    request_body = DefineProfileBody,
    responses((status = 201, description = "Defined", body = ProfileBody))
)]
async fn define(
    State(api): State<Api>,
    caller: May<WriteProfiles>,
    request: Once<DefineProfileBody>,
) -> Result<Created<ProfileBody>, Problem> {
    let body = request.body;
    let command = DefineProfile {
        id: api.ports.ids.next(),
        name: body.name,
        service: body.service,
        terms: body.terms.into(),
    };
    let (id, turn) = once(&api, &caller, &request.attempt, command.id, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move { access::define_profile(&*api.ports.access, &scope, command).await }
    })
    .await?;
    Ok(Created {
        location: format!("/api/v1/service-profiles/{id}"),
        turn,
        body: load(&api, &caller, id).await?,
    })
}

/// Shows a service profile.
#[utoipa::path(
    get, path = "/service-profiles/{id}", operation_id = "get_service_profile", tag = "service profiles",
    params(("id" = String, Path, description = "A service profile id")),
    responses((status = 200, description = "The profile", body = ProfileBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadProfiles>,
    PathId(id): PathId<ProfileKind>,
) -> Result<Json<ProfileBody>, Problem> {
    load(&api, &caller, id).await.map(Json)
}

/// Replaces what a profile allows; every router that uses it is brought up to date in the background.
#[utoipa::path(
    put, path = "/service-profiles/{id}", operation_id = "change_service_profile", tag = "service profiles",
    params(("id" = String, Path, description = "A service profile id")),
    request_body = ChangeProfileBody,
    responses((status = 200, description = "Changed", body = ProfileBody))
)]
async fn change(
    State(api): State<Api>,
    caller: May<WriteProfiles>,
    PathId(id): PathId<ProfileKind>,
    Valid(body): Valid<ChangeProfileBody>,
) -> Result<Json<ProfileBody>, Problem> {
    let terms = Terms::from(body.terms);
    run(&caller, |scope| {
        let api = api.clone();
        let command = ChangeProfile {
            id,
            terms: terms.clone(),
        };
        async move {
            let it = &api.ports;
            access::change_profile(&*it.access, &*it.ids, &*it.clock, &scope, command).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

/// Retires a profile: it stays with those who have it and is offered to nobody else.
#[utoipa::path(
    post, path = "/service-profiles/{id}/retire", operation_id = "retire_service_profile", tag = "service profiles",
    params(("id" = String, Path, description = "A service profile id")),
    responses((status = 200, description = "Retired", body = ProfileBody))
)]
async fn retire(
    State(api): State<Api>,
    caller: May<WriteProfiles>,
    PathId(id): PathId<ProfileKind>,
) -> Result<Json<ProfileBody>, Problem> {
    run(&caller, |scope| {
        let api = api.clone();
        async move { access::retire_profile(&*api.ports.access, &scope, id).await }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

async fn load(api: &Api, caller: &Granted, id: ProfileId) -> Result<ProfileBody, Problem> {
    let queries = &api.ports.access_queries;
    let found = queries.profile(caller.tenant(), id).await?;
    let view = found.ok_or_else(|| Problem::not_found("service profile", id))?;
    Ok(view.into())
}
