//! What else can be decided about a subscription: quantities, add-ons, pauses, the bill day.

use axum::Json;
use axum::extract::State;
use billing::{AmendSubscription, Amended, Amendment, At, BillDay, PausePolicy};
use kernel::{LocalDate, PlanId, SubscriptionId, SubscriptionKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::issued::IssuedBody;
use super::{SubscriptionBody, load};
use crate::answer::Created;
use crate::api::Api;
use crate::extract::{Granted, May, Once, PathId, Valid};
use crate::idempotency::{once, run};
use crate::problem::Problem;
use crate::rights::{ChangePlans, SuspendSubscriptions};
use crate::routes::KeyHeader;
use crate::words;

/// The most units of anything that a form takes.
const MOST: u32 = 1_000_000;

/// What a decision came to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubscriptionChange)]
pub(crate) struct ChangeBody {
    subscription: SubscriptionBody,
    /// The day on which it takes effect.
    #[schema(value_type = String, format = Date, example = "2026-12-01")]
    from: LocalDate,
    #[serde(flatten)]
    issued: IssuedBody,
}

/// Another number of units.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuantityBody {
    /// Of which component; 0, if absent, is the base plan.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100, example = 0)]
    component: u16,
    /// How many units.
    #[validate(range(min = 1, max = MOST))]
    #[schema(minimum = 1, maximum = 1_000_000, example = 3)]
    quantity: u32,
    /// `now`, `period_end` or a day from 31 days back to 366 days ahead. If absent, more begin now and fewer at the end of
    /// the period.
    #[schema(value_type = Option<String>, example = "period_end")]
    when: Option<At>,
}

/// Something to add.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddOnBody {
    /// A plan that is sold as an add-on, with the periods of the base plan.
    #[schema(value_type = String, pattern = "^pln_[a-z2-7]{25}[aeimquy4]$", example = "pln_agjpfimc4btqadrdlvfsmcaaai")]
    plan: PlanId,
    /// How many units; one if absent.
    #[validate(range(min = 1, max = MOST))]
    #[schema(minimum = 1, maximum = 1_000_000, example = 1)]
    quantity: Option<u32>,
    /// `now` (if absent), `period_end` or a day from 31 days back to 366 days ahead.
    #[schema(value_type = Option<String>, example = "now")]
    when: Option<At>,
}

/// An add-on to take away.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemovalBody {
    /// Its number on the subscription.
    #[schema(minimum = 1, maximum = 100, example = 1)]
    component: u16,
    /// `now`, `period_end` (if absent) or a day from 31 days back to 366 days ahead.
    #[schema(value_type = Option<String>, example = "period_end")]
    when: Option<At>,
}

/// A rest.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PauseBody {
    /// `now` (if absent), `period_end` or a day from 31 days back to 366 days ahead.
    #[schema(value_type = Option<String>, example = "2026-12-20")]
    when: Option<At>,
    /// The day after the last; until it is resumed if absent.
    #[schema(value_type = Option<String>, format = Date, example = "2027-01-10")]
    until: Option<LocalDate>,
    /// `no_new_period` (if absent): what has begun stays charged; `keep`: everything does; `credit_days`: no day of it.
    #[serde(default)]
    #[schema(value_type = Option<words::PausePolicyWord>, example = "no_new_period")]
    policy: PausePolicy,
}

/// Another bill day.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BillDayBody {
    /// Clamped in short months.
    #[validate(range(min = 1, max = 31))]
    #[schema(minimum = 1, maximum = 31, example = 15)]
    bill_day: u8,
    /// `now`, `period_end` (if absent) or a day from 31 days back to 366 days ahead. The period that runs then is cut there.
    #[schema(value_type = Option<String>, example = "period_end")]
    when: Option<At>,
}

/// The routes of these decisions.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(cancel_scheduled_change))
        .routes(routes!(change_quantity))
        .routes(routes!(add))
        .routes(routes!(remove))
        .routes(routes!(pause))
        .routes(routes!(change_bill_day))
}

/// Drops the change of plan that is scheduled.
#[utoipa::path(
    post, path = "/subscriptions/{id}/cancel-scheduled-change", operation_id = "cancel_scheduled_change",
    tag = "subscriptions",
    params(("id" = String, Path, description = "A subscription id")),
    responses((status = 200, description = "Dropped", body = ChangeBody))
)]
async fn cancel_scheduled_change(
    State(api): State<Api>,
    caller: May<ChangePlans>,
    PathId(id): PathId<SubscriptionKind>,
) -> Result<Json<ChangeBody>, Problem> {
    amend(&api, &caller, id, Amendment::DropScheduled).await
}

