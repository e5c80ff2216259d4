//! `/subscriptions`: plans sold to customers, each with a login on a router.

use axum::Json;
use axum::extract::State;
use billing::{
    Access, AddOn, Agreement, At, BillDay, CancelSubscription, ChangePlan, EndDay, Ending, Pause,
    PausePolicy, ResumeSubscription, SubscriptionFilter, SubscriptionView, SuspendSubscription,
    Timing, Unused,
};
use kernel::{
    AccountId, CustomerId, LocalDate, PlanId, ProfileId, SubscriptionId, SubscriptionKind,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::plans::IntervalBody;
use crate::answer::Listed;
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Granted, Listing, May, PathId, Valid};
use crate::idempotency::run;
use crate::money::MoneyBody;
use crate::problem::Problem;
use crate::rights::{CancelSubscriptions, ChangePlans, ReadSubscriptions, SuspendSubscriptions};
use crate::words;

mod amend;
mod issued;
mod prepaid;
mod preview;
mod subscribe;

use issued::IssuedBody;

/// A subscription.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Subscription)]
pub(crate) struct SubscriptionBody {
    #[schema(value_type = String, pattern = "^sub_[a-z2-7]{25}[aeimquy4]$", example = "sub_agjpfimc4btqadrdlvfsmcaaai")]
    id: SubscriptionId,
    #[schema(value_type = String, pattern = "^cus_[a-z2-7]{25}[aeimquy4]$", example = "cus_agjpfimc4btqadrdlvfsmcaaai")]
    customer: CustomerId,
    /// Who pays.
    #[schema(value_type = String, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$", example = "acc_agjpfimc4btqadrdlvfsmcaaai")]
    account: AccountId,
    /// What is agreed about the base plan.
    agreement: AgreementBody,
    /// What will be agreed, if a change is scheduled.
    scheduled: Option<AgreementBody>,
    /// The first day that is paid for, if it was sold with a trial.
    #[schema(value_type = Option<String>, format = Date)]
    trial_until: Option<LocalDate>,
    /// What was added to it.
    add_ons: Vec<AddedBody>,
    /// When it rests because that was decided.
    pauses: Vec<RestBody>,
    /// `in_advance`, `in_arrear` or `prepaid`.
    #[schema(value_type = words::TimingWord, example = "in_advance")]
    timing: Timing,
    interval: IntervalBody,
    /// The fixed bill day, 1 to 31; null if periods begin on the day of the start.
    #[schema(value_type = Option<u8>, example = 1)]
    bill_day: Option<BillDay>,
    #[schema(value_type = String, format = Date, example = "2026-11-21")]
    started_on: LocalDate,
    /// `active`, `suspended` or `ended`.
    #[schema(example = "active")]
    status: &'static str,
    /// Why it is suspended.
    suspended_reason: Option<String>,
    /// The first day without it, once it is cancelled.
    #[schema(value_type = Option<String>, format = Date)]
    ends_on: Option<LocalDate>,
    /// The day up to which periods are billed.
    #[schema(value_type = Option<String>, format = Date)]
    billed_through: Option<LocalDate>,
    /// When the next bill may be due.
    #[schema(value_type = Option<String>, format = Date)]
    next_bill_on: Option<LocalDate>,
    /// How long it is paid for; null for what is not prepaid.
    prepaid: Option<prepaid::PaidTimeBody>,
    /// What it may do on the network: `active`, `restricted`, `suspended` or `ended`.
    #[schema(value_type = words::AccessWord, example = "active")]
    access: Access,
    /// Grows with every change of that.
    access_version: u64,
}

/// What a subscriber has from a day on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Agreement)]
pub(crate) struct AgreementBody {
    /// The first day.
    #[schema(value_type = String, format = Date)]
    from: LocalDate,
    #[schema(value_type = String, pattern = "^pln_[a-z2-7]{25}[aeimquy4]$", example = "pln_agjpfimc4btqadrdlvfsmcaaai")]
    plan: PlanId,
    /// What one interval costs for one unit, as agreed then.
    price: MoneyBody,
    /// How many units.
    #[schema(minimum = 1, example = 1)]
    quantity: u32,
    #[schema(value_type = String, pattern = "^spf_[a-z2-7]{25}[aeimquy4]$", example = "spf_agjpfimc4btqadrdlvfsmcaaai")]
    service_profile: ProfileId,
}

