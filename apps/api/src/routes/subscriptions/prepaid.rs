//! What is paid before it is used: renewals, and whether the credit of the account pays for them by itself.

use axum::Json;
use axum::extract::State;
use billing::PaidTime;
use kernel::{LocalDate, Secret, SubscriptionKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;
use vouchers::RedeemVoucher;
use workflows::redeem_on_subscription;

use super::{SubscriptionBody, load};
use crate::answer::Created;
use crate::api::Api;
use crate::extract::{May, Once, PathId, Valid};
use crate::idempotency::{once, run};
use crate::problem::Problem;
use crate::rights::{ChangePlans, RecordPayments, SellVouchers};
use crate::routes::KeyHeader;

/// How long a prepaid subscription is paid for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaidTime)]
pub(crate) struct PaidTimeBody {
    /// The first day that is not paid for.
    #[schema(value_type = String, format = Date, example = "2026-12-21")]
    paid_until: LocalDate,
    /// Whether the credit of the account pays for the next period by itself.
    auto_renew: bool,
}

impl From<PaidTime> for PaidTimeBody {
    fn from(it: PaidTime) -> Self {
        Self {
            paid_until: it.paid_until,
            auto_renew: it.auto_renew,
        }
    }
}

/// A renewal: there is nothing to choose.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenewalBody {}

/// Whether a subscription renews by itself.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AutoRenewalBody {
    /// Whether the credit of the account pays for the next period, a day before the end or as soon as it reaches.
    enabled: bool,
}

/// A voucher for a subscription.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedeemBody {
    /// Its code.
    #[validate(length(min = 1, max = 80))]
    #[schema(min_length = 1, max_length = 80, example = "k7mq4zt2ab")]
    code: String,
}

impl std::fmt::Debug for RedeemBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedeemBody")
    }
}

/// The routes of prepaid subscriptions.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(renew))
        .routes(routes!(redeem))
        .routes(routes!(set_auto_renewal))
}

/// Renews a prepaid subscription for one period, from the end of what is paid or from today where that is over. The credit of
/// the account pays for it at once, or nothing happens: `credit_too_low` names what it costs and what there is.
#[utoipa::path(
    post, path = "/subscriptions/{id}/renewals", operation_id = "renew_subscription", tag = "subscriptions",
    params(("id" = String, Path, description = "A subscription id"), KeyHeader),
    request_body = RenewalBody,
    responses((status = 201, description = "Renewed and paid", body = SubscriptionBody))
)]
async fn renew(
    State(api): State<Api>,
    caller: May<RecordPayments>,
    PathId(id): PathId<SubscriptionKind>,
    request: Once<RenewalBody>,
) -> Result<Created<SubscriptionBody>, Problem> {
    let (id, turn) = once(&api, &caller, &request.attempt, id, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            billing::renew_subscription(&*it.billing, &*it.ids, &*it.clock, &scope, id).await
        }
    })
    .await?;
    Ok(Created {
        location: format!("/api/v1/subscriptions/{id}"),
        turn,
        body: load(&api, &caller, id).await?,
    })
}

/// Redeems a voucher on a prepaid subscription: it gets the days that the voucher is good for, from the end of what is paid or from
/// today, at once and without an invoice. A subscription that does not take them leaves the voucher unspent. Unknown and used
/// codes get one answer.
#[utoipa::path(
    post, path = "/subscriptions/{id}/vouchers", operation_id = "redeem_voucher", tag = "subscriptions",
    params(("id" = String, Path, description = "A subscription id"), KeyHeader),
    request_body = RedeemBody,
    responses((status = 201, description = "Redeemed: it has the days", body = SubscriptionBody))
)]
async fn redeem(
    State(api): State<Api>,
    caller: May<SellVouchers>,
    PathId(id): PathId<SubscriptionKind>,
    request: Once<RedeemBody>,
) -> Result<Created<SubscriptionBody>, Problem> {
    let command = RedeemVoucher {
        code: Secret::new(request.body.code.trim()),
        subscription: id,
    };
    let (id, turn) = once(&api, &caller, &request.attempt, id, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            let store = &*it.redemption_store;
            redeem_on_subscription(store, &*it.vault, &*it.clock, &scope, &command).await
        }
    })
    .await?;
    Ok(Created {
        location: format!("/api/v1/subscriptions/{id}"),
        turn,
        body: load(&api, &caller, id).await?,
    })
}

/// Says whether the credit of the account pays for the periods of a prepaid subscription by itself.
#[utoipa::path(
    put, path = "/subscriptions/{id}/auto-renewal", operation_id = "set_auto_renewal", tag = "subscriptions",
    params(("id" = String, Path, description = "A subscription id")),
    request_body = AutoRenewalBody,
    responses((status = 200, description = "As it is now", body = SubscriptionBody))
)]
async fn set_auto_renewal(
    State(api): State<Api>,
    caller: May<ChangePlans>,
    PathId(id): PathId<SubscriptionKind>,
    Valid(body): Valid<AutoRenewalBody>,
) -> Result<Json<SubscriptionBody>, Problem> {
    run(&caller, |scope| {
        let api = api.clone();
        async move {
            let (store, clock) = (&*api.ports.billing, &*api.ports.clock);
            billing::set_auto_renewal(store, clock, &scope, id, body.enabled).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}
