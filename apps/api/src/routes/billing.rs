//! `/billing`: a look at what the next run would bill, and the accounts that it leaves alone.

use axum::Json;
use axum::extract::State;
use billing::{
    AccountFacts, Bill, BillOrder, FeeLineView, FiguresView, InvoiceDraft, LegalEntity, LineView,
    NoteDraft, RunPage, Unbillable, prepare_bill,
};
use kernel::{AccountId, AccountKind, Cursor, EntityId, InvoiceId, LocalDate, TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::accounts::AccountBody;
use super::invoices::{FeeLineBody, FiguresBody, LineBody, PeriodBody};
use crate::answer::Listed;
use crate::api::Api;
use crate::extract::filtered::Filtered;
use crate::extract::listing::PageParams;
use crate::extract::{Listing, May, NoFilter, PathId};
use crate::idempotency::run;
use crate::money::MoneyBody;
use crate::problem::{Problem, catalog};
use crate::rights::{RaiseInvoices, ReadAccounts, ReadInvoices};

/// What an account would be billed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BillPreview)]
pub(crate) struct PreviewBody {
    #[schema(value_type = String, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$", example = "acc_agjpfimc4btqadrdlvfsmcaaai")]
    account: AccountId,
    /// The invoice; null if nothing would be due or billing would stop.
    invoice: Option<DraftBody>,
    /// The credit notes over what would be given back of issued invoices.
    credit_notes: Vec<NotePreviewBody>,
    /// Why billing has stopped or would stop for it.
    parked: Option<String>,
}

/// A credit note as it would be, but for its number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreditNotePreview)]
pub(crate) struct NotePreviewBody {
    /// The invoice of which something would be given back.
    #[schema(value_type = String, pattern = "^inv_[a-z2-7]{25}[aeimquy4]$", example = "inv_agjpfimc4btqadrdlvfsmcaaai")]
    invoice: InvoiceId,
    /// The days that would be taken back.
    days: Vec<PeriodBody>,
    /// The sum without tax.
    net: MoneyBody,
    /// What would be given back in all.
    total: MoneyBody,
}

/// An invoice as it would be, but for its number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvoicePreview)]
pub(crate) struct DraftBody {
    #[schema(value_type = String, format = Date, example = "2026-11-21")]
    issued_on: LocalDate,
    /// The last day to pay it without being overdue.
    #[schema(value_type = String, format = Date, example = "2026-11-28")]
    due_on: LocalDate,
    lines: Vec<LineBody>,
    /// What dunning has charged, as lines after the others.
    fees: Vec<FeeLineBody>,
    #[serde(flatten)]
    figures: FiguresBody,
    /// What would be asked for.
    total: MoneyBody,
    /// How much of it earlier payments would pay at once.
    allocated: Option<MoneyBody>,
}

/// For which day.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DayFilter {
    /// The day of the run, today or later; today if absent.
    #[param(value_type = Option<String>, format = Date)]
    on: Option<LocalDate>,
}

/// Of which run.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunFilter {
    /// The entity whose accounts would be billed.
    #[param(value_type = String, pattern = "^ent_[a-z2-7]{25}[aeimquy4]$", example = "ent_agjpfimc4btqadrdlvfsmcaaai")]
    legal_entity: EntityId,
    /// The day of the run, today or later; today if absent.
    #[param(value_type = Option<String>, format = Date)]
    on: Option<LocalDate>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(preview_run))
        .routes(routes!(preview))
        .routes(routes!(parked))
        .routes(routes!(release))
}

