//! `/payments/{id}/receipt`: what a customer who has paid holds in their hands.

use axum::extract::State;
use axum::response::Response;
use billing::payment_receipt;
use customers::IssuedDocument;
use documents::Receipt;
use kernel::PaymentKind;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::extract::filtered::Filtered;
use crate::extract::{May, PathId};
use crate::paper::{self, About, Wanted};
use crate::problem::Problem;
use crate::rights::ReadPayments;

/// The route of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(receipt))
}

/// Prints the receipt of a payment, under the letterhead of its day and to the customer as they were then: what came in, what it
/// paid at that moment and what was left as credit, and what has gone back of it since. `ubl` is for invoices.
#[utoipa::path(
    get, path = "/payments/{id}/receipt", operation_id = "print_receipt", tag = "payments",
    params(("id" = String, Path, description = "A payment id"), Wanted),
    responses(
        (status = 200, description = "The receipt", body = Vec<u8>, content_type = "application/pdf"),
        (status = 409, description = "Nothing was received", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn receipt(
    State(api): State<Api>,
    caller: May<ReadPayments>,
    PathId(id): PathId<PaymentKind>,
    Filtered(wanted): Filtered<Wanted>,
) -> Result<Response, Problem> {
    let found = payment_receipt(&*api.ports.billing_queries, caller.tenant(), id).await?;
    let about = About {
        tenant: caller.tenant(),
        account: found.payment.account,
        document: Some(IssuedDocument::Receipt(id)),
        issued_on: found.received_on,
        number: None,
        plans: Vec::new(),
        locale: wanted.locale(),
    };
    let frame = paper::frame(&api, about).await?;
    paper::receipt(Receipt::of_view(found, frame), &wanted).await
}
