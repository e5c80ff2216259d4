//! `/needs-attention`: everything that waits for a person, each with the request that resolves it.

use access::{Allowance, NotApplied, RouterStatus, RouterView};
use axum::Json;
use axum::extract::State;
use billing::gateway::{RefundsSince, WebhookStatus};
use billing::{
    AccountView, DunningRunState, DunningRunView, ParkedReason, ProofStatus, UnmatchedStatus,
};
use jobs::{DeliveryFilter, DeliveryState, DeliveryView, JobFilter, JobStateName, JobView};
use kernel::{Page, PageRequest, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Listing, May};
use crate::problem::Problem;
use crate::rights::ReadAccounts;

mod money;

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AttentionKind)]
pub(crate) enum Kind {
    /// What a router does not have yet: customers who have paid and are not connected, or who are and should not be.
    Access,
    /// Accounts that billing has stopped for.
    ParkedAccounts,
    /// Dunning runs that would cut off too many.
    DunningRuns,
    /// Money that fits no account.
    UnmatchedPayments,
    /// Proofs of bank transfers that nobody has looked at.
    PaymentProofs,
    /// Messages of payment providers that could not be acted on.
    Webhooks,
    /// Payment links with a note.
    PaymentLinks,
    /// Refunds that went back and are not in the books, have waited for their provider for a day, or have failed in the last 30
    /// days and were not asked for again.
    Refunds,
    /// Comparisons with providers that failed or found differences, until the same days are compared again.
    Reconciliations,
    /// Routers that do not answer, or have something to catch up with.
    Routers,
    /// Jobs that have failed for good.
    Jobs,
    /// Events whose handler has failed for good.
    Deliveries,
}

impl Kind {
    const ALL: [Self; 12] = [
        Self::Access,
        Self::ParkedAccounts,
        Self::DunningRuns,
        Self::UnmatchedPayments,
        Self::PaymentProofs,
        Self::Webhooks,
        Self::PaymentLinks,
        Self::Refunds,
        Self::Reconciliations,
        Self::Routers,
        Self::Jobs,
        Self::Deliveries,
    ];
}

/// What is asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct KindFilter {
    /// Only what waits like this; pages count within it. Without it, the first of every kind.
    #[param(inline)]
    kind: Option<Kind>,
}

/// A request that resolves something.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttentionAction)]
pub(crate) struct ActionBody {
    /// The operation, as the description calls it.
    #[schema(example = "release_account")]
    pub(super) operation: &'static str,
    #[schema(example = "POST")]
    pub(super) method: &'static str,
    #[schema(example = "/api/v1/billing/accounts/acc_agjpfimc4btqadrdlvfsmcaaai/release")]
    pub(super) href: String,
}

/// Something that waits for a person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttentionItem)]
pub(crate) struct ItemBody {
    /// `paid_but_not_active`, `online_but_not_allowed`, `parked_account`, `waiting_dunning_run`,
    /// `unmatched_payment`, `waiting_payment_proof`, `parked_webhook`, `noted_payment_link`, `refund_not_booked`, `refund_under_way`,
    /// `refund_failed`, `comparison_with_differences`, `comparison_failed`, `unreachable_router`, `untrusted_router`, `pending_router`, `parked_job` or `parked_delivery`.
    #[schema(example = "parked_account")]
    what: &'static str,
    /// What it is about: an account, a grant, a run, money, a message, a link, a refund, a comparison, a router,
    /// a job or a delivery.
    #[schema(example = "acc_agjpfimc4btqadrdlvfsmcaaai")]
    id: String,
    /// Why it waits.
    reason: Option<String>,
    /// What a person can do about it.
    actions: Vec<ActionBody>,
}

/// How many accounts wait for one reason.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttentionReason)]
pub(crate) struct ReasonBody {
    reason: String,
    count: u64,
}

impl From<ParkedReason> for ReasonBody {
    fn from(it: ParkedReason) -> Self {
        Self {
            reason: it.reason,
            count: it.accounts,
        }
    }
}