/// Shows what the billing run of a day would bill, account by account in the order of the run; writes nothing.
#[utoipa::path(
    get, path = "/billing/preview", operation_id = "preview_billing_run", tag = "billing",
    params(PageParams, RunFilter),
    responses((status = 200, description = "A page of accounts that are due", body = Listed<PreviewBody>))
)]
async fn preview_run(
    State(api): State<Api>,
    caller: May<ReadInvoices>,
    listing: Listing<RunFilter>,
) -> Result<Json<Listed<PreviewBody>>, Problem> {
    let RunFilter { legal_entity, on } = listing.filter;
    let limit = listing.page.limit();
    let page = RunPage {
        now: moment(&api, caller.tenant(), legal_entity, on).await?,
        after: listing
            .page
            .after()
            .map(|it| AccountId::from_uuid(it.uuid())),
        limit,
    };
    let run = &api.ports.billing_run;
    let found = run
        .facts_to_bill(caller.tenant(), legal_entity, page)
        .await?;
    let (entity, accounts) = found.ok_or_else(|| unknown_entity(legal_entity))?;
    let full = accounts.len() == usize::from(limit);
    let last = accounts.last().map(|(id, _)| Cursor::after(*id));
    let mut items = Vec::new();
    for (account, facts) in accounts {
        let seen = match facts {
            Ok(facts) => look(&api, &entity, facts, page.now)?,
            Err(err) => {
                let reason = Unbillable::unreadable(&err).to_string();
                Some(PreviewBody::empty(account, Some(reason)))
            }
        };
        items.push(match seen {
            Some(seen) => seen,
            // What is given back of issued invoices is read account by account.
            None => look_closely(&api, caller.tenant(), account, page.now).await?,
        });
    }
    Ok(Json(Listed {
        items,
        next: last.filter(|_| full).map(|it| it.to_string()),
    }))
}

/// Shows what an account would be billed on a day; writes nothing.
#[utoipa::path(
    get, path = "/billing/accounts/{id}/preview", operation_id = "preview_bill", tag = "billing",
    params(("id" = String, Path, description = "An account id"), DayFilter),
    responses((status = 200, description = "What would be billed", body = PreviewBody))
)]
async fn preview(
    State(api): State<Api>,
    caller: May<ReadInvoices>,
    PathId(id): PathId<AccountKind>,
    filter: Filtered<DayFilter>,
) -> Result<Json<PreviewBody>, Problem> {
    let queries = &api.ports.billing_queries;
    let account = queries.account(caller.tenant(), id).await?;
    let account = account.ok_or_else(|| Problem::not_found("account", id))?;
    let now = moment(&api, caller.tenant(), account.entity, filter.0.on).await?;
    look_closely(&api, caller.tenant(), id, now).await.map(Json)
}

async fn look_closely(
    api: &Api,
    tenant: TenantId,
    id: AccountId,
    now: Timestamp,
) -> Result<PreviewBody, Problem> {
    let found = api.ports.billing_run.facts_of(tenant, id, now).await?;
    let (entity, facts) = found.ok_or_else(|| Problem::not_found("account", id))?;
    let seen = look(api, &entity, facts, now)?;
    Ok(seen.unwrap_or_else(|| PreviewBody::empty(id, None)))
}

/// Lists the accounts that billing has stopped for, newest first, each with the reason.
#[utoipa::path(
    get, path = "/billing/parked-accounts", operation_id = "list_parked_accounts", tag = "billing",
    params(PageParams),
    responses((status = 200, description = "A page of accounts", body = Listed<AccountBody>))
)]
async fn parked(
    State(api): State<Api>,
    caller: May<ReadAccounts>,
    listing: Listing<NoFilter>,
) -> Result<Json<Listed<AccountBody>>, Problem> {
    let queries = &api.ports.billing_queries;
    let page = queries.parked_accounts(caller.tenant(), listing.page);
    Ok(Listed::of(page.await?))
}

/// Lets billing go on for an account, after a person has looked at why it stopped. The next run bills what is due, or
/// parks it again. Twice is harmless.
#[utoipa::path(
    post, path = "/billing/accounts/{id}/release", operation_id = "release_account", tag = "billing",
    params(("id" = String, Path, description = "An account id")),
    responses((status = 200, description = "The account", body = AccountBody))
)]
async fn release(
    State(api): State<Api>,
    caller: May<RaiseInvoices>,
    PathId(id): PathId<AccountKind>,
) -> Result<Json<AccountBody>, Problem> {
    run(&caller, |scope| {
        let api = api.clone();
        async move {
            let (store, clock) = (&*api.ports.billing, &*api.ports.clock);
            billing::release_account(store, clock, &scope, id).await
        }
    })
    .await?;
    let queries = &api.ports.billing_queries;
    let view = queries.account(caller.tenant(), id).await?;
    let view = view.ok_or_else(|| Problem::not_found("account", id))?;
    Ok(Json(view.into()))
}

