//! `/plans`: what is sold.

use axum::Json;
use axum::extract::State;
use billing::{
    Charging, Interval, IntervalUnit, NewPlan, PlanStatus, PlanView, SoldAs, TaxCode, Timing,
};
use kernel::{Name, PlanId, PlanKind, ProfileId};
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
use crate::money::MoneyBody;
use crate::problem::Problem;
use crate::rights::{ReadPlans, WritePlans};
use crate::words;

/// A plan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Plan)]
pub(crate) struct PlanBody {
    #[schema(value_type = String, pattern = "^pln_[a-z2-7]{25}[aeimquy4]$", example = "pln_agjpfimc4btqadrdlvfsmcaaai")]
    id: PlanId,
    #[schema(value_type = String, example = "Home 20M")]
    name: Name,
    /// What one interval costs.
    price: MoneyBody,
    interval: IntervalBody,
    #[schema(value_type = String, pattern = "^spf_[a-z2-7]{25}[aeimquy4]$", example = "spf_agjpfimc4btqadrdlvfsmcaaai")]
    service_profile: ProfileId,
    /// `subscription`, `voucher` or `add_on`.
    #[schema(value_type = words::SoldAsWord, example = "subscription")]
    sold_as: SoldAs,
    /// The tax category; that of the legal entity's usual things if absent.
    #[schema(value_type = Option<String>, example = "standard")]
    tax_category: Option<TaxCode>,
    /// `in_advance`, `in_arrear` or `prepaid`.
    #[schema(value_type = words::TimingWord, example = "in_advance")]
    timing: Timing,
    /// How many days at the beginning nothing recurs.
    #[schema(maximum = 366, example = 0)]
    trial_days: u16,
    /// What is charged once.
    fee: Option<MoneyBody>,
    /// `offered` or `retired`.
    #[schema(value_type = words::PlanStatusWord, example = "offered")]
    status: PlanStatus,
}

/// A length of time.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Interval)]
pub(crate) struct IntervalBody {
    /// `minutes`, `hours`, `days`, `weeks` or `months`; subscriptions take days, weeks or months.
    #[schema(value_type = words::IntervalUnitWord, example = "months")]
    unit: IntervalUnit,
    #[validate(range(min = 1, max = 1000))]
    #[schema(minimum = 1, maximum = 1000, example = 1)]
    count: u16,
}

impl From<Interval> for IntervalBody {
    fn from(interval: Interval) -> Self {
        Self {
            unit: interval.unit(),
            count: interval.count(),
        }
    }
}

impl From<PlanView> for PlanBody {
    fn from(view: PlanView) -> Self {
        Self {
            id: view.id,
            name: view.name,
            price: view.price.into(),
            interval: view.interval.into(),
            service_profile: view.profile,
            sold_as: view.sold_as,
            tax_category: view.tax_category,
            timing: view.charging.timing,
            trial_days: view.charging.trial_days,
            fee: view.charging.fee.map(MoneyBody::from),
            status: view.status,
        }
    }
}

/// A new plan.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DefinePlanBody {
    #[schema(value_type = String, min_length = 1, max_length = 120, example = "Home 20M")]
    name: Name,
    /// In the currency of the legal entity; above zero for a subscription.
    #[validate(nested)]
    price: MoneyBody,
    #[validate(nested)]
    interval: IntervalBody,
    /// What the router allows.
    #[schema(value_type = String, pattern = "^spf_[a-z2-7]{25}[aeimquy4]$", example = "spf_agjpfimc4btqadrdlvfsmcaaai")]
    service_profile: ProfileId,
    /// `subscription`, `voucher` or `add_on`: something on top of a subscription, in its periods.
    #[schema(value_type = words::SoldAsWord, example = "subscription")]
    sold_as: SoldAs,
    /// `in_advance` (if absent), `in_arrear` or `prepaid`, which begins no period that is not paid; a subscription and its add-ons need the same.
    #[serde(default)]
    #[schema(value_type = Option<words::TimingWord>, example = "in_advance")]
    timing: Timing,
    /// How many days at the beginning of a subscription nothing recurs; none if absent.
    #[serde(default)]
    #[validate(range(max = 366))]
    #[schema(maximum = 366, example = 0)]
    trial_days: u16,
    /// What is charged once when it is sold or changed to, above zero, in the currency of the price.
    #[validate(nested)]
    fee: Option<MoneyBody>,
}

/// How a plan is taxed.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaxPlanBody {
    /// A tax category of the legal entity; null for its usual one.
    #[schema(value_type = Option<String>, example = "standard")]
    tax_category: Option<TaxCode>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, define))
        .routes(routes!(get))
        .routes(routes!(retire))
        .routes(routes!(tax))
}

