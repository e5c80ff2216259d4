//! `/accounts/{id}/discounts`: what was agreed with a customer, for how long and how often.

use axum::Json;
use axum::extract::State;
use billing::{AgreedDiscount, DiscountAmount, Ratio};
use kernel::{AccountId, AccountKind, DiscountId, DiscountKind, LocalDate, Money, SubscriptionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::KeyHeader;
use super::credit_notes::ReasonBody;
use crate::answer::{Created, Listed};
use crate::api::Api;
use crate::extract::path::PathIdIn;
use crate::extract::{Granted, May, Once, PathId, Valid};
use crate::idempotency::{once, run};
use crate::money::MoneyBody;
use crate::problem::Problem;
use crate::rights::{AgreeDiscounts, ReadAccounts};

/// A discount.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Discount)]
pub(crate) struct DiscountBody {
    #[schema(value_type = String, pattern = "^dsc_[a-z2-7]{25}[aeimquy4]$", example = "dsc_agjpfimc4btqadrdlvfsmcaaai")]
    id: DiscountId,
    #[schema(example = "Neighbours")]
    name: String,
    /// The subscription it is for; every one of the account if null.
    #[schema(value_type = Option<String>, pattern = "^sub_[a-z2-7]{25}[aeimquy4]$")]
    subscription: Option<SubscriptionId>,
    /// The fraction it takes off each charge; null for an amount.
    #[schema(example = "1/10")]
    percent: Option<String>,
    /// What it takes off each invoice, or the most of it that the fraction does.
    amount: Option<MoneyBody>,
    /// The first day of invoices that it counts on.
    #[schema(value_type = String, format = Date, example = "2026-11-21")]
    from: LocalDate,
    /// The day after the last; null for ever.
    #[schema(value_type = Option<String>, format = Date)]
    until: Option<LocalDate>,
    /// On how many invoices; null for any number.
    times: Option<u32>,
    /// On how many it was used.
    used: u32,
    /// Why it was agreed.
    #[schema(example = "lets us use the roof")]
    reason: String,
}

impl From<AgreedDiscount> for DiscountBody {
    fn from(it: AgreedDiscount) -> Self {
        let (percent, amount) = match it.amount {
            DiscountAmount::Percent(percent) => (Some(percent), None),
            DiscountAmount::PercentUpTo(percent, most) => (Some(percent), Some(most)),
            DiscountAmount::Fixed(amount) => (None, Some(amount)),
        };
        Self {
            id: it.id,
            name: it.name,
            subscription: it.subscription,
            percent: percent.map(|it| it.to_string()),
            amount: amount.map(MoneyBody::from),
            from: it.from,
            until: it.until,
            times: it.times,
            used: it.used,
            reason: it.reason,
        }
    }
}

/// A discount to agree: a fraction, an amount, or a fraction up to an amount.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgreeDiscountBody {
    /// What it is called on documents.
    #[validate(length(min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60, example = "Neighbours")]
    name: String,
    /// The subscription it is for; every one of the account if absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^sub_[a-z2-7]{25}[aeimquy4]$")]
    subscription: Option<SubscriptionId>,
    /// `10%`, `0.1` or `1/10` off each charge; at most the whole.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "10%")]
    percent: Option<Ratio>,
    /// Off each invoice, before tax; with `percent` the most it takes off.
    #[serde(default)]
    #[validate(nested)]
    amount: Option<MoneyBody>,
    /// The first day of invoices that it counts on.
    #[schema(value_type = String, format = Date, example = "2026-11-21")]
    from: LocalDate,
    /// The day after the last; for ever if absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    until: Option<LocalDate>,
    /// On how many invoices; on any number if absent.
    #[serde(default)]
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    times: Option<u32>,
    /// Why: it stands in the record.
    #[validate(length(min = 1, max = 300))]
    #[schema(min_length = 1, max_length = 300, example = "lets us use the roof")]
    reason: String,
}

