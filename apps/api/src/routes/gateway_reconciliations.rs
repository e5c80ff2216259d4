//! `/gateway-reconciliations`: our books against a payment provider's list, with what differs and what to do about it.

use std::fmt::Write as _;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use billing::gateway::{
    AskReconciliation, Difference, DifferenceKind, Reconciliation, ReconciliationSnapshot,
    ReconciliationStatus, Side,
};
use kernel::{
    GatewayAccountId, GatewayAccountKind, LocalDate, PaymentId, ReconciliationId,
    ReconciliationKind, Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::KeyHeader;
use super::needs_attention::ActionBody;
use crate::answer::{Accepted, Listed};
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Granted, Listing, May, NoFilter, Once, PathId};
use crate::idempotency::once;
use crate::money::MoneyBody;
use crate::problem::Problem;
use crate::rights::{ReadGateways, RecordPayments};
use crate::words;

/// One side of a difference.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReconciliationSide)]
pub(crate) struct SideBody {
    /// How far it has come there, in a word.
    #[schema(example = "paid")]
    status: String,
    /// How much, or how much went back, whatever differs.
    amount: Option<MoneyBody>,
}

impl From<Side> for SideBody {
    fn from(it: Side) -> Self {
        Self {
            status: it.status,
            amount: it.amount.map(MoneyBody::from),
        }
    }
}

/// Something that is not the same here and there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReconciliationDifference)]
pub(crate) struct DifferenceBody {
    #[schema(value_type = words::DifferenceKindWord, example = "missing_here")]
    kind: DifferenceKind,
    /// What the provider calls it.
    #[schema(example = "pi_1")]
    reference: String,
    /// The provider's id of the money, where there is any.
    transaction: Option<String>,
    #[schema(value_type = Option<String>, pattern = "^pay_[a-z2-7]{25}[aeimquy4]$")]
    payment: Option<PaymentId>,
    /// The payment link that it was asked for with.
    #[schema(value_type = Option<String>, pattern = "^pay_[a-z2-7]{25}[aeimquy4]$")]
    payment_link: Option<PaymentId>,
    /// Our side; null where it is missing.
    here: Option<SideBody>,
    /// The provider's side; null where it is missing.
    there: Option<SideBody>,
    /// What a person can do about it.
    actions: Vec<ActionBody>,
}

impl From<Difference> for DifferenceBody {
    fn from(it: Difference) -> Self {
        Self {
            actions: actions(&it),
            kind: it.kind,
            reference: it.reference,
            transaction: it.transaction,
            payment: it.payment,
            payment_link: it.link,
            here: it.here.map(SideBody::from),
            there: it.there.map(SideBody::from),
        }
    }
}

/// Asking again books what is missing and reads refunds and disputes; money that was not asked for here is nobody's yet.
fn actions(it: &Difference) -> Vec<ActionBody> {
    let refresh = it.link.map(|link| ActionBody {
        operation: "refresh_payment_link",
        method: "POST",
        href: format!("/api/v1/payment-links/{link}/refresh"),
    });
    let show = it.payment.map(|payment| ActionBody {
        operation: "get_payment",
        method: "GET",
        href: format!("/api/v1/payments/{payment}"),
    });
    let reverse = it.payment.map(|payment| ActionBody {
        operation: "reverse_payment",
        method: "POST",
        href: format!("/api/v1/payments/{payment}/reverse"),
    });
    let stray = ActionBody {
        operation: "receive_unmatched_payment",
        method: "POST",
        href: "/api/v1/unmatched-payments".to_owned(),
    };
    match it.kind {
        DifferenceKind::MissingHere => vec![refresh.unwrap_or(stray)],
        DifferenceKind::MissingThere => reverse.into_iter().chain(show).collect(),
        DifferenceKind::AmountDiffers => show.into_iter().chain(reverse).collect(),
        DifferenceKind::RefundedDiffers | DifferenceKind::StatusDiffers => {
            refresh.into_iter().chain(show).collect()
        }
    }
}

/// A comparison of our books with a provider's.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GatewayReconciliation)]
pub(crate) struct ReconciliationBody {
    #[schema(value_type = String, pattern = "^rcn_[a-z2-7]{25}[aeimquy4]$", example = "rcn_agjpfimc4btqadrdlvfsmcaaai")]
    id: ReconciliationId,
    #[schema(value_type = String, pattern = "^gwa_[a-z2-7]{25}[aeimquy4]$", example = "gwa_agjpfimc4btqadrdlvfsmcaaai")]
    gateway_account: GatewayAccountId,
    /// The first day, of UTC.
    #[schema(value_type = String, format = Date)]
    first_on: LocalDate,
    /// The last day, of UTC.
    #[schema(value_type = String, format = Date)]
    last_on: LocalDate,
    #[schema(value_type = words::ReconciliationStatusWord, example = "done")]
    status: ReconciliationStatus,
    /// How many payments with money were compared.
    compared: u32,
    /// Whether the provider has listed everything. Where it has no list, only what was asked for here was looked up.
    is_complete: bool,
    differences: Vec<DifferenceBody>,
    /// Why it failed.
    note: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    asked_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

impl From<ReconciliationSnapshot> for ReconciliationBody {
    fn from(it: ReconciliationSnapshot) -> Self {
        let differences = it.differences.into_iter();
        Self {
            id: it.id,
            gateway_account: it.gateway_account,
            first_on: it.first_on,
            last_on: it.last_on,
            status: it.status,
            compared: it.compared,
            is_complete: it.is_complete,
            differences: differences.map(DifferenceBody::from).collect(),
            note: it.note,
            asked_at: it.asked_at,
            ended_at: it.ended_at,
        }
    }
}

/// Which days are compared.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskBody {
    /// The first day, of UTC.
    #[schema(value_type = String, format = Date, example = "2026-11-01")]
    first_on: LocalDate,
    /// The last day, of UTC: over by now, at most 30 days after the first.
    #[schema(value_type = String, format = Date, example = "2026-11-20")]
    last_on: LocalDate,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, ask))
        .routes(routes!(get))
        .routes(routes!(csv))
}

