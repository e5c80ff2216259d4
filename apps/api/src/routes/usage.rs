//! `/grants/{id}/usage`, `/subscriptions/{id}/usage` and `/sessions`: what was used, day by day and session by session.

use access::{
    DayUsage, EndCause, GrantFilter, GrantUsage, Load, Service, SessionFilter, SessionView, Subject,
};
use axum::Json;
use axum::extract::State;
use chrono::Days;
use kernel::{
    AccessSessionId, GrantId, GrantKind, LocalDate, PageRequest, RouterId, SubscriptionId,
    SubscriptionKind, TenantId, Timestamp, VoucherId,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Listed;
use crate::api::Api;
use crate::extract::filtered::Filtered;
use crate::extract::listing::PageParams;
use crate::extract::{Listing, May, PathId};
use crate::problem::{Problem, catalog};
use crate::rights::ReadUsage;
use crate::words;

/// Days that one answer covers at most.
const MOST_DAYS: i64 = 400;
/// Days before the last one that are shown if nothing else is asked for.
const USUAL_DAYS: u64 = 29;

/// An amount of use.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Usage)]
pub(crate) struct UsageBody {
    /// Bytes that the customer sent.
    #[schema(example = 81_204_992)]
    bytes_up: u64,
    /// Bytes that the customer received.
    #[schema(example = 1_938_112_442_i64)]
    bytes_down: u64,
    /// Seconds of connected time; of several devices at once each counts.
    #[schema(example = 53_400)]
    seconds_online: u64,
}

impl From<Load> for UsageBody {
    fn from(load: Load) -> Self {
        Self {
            bytes_up: load.bytes_up,
            bytes_down: load.bytes_down,
            seconds_online: load.seconds,
        }
    }
}

/// What was used on one day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DayUsage)]
pub(crate) struct DayBody {
    #[schema(value_type = String, format = Date, example = "2026-11-21")]
    day: LocalDate,
    #[serde(flatten)]
    used: UsageBody,
}

impl From<DayUsage> for DayBody {
    fn from(it: DayUsage) -> Self {
        Self {
            day: it.day,
            used: it.used.into(),
        }
    }
}

/// What was used. A day is one of the first legal entity's zone, and use belongs to the day on which it was noticed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GrantUsage)]
pub(crate) struct GrantUsageBody {
    #[schema(value_type = String, pattern = "^gra_[a-z2-7]{25}[aeimquy4]$", example = "gra_agjpfimc4btqadrdlvfsmcaaai")]
    grant: GrantId,
    /// The first day of the answer.
    #[schema(value_type = String, format = Date)]
    from: LocalDate,
    /// The last day of the answer.
    #[schema(value_type = String, format = Date)]
    to: LocalDate,
    /// Days with any use, the earliest first.
    days: Vec<DayBody>,
    /// The sum of these days.
    sum: UsageBody,
    /// Everything ever used on this grant.
    total: UsageBody,
}

/// Which days are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DaysFilter {
    /// The first day; 29 days before the last one if absent.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<LocalDate>,
    /// The last day; today if absent. At most 400 days are answered at once.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<LocalDate>,
}

/// A session of a customer, as polls have seen it. A voucher's login is masked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccessSession)]
pub(crate) struct AccessSessionBody {
    #[schema(value_type = String, pattern = "^acs_[a-z2-7]{25}[aeimquy4]$", example = "acs_agjpfimc4btqadrdlvfsmcaaai")]
    id: AccessSessionId,
    #[schema(value_type = String, pattern = "^rtr_[a-z2-7]{25}[aeimquy4]$", example = "rtr_agjpfimc4btqadrdlvfsmcaaai")]
    router: RouterId,
    #[schema(value_type = String, pattern = "^gra_[a-z2-7]{25}[aeimquy4]$", example = "gra_agjpfimc4btqadrdlvfsmcaaai")]
    grant: GrantId,
    /// The subscription it is for, if any.
    #[schema(value_type = Option<String>, pattern = "^sub_[a-z2-7]{25}[aeimquy4]$")]
    subscription: Option<SubscriptionId>,
    /// The voucher it is for, if any.
    #[schema(value_type = Option<String>, pattern = "^vou_[a-z2-7]{25}[aeimquy4]$")]
    voucher: Option<VoucherId>,
    #[schema(value_type = words::ServiceWord, example = "pppoe")]
    service: Service,
    #[schema(example = "siti.42")]
    login: String,
    /// When it began, by its own age.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When it was last seen.
    #[schema(value_type = String, format = DateTime)]
    seen_at: Timestamp,
    /// When it was found ended: it ended after `seen_at` and before this.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// `gone`: why is unknown; `replaced`: another session of the device took its place; `restart`: the router started
    /// anew.
    #[schema(value_type = Option<words::EndCauseWord>)]
    cause: Option<EndCause>,
    /// The customer's address, if known.
    #[schema(example = "10.64.3.7")]
    address: Option<String>,
    /// The device: a MAC address as a rule.
    #[schema(example = "D4:CA:6D:00:11:22")]
    device: Option<String>,
    /// What was recorded from it.
    used: UsageBody,
}

impl From<SessionView> for AccessSessionBody {
    fn from(view: SessionView) -> Self {
        let (subscription, voucher) = match view.subject {
            Subject::Subscription(id) => (Some(id), None),
            Subject::Voucher(id) => (None, Some(id)),
        };
        Self {
            id: view.id,
            router: view.router,
            grant: view.grant,
            subscription,
            voucher,
            service: view.service,
            login: view.login,
            started_at: view.started_at,
            seen_at: view.seen_at,
            ended_at: view.ended_at,
            cause: view.cause,
            address: view.address,
            device: view.device,
            used: view.used.into(),
        }
    }
}