/// Lists plans, newest first.
#[utoipa::path(
    get, path = "/plans", operation_id = "list_plans", tag = "plans",
    params(PageParams),
    responses((status = 200, description = "A page of plans", body = Listed<PlanBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadPlans>,
    listing: Listing<NoFilter>,
) -> Result<Json<Listed<PlanBody>>, Problem> {
    let queries = &api.ports.billing_queries;
    let page = queries.plans(caller.tenant(), listing.page).await?;
    Ok(Listed::of(page))
}

/// Defines a plan.
#[utoipa::path(
    post, path = "/plans", operation_id = "define_plan", tag = "plans",
    params(KeyHeader),
    request_body = DefinePlanBody,
    responses((status = 201, description = "Defined", body = PlanBody))
)]
async fn define(
    State(api): State<Api>,
    caller: May<WritePlans>,
    request: Once<DefinePlanBody>,
) -> Result<Created<PlanBody>, Problem> {
    let new = new_plan(&api, request.body)?;
    known_profile(&api, &caller, new.profile).await?;
    let (id, turn) = once(&api, &caller, &request.attempt, new.id, |scope| {
        let (api, new) = (api.clone(), new.clone());
        async move { billing::define_plan(&*api.ports.billing, &scope, new).await }
    })
    .await?;
    Ok(Created {
        location: format!("/api/v1/plans/{id}"),
        turn,
        body: load(&api, &caller, id).await?,
    })
}

/// Shows a plan.
#[utoipa::path(
    get, path = "/plans/{id}", operation_id = "get_plan", tag = "plans",
    params(("id" = String, Path, description = "A plan id")),
    responses((status = 200, description = "The plan", body = PlanBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadPlans>,
    PathId(id): PathId<PlanKind>,
) -> Result<Json<PlanBody>, Problem> {
    load(&api, &caller, id).await.map(Json)
}

/// Stops selling a plan; those who have it keep it. Twice is harmless.
#[utoipa::path(
    post, path = "/plans/{id}/retire", operation_id = "retire_plan", tag = "plans",
    params(("id" = String, Path, description = "A plan id")),
    responses((status = 200, description = "Retired", body = PlanBody))
)]
async fn retire(
    State(api): State<Api>,
    caller: May<WritePlans>,
    PathId(id): PathId<PlanKind>,
) -> Result<Json<PlanBody>, Problem> {
    run(&caller, |scope| {
        let api = api.clone();
        async move { billing::retire_plan(&*api.ports.billing, &scope, id).await }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

/// Gives a plan a tax category from the next invoice on; what was issued stays as it is. Twice is harmless.
#[utoipa::path(
    put, path = "/plans/{id}/tax-category", operation_id = "tax_plan", tag = "plans",
    params(("id" = String, Path, description = "A plan id")),
    request_body = TaxPlanBody,
    responses((status = 200, description = "The plan", body = PlanBody))
)]
async fn tax(
    State(api): State<Api>,
    caller: May<WritePlans>,
    PathId(id): PathId<PlanKind>,
    Valid(body): Valid<TaxPlanBody>,
) -> Result<Json<PlanBody>, Problem> {
    run(&caller, |scope| {
        let (api, category) = (api.clone(), body.tax_category.clone());
        async move { billing::tax_plan(&*api.ports.billing, &scope, id, category).await }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

fn new_plan(api: &Api, body: DefinePlanBody) -> Result<NewPlan, Problem> {
    let IntervalBody { unit, count } = body.interval;
    let interval = Interval::new(unit, count)
        .map_err(|err| Problem::invalid("interval.count", "range", err.to_string()))?;
    Ok(NewPlan {
        id: api.ports.ids.next(),
        name: body.name,
        price: body.price.into(),
        interval,
        profile: body.service_profile,
        sold_as: body.sold_as,
        charging: Charging {
            timing: body.timing,
            trial_days: body.trial_days,
            fee: body.fee.map(Into::into),
        },
    })
}

/// Billing knows profiles by id only, so a mistyped or foreign one is caught here.
async fn known_profile(api: &Api, caller: &Granted, id: ProfileId) -> Result<(), Problem> {
    let queries = &api.ports.access_queries;
    match queries.profile(caller.tenant(), id).await? {
        Some(_) => Ok(()),
        None => Err(Problem::unknown_reference(
            "service_profile",
            format!("there is no service profile {id}"),
        )),
    }
}

async fn load(api: &Api, caller: &Granted, id: PlanId) -> Result<PlanBody, Problem> {
    let queries = &api.ports.billing_queries;
    let found = queries.plan(caller.tenant(), id).await?;
    let view = found.ok_or_else(|| Problem::not_found("plan", id))?;
    Ok(view.into())
}
