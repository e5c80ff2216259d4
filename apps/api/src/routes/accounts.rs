//! `/accounts`: what customers owe and what they have paid ahead.

use axum::Json;
use axum::extract::State;
use billing::{AccountView, Level};
use kernel::{AccountId, AccountKind, CustomerId, EntityId, InvoiceId, LocalDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Listed;
use crate::api::Api;
use crate::extract::{Granted, Listing, May, PathId};
use crate::idempotency::run;
use crate::money::MoneyBody;
use crate::problem::Problem;
use crate::rights::{RaiseInvoices, ReadAccounts};
use crate::words;

/// An account and its balance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountBody {
    #[schema(value_type = String, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$", example = "acc_agjpfimc4btqadrdlvfsmcaaai")]
    id: AccountId,
    #[schema(value_type = String, pattern = "^cus_[a-z2-7]{25}[aeimquy4]$", example = "cus_agjpfimc4btqadrdlvfsmcaaai")]
    customer: CustomerId,
    #[schema(value_type = String, pattern = "^ent_[a-z2-7]{25}[aeimquy4]$", example = "ent_agjpfimc4btqadrdlvfsmcaaai")]
    legal_entity: EntityId,
    /// `clear`, `overdue`, `restricted` or `suspended`.
    #[schema(value_type = words::LevelWord, example = "clear")]
    level: Level,
    /// What is due on all open invoices.
    due: MoneyBody,
    /// Money that has not paid anything yet.
    credit: MoneyBody,
    /// The due date of the oldest open invoice.
    #[schema(value_type = Option<String>, format = Date)]
    oldest_due_on: Option<LocalDate>,
    /// Why billing has stopped for it, if it has.
    parked: Option<String>,
    /// Its own days from issue to due; null if its legal entity's count.
    terms_days: Option<u16>,
    /// What keeps every consequence of debt away from it, if anything.
    hold: Option<AccountHoldBody>,
    /// What its customer has promised and not kept or broken yet.
    promise: Option<AccountPromiseBody>,
}

/// What keeps consequences away.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountHold)]
pub(crate) struct AccountHoldBody {
    reason: String,
    /// The last day; null until it is lifted.
    #[schema(value_type = Option<String>, format = Date)]
    until: Option<LocalDate>,
}

/// A customer's word to pay.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountPromise)]
pub(crate) struct AccountPromiseBody {
    #[schema(value_type = String, format = Date, example = "2026-11-21")]
    made_on: LocalDate,
    /// The last day to keep it.
    #[schema(value_type = String, format = Date, example = "2026-12-01")]
    until: LocalDate,
}

impl From<AccountView> for AccountBody {
    fn from(view: AccountView) -> Self {
        Self {
            id: view.id,
            customer: view.customer,
            legal_entity: view.entity,
            level: view.level,
            due: view.due.into(),
            credit: view.credit.into(),
            oldest_due_on: view.oldest_due_on,
            parked: view.parked,
            terms_days: view.terms_days,
            hold: view.hold.map(|it| AccountHoldBody {
                reason: it.reason,
                until: it.until,
            }),
            promise: view.promise.map(|it| AccountPromiseBody {
                made_on: it.made_on,
                until: it.until,
            }),
        }
    }
}

/// Whose accounts are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AccountsFilter {
    #[param(value_type = String, pattern = "^cus_[a-z2-7]{25}[aeimquy4]$", example = "cus_agjpfimc4btqadrdlvfsmcaaai")]
    customer: CustomerId,
}

/// What billing came to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Billed)]
pub(crate) struct BilledBody {
    /// The invoice that was raised; null if nothing was due.
    #[schema(value_type = Option<String>, pattern = "^inv_[a-z2-7]{25}[aeimquy4]$", example = "inv_agjpfimc4btqadrdlvfsmcaaai")]
    invoice: Option<InvoiceId>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(bill))
}

/// Lists the accounts of a customer, all on one page.
#[utoipa::path(
    get, path = "/accounts", operation_id = "list_accounts", tag = "accounts",
    params(AccountsFilter),
    responses((status = 200, description = "The customer's accounts", body = Listed<AccountBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadAccounts>,
    listing: Listing<AccountsFilter>,
) -> Result<Json<Listed<AccountBody>>, Problem> {
    let queries = &api.ports.billing_queries;
    let customer = listing.filter.customer;
    let accounts = queries.accounts_of(caller.tenant(), customer).await?;
    let items = accounts.into_iter().map(AccountBody::from).collect();
    Ok(Json(Listed { items, next: None }))
}

/// Shows an account and its balance.
#[utoipa::path(
    get, path = "/accounts/{id}", operation_id = "get_account", tag = "accounts",
    params(("id" = String, Path, description = "An account id")),
    responses((status = 200, description = "The account", body = AccountBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadAccounts>,
    PathId(id): PathId<AccountKind>,
) -> Result<Json<AccountBody>, Problem> {
    load(&api, &caller, id).await.map(Json)
}

/// An account as it is now.
pub(super) async fn load(
    api: &Api,
    caller: &Granted,
    id: AccountId,
) -> Result<AccountBody, Problem> {
    let queries = &api.ports.billing_queries;
    let found = queries.account(caller.tenant(), id).await?;
    let view = found.ok_or_else(|| Problem::not_found("account", id))?;
    Ok(view.into())
}

/// Raises the invoice for everything that is due today, without waiting for the sweep. Twice on one day is harmless.
#[utoipa::path(
    post, path = "/accounts/{id}/bill", operation_id = "bill_account", tag = "accounts",
    params(("id" = String, Path, description = "An account id")),
    responses(
        (status = 200, description = "Billed", body = BilledBody),
        (status = 409, description = "Billing has stopped for the account", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn bill(
    State(api): State<Api>,
    caller: May<RaiseInvoices>,
    PathId(id): PathId<AccountKind>,
) -> Result<Json<BilledBody>, Problem> {
    let invoice = run(&caller, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            billing::bill_account(&*it.billing, &*it.ids, &*it.clock, &scope, id).await
        }
    })
    .await?;
    Ok(Json(BilledBody { invoice }))
}
