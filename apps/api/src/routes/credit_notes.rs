//! `/credit-notes`, and what corrects an invoice: credit notes, voids, write-offs. What was issued never changes.

use axum::Json;
use axum::extract::State;
use billing::{
    CreditInvoice, CreditPart, CreditRequest, InvoiceView, NoteFilter, NoteLineView, NoteView,
    Ratio, VoidInvoice, WriteOffInvoice,
};
use kernel::{AccountId, CreditNoteId, CreditNoteKind, InvoiceId, InvoiceKind, LocalDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::KeyHeader;
use super::invoices::{InvoiceBody, PeriodBody};
use crate::answer::{Acted, Created, Listed};
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Granted, Listing, May, Once, PathId};
use crate::idempotency::once;
use crate::money::MoneyBody;
use crate::problem::Problem;
use crate::rights::{CorrectInvoices, ReadInvoices};

/// A credit note.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreditNote)]
pub(crate) struct NoteBody {
    #[schema(value_type = String, pattern = "^crn_[a-z2-7]{25}[aeimquy4]$", example = "crn_agjpfimc4btqadrdlvfsmcaaai")]
    id: CreditNoteId,
    #[schema(value_type = String, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$", example = "acc_agjpfimc4btqadrdlvfsmcaaai")]
    account: AccountId,
    /// The invoice of which something is given back.
    #[schema(value_type = String, pattern = "^inv_[a-z2-7]{25}[aeimquy4]$", example = "inv_agjpfimc4btqadrdlvfsmcaaai")]
    invoice: InvoiceId,
    /// As printed.
    #[schema(example = "INV-CN-000007")]
    number: String,
    #[schema(value_type = String, format = Date, example = "2026-11-21")]
    issued_on: LocalDate,
    /// Why.
    #[schema(example = "three days without a line")]
    reason: String,
    lines: Vec<NoteLineBody>,
    /// The sum without tax.
    net: MoneyBody,
    /// The sum of taxes.
    tax: MoneyBody,
    /// The share of the invoice's rounding to coins.
    rounding: MoneyBody,
    /// What is given back in all.
    total: MoneyBody,
}

/// What is given back of a line.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreditNoteLine)]
pub(crate) struct NoteLineBody {
    /// The line of the invoice, counted from 0.
    line: usize,
    /// What of its listed amount.
    amount: MoneyBody,
    /// What of its discount follows.
    discount: MoneyBody,
    /// What is given back without taxes.
    net: MoneyBody,
    /// Its share of the taxes.
    tax: MoneyBody,
    /// The days that are taken back with it; without any they stay billed.
    days: Vec<PeriodBody>,
}

impl From<NoteView> for NoteBody {
    fn from(view: NoteView) -> Self {
        Self {
            id: view.id,
            account: view.account,
            invoice: view.invoice,
            number: view.number,
            issued_on: view.issued_on,
            reason: view.reason,
            lines: view.lines.into_iter().map(NoteLineBody::from).collect(),
            net: view.net.into(),
            tax: view.tax.into(),
            rounding: view.rounding.into(),
            total: view.total.into(),
        }
    }
}

impl From<NoteLineView> for NoteLineBody {
    fn from(view: NoteLineView) -> Self {
        Self {
            line: view.line,
            amount: view.amount.into(),
            discount: view.discount.into(),
            net: view.net.into(),
            tax: view.tax.into(),
            days: view.days.into_iter().map(PeriodBody::from).collect(),
        }
    }
}

/// What is to be credited.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreditBody {
    /// Which lines, each once; everything that is left if absent or empty.
    #[serde(default)]
    #[validate(nested, length(max = 1_000))]
    lines: Vec<CreditLineBody>,
    /// Why: it stands on the note and in the record.
    #[validate(length(min = 1, max = 300))]
    #[schema(
        min_length = 1,
        max_length = 300,
        example = "three days without a line"
    )]
    reason: String,
}

/// How much of a line: an amount, a quantity, or all that is left if neither is given.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreditLineBody {
    /// The line of the invoice, counted from 0.
    line: usize,
    /// Of the listed amount, before discounts, with taxes where prices include them.
    #[serde(default)]
    #[validate(nested)]
    amount: Option<MoneyBody>,
    /// So many of its units.
    #[serde(default)]
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    quantity: Option<u32>,
}

/// Why something is done.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonBody {
    #[validate(length(min = 1, max = 300))]
    #[schema(
        min_length = 1,
        max_length = 300,
        example = "issued to the wrong customer"
    )]
    pub(super) reason: String,
}

/// Which credit notes are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct NotesFilter {
    /// Only credit notes of this account.
    #[param(value_type = Option<String>, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$")]
    account: Option<AccountId>,
    /// Only credit notes over this invoice.
    #[param(value_type = Option<String>, pattern = "^inv_[a-z2-7]{25}[aeimquy4]$")]
    invoice: Option<InvoiceId>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(credit))
        .routes(routes!(void))
        .routes(routes!(write_off))
}

