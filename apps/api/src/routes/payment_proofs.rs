//! `/payment-proofs`: pictures and papers that show bank transfers, until somebody has found the money.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use billing::{ApproveProof, MAX_PROOF_BYTES, NewProof, ProofState, ProofStatus, ProofView};
use kernel::{AccountId, Money, PaymentId, ProofId, ProofKind, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::KeyHeader;
use crate::answer::{Acted, Created, Listed};
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{File, Granted, Listing, May, Once, PathId};
use crate::idempotency::once;
use crate::money::MoneyBody;
use crate::problem::Problem;
use crate::rights::{AllocatePayments, ReadPayments, RecordPayments};
use crate::words;

/// A proof of payment, without its file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentProof)]
pub(crate) struct ProofBody {
    #[schema(value_type = String, pattern = "^prf_[a-z2-7]{25}[aeimquy4]$", example = "prf_agjpfimc4btqadrdlvfsmcaaai")]
    id: ProofId,
    #[schema(value_type = String, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$", example = "acc_agjpfimc4btqadrdlvfsmcaaai")]
    account: AccountId,
    /// How much was transferred, as whoever handed it in says.
    amount: MoneyBody,
    /// What they wrote.
    note: Option<String>,
    /// What the file is, judged by how it begins.
    #[schema(example = "image/jpeg")]
    media_type: &'static str,
    /// SHA-256 of the file, in hexadecimal.
    sha256: String,
    #[schema(value_type = String, format = DateTime)]
    uploaded_at: Timestamp,
    #[schema(value_type = words::ProofStatusWord, example = "waiting")]
    status: ProofStatus,
    /// What it is in the books as, where it was approved.
    #[schema(value_type = Option<String>, pattern = "^pay_[a-z2-7]{25}[aeimquy4]$")]
    payment: Option<PaymentId>,
    /// Why it was refused.
    reason: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Timestamp>,
}

impl From<ProofView> for ProofBody {
    fn from(it: ProofView) -> Self {
        let status = it.state.status();
        let (payment, reason) = match it.state {
            ProofState::Waiting => (None, None),
            ProofState::Approved { payment } => (Some(payment), None),
            ProofState::Refused { reason } => (None, Some(reason)),
        };
        Self {
            id: it.id,
            account: it.account,
            amount: it.amount.into(),
            note: it.note,
            media_type: it.media.media_type(),
            sha256: hex(&it.sha256),
            uploaded_at: it.uploaded_at,
            status,
            payment,
            reason,
            decided_at: it.decided_at,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

/// What the transfer was. The file is the body.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HandInParams {
    /// Whose debt the transfer is to pay.
    #[param(value_type = String, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$")]
    account: AccountId,
    /// How much was transferred, in minor units, above zero.
    #[param(minimum = 1, example = 15_000_000)]
    amount_minor: i64,
    /// The account's currency.
    #[param(value_type = String, example = "IDR")]
    currency: kernel::Currency,
    /// What whoever hands it in wants to say.
    #[param(min_length = 1, max_length = 80)]
    note: Option<String>,
}

/// The money is there.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApproveProofBody {
    /// What the bank calls the transfer; unique among bank transfers.
    #[validate(length(min = 1, max = 80))]
    #[schema(min_length = 1, max_length = 80, example = "FT26325H7K2")]
    reference: String,
    /// Now if absent; not in the future.
    #[schema(value_type = Option<String>, format = DateTime)]
    received_at: Option<Timestamp>,
}

/// Why a proof is refused.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefuseProofBody {
    /// Why.
    #[validate(length(min = 1, max = 300))]
    #[schema(
        min_length = 1,
        max_length = 300,
        example = "the bank knows no such transfer"
    )]
    reason: String,
}

/// Which proofs are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProofsFilter {
    /// `waiting`, `approved` or `refused`.
    #[param(value_type = Option<words::ProofStatusWord>, inline)]
    status: Option<ProofStatus>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, hand_in))
        .routes(routes!(get))
        .routes(routes!(file))
        .routes(routes!(approve))
        .routes(routes!(refuse))
}