impl From<Agreement> for AgreementBody {
    fn from(agreement: Agreement) -> Self {
        Self {
            from: agreement.from,
            plan: agreement.plan,
            price: agreement.price.into(),
            quantity: agreement.quantity,
            service_profile: agreement.profile,
        }
    }
}

/// Something that was added to a subscription.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AddOn)]
pub(crate) struct AddedBody {
    /// Its number on the subscription.
    #[schema(minimum = 1, maximum = 100, example = 1)]
    component: u16,
    #[schema(value_type = String, pattern = "^pln_[a-z2-7]{25}[aeimquy4]$", example = "pln_agjpfimc4btqadrdlvfsmcaaai")]
    plan: PlanId,
    /// What one interval costs for one unit.
    price: MoneyBody,
    /// How many units.
    #[schema(minimum = 1, example = 1)]
    quantity: u32,
    /// Since when on these terms.
    #[schema(value_type = String, format = Date)]
    from: LocalDate,
}

impl From<AddOn> for AddedBody {
    fn from(it: AddOn) -> Self {
        Self {
            component: it.component,
            plan: it.plan,
            price: it.price.into(),
            quantity: it.quantity,
            from: it.from,
        }
    }
}

/// Days on which a subscription rests.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pause)]
pub(crate) struct RestBody {
    /// The first day.
    #[schema(value_type = String, format = Date)]
    from: LocalDate,
    /// The day after the last; null until it is resumed.
    #[schema(value_type = Option<String>, format = Date)]
    until: Option<LocalDate>,
    /// `no_new_period`, `keep` or `credit_days`.
    #[schema(value_type = words::PausePolicyWord, example = "no_new_period")]
    policy: PausePolicy,
}

impl From<Pause> for RestBody {
    fn from(it: Pause) -> Self {
        Self {
            from: it.from,
            until: it.until,
            policy: it.policy,
        }
    }
}

impl From<SubscriptionView> for SubscriptionBody {
    fn from(view: SubscriptionView) -> Self {
        Self {
            id: view.id,
            customer: view.customer,
            account: view.account,
            agreement: view.agreement.into(),
            scheduled: view.scheduled.map(AgreementBody::from),
            trial_until: view.trial_until,
            add_ons: view.add_ons.into_iter().map(AddedBody::from).collect(),
            pauses: view.pauses.into_iter().map(RestBody::from).collect(),
            timing: view.timing,
            interval: view.interval.into(),
            bill_day: view.bill_day,
            started_on: view.started_on,
            status: view.status,
            suspended_reason: view.suspended_reason,
            ends_on: view.ends_on,
            billed_through: view.billed_through,
            next_bill_on: view.next_bill_on,
            prepaid: view.prepaid.map(prepaid::PaidTimeBody::from),
            access: view.access,
            access_version: view.access_version,
        }
    }
}

/// A change to another plan.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePlanBody {
    /// In the same currency; with another interval it begins periods of its own.
    #[schema(value_type = String, pattern = "^pln_[a-z2-7]{25}[aeimquy4]$", example = "pln_agjpfimc4btqadrdlvfsmcaaai")]
    plan: PlanId,
    /// `now`, `period_end` or a day from 31 days back to 366 days ahead. If absent, a dearer plan begins now and a cheaper
    /// one at the end of the period.
    #[schema(value_type = Option<String>, example = "now")]
    when: Option<At>,
}

/// What a change of plan came to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlanChange)]
pub(crate) struct PlanChangeBody {
    subscription: SubscriptionBody,
    /// `now`, `period_end` or a day.
    #[schema(value_type = String, example = "now")]
    when: At,
    /// The day on which it takes effect.
    #[schema(value_type = String, format = Date, example = "2026-12-01")]
    from: LocalDate,
    #[serde(flatten)]
    issued: IssuedBody,
}