/// Sells another number of units of the base plan or an add-on.
#[utoipa::path(
    post, path = "/subscriptions/{id}/change-quantity", operation_id = "change_quantity", tag = "subscriptions",
    params(("id" = String, Path, description = "A subscription id")),
    request_body = QuantityBody,
    responses((status = 200, description = "Changed, or scheduled", body = ChangeBody))
)]
async fn change_quantity(
    State(api): State<Api>,
    caller: May<ChangePlans>,
    PathId(id): PathId<SubscriptionKind>,
    Valid(body): Valid<QuantityBody>,
) -> Result<Json<ChangeBody>, Problem> {
    let what = Amendment::Quantity {
        component: body.component,
        quantity: body.quantity,
        when: body.when,
    };
    amend(&api, &caller, id, what).await
}

/// Adds an add-on to a subscription, in its periods.
#[utoipa::path(
    post, path = "/subscriptions/{id}/add-ons", operation_id = "add_add_on", tag = "subscriptions",
    params(("id" = String, Path, description = "A subscription id"), KeyHeader),
    request_body = AddOnBody,
    responses((status = 201, description = "Added", body = SubscriptionBody))
)]
async fn add(
    State(api): State<Api>,
    caller: May<ChangePlans>,
    PathId(id): PathId<SubscriptionKind>,
    request: Once<AddOnBody>,
) -> Result<Created<SubscriptionBody>, Problem> {
    let command = AmendSubscription {
        subscription: id,
        what: Amendment::Add {
            plan: request.body.plan,
            quantity: request.body.quantity.unwrap_or(1),
            when: request.body.when.unwrap_or(At::Now),
        },
    };
    let (id, turn) = once(&api, &caller, &request.attempt, id, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            billing::amend_subscription(&*it.billing, &*it.ids, &*it.clock, &scope, command).await
        }
    })
    .await?;
    Ok(Created {
        location: format!("/api/v1/subscriptions/{id}"),
        turn,
        body: load(&api, &caller, id).await?,
    })
}

/// Takes an add-on away.
#[utoipa::path(
    post, path = "/subscriptions/{id}/remove-add-on", operation_id = "remove_add_on", tag = "subscriptions",
    params(("id" = String, Path, description = "A subscription id")),
    request_body = RemovalBody,
    responses((status = 200, description = "Removed, or scheduled", body = ChangeBody))
)]
async fn remove(
    State(api): State<Api>,
    caller: May<ChangePlans>,
    PathId(id): PathId<SubscriptionKind>,
    Valid(body): Valid<RemovalBody>,
) -> Result<Json<ChangeBody>, Problem> {
    let what = Amendment::Remove {
        component: body.component,
        when: body.when.unwrap_or(At::PeriodEnd),
    };
    amend(&api, &caller, id, what).await
}

/// Lets a subscription rest for some days, without access. `resume` ends it early.
#[utoipa::path(
    post, path = "/subscriptions/{id}/pause", operation_id = "pause_subscription", tag = "subscriptions",
    params(("id" = String, Path, description = "A subscription id")),
    request_body = PauseBody,
    responses((status = 200, description = "Paused, or scheduled", body = ChangeBody))
)]
async fn pause(
    State(api): State<Api>,
    caller: May<SuspendSubscriptions>,
    PathId(id): PathId<SubscriptionKind>,
    Valid(body): Valid<PauseBody>,
) -> Result<Json<ChangeBody>, Problem> {
    let what = Amendment::Pause {
        when: body.when.unwrap_or(At::Now),
        until: body.until,
        policy: body.policy,
    };
    amend(&api, &caller, id, what).await
}

/// Lets the months of a subscription begin on another day.
#[utoipa::path(
    post, path = "/subscriptions/{id}/change-bill-day", operation_id = "change_bill_day", tag = "subscriptions",
    params(("id" = String, Path, description = "A subscription id")),
    request_body = BillDayBody,
    responses((status = 200, description = "Changed, or scheduled", body = ChangeBody))
)]
async fn change_bill_day(
    State(api): State<Api>,
    caller: May<ChangePlans>,
    PathId(id): PathId<SubscriptionKind>,
    Valid(body): Valid<BillDayBody>,
) -> Result<Json<ChangeBody>, Problem> {
    let bill_day = BillDay::new(body.bill_day);
    let what = Amendment::BillDay {
        bill_day: bill_day.map_err(|err| Problem::invalid("bill_day", "range", err.to_string()))?,
        when: body.when.unwrap_or(At::PeriodEnd),
    };
    amend(&api, &caller, id, what).await
}

async fn amend(
    api: &Api,
    caller: &Granted,
    id: SubscriptionId,
    what: Amendment,
) -> Result<Json<ChangeBody>, Problem> {
    let command = AmendSubscription {
        subscription: id,
        what,
    };
    let amended: Amended = run(caller, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            billing::amend_subscription(&*it.billing, &*it.ids, &*it.clock, &scope, command).await
        }
    })
    .await?;
    Ok(Json(ChangeBody {
        subscription: load(api, caller, id).await?,
        from: amended.from,
        issued: amended.issued.into(),
    }))
}