/// What waits of one kind.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttentionGroup)]
pub(crate) struct GroupBody {
    kind: Kind,
    items: Vec<ItemBody>,
    /// The `after` of the next page of this kind; null on the last one.
    next: Option<String>,
    /// Of parked accounts: how many for each reason, the most frequent first, at most 50.
    reasons: Vec<ReasonBody>,
}

/// Everything that waits for a person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NeedsAttention)]
pub(crate) struct AttentionBody {
    groups: Vec<GroupBody>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Lists everything that waits for a person, by kind, each with the requests that resolve it.
#[utoipa::path(
    get, path = "/needs-attention", operation_id = "list_needs_attention", tag = "needs attention",
    params(PageParams, KindFilter),
    responses((status = 200, description = "What waits", body = AttentionBody))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadAccounts>,
    listing: Listing<KindFilter>,
) -> Result<Json<AttentionBody>, Problem> {
    let (tenant, limit) = (caller.tenant(), listing.page.limit());
    let mut groups = Vec::new();
    match listing.filter.kind {
        Some(kind) => groups.push(group(&api, tenant, kind, listing.page).await?),
        None => {
            for kind in Kind::ALL {
                let first = PageRequest::new(limit, None);
                groups.push(group(&api, tenant, kind, first).await?);
            }
        }
    }
    Ok(Json(AttentionBody { groups }))
}

async fn group(
    api: &Api,
    tenant: TenantId,
    kind: Kind,
    page: PageRequest,
) -> Result<GroupBody, Problem> {
    let it = &api.ports;
    let (items, next) = match kind {
        Kind::Access => shown(
            it.access_queries.not_applied(tenant, None, page).await?,
            access,
        ),
        Kind::ParkedAccounts => {
            let found = it.billing_queries.parked_accounts(tenant, page).await?;
            shown(found, parked_account)
        }
        Kind::DunningRuns => {
            let waiting = Some(DunningRunState::Waiting);
            let found = it
                .billing_queries
                .dunning_runs(tenant, waiting, page)
                .await?;
            shown(found, dunning_run)
        }
        Kind::UnmatchedPayments => {
            let open = Some(UnmatchedStatus::Open);
            let found = it.billing_queries.unmatched_payments(tenant, open, page);
            shown(found.await?, money::unmatched)
        }
        Kind::PaymentProofs => {
            let waiting = Some(ProofStatus::Waiting);
            let found = it.billing_queries.proofs(tenant, waiting, page).await?;
            shown(found, money::proof)
        }
        Kind::Webhooks => {
            let parked = Some(WebhookStatus::Parked);
            let found = it.payment_gateways.queries.webhooks(tenant, parked, page);
            shown(found.await?, money::webhook)
        }
        Kind::PaymentLinks => {
            let queries = &it.payment_gateways.queries;
            shown(queries.links_with_a_note(tenant, page).await?, money::link)
        }
        Kind::Refunds => {
            let now = it.clock.now();
            let since = RefundsSince {
                waiting: now.minus(money::REFUND_TAKES),
                failed: now.minus(money::FAILURE_IS_NEWS),
            };
            let queries = &it.payment_gateways.queries;
            let found = queries.refunds_to_look_at(tenant, since, page).await?;
            shown(found, money::refund)
        }
        Kind::Reconciliations => {
            let queries = &it.payment_gateways.queries;
            let found = queries.reconciliations_to_look_at(tenant, page).await?;
            shown(found, money::reconciliation)
        }
        Kind::Routers => {
            let Page { items, next } = it.access_queries.routers(tenant, page).await?;
            (items.iter().filter_map(router).collect(), next)
        }
        Kind::Jobs => {
            let filter = JobFilter {
                state: Some(JobStateName::Parked),
                ..JobFilter::default()
            };
            shown(it.jobs.jobs(tenant, filter, page).await?, job)
        }
        Kind::Deliveries => {
            let filter = DeliveryFilter {
                state: Some(DeliveryState::Parked),
                ..DeliveryFilter::default()
            };
            shown(it.jobs.deliveries(tenant, filter, page).await?, delivery)
        }
    };
    let reasons = match kind {
        Kind::ParkedAccounts => it.billing_queries.parked_reasons(tenant).await?,
        _ => Vec::new(),
    };
    Ok(GroupBody {
        kind,
        items,
        next,
        reasons: reasons.into_iter().map(ReasonBody::from).collect(),
    })
}