/// What the end of a subscription came to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CancelledSubscription)]
pub(crate) struct CancelledBody {
    #[serde(flatten)]
    subscription: SubscriptionBody,
    #[serde(flatten)]
    issued: IssuedBody,
}

/// Why a subscription is suspended.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuspendBody {
    #[validate(length(min = 1, max = 300))]
    #[schema(min_length = 1, max_length = 300, example = "travels until March")]
    reason: String,
}

/// When a subscription ends.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelBody {
    /// The first day without it: `now`, `period_end` or a day from 31 days back to 366 days ahead.
    #[schema(value_type = String, example = "period_end")]
    when: At,
    /// What becomes of days that are billed and not used: `charged` (if absent) or `given_back`.
    #[serde(default)]
    #[schema(value_type = Option<words::UnusedWord>, example = "charged")]
    unused: Unused,
    /// Whether the day of the end is billed where the rest is not: `not_billed` (if absent) or `billed`.
    #[serde(default)]
    #[schema(value_type = Option<words::EndDayWord>, example = "not_billed")]
    end_day: EndDay,
}

impl CancelBody {
    const fn ending(self) -> Ending {
        Ending {
            when: self.when,
            unused: self.unused,
            end_day: self.end_day,
        }
    }
}

/// Where a subscription stands.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StatusWord {
    Active,
    Suspended,
    Ended,
}

/// Which subscriptions are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SubscriptionsFilter {
    /// Only this customer's.
    #[param(value_type = Option<String>, pattern = "^cus_[a-z2-7]{25}[aeimquy4]$")]
    customer: Option<CustomerId>,
    /// Only this account's.
    #[param(value_type = Option<String>, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$")]
    account: Option<AccountId>,
    /// `active`, `suspended` or `ended`.
    #[param(value_type = Option<words::SubscriptionStatusWord>, inline)]
    status: Option<StatusWord>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, subscribe::subscribe))
        .routes(routes!(get))
        .routes(routes!(change_plan))
        .routes(routes!(suspend))
        .routes(routes!(resume))
        .routes(routes!(cancel))
        .merge(amend::routes())
        .merge(prepaid::routes())
        .merge(preview::routes())
}

/// Lists subscriptions, newest first.
#[utoipa::path(
    get, path = "/subscriptions", operation_id = "list_subscriptions", tag = "subscriptions",
    params(PageParams, SubscriptionsFilter),
    responses((status = 200, description = "A page of subscriptions", body = Listed<SubscriptionBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadSubscriptions>,
    listing: Listing<SubscriptionsFilter>,
) -> Result<Json<Listed<SubscriptionBody>>, Problem> {
    let filter = SubscriptionFilter {
        customer: listing.filter.customer,
        account: listing.filter.account,
        status: listing.filter.status.map(word),
    };
    let queries = &api.ports.billing_queries;
    let page = queries
        .subscriptions(caller.tenant(), filter, listing.page)
        .await?;
    Ok(Listed::of(page))
}

/// Shows a subscription. Its login is at `/api/v1/grants?subscription={id}`.
#[utoipa::path(
    get, path = "/subscriptions/{id}", operation_id = "get_subscription", tag = "subscriptions",
    params(("id" = String, Path, description = "A subscription id")),
    responses((status = 200, description = "The subscription", body = SubscriptionBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadSubscriptions>,
    PathId(id): PathId<SubscriptionKind>,
) -> Result<Json<SubscriptionBody>, Problem> {
    load(&api, &caller, id).await.map(Json)
}

/// Puts a subscription on another plan. A dearer one now is invoiced at once: unused days back, remaining days charged.
#[utoipa::path(
    post, path = "/subscriptions/{id}/change-plan", operation_id = "change_plan", tag = "subscriptions",
    params(("id" = String, Path, description = "A subscription id")),
    request_body = ChangePlanBody,
    responses((status = 200, description = "Changed, or scheduled", body = PlanChangeBody))
)]
async fn change_plan(
    State(api): State<Api>,
    caller: May<ChangePlans>,
    PathId(id): PathId<SubscriptionKind>,
    Valid(body): Valid<ChangePlanBody>,
) -> Result<Json<PlanChangeBody>, Problem> {
    let command = ChangePlan {
        subscription: id,
        plan: body.plan,
        when: body.when,
    };
    let change = run(&caller, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            billing::change_plan(&*it.billing, &*it.ids, &*it.clock, &scope, command).await
        }
    })
    .await?;
    Ok(Json(PlanChangeBody {
        subscription: load(&api, &caller, id).await?,
        when: change.when,
        from: change.from,
        issued: change.issued.into(),
    }))
}