/// Lists credit notes, newest first.
#[utoipa::path(
    get, path = "/credit-notes", operation_id = "list_credit_notes", tag = "invoices",
    params(PageParams, NotesFilter),
    responses((status = 200, description = "A page of credit notes", body = Listed<NoteBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadInvoices>,
    listing: Listing<NotesFilter>,
) -> Result<Json<Listed<NoteBody>>, Problem> {
    let filter = NoteFilter {
        account: listing.filter.account,
        invoice: listing.filter.invoice,
    };
    let queries = &api.ports.billing_queries;
    let page = queries.credit_notes(caller.tenant(), filter, listing.page);
    Ok(Listed::of(page.await?))
}

/// Shows a credit note.
#[utoipa::path(
    get, path = "/credit-notes/{id}", operation_id = "get_credit_note", tag = "invoices",
    params(("id" = String, Path, description = "A credit note id")),
    responses((status = 200, description = "The credit note", body = NoteBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadInvoices>,
    PathId(id): PathId<CreditNoteKind>,
) -> Result<Json<NoteBody>, Problem> {
    load(&api, &caller, id).await.map(Json)
}

/// Credits an invoice: what is due on it goes first; what was paid for the rest is credit of the account, pays what is open,
/// and can be refunded. The days of the lines stay billed.
#[utoipa::path(
    post, path = "/invoices/{id}/credit-notes", operation_id = "credit_invoice", tag = "invoices",
    params(("id" = String, Path, description = "An invoice id"), KeyHeader),
    request_body = CreditBody,
    responses(
        (status = 201, description = "Credited", body = NoteBody),
        (status = 409, description = "Nothing is left of it, or it was voided", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "More than is left", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn credit(
    State(api): State<Api>,
    caller: May<CorrectInvoices>,
    PathId(invoice): PathId<InvoiceKind>,
    request: Once<CreditBody>,
) -> Result<Created<NoteBody>, Problem> {
    let queries = &api.ports.billing_queries;
    let view = queries.invoice(caller.tenant(), invoice).await?;
    let view = view.ok_or_else(|| Problem::not_found("invoice", invoice))?;
    let requests = request.body.lines.iter().enumerate();
    let requests = requests.map(|(place, it)| asked(&view, place, it));
    let command = CreditInvoice {
        id: api.ports.ids.next(),
        invoice,
        requests: requests.collect::<Result<_, _>>()?,
        reason: request.body.reason.clone(),
    };
    let chosen = command.id;
    let (id, turn) = once(&api, &caller, &request.attempt, chosen, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            billing::credit_invoice(&*it.billing, &*it.clock, &scope, command).await
        }
    })
    .await?;
    Ok(Created {
        location: format!("/api/v1/credit-notes/{id}"),
        turn,
        body: load(&api, &caller, id).await?,
    })
}

/// Takes an invoice back as a whole, by a credit note that points to it. It keeps its number, and its days are billed again
/// by what holds then: what should not be billed again is credited instead. Only what nobody has paid for can be voided.
#[utoipa::path(
    post, path = "/invoices/{id}/void", operation_id = "void_invoice", tag = "invoices",
    params(("id" = String, Path, description = "An invoice id"), KeyHeader),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "Voided", body = InvoiceBody),
        (status = 409, description = "It was voided or paid before", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn void(
    State(api): State<Api>,
    caller: May<CorrectInvoices>,
    PathId(invoice): PathId<InvoiceKind>,
    request: Once<ReasonBody>,
) -> Result<Json<InvoiceBody>, Problem> {
    let command = VoidInvoice {
        id: api.ports.ids.next(),
        invoice,
        reason: request.body.reason.clone(),
    };
    once(&api, &caller, &request.attempt, command.id, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            billing::void_invoice(&*it.billing, &*it.clock, &scope, command).await
        }
    })
    .await?;
    super::invoices::load(&api, &caller, invoice)
        .await
        .map(Json)
}

/// Gives up what is due on an invoice: nobody is cut off for it any more.
#[utoipa::path(
    post, path = "/invoices/{id}/write-off", operation_id = "write_off_invoice", tag = "invoices",
    params(("id" = String, Path, description = "An invoice id"), KeyHeader),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "Written off", body = InvoiceBody),
        (status = 409, description = "Nothing is due on it", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn write_off(
    State(api): State<Api>,
    caller: May<CorrectInvoices>,
    PathId(invoice): PathId<InvoiceKind>,
    request: Once<ReasonBody>,
) -> Result<Acted<InvoiceBody>, Problem> {
    let (_, turn) = once(&api, &caller, &request.attempt, invoice, |scope| {
        let (api, reason) = (api.clone(), request.body.reason.clone());
        let command = WriteOffInvoice { invoice, reason };
        async move {
            let it = &api.ports;
            billing::write_off_invoice(&*it.billing, &*it.clock, &scope, command).await
        }
    })
    .await?;
    let body = super::invoices::load(&api, &caller, invoice).await?;
    Ok(Acted { turn, body })
}

fn asked(
    view: &InvoiceView,
    place: usize,
    body: &CreditLineBody,
) -> Result<CreditRequest, Problem> {
    let part = match (body.amount, body.quantity) {
        (None, None) => CreditPart::Whole,
        (Some(amount), None) => CreditPart::Amount(amount.into()),
        (None, Some(quantity)) => units(view, place, body.line, quantity)?,
        (Some(_), Some(_)) => {
            let field = format!("lines[{place}].quantity");
            let text = "an amount or a quantity, not both".to_owned();
            return Err(Problem::refused(&field, "one_of", text));
        }
    };
    Ok((body.line, part).into())
}

fn units(
    view: &InvoiceView,
    place: usize,
    line: usize,
    quantity: u32,
) -> Result<CreditPart, Problem> {
    let found = view.lines.get(line);
    let units = found.map_or(1, |it| it.quantity);
    let share = Ratio::new(i128::from(quantity), i128::from(units));
    match share.filter(|it| *it <= Ratio::ONE) {
        Some(share) => Ok(CreditPart::Share(share)),
        None => {
            let field = format!("lines[{place}].quantity");
            let text = format!("line {line} has {units} units, not {quantity}");
            Err(Problem::refused(&field, "above_left", text))
        }
    }
}

async fn load(api: &Api, caller: &Granted, id: CreditNoteId) -> Result<NoteBody, Problem> {
    let queries = &api.ports.billing_queries;
    let found = queries.credit_note(caller.tenant(), id).await?;
    let view = found.ok_or_else(|| Problem::not_found("credit note", id))?;
    Ok(view.into())
}
