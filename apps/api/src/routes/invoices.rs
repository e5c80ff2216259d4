//! `/invoices`: demands for money. Nothing changes them once they are issued.

use axum::Json;
use axum::extract::State;
use billing::{
    ChargeKind, FeeLineView, FiguresView, InvoiceFilter, InvoiceView, LineView, Period, Settlement,
    TaxView,
};
use kernel::{AccountId, InvoiceId, InvoiceKind, LocalDate, PlanId, SubscriptionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Listed;
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Granted, Listing, May, PathId};
use crate::money::MoneyBody;
use crate::problem::Problem;
use crate::rights::ReadInvoices;
use crate::words;

/// An invoice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invoice)]
pub(crate) struct InvoiceBody {
    #[schema(value_type = String, pattern = "^inv_[a-z2-7]{25}[aeimquy4]$", example = "inv_agjpfimc4btqadrdlvfsmcaaai")]
    id: InvoiceId,
    #[schema(value_type = String, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$", example = "acc_agjpfimc4btqadrdlvfsmcaaai")]
    account: AccountId,
    /// As printed.
    #[schema(example = "INV-000042")]
    number: String,
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
    /// What is asked for.
    total: MoneyBody,
    /// How much of it is paid.
    allocated: MoneyBody,
    /// What credit notes took off it.
    credited: MoneyBody,
    /// What nobody expects to be paid any more.
    written_off: MoneyBody,
    /// The day it was voided.
    #[schema(value_type = Option<String>, format = Date)]
    voided_on: Option<LocalDate>,
    /// Why it was voided.
    void_reason: Option<String>,
    /// What is still due.
    due: MoneyBody,
    /// `open`, `partly` or `paid`.
    #[schema(value_type = words::SettlementWord, example = "open")]
    settlement: Settlement,
}

/// A line of an invoice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvoiceLine)]
pub(crate) struct LineBody {
    #[schema(value_type = String, pattern = "^sub_[a-z2-7]{25}[aeimquy4]$")]
    subscription: SubscriptionId,
    /// Which component of the subscription it is for; 0 is the base plan.
    #[schema(minimum = 0, example = 0)]
    component: u16,
    /// `recurring` for days, `one_time` for something done once.
    #[schema(value_type = words::ChargeKindWord, example = "recurring")]
    kind: ChargeKind,
    #[schema(value_type = String, pattern = "^pln_[a-z2-7]{25}[aeimquy4]$")]
    plan: PlanId,
    /// How many units.
    #[schema(minimum = 1, example = 1)]
    quantity: u32,
    /// The days that are charged.
    period: PeriodBody,
    /// The whole cycle whose price is prorated.
    cycle: PeriodBody,
    /// The listed amount, before discounts; with its taxes in it where prices include them. Below zero if it takes an
    /// earlier charge back.
    amount: MoneyBody,
    /// Its share of the discounts.
    discount: MoneyBody,
    /// Its share of the taxes.
    tax: MoneyBody,
    /// Whether it takes an earlier charge back.
    repairs: bool,
}

/// A line of an invoice for a charge of dunning.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvoiceFee)]
pub(crate) struct FeeLineBody {
    /// Its place among all lines of the invoice, counted from 0: what a credit note names.
    #[schema(minimum = 0, example = 1)]
    line: usize,
    /// `late_fee` or `reconnection`.
    #[schema(example = "late_fee")]
    kind: &'static str,
    /// Of which debt of the account, from 1.
    #[schema(minimum = 1, example = 1)]
    debt: u64,
    /// When it was charged.
    #[schema(value_type = String, format = Date, example = "2026-11-21")]
    charged_on: LocalDate,
    /// Its amount; with its taxes in it where prices include them. No discount counts on it.
    amount: MoneyBody,
    /// Its share of the taxes.
    tax: MoneyBody,
}

impl From<FeeLineView> for FeeLineBody {
    fn from(view: FeeLineView) -> Self {
        Self {
            line: view.line,
            kind: view.reason.as_str(),
            debt: view.episode,
            charged_on: view.charged_on,
            amount: view.amount.into(),
            tax: view.tax.into(),
        }
    }
}

/// What the lines of a document come to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Figures)]
pub(crate) struct FiguresBody {
    /// What discounts took off.
    discount: MoneyBody,
    /// The sum without tax.
    net: MoneyBody,
    /// Every tax, by rule.
    taxes: Vec<TaxBody>,
    /// The sum of taxes.
    tax: MoneyBody,
    /// What is added, or taken off, so that it can be paid in coins.
    rounding: MoneyBody,
}

