//! `/legal-entities/{id}/dunning` and `/dunning-runs`: what is done about debts, a look at what the next run would do, and the
//! runs that wait for a person.

pub(super) mod bodies;

use axum::Json;
use axum::extract::State;
use billing::{
    DuePage, EntityView, FoundDebt, LegalEntity, Level, Outlook, RunDecision, StepKind, Unbillable,
    outlook,
};
use kernel::{
    AccountId, DunningRunId, DunningRunKind, EntityId, EntityKind, LocalDate, StoreError, Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use self::bodies::{ProcedureBody, RunBody, RunWord, TakenBody};
use super::billing::moment;
use crate::answer::Listed;
use crate::api::Api;
use crate::extract::filtered::Filtered;
use crate::extract::listing::PageParams;
use crate::extract::{Granted, Listing, May, PathId, Valid};
use crate::idempotency::run;
use crate::problem::{Problem, catalog};
use crate::rights::{DecideRuns, ReadAccounts, ReadEntities, WriteEntities};
use crate::words;

/// What an entity does about debts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EntityDunning)]
pub(crate) struct EntityDunningBody {
    /// The number of the definition; 0 as long as nothing but the three numbers of the settings is defined.
    version: u64,
    procedure: ProcedureBody,
}

/// Everything an entity has defined.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DunningDefinitions)]
pub(crate) struct DefinitionsBody {
    items: Vec<EntityDunningBody>,
}

/// What a run would do to an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DunningPreview)]
pub(crate) struct PreviewBody {
    #[schema(value_type = String, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$", example = "acc_agjpfimc4btqadrdlvfsmcaaai")]
    account: AccountId,
    /// How far behind it is; null for one that cannot be read.
    #[schema(value_type = Option<words::LevelWord>, example = "overdue")]
    before: Option<Level>,
    /// How far behind it would be.
    #[schema(value_type = Option<words::LevelWord>, example = "restricted")]
    after: Option<Level>,
    /// The steps that would be taken, in order.
    steps: Vec<TakenBody>,
    /// Whether its subscriptions would end.
    terminates: bool,
    /// Whether the customer could do less afterwards.
    cuts: bool,
    /// Why it cannot be looked at: the run would park it.
    parked: Option<String>,
}

impl From<Outlook> for PreviewBody {
    fn from(it: Outlook) -> Self {
        Self {
            account: it.account,
            before: Some(it.before),
            after: Some(it.after),
            steps: it.steps.iter().map(TakenBody::from).collect(),
            terminates: it.terminates,
            cuts: it.cuts,
            parked: None,
        }
    }
}

impl PreviewBody {
    const fn unreadable(account: AccountId, reason: String) -> Self {
        Self {
            account,
            before: None,
            after: None,
            steps: Vec::new(),
            terminates: false,
            cuts: false,
            parked: Some(reason),
        }
    }
}

/// What a run would do in all.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = DunningSummary)]
pub(crate) struct SummaryBody {
    /// How many accounts are due to be looked at.
    accounts: u64,
    /// How many of them would be told something.
    reminder: u64,
    /// How many would be charged a fee.
    fee: u64,
    /// How many would become slow.
    restriction: u64,
    /// How many would be cut off.
    suspension: u64,
    /// How many would have their subscriptions ended.
    termination: u64,
    /// How many could do less afterwards.
    cuts: u64,
    /// How many have access now.
    active: u64,
    /// How many cannot be read: the run would park them.
    parked: u64,
}

impl SummaryBody {
    /// Counts an account once for every kind of step, however many of them it would get; a reminder that gives way to a later
    /// one is none.
    fn count(&mut self, it: &Outlook) {
        let has = |kind: fn(&StepKind) -> bool| {
            let mut steps = it.steps.iter().filter(|it| !it.merged);
            u64::from(steps.any(|it| kind(&it.of.kind)))
        };
        self.reminder += has(|it| matches!(it, StepKind::Reminder));
        self.fee += has(|it| matches!(it, StepKind::Fee { .. }));
        self.restriction += has(|it| matches!(it, StepKind::Restriction));
        self.suspension += has(|it| matches!(it, StepKind::Suspension));
        self.termination += has(|it| matches!(it, StepKind::Termination));
        self.cuts += u64::from(it.cuts);
    }
}

/// Of which run.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SummaryFilter {
    /// The day of the run, today or later; now if absent.
    #[param(value_type = Option<String>, format = Date)]
    on: Option<LocalDate>,
}

