//! `/accounts/{id}/…`: how an account is treated that does not pay: its terms, holds, promises, its own procedure.

use axum::Json;
use axum::extract::State;
use billing::{Hold, WaiveFee};
use kernel::{AccountId, AccountKind, LocalDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::accounts::{AccountBody, load};
use super::dunning::bodies::{ChargeBody, ProcedureBody, TakenBody};
use crate::api::Api;
use crate::extract::{Granted, May, PathId, Valid};
use crate::idempotency::run;
use crate::problem::Problem;
use crate::rights::{HoldAccounts, PromiseForAccounts, ReadAccounts, WaiveFees};

/// Terms of an account's own.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountTerms)]
pub(crate) struct TermsBody {
    /// Days from issue to due, 0 to 365; null for those of the legal entity.
    #[schema(maximum = 365, example = 14)]
    terms_days: Option<u16>,
}

/// A hold.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlaceHold)]
pub(crate) struct HoldBody {
    /// Why.
    #[validate(length(min = 1, max = 300))]
    #[schema(min_length = 1, max_length = 300, example = "the hospital")]
    reason: String,
    /// The last day it counts, today or later; until it is lifted if absent.
    #[schema(value_type = Option<String>, format = Date)]
    until: Option<LocalDate>,
}

/// A customer's word.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PromiseToPay)]
pub(crate) struct PromiseBody {
    /// The last day to keep it.
    #[schema(value_type = String, format = Date, example = "2026-12-01")]
    until: LocalDate,
}

/// Why a promise ends before its day.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BreakPromise)]
pub(crate) struct BreakBody {
    /// Why.
    #[validate(length(min = 1, max = 300))]
    #[schema(min_length = 1, max_length = 300, example = "nobody answers")]
    reason: String,
}

/// A fee that nobody has to pay.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WaiveFee)]
pub(crate) struct WaiveBody {
    /// Of which debt of the account, from 1.
    #[validate(range(min = 1))]
    #[schema(minimum = 1, example = 1)]
    debt: u64,
    /// The place of the charge among what was done about that debt.
    #[schema(minimum = 0, example = 1)]
    step: u16,
    /// Why.
    #[validate(length(min = 1, max = 300))]
    #[schema(
        min_length = 1,
        max_length = 300,
        example = "the line was down that week"
    )]
    reason: String,
}

/// What was done about an account's debts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountDunning)]
pub(crate) struct AccountDunningBody {
    /// The account's own procedure; null if its legal entity's counts.
    procedure: Option<ProcedureBody>,
    /// The steps that were taken, the newest first, at most 200.
    steps: Vec<TakenBody>,
    /// The charges that were made, the newest first, at most 200.
    charges: Vec<ChargeBody>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(change_terms))
        .routes(routes!(hold))
        .routes(routes!(lift))
        .routes(routes!(promise))
        .routes(routes!(break_promise))
        .routes(routes!(show, define, drop_own))
        .routes(routes!(waive))
}