/// What waits of a page, and where the next one begins.
fn shown<V>(page: Page<V>, item: impl Fn(&V) -> ItemBody) -> (Vec<ItemBody>, Option<String>) {
    (page.items.iter().map(item).collect(), page.next)
}

fn post(operation: &'static str, path: &str) -> ActionBody {
    ActionBody {
        operation,
        method: "POST",
        href: format!("/api/v1{path}"),
    }
}

fn access(it: &NotApplied) -> ItemBody {
    let what = match it.grant.allowance {
        Allowance::Active { .. } => "paid_but_not_active",
        Allowance::Restricted | Allowance::Blocked | Allowance::Ended => "online_but_not_allowed",
    };
    let router = it.grant.router;
    let reason = it.reason.as_deref().unwrap_or("it waits for the router");
    ItemBody {
        what,
        id: it.grant.id.to_string(),
        reason: Some(format!("not applied since {}: {reason}", it.since)),
        actions: vec![post(
            "reconcile_router",
            &format!("/routers/{router}/reconcile"),
        )],
    }
}

fn parked_account(it: &AccountView) -> ItemBody {
    let release = format!("/billing/accounts/{}/release", it.id);
    ItemBody {
        what: "parked_account",
        id: it.id.to_string(),
        reason: it.parked.clone(),
        actions: vec![post("release_account", &release)],
    }
}

fn dunning_run(it: &DunningRunView) -> ItemBody {
    let decide = |word: &str| format!("/dunning-runs/{}/{word}", it.id);
    let reason = format!(
        "the run of {} would cut off {} of {} accounts",
        it.run_on, it.cuts, it.active
    );
    ItemBody {
        what: "waiting_dunning_run",
        id: it.id.to_string(),
        reason: Some(reason),
        actions: vec![
            post("approve_dunning_run", &decide("approve")),
            post("refuse_dunning_run", &decide("refuse")),
        ],
    }
}

/// A router that is well and has everything waits for nobody.
fn router(it: &RouterView) -> Option<ItemBody> {
    let action = |operation, word: &str| post(operation, &format!("/routers/{}/{word}", it.id));
    let (what, reason, action) = match &it.status {
        RouterStatus::Unreachable { since, reason } => (
            "unreachable_router",
            format!("unreachable since {since}: {reason}"),
            action("test_router", "test"),
        ),
        RouterStatus::AwaitingConfirmation { .. } | RouterStatus::CertificateChanged { .. } => (
            "untrusted_router",
            "its certificate waits for confirmation".to_owned(),
            action("trust_router", "trust"),
        ),
        RouterStatus::Enrolled | RouterStatus::Online if it.pending > 0 => (
            "pending_router",
            format!("{} logins wait for it", it.pending),
            action("reconcile_router", "reconcile"),
        ),
        RouterStatus::Enrolled | RouterStatus::Online | RouterStatus::Retired => return None,
    };
    Some(ItemBody {
        what,
        id: it.id.to_string(),
        reason: Some(reason),
        actions: vec![action],
    })
}

fn job(it: &JobView) -> ItemBody {
    ItemBody {
        what: "parked_job",
        id: it.id.to_string(),
        reason: it.last_error.clone(),
        actions: vec![
            post("requeue_job", &format!("/jobs/{}/requeue", it.id)),
            post("cancel_job", &format!("/jobs/{}/cancel", it.id)),
        ],
    }
}

fn delivery(it: &DeliveryView) -> ItemBody {
    ItemBody {
        what: "parked_delivery",
        id: it.id.to_string(),
        reason: it.last_error.clone(),
        actions: vec![post(
            "requeue_delivery",
            &format!("/deliveries/{}/requeue", it.id),
        )],
    }
}