/// Which part of which run.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PreviewFilter {
    /// The day of the run, today or later; now if absent.
    #[param(value_type = Option<String>, format = Date)]
    on: Option<LocalDate>,
    /// How many accounts at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// The `next` of the previous page, unchanged.
    after: Option<String>,
}

/// Which runs.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunsFilter {
    /// Only runs in this state.
    #[param(inline)]
    state: Option<RunWord>,
}

/// A person's word.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DunningDecision)]
pub(crate) struct DecisionBody {
    /// Why.
    #[validate(length(min = 1, max = 300))]
    #[schema(
        min_length = 1,
        max_length = 300,
        example = "the bank transfers of Monday are booked"
    )]
    reason: String,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(show, define))
        .routes(routes!(definitions))
        .routes(routes!(preview))
        .routes(routes!(summary))
        .routes(routes!(runs))
        .routes(routes!(approve))
        .routes(routes!(refuse))
}

/// Shows what a legal entity does about debts.
#[utoipa::path(
    get, path = "/legal-entities/{id}/dunning", operation_id = "get_dunning", tag = "dunning",
    params(("id" = String, Path, description = "A legal entity id")),
    responses((status = 200, description = "The procedure that counts", body = EntityDunningBody))
)]
async fn show(
    State(api): State<Api>,
    caller: May<ReadEntities>,
    PathId(id): PathId<EntityKind>,
) -> Result<Json<EntityDunningBody>, Problem> {
    load(&api, &caller, id).await.map(Json)
}

/// Defines what a legal entity does about debts from now on. Steps that were taken stay taken; accounts follow when they are
/// looked at next, within a day. The same procedure again changes nothing.
#[utoipa::path(
    put, path = "/legal-entities/{id}/dunning", operation_id = "define_dunning", tag = "dunning",
    params(("id" = String, Path, description = "A legal entity id")),
    request_body = ProcedureBody,
    responses((status = 200, description = "The procedure that counts", body = EntityDunningBody))
)]
async fn define(
    State(api): State<Api>,
    caller: May<WriteEntities>,
    PathId(id): PathId<EntityKind>,
    Valid(body): Valid<ProcedureBody>,
) -> Result<Json<EntityDunningBody>, Problem> {
    let new = body.procedure()?;
    run(&caller, |scope| {
        let (api, new) = (api.clone(), new.clone());
        async move {
            let it = &api.ports;
            billing::define_procedure(&*it.billing, &*it.clock, &scope, id, new).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

/// Lists every procedure a legal entity has defined, the newest first, at most 200.
#[utoipa::path(
    get, path = "/legal-entities/{id}/dunning/definitions", operation_id = "list_dunning_definitions", tag = "dunning",
    params(("id" = String, Path, description = "A legal entity id")),
    responses((status = 200, description = "The definitions", body = DefinitionsBody))
)]
async fn definitions(
    State(api): State<Api>,
    caller: May<ReadEntities>,
    PathId(id): PathId<EntityKind>,
) -> Result<Json<DefinitionsBody>, Problem> {
    load(&api, &caller, id).await?;
    let queries = &api.ports.billing_queries;
    let found = queries.procedures(caller.tenant(), id).await?;
    let items = found.into_iter().map(|it| EntityDunningBody {
        version: it.version,
        procedure: it.procedure.into(),
    });
    Ok(Json(DefinitionsBody {
        items: items.collect(),
    }))
}

/// Shows what the dunning run of a day would do, account by account in the order of the run; writes nothing.
#[utoipa::path(
    get, path = "/legal-entities/{id}/dunning/preview", operation_id = "preview_dunning_run", tag = "dunning",
    params(("id" = String, Path, description = "A legal entity id"), PreviewFilter),
    responses((status = 200, description = "A page of accounts that are due to be looked at", body = Listed<PreviewBody>))
)]
async fn preview(
    State(api): State<Api>,
    caller: May<ReadAccounts>,
    PathId(id): PathId<EntityKind>,
    filter: Filtered<PreviewFilter>,
) -> Result<Json<Listed<PreviewBody>>, Problem> {
    let PreviewFilter { on, limit, after } = filter.0;
    let limit = limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(bad_parameter("limit", "range", "must be 1 to 200"));
    }
    let page = DuePage {
        now: moment(&api, caller.tenant(), id, on).await?,
        after: after.as_deref().map(place).transpose()?,
        limit,
    };
    let queries = &api.ports.billing_queries;
    let found = queries.accounts_to_evaluate(caller.tenant(), id, page);
    let found = found.await?;
    let (entity, facts) = found.ok_or_else(|| Problem::not_found("legal entity", id))?;
    let full = facts.len() == usize::from(limit);
    let last = facts.last().map(|it| it.place).filter(|_| full);
    let seen = |it: &FoundDebt| match seen(&entity, it, page.now) {
        Ok(seen) => PreviewBody::from(seen),
        Err(reason) => PreviewBody::unreadable(it.place.1, reason),
    };
    Ok(Json(Listed {
        items: facts.iter().map(seen).collect(),
        next: last.map(|(at, id)| format!("{}.{id}", at.micros())),
    }))
}