/// Gives an account terms of its own, from its next invoice on; what is issued keeps its due date.
#[utoipa::path(
    put, path = "/accounts/{id}/terms", operation_id = "change_account_terms", tag = "dunning",
    params(("id" = String, Path, description = "An account id")),
    request_body = TermsBody,
    responses((status = 200, description = "The account", body = AccountBody))
)]
async fn change_terms(
    State(api): State<Api>,
    caller: May<HoldAccounts>,
    PathId(id): PathId<AccountKind>,
    Valid(body): Valid<TermsBody>,
) -> Result<Json<AccountBody>, Problem> {
    run(&caller, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            billing::change_terms(&*it.billing, &*it.clock, &scope, id, body.terms_days).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

/// Keeps every consequence of debt away from an account: it is clear from now on, and has access back at once. The same hold
/// again changes nothing.
#[utoipa::path(
    post, path = "/accounts/{id}/hold", operation_id = "hold_account", tag = "dunning",
    params(("id" = String, Path, description = "An account id")),
    request_body = HoldBody,
    responses(
        (status = 200, description = "The account", body = AccountBody),
        (status = 409, description = "It is held for another reason", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn hold(
    State(api): State<Api>,
    caller: May<HoldAccounts>,
    PathId(id): PathId<AccountKind>,
    Valid(body): Valid<HoldBody>,
) -> Result<Json<AccountBody>, Problem> {
    let hold = Hold {
        reason: body.reason,
        until: body.until,
    };
    run(&caller, |scope| {
        let (api, hold) = (api.clone(), hold.clone());
        async move {
            let it = &api.ports;
            billing::place_hold(&*it.billing, &*it.clock, &scope, id, hold).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

/// Treats an account like any other again. Twice is harmless.
#[utoipa::path(
    post, path = "/accounts/{id}/lift-hold", operation_id = "lift_account_hold", tag = "dunning",
    params(("id" = String, Path, description = "An account id")),
    responses((status = 200, description = "The account", body = AccountBody))
)]
async fn lift(
    State(api): State<Api>,
    caller: May<HoldAccounts>,
    PathId(id): PathId<AccountKind>,
) -> Result<Json<AccountBody>, Problem> {
    run(&caller, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            billing::lift_hold(&*it.billing, &*it.clock, &scope, id).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

/// Takes a customer's word to pay by a day: until then the account gets no further behind. It is kept when nothing is
/// overdue any more, and broken when its day has passed.
#[utoipa::path(
    post, path = "/accounts/{id}/promise", operation_id = "promise_to_pay", tag = "dunning",
    params(("id" = String, Path, description = "An account id")),
    request_body = PromiseBody,
    responses(
        (status = 200, description = "The account", body = AccountBody),
        (status = 409, description = "Nothing is overdue, or enough was promised for this debt", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn promise(
    State(api): State<Api>,
    caller: May<PromiseForAccounts>,
    PathId(id): PathId<AccountKind>,
    Valid(body): Valid<PromiseBody>,
) -> Result<Json<AccountBody>, Problem> {
    run(&caller, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            billing::promise_to_pay(&*it.billing, &*it.clock, &scope, id, body.until).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

/// Ends a promise before its day: the account is treated as if there had been none.
#[utoipa::path(
    post, path = "/accounts/{id}/break-promise", operation_id = "break_promise", tag = "dunning",
    params(("id" = String, Path, description = "An account id")),
    request_body = BreakBody,
    responses(
        (status = 200, description = "The account", body = AccountBody),
        (status = 409, description = "Nothing is promised", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn break_promise(
    State(api): State<Api>,
    caller: May<PromiseForAccounts>,
    PathId(id): PathId<AccountKind>,
    Valid(body): Valid<BreakBody>,
) -> Result<Json<AccountBody>, Problem> {
    run(&caller, |scope| {
        let (api, reason) = (api.clone(), body.reason.clone());
        async move {
            let it = &api.ports;
            billing::break_promise(&*it.billing, &*it.clock, &scope, id, &reason).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

/// Shows what was done about an account's debts.
#[utoipa::path(
    get, path = "/accounts/{id}/dunning", operation_id = "get_account_dunning", tag = "dunning",
    params(("id" = String, Path, description = "An account id")),
    responses((status = 200, description = "Its procedure, steps and charges", body = AccountDunningBody))
)]
async fn show(
    State(api): State<Api>,
    caller: May<ReadAccounts>,
    PathId(id): PathId<AccountKind>,
) -> Result<Json<AccountDunningBody>, Problem> {
    dunning_of(&api, &caller, id).await.map(Json)
}

async fn dunning_of(
    api: &Api,
    caller: &Granted,
    id: AccountId,
) -> Result<AccountDunningBody, Problem> {
    let queries = &api.ports.billing_queries;
    let account = queries.account(caller.tenant(), id).await?;
    let account = account.ok_or_else(|| Problem::not_found("account", id))?;
    let steps = queries.dunning_steps(caller.tenant(), id).await?;
    let charges = queries.dunning_charges(caller.tenant(), id).await?;
    Ok(AccountDunningBody {
        procedure: account.procedure.map(ProcedureBody::from),
        steps: steps.into_iter().map(TakenBody::from).collect(),
        charges: charges.into_iter().map(ChargeBody::from).collect(),
    })
}

/// Treats an account by a procedure of its own from now on.
#[utoipa::path(
    put, path = "/accounts/{id}/dunning", operation_id = "define_account_dunning", tag = "dunning",
    params(("id" = String, Path, description = "An account id")),
    request_body = ProcedureBody,
    responses((status = 200, description = "The account", body = AccountBody))
)]
async fn define(
    State(api): State<Api>,
    caller: May<HoldAccounts>,
    PathId(id): PathId<AccountKind>,
    Valid(body): Valid<ProcedureBody>,
) -> Result<Json<AccountBody>, Problem> {
    let new = body.procedure()?;
    treat(&api, &caller, id, Some(new)).await
}

/// Treats an account by its legal entity's procedure again. Twice is harmless.
#[utoipa::path(
    delete, path = "/accounts/{id}/dunning", operation_id = "drop_account_dunning", tag = "dunning",
    params(("id" = String, Path, description = "An account id")),
    responses((status = 200, description = "The account", body = AccountBody))
)]
async fn drop_own(
    State(api): State<Api>,
    caller: May<HoldAccounts>,
    PathId(id): PathId<AccountKind>,
) -> Result<Json<AccountBody>, Problem> {
    treat(&api, &caller, id, None).await
}

/// Lets a fee off that waits for the account's next bill. One that is on an invoice is credited instead. The same again
/// changes nothing.
#[utoipa::path(
    post, path = "/accounts/{id}/dunning/waive-fee", operation_id = "waive_dunning_fee", tag = "dunning",
    params(("id" = String, Path, description = "An account id")),
    request_body = WaiveBody,
    responses(
        (status = 200, description = "Its procedure, steps and charges", body = AccountDunningBody),
        (status = 409, description = "The fee is on an invoice, or was let off for another reason", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn waive(
    State(api): State<Api>,
    caller: May<WaiveFees>,
    PathId(id): PathId<AccountKind>,
    Valid(body): Valid<WaiveBody>,
) -> Result<Json<AccountDunningBody>, Problem> {
    run(&caller, |scope| {
        let (api, reason) = (api.clone(), body.reason.clone());
        let command = WaiveFee {
            account: id,
            episode: body.debt,
            step: body.step,
            reason,
        };
        async move { billing::waive_fee(&*api.ports.billing, &scope, command).await }
    })
    .await?;
    dunning_of(&api, &caller, id).await.map(Json)
}

async fn treat(
    api: &Api,
    caller: &Granted,
    id: AccountId,
    new: Option<billing::NewProcedure>,
) -> Result<Json<AccountBody>, Problem> {
    run(caller, |scope| {
        let (api, new) = (api.clone(), new.clone());
        async move {
            let it = &api.ports;
            billing::define_account_procedure(&*it.billing, &*it.clock, &scope, id, new).await
        }
    })
    .await?;
    load(api, caller, id).await.map(Json)
}