/// The moment at which a run of a day would look: now, or the first of a later day at the entity.
pub(super) async fn moment(
    api: &Api,
    tenant: TenantId,
    entity: EntityId,
    on: Option<LocalDate>,
) -> Result<Timestamp, Problem> {
    let entities = api.ports.billing_queries.entities(tenant).await?;
    let entity = entities
        .iter()
        .find(|it| it.id == entity)
        .ok_or_else(|| unknown_entity(entity))?;
    let now = api.ports.clock.now();
    let today = entity.zone.date_at(now);
    let Some(day) = on.filter(|it| *it != today) else {
        return Ok(now);
    };
    let ahead = day.signed_duration_since(today).num_days();
    let most = i64::from(api.ports.bill_limits.months) * 31;
    if !(0..=most).contains(&ahead) {
        return Err(beyond(most));
    }
    Ok(entity.zone.start_of(day))
}

fn unknown_entity(id: EntityId) -> Problem {
    Problem::not_found("legal entity", id)
}

fn beyond(most: i64) -> Problem {
    let rule = format!("must lie 0 to {most} days after today");
    Problem::of(&catalog::INVALID_PARAMETER).field("on", "range", rule)
}

/// What an account would be billed; `None` if an invoice that would be corrected was not read.
fn look(
    api: &Api,
    entity: &LegalEntity,
    facts: AccountFacts,
    now: Timestamp,
) -> Result<Option<PreviewBody>, Problem> {
    let account = facts.account.id();
    let stopped = facts.account.parked().map(str::to_owned);
    if stopped.is_some() {
        return Ok(Some(PreviewBody::empty(account, stopped)));
    }
    let order = BillOrder {
        invoice: api.ports.ids.next(),
        now,
        limits: api.ports.bill_limits,
    };
    match prepare_bill(entity, facts, order) {
        Ok(prepared) => PreviewBody::of(account, Some(&prepared.bill), None).map(Some),
        Err(Unbillable::Unread { .. }) => Ok(None),
        Err(reason) => Ok(Some(PreviewBody::empty(account, Some(reason.to_string())))),
    }
}

impl PreviewBody {
    /// A bill on paper; none where billing has stopped.
    pub(super) fn of(
        account: AccountId,
        bill: Option<&Bill>,
        parked: Option<String>,
    ) -> Result<Self, Problem> {
        let Some(bill) = bill else {
            return Ok(Self::empty(account, parked));
        };
        let paid = bill.paid.map(MoneyBody::from);
        let invoice = bill.draft.as_ref().map(|it| draft(it, paid));
        let notes = bill.notes.iter().map(note);
        Ok(Self {
            account,
            invoice: invoice.transpose()?,
            credit_notes: notes.collect::<Result<_, _>>()?,
            parked,
        })
    }

    const fn empty(account: AccountId, parked: Option<String>) -> Self {
        Self {
            account,
            invoice: None,
            credit_notes: Vec::new(),
            parked,
        }
    }
}

fn note(it: &NoteDraft) -> Result<NotePreviewBody, Problem> {
    let total = it.total().map_err(|err| Problem::internal(&err))?;
    let days = it.pieces.iter().filter_map(|it| it.days);
    Ok(NotePreviewBody {
        invoice: it.invoice,
        days: days.map(PeriodBody::from).collect(),
        net: it.note.net.into(),
        total: total.into(),
    })
}

fn draft(it: &InvoiceDraft, allocated: Option<MoneyBody>) -> Result<DraftBody, Problem> {
    let lines = LineView::all(&it.lines, it.figures.as_deref());
    let lines = lines.map_err(|err| Problem::internal(&err))?;
    let fees = FeeLineView::all(&it.fees, it.lines.len(), it.figures.as_deref());
    let fees = fees.map_err(|err| Problem::internal(&err))?;
    Ok(DraftBody {
        issued_on: it.issued_on,
        due_on: it.due_on,
        lines: lines.into_iter().map(LineBody::from).collect(),
        fees: fees.into_iter().map(FeeLineBody::from).collect(),
        figures: FiguresView::of(it.figures.as_deref(), it.total).into(),
        total: it.total.into(),
        allocated,
    })
}