/// What a run would do to an account, or why it would park it.
fn seen(entity: &LegalEntity, it: &FoundDebt, now: Timestamp) -> Result<Outlook, String> {
    let unreadable = |err: &StoreError| Unbillable::unreadable(err).to_string();
    let facts = it.facts.as_ref().map_err(unreadable)?;
    outlook(entity, facts, now).map_err(|err| unreadable(&StoreError::corrupt(err)))
}

/// Accounts that are looked at in one step of counting.
const COUNTED: u16 = 200;

/// Counts what the dunning run of a day would do, by kind of step; writes nothing.
#[utoipa::path(
    get, path = "/legal-entities/{id}/dunning/preview/summary", operation_id = "summarize_dunning_run", tag = "dunning",
    params(("id" = String, Path, description = "A legal entity id"), SummaryFilter),
    responses((status = 200, description = "How many accounts would get what", body = SummaryBody))
)]
async fn summary(
    State(api): State<Api>,
    caller: May<ReadAccounts>,
    PathId(id): PathId<EntityKind>,
    filter: Filtered<SummaryFilter>,
) -> Result<Json<SummaryBody>, Problem> {
    let now = moment(&api, caller.tenant(), id, filter.0.on).await?;
    let queries = &api.ports.billing_queries;
    let mut summary = SummaryBody {
        active: queries.accounts_with_access(caller.tenant(), id).await?,
        ..SummaryBody::default()
    };
    let mut after = None;
    loop {
        let page = DuePage {
            now,
            after,
            limit: COUNTED,
        };
        let found = queries.accounts_to_evaluate(caller.tenant(), id, page);
        let found = found.await?;
        let (entity, facts) = found.ok_or_else(|| Problem::not_found("legal entity", id))?;
        let Some(last) = facts.last() else {
            return Ok(Json(summary));
        };
        after = Some(last.place);
        for it in &facts {
            summary.accounts += 1;
            match seen(&entity, it, now) {
                Ok(seen) => summary.count(&seen),
                Err(_) => summary.parked += 1,
            }
        }
    }
}