/// Which sessions are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SessionsFilter {
    /// Only those on this router.
    #[param(value_type = Option<String>, pattern = "^rtr_[a-z2-7]{25}[aeimquy4]$")]
    router: Option<RouterId>,
    /// Only those on this grant.
    #[param(value_type = Option<String>, pattern = "^gra_[a-z2-7]{25}[aeimquy4]$")]
    grant: Option<GrantId>,
    /// Only this subscription's.
    #[param(value_type = Option<String>, pattern = "^sub_[a-z2-7]{25}[aeimquy4]$")]
    subscription: Option<SubscriptionId>,
    /// Only those that run, or only those that have ended.
    online: Option<bool>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(of_grant))
        .routes(routes!(of_subscription))
        .routes(routes!(sessions))
}

/// Shows what was used on a grant, day by day.
#[utoipa::path(
    get, path = "/grants/{id}/usage", operation_id = "get_grant_usage", tag = "usage",
    params(("id" = String, Path, description = "A grant id"), DaysFilter),
    responses((status = 200, description = "What was used", body = GrantUsageBody))
)]
async fn of_grant(
    State(api): State<Api>,
    caller: May<ReadUsage>,
    PathId(grant): PathId<GrantKind>,
    Filtered(days): Filtered<DaysFilter>,
) -> Result<Json<GrantUsageBody>, Problem> {
    let usage = usage_of(&api, caller.tenant(), grant, &days).await?;
    let usage = usage.ok_or_else(|| Problem::not_found("grant", grant))?;
    Ok(Json(usage))
}

/// Shows what was used on a subscription, day by day.
#[utoipa::path(
    get, path = "/subscriptions/{id}/usage", operation_id = "get_subscription_usage", tag = "usage",
    params(("id" = String, Path, description = "A subscription id"), DaysFilter),
    responses((status = 200, description = "What was used", body = GrantUsageBody))
)]
async fn of_subscription(
    State(api): State<Api>,
    caller: May<ReadUsage>,
    PathId(subscription): PathId<SubscriptionKind>,
    Filtered(days): Filtered<DaysFilter>,
) -> Result<Json<GrantUsageBody>, Problem> {
    let unknown = || Problem::not_found("subscription", subscription);
    let filter = GrantFilter {
        subject: Some(Subject::Subscription(subscription)),
        ..GrantFilter::default()
    };
    let queries = &api.ports.access_queries;
    let page = PageRequest::new(1, None);
    let grants = queries.grants(caller.tenant(), filter, page).await?;
    let grant = grants.items.first().ok_or_else(unknown)?.id;
    let usage = usage_of(&api, caller.tenant(), grant, &days).await?;
    Ok(Json(usage.ok_or_else(unknown)?))
}

async fn usage_of(
    api: &Api,
    tenant: TenantId,
    grant: GrantId,
    days: &DaysFilter,
) -> Result<Option<GrantUsageBody>, Problem> {
    let (from, to) = range(api, tenant, days).await?;
    let usage = api.ports.usage_queries.usage_of(tenant, grant, from, to);
    let Some(GrantUsage { days, total }) = usage.await? else {
        return Ok(None);
    };
    let sum = days.iter().fold(Load::ZERO, |sum, it| sum.plus(it.used));
    Ok(Some(GrantUsageBody {
        grant,
        from,
        to,
        days: days.into_iter().map(DayBody::from).collect(),
        sum: sum.into(),
        total: total.into(),
    }))
}

async fn range(
    api: &Api,
    tenant: TenantId,
    days: &DaysFilter,
) -> Result<(LocalDate, LocalDate), Problem> {
    let to = match days.to {
        Some(to) => to,
        None => {
            let zone = workflows::zone_of(&*api.ports.billing_queries, tenant).await?;
            zone.date_at(api.ports.clock.now())
        }
    };
    let usual = || to.checked_sub_days(Days::new(USUAL_DAYS)).unwrap_or(to);
    let from = days.from.unwrap_or_else(usual);
    let count = to.signed_duration_since(from).num_days();
    let broken = if count < 0 {
        Some("must not be after to")
    } else if count >= MOST_DAYS {
        Some("must be less than 400 days before to")
    } else {
        None
    };
    match broken {
        None => Ok((from, to)),
        Some(rule) => Err(Problem::of(&catalog::INVALID_PARAMETER).field("from", "range", rule)),
    }
}

/// Lists sessions of customers, those first seen last first. Sessions shorter than a poll are in no list, but their use
/// is counted where the router keeps totals.
#[utoipa::path(
    get, path = "/sessions", operation_id = "list_sessions", tag = "usage",
    params(PageParams, SessionsFilter),
    responses((status = 200, description = "A page of sessions", body = Listed<AccessSessionBody>))
)]
async fn sessions(
    State(api): State<Api>,
    caller: May<ReadUsage>,
    listing: Listing<SessionsFilter>,
) -> Result<Json<Listed<AccessSessionBody>>, Problem> {
    let filter = SessionFilter {
        router: listing.filter.router,
        grant: listing.filter.grant,
        subject: listing.filter.subscription.map(Subject::Subscription),
        is_open: listing.filter.online,
    };
    let queries = &api.ports.usage_queries;
    let page = queries
        .sessions(caller.tenant(), filter, listing.page)
        .await?;
    Ok(Listed::of(page))
}
