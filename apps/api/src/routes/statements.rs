//! `/accounts/{id}/statement`: what an account owed, what happened, and what it owes.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use billing::{StatementEntry, StatementView, StatementWhat};
use documents::Statement;
use kernel::{AccountId, AccountKind, CustomerId, EntityId, LocalDate, Locale};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::extract::filtered::Filtered;
use crate::extract::{May, PathId};
use crate::money::MoneyBody;
use crate::paper::{self, About, StatementFormat};
use crate::problem::Problem;
use crate::rights::ReadAccounts;
use crate::words;

/// The statement of an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Statement)]
pub(crate) struct StatementBody {
    #[schema(value_type = String, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$", example = "acc_agjpfimc4btqadrdlvfsmcaaai")]
    account: AccountId,
    #[schema(value_type = String, pattern = "^cus_[a-z2-7]{25}[aeimquy4]$", example = "cus_agjpfimc4btqadrdlvfsmcaaai")]
    customer: CustomerId,
    #[schema(value_type = String, pattern = "^ent_[a-z2-7]{25}[aeimquy4]$", example = "ent_agjpfimc4btqadrdlvfsmcaaai")]
    legal_entity: EntityId,
    /// The first day.
    #[schema(value_type = String, format = Date, example = "2026-11-01")]
    from: LocalDate,
    /// The last day, which counts as well.
    #[schema(value_type = String, format = Date, example = "2026-11-30")]
    to: LocalDate,
    /// What was owed before the first day; below zero what was paid ahead.
    opening: MoneyBody,
    /// What happened, in order.
    entries: Vec<StatementEntryBody>,
    /// What is owed after the last day.
    closing: MoneyBody,
}

/// One thing that changed what is owed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementEntry)]
pub(crate) struct StatementEntryBody {
    /// The day, in the zone of the legal entity.
    #[schema(value_type = String, format = Date, example = "2026-11-21")]
    on: LocalDate,
    /// What it was.
    #[schema(value_type = words::StatementWord, example = "invoice")]
    what: StatementWhat,
    /// The id of the document that caused it.
    #[schema(example = "inv_agjpfimc4btqadrdlvfsmcaaai")]
    source: String,
    /// The printed number of the document, or the reference of the payment.
    #[schema(example = "INV-000042")]
    number: Option<String>,
    /// How much more is owed; below zero how much less.
    amount: MoneyBody,
    /// What is owed after it.
    balance: MoneyBody,
}

/// Which days, both included.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatementParams {
    /// The first day.
    #[param(value_type = String, format = Date, example = "2026-11-01")]
    from: LocalDate,
    /// The last day; at most 366 days.
    #[param(value_type = String, format = Date, example = "2026-11-30")]
    to: LocalDate,
    /// `json`, `html` or `pdf`.
    #[serde(default)]
    #[param(value_type = Option<words::StatementFormatWord>, inline)]
    format: StatementFormat,
    /// The language of what is printed; that of the letterhead if left out.
    #[param(value_type = Option<words::LocaleWord>, inline)]
    locale: Option<Locale>,
}

impl From<StatementEntry> for StatementEntryBody {
    fn from(it: StatementEntry) -> Self {
        Self {
            on: it.on,
            what: it.what,
            source: it.source,
            number: it.number,
            amount: it.amount.into(),
            balance: it.balance.into(),
        }
    }
}

impl From<StatementView> for StatementBody {
    fn from(it: StatementView) -> Self {
        let entries = it.entries.into_iter().map(StatementEntryBody::from);
        Self {
            account: it.account,
            customer: it.customer,
            legal_entity: it.entity,
            from: it.from,
            to: it.to,
            opening: it.opening.into(),
            entries: entries.collect(),
            closing: it.closing.into(),
        }
    }
}

/// The route of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get_statement))
}

/// The statement of an account from the books: what was owed before some days, every document and payment of them, and what is
/// owed after them; as JSON, or printed under the letterhead of the last day.
#[utoipa::path(
    get, path = "/accounts/{id}/statement", operation_id = "get_statement", tag = "accounts",
    params(("id" = String, Path, description = "An account id"), StatementParams),
    responses((status = 200, description = "The statement", body = StatementBody))
)]
async fn get_statement(
    State(api): State<Api>,
    caller: May<ReadAccounts>,
    PathId(id): PathId<AccountKind>,
    Filtered(asked): Filtered<StatementParams>,
) -> Result<Response, Problem> {
    let queries = &*api.ports.billing_queries;
    let days = (asked.from, asked.to);
    let found = billing::statement(queries, caller.tenant(), id, days).await?;
    let about = About {
        tenant: caller.tenant(),
        account: id,
        document: None,
        issued_on: found.to,
        number: None,
        plans: Vec::new(),
        locale: asked.locale,
    };
    if asked.format == StatementFormat::Json {
        return Ok(Json(StatementBody::from(found)).into_response());
    }
    let printed = Statement::of_view(found, paper::frame(&api, about).await?);
    match asked.format {
        StatementFormat::Pdf => {
            let name = format!("statement-{}-{}", printed.from, printed.through);
            paper::pdf(&name, move || printed.pdf()).await
        }
        StatementFormat::Html | StatementFormat::Json => Ok(paper::html(printed.html())),
    }
}