/// Lists the comparisons of a gateway account, newest first. One is made of every day that is over.
#[utoipa::path(
    get, path = "/gateway-accounts/{id}/reconciliations", operation_id = "list_reconciliations", tag = "payments",
    params(("id" = String, Path, description = "A gateway account id"), PageParams),
    responses((status = 200, description = "A page of comparisons", body = Listed<ReconciliationBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadGateways>,
    PathId(account): PathId<GatewayAccountKind>,
    listing: Listing<NoFilter>,
) -> Result<Json<Listed<ReconciliationBody>>, Problem> {
    let queries = &api.ports.payment_gateways.queries;
    let page = queries
        .reconciliations(caller.tenant(), account, listing.page)
        .await?;
    Ok(Listed::of(page))
}

/// Has our books compared with the provider's: a worker does it.
#[utoipa::path(
    post, path = "/gateway-accounts/{id}/reconciliations", operation_id = "ask_reconciliation", tag = "payments",
    params(("id" = String, Path, description = "A gateway account id"), KeyHeader),
    request_body = AskBody,
    responses((status = 202, description = "A worker will compare", body = ReconciliationBody))
)]
async fn ask(
    State(api): State<Api>,
    caller: May<RecordPayments>,
    PathId(account): PathId<GatewayAccountKind>,
    request: Once<AskBody>,
) -> Result<Accepted<ReconciliationBody>, Problem> {
    let command = AskReconciliation {
        id: api.ports.ids.next(),
        gateway_account: account,
        first_on: request.body.first_on,
        last_on: request.body.last_on,
    };
    let (id, turn) = once(&api, &caller, &request.attempt, command.id, |scope| {
        let api = api.clone();
        async move {
            let desk = api.ports.gateway_desk();
            billing::gateway::ask_reconciliation(desk, &scope, command).await
        }
    })
    .await?;
    Ok(Accepted {
        location: format!("/api/v1/gateway-reconciliations/{id}"),
        turn,
        body: load(&api, &caller, id).await?.into(),
    })
}

/// Shows a comparison with what differs.
#[utoipa::path(
    get, path = "/gateway-reconciliations/{id}", operation_id = "get_reconciliation", tag = "payments",
    params(("id" = String, Path, description = "A reconciliation id")),
    responses((status = 200, description = "The comparison", body = ReconciliationBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadGateways>,
    PathId(id): PathId<ReconciliationKind>,
) -> Result<Json<ReconciliationBody>, Problem> {
    Ok(Json(load(&api, &caller, id).await?.into()))
}

/// Shows what differs as a table: one line for each difference, amounts in minor units.
#[utoipa::path(
    get, path = "/gateway-reconciliations/{id}/csv", operation_id = "get_reconciliation_csv", tag = "payments",
    params(("id" = String, Path, description = "A reconciliation id")),
    responses((status = 200, description = "What differs", body = String, content_type = "text/csv"))
)]
async fn csv(
    State(api): State<Api>,
    caller: May<ReadGateways>,
    PathId(id): PathId<ReconciliationKind>,
) -> Result<Response, Problem> {
    let found = load(&api, &caller, id).await?;
    let name = format!("attachment; filename=\"{id}.csv\"");
    let head = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((head, table(&found.differences)).into_response())
}

const HEAD: &str = "kind,reference,transaction,payment,payment_link,status_here,minor_here,status_there,minor_there,currency\r\n";

fn table(differences: &[Difference]) -> String {
    let mut text = HEAD.to_owned();
    for it in differences {
        let sides = [&it.here, &it.there].map(Option::as_ref);
        let status = |side: Option<&Side>| side.map(|it| it.status.clone()).unwrap_or_default();
        let amount = |side: Option<&Side>| side.and_then(|it| it.amount);
        let minor = |side| amount(side).map_or_else(String::new, |it| it.minor().to_string());
        let currency = amount(sides[0]).or(amount(sides[1]));
        let cells = [
            it.kind.as_str().to_owned(),
            it.reference.clone(),
            it.transaction.clone().unwrap_or_default(),
            it.payment.map_or_else(String::new, |it| it.to_string()),
            it.link.map_or_else(String::new, |it| it.to_string()),
            status(sides[0]),
            minor(sides[0]),
            status(sides[1]),
            minor(sides[1]),
            currency.map_or_else(String::new, |it| it.currency().code().to_owned()),
        ];
        let cells = cells.map(|it| cell(&it));
        // Writing to a text cannot fail.
        let _ = write!(text, "{}\r\n", cells.join(","));
    }
    text
}

/// A cell of RFC 4180. What a spreadsheet would take for a formula is made text.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t']);
    let text = match is_formula {
        true => format!("'{text}"),
        false => text.to_owned(),
    };
    match text.contains([',', '"', '\r', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

async fn load(
    api: &Api,
    caller: &Granted,
    id: ReconciliationId,
) -> Result<ReconciliationSnapshot, Problem> {
    let store = &api.ports.payment_gateways.store;
    let mut tx = store.begin(&caller.scope()).await?;
    let found = tx.reconciliations().find(id).await?;
    let found: Reconciliation = found.ok_or_else(|| Problem::not_found("reconciliation", id))?;
    Ok(found.snapshot().clone())
}
