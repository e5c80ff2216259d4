//! What a change of plan or a cancellation would bring, before it is decided.

use axum::Json;
use axum::extract::State;
use billing::{CancelSubscription, ChangePlan, Preview, SubscriptionView};
use kernel::{LocalDate, SubscriptionId, SubscriptionKind};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{CancelBody, ChangePlanBody, SubscriptionBody};
use crate::api::Api;
use crate::extract::{Granted, May, PathId, Valid};
use crate::idempotency::run;
use crate::money::MoneyBody;
use crate::problem::Problem;
use crate::rights::{CancelSubscriptions, ChangePlans};
use crate::routes::billing::PreviewBody as BillBody;

/// What a decision would bring. Nothing is changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubscriptionPreview)]
pub(crate) struct PreviewBody {
    /// As it would be.
    subscription: SubscriptionBody,
    /// The day on which it would take effect.
    #[schema(value_type = String, format = Date, example = "2026-12-01")]
    from: LocalDate,
    /// What the account would be billed on that day, or today if it has passed: the invoice and the credit notes, with
    /// their taxes and discounts. On a later day as if what is owed is paid by then.
    bill: BillBody,
    /// The credit of the account after that.
    credit: MoneyBody,
}

/// The routes of these looks.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(preview_plan_change))
        .routes(routes!(preview_cancellation))
}

/// Shows what a change of plan would bring, by the function that bills it; changes nothing.
#[utoipa::path(
    post, path = "/subscriptions/{id}/change-plan/preview", operation_id = "preview_plan_change",
    tag = "subscriptions",
    params(("id" = String, Path, description = "A subscription id")),
    request_body = ChangePlanBody,
    responses((status = 200, description = "What it would bring", body = PreviewBody))
)]
async fn preview_plan_change(
    State(api): State<Api>,
    caller: May<ChangePlans>,
    PathId(id): PathId<SubscriptionKind>,
    Valid(body): Valid<ChangePlanBody>,
) -> Result<Json<PreviewBody>, Problem> {
    let command = ChangePlan {
        subscription: id,
        plan: body.plan,
        when: body.when,
    };
    let preview = run(&caller, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            billing::preview_plan_change(&*it.billing, &*it.ids, &*it.clock, &scope, command).await
        }
    });
    shown(&api, &caller, id, preview.await?).await
}

/// Shows what ending a subscription would bring, by the function that bills it; ends nothing.
#[utoipa::path(
    post, path = "/subscriptions/{id}/cancel/preview", operation_id = "preview_cancellation", tag = "subscriptions",
    params(("id" = String, Path, description = "A subscription id")),
    request_body = CancelBody,
    responses((status = 200, description = "What it would bring", body = PreviewBody))
)]
async fn preview_cancellation(
    State(api): State<Api>,
    caller: May<CancelSubscriptions>,
    PathId(id): PathId<SubscriptionKind>,
    Valid(body): Valid<CancelBody>,
) -> Result<Json<PreviewBody>, Problem> {
    let command = CancelSubscription {
        subscription: id,
        ending: body.ending(),
    };
    let preview = run(&caller, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            billing::preview_cancellation(&*it.billing, &*it.ids, &*it.clock, &scope, command).await
        }
    });
    shown(&api, &caller, id, preview.await?).await
}

async fn shown(
    api: &Api,
    caller: &Granted,
    id: SubscriptionId,
    preview: Preview,
) -> Result<Json<PreviewBody>, Problem> {
    let queries = &api.ports.billing_queries;
    let now = queries.subscription(caller.tenant(), id).await?;
    let now = now.ok_or_else(|| Problem::not_found("subscription", id))?;
    let then = SubscriptionView::of(&preview.subscription, now.customer);
    let then = then.map_err(|err| Problem::internal(&err))?;
    let account = preview.subscription.account();
    Ok(Json(PreviewBody {
        subscription: then.into(),
        from: preview.from,
        bill: BillBody::of(account, preview.bill.as_ref(), preview.parked)?,
        credit: preview.credit.into(),
    }))
}