/// Stops a subscription for now: no access and no new periods.
#[utoipa::path(
    post, path = "/subscriptions/{id}/suspend", operation_id = "suspend_subscription", tag = "subscriptions",
    params(("id" = String, Path, description = "A subscription id")),
    request_body = SuspendBody,
    responses((status = 200, description = "Suspended", body = SubscriptionBody))
)]
async fn suspend(
    State(api): State<Api>,
    caller: May<SuspendSubscriptions>,
    PathId(id): PathId<SubscriptionKind>,
    Valid(body): Valid<SuspendBody>,
) -> Result<Json<SubscriptionBody>, Problem> {
    let command = SuspendSubscription {
        subscription: id,
        reason: body.reason,
    };
    run(&caller, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            billing::suspend_subscription(&*it.billing, &*it.clock, &scope, command).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

/// Lets a subscription go on that is suspended or rests.
#[utoipa::path(
    post, path = "/subscriptions/{id}/resume", operation_id = "resume_subscription", tag = "subscriptions",
    params(("id" = String, Path, description = "A subscription id")),
    responses((status = 200, description = "Resumed", body = SubscriptionBody))
)]
async fn resume(
    State(api): State<Api>,
    caller: May<SuspendSubscriptions>,
    PathId(id): PathId<SubscriptionKind>,
) -> Result<Json<SubscriptionBody>, Problem> {
    run(&caller, |scope| {
        let api = api.clone();
        let command = ResumeSubscription {
            subscription: id,
            when: At::Now,
        };
        async move {
            let it = &api.ports;
            billing::resume_subscription(&*it.billing, &*it.clock, &scope, command).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

/// Ends a subscription today, when the period that has begun is over, or on a day. Twice is harmless, and the earlier end
/// stands. Where the end has come, what was used is billed and what is given back is credited at once.
#[utoipa::path(
    post, path = "/subscriptions/{id}/cancel", operation_id = "cancel_subscription", tag = "subscriptions",
    params(("id" = String, Path, description = "A subscription id")),
    request_body = CancelBody,
    responses((status = 200, description = "Cancelled", body = CancelledBody))
)]
async fn cancel(
    State(api): State<Api>,
    caller: May<CancelSubscriptions>,
    PathId(id): PathId<SubscriptionKind>,
    Valid(body): Valid<CancelBody>,
) -> Result<Json<CancelledBody>, Problem> {
    let command = CancelSubscription {
        subscription: id,
        ending: body.ending(),
    };
    let issued = run(&caller, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            billing::cancel_subscription(&*it.billing, &*it.ids, &*it.clock, &scope, command).await
        }
    })
    .await?;
    Ok(Json(CancelledBody {
        subscription: load(&api, &caller, id).await?,
        issued: issued.into(),
    }))
}

const fn word(status: StatusWord) -> &'static str {
    match status {
        StatusWord::Active => "active",
        StatusWord::Suspended => "suspended",
        StatusWord::Ended => "ended",
    }
}

async fn load(
    api: &Api,
    caller: &Granted,
    id: SubscriptionId,
) -> Result<SubscriptionBody, Problem> {
    let queries = &api.ports.billing_queries;
    let found = queries.subscription(caller.tenant(), id).await?;
    let view = found.ok_or_else(|| Problem::not_found("subscription", id))?;
    Ok(view.into())
}