/// Lists proofs of payment, newest first.
#[utoipa::path(
    get, path = "/payment-proofs", operation_id = "list_payment_proofs", tag = "payments",
    params(PageParams, ProofsFilter),
    responses((status = 200, description = "A page of proofs", body = Listed<ProofBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadPayments>,
    listing: Listing<ProofsFilter>,
) -> Result<Json<Listed<ProofBody>>, Problem> {
    let queries = &api.ports.billing_queries;
    let status = listing.filter.status;
    let page = queries
        .proofs(caller.tenant(), status, listing.page)
        .await?;
    Ok(Listed::of(page))
}

/// Hands a proof of a bank transfer in: a JPEG, PNG or WebP picture or a PDF document of at most 5 MiB. It is no money before
/// somebody approves it. The same file is taken once.
#[utoipa::path(
    post, path = "/payment-proofs", operation_id = "hand_in_payment_proof", tag = "payments",
    params(HandInParams, KeyHeader),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file"),
    responses(
        (status = 201, description = "It waits", body = ProofBody),
        (status = 413, description = "It has more than 5 MiB", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn hand_in(
    State(api): State<Api>,
    caller: May<RecordPayments>,
    file: File<HandInParams, MAX_PROOF_BYTES>,
) -> Result<Created<ProofBody>, Problem> {
    let told = file.told;
    let new = NewProof {
        id: api.ports.ids.next(),
        account: told.account,
        amount: Money::from_minor(told.amount_minor, told.currency),
        note: told.note,
        sha256: file.sha256,
        content: file.content,
    };
    let (id, turn) = once(&api, &caller, &file.attempt, new.id, |scope| {
        let (api, new) = (api.clone(), new.clone());
        async move {
            let it = &api.ports;
            billing::hand_in_proof(&*it.billing, &*it.clock, &scope, new).await
        }
    })
    .await?;
    Ok(Created {
        location: format!("/api/v1/payment-proofs/{id}"),
        turn,
        body: load(&api, &caller, id).await?.into(),
    })
}

/// Shows a proof of payment.
#[utoipa::path(
    get, path = "/payment-proofs/{id}", operation_id = "get_payment_proof", tag = "payments",
    params(("id" = String, Path, description = "A proof id")),
    responses((status = 200, description = "The proof", body = ProofBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadPayments>,
    PathId(id): PathId<ProofKind>,
) -> Result<Json<ProofBody>, Problem> {
    Ok(Json(load(&api, &caller, id).await?.into()))
}

/// The file of a proof. It is a stranger's: browsers are told to download it and to run nothing of it.
#[utoipa::path(
    get, path = "/payment-proofs/{id}/file", operation_id = "get_payment_proof_file", tag = "payments",
    params(("id" = String, Path, description = "A proof id")),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"))
)]
async fn file(
    State(api): State<Api>,
    caller: May<ReadPayments>,
    PathId(id): PathId<ProofKind>,
) -> Result<Response, Problem> {
    let mut tx = api.ports.billing.begin(&caller.scope()).await?;
    let found = tx.proofs().find(id).await?;
    let proof = found.ok_or_else(|| Problem::not_found("proof", id))?;
    let kept = proof.snapshot();
    let head = [
        (header::CONTENT_TYPE, kept.view.media.media_type()),
        (header::CONTENT_DISPOSITION, "attachment"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox",
        ),
    ];
    Ok((head, kept.content.clone()).into_response())
}

/// Says that the money of a proof is there: it is recorded as a bank transfer, which pays the oldest invoices, once.
#[utoipa::path(
    post, path = "/payment-proofs/{id}/approve", operation_id = "approve_payment_proof", tag = "payments",
    params(("id" = String, Path, description = "A proof id"), KeyHeader),
    request_body = ApproveProofBody,
    responses((status = 200, description = "Approved", body = ProofBody))
)]
async fn approve(
    State(api): State<Api>,
    caller: May<AllocatePayments>,
    PathId(id): PathId<ProofKind>,
    request: Once<ApproveProofBody>,
) -> Result<Acted<ProofBody>, Problem> {
    let command = ApproveProof {
        proof: id,
        payment: api.ports.ids.next(),
        reference: request.body.reference,
        received_at: request.body.received_at,
    };
    let (_, turn) = once(&api, &caller, &request.attempt, id, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            billing::approve_proof(&*it.billing, &*it.clock, &scope, command).await
        }
    })
    .await?;
    let body = load(&api, &caller, id).await?.into();
    Ok(Acted { turn, body })
}

/// Says that the money of a proof is not there, or that it is no proof. Twice is harmless.
#[utoipa::path(
    post, path = "/payment-proofs/{id}/refuse", operation_id = "refuse_payment_proof", tag = "payments",
    params(("id" = String, Path, description = "A proof id"), KeyHeader),
    request_body = RefuseProofBody,
    responses((status = 200, description = "Refused", body = ProofBody))
)]
async fn refuse(
    State(api): State<Api>,
    caller: May<AllocatePayments>,
    PathId(id): PathId<ProofKind>,
    request: Once<RefuseProofBody>,
) -> Result<Acted<ProofBody>, Problem> {
    let (_, turn) = once(&api, &caller, &request.attempt, id, |scope| {
        let (api, reason) = (api.clone(), request.body.reason.clone());
        async move {
            let it = &api.ports;
            billing::refuse_proof(&*it.billing, &*it.clock, &scope, (id, &reason)).await
        }
    })
    .await?;
    let body = load(&api, &caller, id).await?.into();
    Ok(Acted { turn, body })
}

async fn load(api: &Api, caller: &Granted, id: ProofId) -> Result<ProofView, Problem> {
    let mut tx = api.ports.billing.begin(&caller.scope()).await?;
    let found = tx.proofs().find(id).await?;
    let proof = found.ok_or_else(|| Problem::not_found("proof", id))?;
    Ok(proof.view().clone())
}