/// A tax of a document.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvoiceTax)]
pub(crate) struct TaxBody {
    #[schema(example = "VAT")]
    name: String,
    /// The category as documents name it (UN/CEFACT 5305).
    #[schema(example = "S")]
    category: &'static str,
    /// A fraction of what is taxed.
    #[schema(example = "4/25")]
    rate: String,
    /// What is taxed.
    taxable: MoneyBody,
    /// The tax.
    tax: MoneyBody,
}

impl From<FiguresView> for FiguresBody {
    fn from(view: FiguresView) -> Self {
        Self {
            discount: view.discount.into(),
            net: view.net.into(),
            taxes: view.taxes.into_iter().map(TaxBody::from).collect(),
            tax: view.tax.into(),
            rounding: view.rounding.into(),
        }
    }
}

impl From<TaxView> for TaxBody {
    fn from(view: TaxView) -> Self {
        Self {
            name: view.name,
            category: view.category.code(),
            rate: view.rate.to_string(),
            taxable: view.taxable.into(),
            tax: view.tax.into(),
        }
    }
}

/// Days from `start` up to, not including, `end`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Period)]
pub(crate) struct PeriodBody {
    #[schema(value_type = String, format = Date, example = "2026-11-01")]
    start: LocalDate,
    #[schema(value_type = String, format = Date, example = "2026-12-01")]
    end: LocalDate,
}

impl From<Period> for PeriodBody {
    fn from(period: Period) -> Self {
        Self {
            start: period.start,
            end: period.end,
        }
    }
}

impl From<LineView> for LineBody {
    fn from(view: LineView) -> Self {
        Self {
            subscription: view.subscription,
            component: view.component,
            kind: view.kind,
            plan: view.plan,
            quantity: view.quantity,
            period: view.period.into(),
            cycle: view.cycle.into(),
            amount: view.amount.into(),
            discount: view.discount.into(),
            tax: view.tax.into(),
            repairs: view.repairs,
        }
    }
}

impl From<InvoiceView> for InvoiceBody {
    fn from(view: InvoiceView) -> Self {
        Self {
            id: view.id,
            account: view.account,
            number: view.number,
            issued_on: view.issued_on,
            due_on: view.due_on,
            lines: view.lines.into_iter().map(LineBody::from).collect(),
            fees: view.fees.into_iter().map(FeeLineBody::from).collect(),
            figures: view.figures.into(),
            total: view.total.into(),
            allocated: view.allocated.into(),
            credited: view.credited.into(),
            written_off: view.written_off.into(),
            voided_on: view.voided_on,
            void_reason: view.void_reason,
            due: view.due.into(),
            settlement: view.settlement,
        }
    }
}

/// Which invoices are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct InvoicesFilter {
    /// Only invoices of this account.
    #[param(value_type = Option<String>, pattern = "^acc_[a-z2-7]{25}[aeimquy4]$")]
    account: Option<AccountId>,
    /// `open`, `partly` or `paid`.
    #[param(value_type = Option<words::SettlementWord>, inline)]
    settlement: Option<Settlement>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
}

/// Lists invoices, newest first.
#[utoipa::path(
    get, path = "/invoices", operation_id = "list_invoices", tag = "invoices",
    params(PageParams, InvoicesFilter),
    responses((status = 200, description = "A page of invoices", body = Listed<InvoiceBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadInvoices>,
    listing: Listing<InvoicesFilter>,
) -> Result<Json<Listed<InvoiceBody>>, Problem> {
    let filter = InvoiceFilter {
        account: listing.filter.account,
        settlement: listing.filter.settlement,
    };
    let queries = &api.ports.billing_queries;
    let page = queries
        .invoices(caller.tenant(), filter, listing.page)
        .await?;
    Ok(Listed::of(page))
}

/// Shows an invoice with its lines.
#[utoipa::path(
    get, path = "/invoices/{id}", operation_id = "get_invoice", tag = "invoices",
    params(("id" = String, Path, description = "An invoice id")),
    responses((status = 200, description = "The invoice", body = InvoiceBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadInvoices>,
    PathId(id): PathId<InvoiceKind>,
) -> Result<Json<InvoiceBody>, Problem> {
    load(&api, &caller, id).await.map(Json)
}

pub(super) async fn load(
    api: &Api,
    caller: &Granted,
    id: InvoiceId,
) -> Result<InvoiceBody, Problem> {
    let queries = &api.ports.billing_queries;
    let found = queries.invoice(caller.tenant(), id).await?;
    let view = found.ok_or_else(|| Problem::not_found("invoice", id))?;
    Ok(view.into())
}
