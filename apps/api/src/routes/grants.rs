//! `/grants`: which logins are allowed on which router, and how far the router follows.

use std::net::Ipv4Addr;

use access::{Allowance, GrantFilter, GrantView, Service, Subject};
use axum::Json;
use axum::extract::State;
use kernel::{GrantId, ProfileId, RouterId, SubscriptionId, Timestamp, VoucherId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Listed;
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Listing, May};
use crate::problem::{Problem, catalog};
use crate::rights::ReadRouters;
use crate::words;

/// Permission for one login on one router. Never with its password; a voucher's login is masked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Grant)]
pub(crate) struct GrantBody {
    #[schema(value_type = String, pattern = "^gra_[a-z2-7]{25}[aeimquy4]$", example = "gra_agjpfimc4btqadrdlvfsmcaaai")]
    id: GrantId,
    #[schema(value_type = String, pattern = "^rtr_[a-z2-7]{25}[aeimquy4]$", example = "rtr_agjpfimc4btqadrdlvfsmcaaai")]
    router: RouterId,
    /// The subscription it is for, if any.
    #[schema(value_type = Option<String>, pattern = "^sub_[a-z2-7]{25}[aeimquy4]$")]
    subscription: Option<SubscriptionId>,
    /// The voucher it is for, if any.
    #[schema(value_type = Option<String>, pattern = "^vou_[a-z2-7]{25}[aeimquy4]$")]
    voucher: Option<VoucherId>,
    /// How the customer is connected.
    #[schema(value_type = words::ServiceWord, example = "pppoe")]
    service: Service,
    /// What the router knows the customer by: a name, an address or a device. A voucher's is masked.
    #[schema(example = "siti.42")]
    login: String,
    /// The address a device is always to have.
    #[schema(value_type = Option<String>, example = "10.20.0.9")]
    address: Option<Ipv4Addr>,
    #[schema(value_type = String, pattern = "^spf_[a-z2-7]{25}[aeimquy4]$", example = "spf_agjpfimc4btqadrdlvfsmcaaai")]
    profile: ProfileId,
    /// `active`, `restricted`, `blocked` or `ended`.
    #[schema(example = "active")]
    allowance: &'static str,
    /// Until when it is active, if that is limited.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Grows with every change.
    revision: u32,
    #[schema(value_type = String, format = DateTime)]
    changed_at: Timestamp,
    /// The last revision the router is known to have.
    applied_revision: u32,
    #[schema(value_type = Option<String>, format = DateTime)]
    applied_at: Option<Timestamp>,
    /// Why the newest revision is not on the router, if it was tried.
    error: Option<String>,
}

impl From<GrantView> for GrantBody {
    fn from(view: GrantView) -> Self {
        let (subscription, voucher) = match view.subject {
            Subject::Subscription(id) => (Some(id), None),
            Subject::Voucher(id) => (None, Some(id)),
        };
        let (allowance, until) = match view.allowance {
            Allowance::Active { until } => ("active", until),
            Allowance::Restricted => ("restricted", None),
            Allowance::Blocked => ("blocked", None),
            Allowance::Ended => ("ended", None),
        };
        Self {
            id: view.id,
            router: view.router,
            subscription,
            voucher,
            service: view.service,
            login: view.login,
            address: view.address,
            profile: view.profile,
            allowance,
            until,
            revision: view.revision,
            changed_at: view.changed_at,
            applied_revision: view.applied_revision,
            applied_at: view.applied_at,
            error: view.error,
        }
    }
}

/// Which grants are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GrantsFilter {
    /// Only those on this router.
    #[param(value_type = Option<String>, pattern = "^rtr_[a-z2-7]{25}[aeimquy4]$")]
    router: Option<RouterId>,
    /// Only this subscription's.
    #[param(value_type = Option<String>, pattern = "^sub_[a-z2-7]{25}[aeimquy4]$")]
    subscription: Option<SubscriptionId>,
    /// Only this voucher's.
    #[param(value_type = Option<String>, pattern = "^vou_[a-z2-7]{25}[aeimquy4]$")]
    voucher: Option<VoucherId>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Lists grants, newest first.
#[utoipa::path(
    get, path = "/grants", operation_id = "list_grants", tag = "routers",
    params(PageParams, GrantsFilter),
    responses((status = 200, description = "A page of grants", body = Listed<GrantBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadRouters>,
    listing: Listing<GrantsFilter>,
) -> Result<Json<Listed<GrantBody>>, Problem> {
    let filter = GrantFilter {
        router: listing.filter.router,
        subject: subject(&listing.filter)?,
    };
    let queries = &api.ports.access_queries;
    let page = queries
        .grants(caller.tenant(), filter, listing.page)
        .await?;
    Ok(Listed::of(page))
}

fn subject(filter: &GrantsFilter) -> Result<Option<Subject>, Problem> {
    match (filter.subscription, filter.voucher) {
        (None, None) => Ok(None),
        (Some(id), None) => Ok(Some(Subject::Subscription(id))),
        (None, Some(id)) => Ok(Some(Subject::Voucher(id))),
        (Some(_), Some(_)) => Err(Problem::of(&catalog::INVALID_PARAMETER).field(
            "voucher",
            "exclusive",
            "must not be given together with subscription",
        )),
    }
}