impl AgreeDiscountBody {
    fn taken_off(&self) -> Result<DiscountAmount, Problem> {
        match (self.percent, self.amount.map(Money::from)) {
            (Some(percent), None) => Ok(DiscountAmount::Percent(percent)),
            (Some(percent), Some(most)) => Ok(DiscountAmount::PercentUpTo(percent, most)),
            (None, Some(amount)) => Ok(DiscountAmount::Fixed(amount)),
            (None, None) => Err(Problem::invalid(
                "percent",
                "required",
                "a fraction, an amount, or both",
            )),
        }
    }
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, agree))
        .routes(routes!(end))
}

/// Lists every discount that was ever agreed for an account, the earliest first, all on one page.
#[utoipa::path(
    get, path = "/accounts/{id}/discounts", operation_id = "list_discounts", tag = "accounts",
    params(("id" = String, Path, description = "An account id")),
    responses((status = 200, description = "The discounts", body = Listed<DiscountBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadAccounts>,
    PathId(id): PathId<AccountKind>,
) -> Result<Json<Listed<DiscountBody>>, Problem> {
    let items = load(&api, &caller, id).await?;
    let items = items.into_iter().map(DiscountBody::from).collect();
    Ok(Json(Listed { items, next: None }))
}

/// Agrees a discount. It counts on invoices from its first day on and changes none that was issued.
#[utoipa::path(
    post, path = "/accounts/{id}/discounts", operation_id = "agree_discount", tag = "accounts",
    params(("id" = String, Path, description = "An account id"), KeyHeader),
    request_body = AgreeDiscountBody,
    responses(
        (status = 201, description = "Agreed", body = DiscountBody),
        (status = 422, description = "More than the whole, or another rule", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn agree(
    State(api): State<Api>,
    caller: May<AgreeDiscounts>,
    PathId(account): PathId<AccountKind>,
    request: Once<AgreeDiscountBody>,
) -> Result<Created<DiscountBody>, Problem> {
    let amount = request.body.taken_off()?;
    let body = request.body;
    let new = AgreedDiscount {
        id: api.ports.ids.next(),
        name: body.name,
        subscription: body.subscription,
        amount,
        from: body.from,
        until: body.until,
        times: body.times,
        used: 0,
        used_on: Vec::new(),
        reason: body.reason,
    };
    let (id, turn) = once(&api, &caller, &request.attempt, new.id, |scope| {
        let (api, new) = (api.clone(), new.clone());
        async move {
            let it = &api.ports;
            billing::agree_discount(&*it.billing, &*it.clock, &scope, account, new).await
        }
    })
    .await?;
    Ok(Created {
        location: format!("/api/v1/accounts/{account}/discounts"),
        turn,
        body: one(&api, &caller, account, id).await?,
    })
}

/// Ends a discount: it counts on no invoice from today on. Twice is harmless.
#[utoipa::path(
    post, path = "/accounts/{id}/discounts/{discount}/end", operation_id = "end_discount", tag = "accounts",
    params(
        ("id" = String, Path, description = "An account id"),
        ("discount" = String, Path, description = "A discount id")
    ),
    request_body = ReasonBody,
    responses((status = 200, description = "Ended", body = DiscountBody))
)]
async fn end(
    State(api): State<Api>,
    caller: May<AgreeDiscounts>,
    PathIdIn(account, id): PathIdIn<AccountKind, DiscountKind>,
    Valid(body): Valid<ReasonBody>,
) -> Result<Json<DiscountBody>, Problem> {
    run(&caller, |scope| {
        let (api, reason) = (api.clone(), body.reason.clone());
        async move {
            let it = &api.ports;
            billing::end_discount(&*it.billing, &*it.clock, &scope, (account, id), &reason).await
        }
    })
    .await?;
    one(&api, &caller, account, id).await.map(Json)
}

async fn load(api: &Api, caller: &Granted, id: AccountId) -> Result<Vec<AgreedDiscount>, Problem> {
    let queries = &api.ports.billing_queries;
    let found = queries.discounts(caller.tenant(), id).await?;
    found.ok_or_else(|| Problem::not_found("account", id))
}

async fn one(
    api: &Api,
    caller: &Granted,
    account: AccountId,
    id: DiscountId,
) -> Result<DiscountBody, Problem> {
    let found = load(api, caller, account).await?;
    let found = found.into_iter().find(|it| it.id == id);
    let discount = found.ok_or_else(|| Problem::not_found("discount", id))?;
    Ok(discount.into())
}