/// A place among the accounts that are due, as `next` writes it.
fn place(text: &str) -> Result<(Timestamp, AccountId), Problem> {
    let (micros, id) = text.split_once('.').unwrap_or_default();
    let at = micros.parse().ok().and_then(Timestamp::from_micros);
    at.zip(id.parse().ok())
        .ok_or_else(|| bad_parameter("after", "format", "must be the next of the previous page"))
}

fn bad_parameter(field: &str, rule: &str, message: &str) -> Problem {
    Problem::of(&catalog::INVALID_PARAMETER).field(field, rule, message)
}

/// Lists dunning runs, newest first. One that waits would cut off more customers than its procedure lets it without a
/// person's word.
#[utoipa::path(
    get, path = "/dunning-runs", operation_id = "list_dunning_runs", tag = "dunning",
    params(PageParams, RunsFilter),
    responses((status = 200, description = "A page of runs", body = Listed<RunBody>))
)]
async fn runs(
    State(api): State<Api>,
    caller: May<ReadAccounts>,
    listing: Listing<RunsFilter>,
) -> Result<Json<Listed<RunBody>>, Problem> {
    let state = listing.filter.state.map(RunWord::state);
    let queries = &api.ports.billing_queries;
    let page = queries.dunning_runs(caller.tenant(), state, listing.page);
    Ok(Listed::of(page.await?))
}

/// Lets a run that waits cut off everybody it would, until the day is over. Twice is harmless.
#[utoipa::path(
    post, path = "/dunning-runs/{id}/approve", operation_id = "approve_dunning_run", tag = "dunning",
    params(("id" = String, Path, description = "A dunning run id")),
    request_body = DecisionBody,
    responses(
        (status = 200, description = "The run", body = RunBody),
        (status = 409, description = "The run does not wait", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn approve(
    State(api): State<Api>,
    caller: May<DecideRuns>,
    PathId(id): PathId<DunningRunKind>,
    Valid(body): Valid<DecisionBody>,
) -> Result<Json<RunBody>, Problem> {
    decide(&api, &caller, id, RunDecision::Approve, &body.reason).await
}

/// Lets a run that waits cut off nobody; the next day is another run. Twice is harmless.
#[utoipa::path(
    post, path = "/dunning-runs/{id}/refuse", operation_id = "refuse_dunning_run", tag = "dunning",
    params(("id" = String, Path, description = "A dunning run id")),
    request_body = DecisionBody,
    responses(
        (status = 200, description = "The run", body = RunBody),
        (status = 409, description = "The run does not wait", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn refuse(
    State(api): State<Api>,
    caller: May<DecideRuns>,
    PathId(id): PathId<DunningRunKind>,
    Valid(body): Valid<DecisionBody>,
) -> Result<Json<RunBody>, Problem> {
    decide(&api, &caller, id, RunDecision::Refuse, &body.reason).await
}

async fn decide(
    api: &Api,
    caller: &Granted,
    id: DunningRunId,
    word: RunDecision,
    reason: &str,
) -> Result<Json<RunBody>, Problem> {
    run(caller, |scope| {
        let (api, reason) = (api.clone(), reason.to_owned());
        async move {
            let store = &*api.ports.billing;
            billing::decide_dunning_run(store, &scope, id, word, &reason).await
        }
    })
    .await?;
    let queries = &api.ports.billing_queries;
    let view = queries.dunning_run(caller.tenant(), id).await?;
    let view = view.ok_or_else(|| Problem::not_found("dunning run", id))?;
    Ok(Json(view.into()))
}

async fn load(api: &Api, caller: &Granted, id: EntityId) -> Result<EntityDunningBody, Problem> {
    let entities = api.ports.billing_queries.entities(caller.tenant()).await?;
    let found = entities.into_iter().find(|it| it.id == id);
    let found = found.ok_or_else(|| Problem::not_found("legal entity", id))?;
    Ok(found.into())
}

impl From<EntityView> for EntityDunningBody {
    fn from(view: EntityView) -> Self {
        Self {
            version: view.procedure_version,
            procedure: view.procedure.into(),
        }
    }
}
