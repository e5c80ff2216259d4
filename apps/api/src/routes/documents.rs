//! `/invoices/{id}/document` and `/credit-notes/{id}/document`: what customers hold in their hands.

use axum::extract::State;
use axum::response::Response;
use customers::IssuedDocument;
use documents::Document;
use kernel::{CreditNoteKind, InvoiceId, InvoiceKind};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::extract::filtered::Filtered;
use crate::extract::{Granted, May, PathId};
use crate::paper::{self, About, Wanted};
use crate::problem::Problem;
use crate::rights::ReadInvoices;

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(invoice))
        .routes(routes!(credit_note))
}

/// Prints an invoice: its figures as they were issued, under the letterhead of its day and to the customer as they were then,
/// and what has been paid since. A UBL export says what was issued and nothing else.
#[utoipa::path(
    get, path = "/invoices/{id}/document", operation_id = "print_invoice", tag = "invoices",
    params(("id" = String, Path, description = "An invoice id"), Wanted),
    responses(
        (status = 200, description = "The document", body = Vec<u8>, content_type = "application/pdf"),
        (status = 422, description = "EN 16931 wants something that the letterhead lacks", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn invoice(
    State(api): State<Api>,
    caller: May<ReadInvoices>,
    PathId(id): PathId<InvoiceKind>,
    Filtered(wanted): Filtered<Wanted>,
) -> Result<Response, Problem> {
    let view = load(&api, &caller, id).await?;
    let about = About {
        tenant: caller.tenant(),
        account: view.account,
        document: Some(IssuedDocument::Invoice(id)),
        issued_on: view.issued_on,
        number: Some(&view.number),
        plans: view.lines.iter().map(|it| it.plan).collect(),
        locale: wanted.locale(),
    };
    let frame = paper::frame(&api, about).await?;
    paper::answer(Document::of_invoice(&view, frame), &wanted).await
}

/// Prints a credit note under the letterhead of its day, to the customer as they were then.
#[utoipa::path(
    get, path = "/credit-notes/{id}/document", operation_id = "print_credit_note", tag = "invoices",
    params(("id" = String, Path, description = "A credit note id"), Wanted),
    responses(
        (status = 200, description = "The document", body = Vec<u8>, content_type = "application/pdf"),
        (status = 422, description = "EN 16931 wants something that the letterhead lacks", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn credit_note(
    State(api): State<Api>,
    caller: May<ReadInvoices>,
    PathId(id): PathId<CreditNoteKind>,
    Filtered(wanted): Filtered<Wanted>,
) -> Result<Response, Problem> {
    let found = api
        .ports
        .billing_queries
        .credit_note(caller.tenant(), id)
        .await?;
    let note = found.ok_or_else(|| Problem::not_found("credit note", id))?;
    let of = load(&api, &caller, note.invoice).await?;
    let about = About {
        tenant: caller.tenant(),
        account: note.account,
        document: Some(IssuedDocument::CreditNote(id)),
        issued_on: note.issued_on,
        number: None,
        plans: of.lines.iter().map(|it| it.plan).collect(),
        locale: wanted.locale(),
    };
    let frame = paper::frame(&api, about).await?;
    let document = Document::of_note(&note, &of, frame).map_err(|err| Problem::internal(&err))?;
    paper::answer(document, &wanted).await
}

async fn load(api: &Api, caller: &Granted, id: InvoiceId) -> Result<billing::InvoiceView, Problem> {
    let found = api
        .ports
        .billing_queries
        .invoice(caller.tenant(), id)
        .await?;
    found.ok_or_else(|| Problem::not_found("invoice", id))
}
