//! `/reports`: money over time, as JSON or CSV. Days are those of the legal entity, amounts whole minor units.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use billing::{BillingQueries, EntityView, MOST_REPORT_MONTHS, Recurrence, report_end};
use kernel::{EntityId, LocalDate, TenantId, Timestamp};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::extract::filtered::Filtered;
use crate::extract::{Granted, May};
use crate::problem::{Problem, catalog};
use crate::report::{Format, Known, Row, answer};
use crate::rights::ReadReports;

mod books;
mod earned;
mod owed;
mod recurring;

/// Documents, payments or accounts per statement.
const PAGE: u16 = 500;

/// How revenue is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    /// What was charged, by the day of the document.
    Day,
    /// What was charged, by plan.
    Plan,
    /// What was charged, by the router of the subscription's login.
    Router,
    /// What came in, by the way it came.
    Method,
    /// What came in, by who took it.
    Operator,
}

/// Some days of a legal entity.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DaysParams {
    /// Whose; the first one if absent.
    #[param(value_type = Option<String>, pattern = "^ent_[a-z2-7]{25}[aeimquy4]$")]
    legal_entity: Option<EntityId>,
    /// The first day.
    #[param(value_type = String, format = Date, example = "2026-11-01")]
    from: LocalDate,
    /// The last day, which counts as well; at most 366 days.
    #[param(value_type = String, format = Date, example = "2026-11-30")]
    to: LocalDate,
    /// `json` (if absent) or `csv`.
    #[param(value_type = Option<String>, example = "csv")]
    format: Option<Format>,
}

/// The same, told apart by something.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RevenueParams {
    /// `day`, `plan`, `router`: what was charged, without taxes. `method`, `operator`: what came in.
    #[param(value_type = String, example = "day")]
    by: By,
    /// Whose; the first one if absent.
    #[param(value_type = Option<String>, pattern = "^ent_[a-z2-7]{25}[aeimquy4]$")]
    legal_entity: Option<EntityId>,
    /// The first day.
    #[param(value_type = String, format = Date, example = "2026-11-01")]
    from: LocalDate,
    /// The last day, which counts as well; at most 366 days.
    #[param(value_type = String, format = Date, example = "2026-11-30")]
    to: LocalDate,
    /// `json` (if absent) or `csv`.
    #[param(value_type = Option<String>, example = "csv")]
    format: Option<Format>,
}

/// What is so now.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct NowParams {
    /// Whose; the first one if absent.
    #[param(value_type = Option<String>, pattern = "^ent_[a-z2-7]{25}[aeimquy4]$")]
    legal_entity: Option<EntityId>,
    /// `json` (if absent) or `csv`.
    #[param(value_type = Option<String>, example = "csv")]
    format: Option<Format>,
}

/// Some months.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MonthsParams {
    /// Whose; the first one if absent.
    #[param(value_type = Option<String>, pattern = "^ent_[a-z2-7]{25}[aeimquy4]$")]
    legal_entity: Option<EntityId>,
    /// Any day of the first month.
    #[param(value_type = String, format = Date, example = "2026-01-01")]
    from: LocalDate,
    /// How many months, 1 to 36.
    #[param(minimum = 1, maximum = 36, example = 12)]
    months: u16,
    /// `json` (if absent) or `csv`.
    #[param(value_type = Option<String>, example = "csv")]
    format: Option<Format>,
}

/// What every report reads from.
#[derive(Clone)]
struct Reader {
    queries: Arc<dyn BillingQueries>,
    tenant: TenantId,
    entity: EntityView,
}

/// The days of a report.
#[derive(Debug, Clone, Copy)]
struct Days {
    from: LocalDate,
    until: LocalDate,
}

impl Reader {
    async fn open(api: &Api, caller: &Granted, wanted: Option<EntityId>) -> Result<Self, Problem> {
        let queries = Arc::clone(&api.ports.billing_queries);
        let tenant = caller.tenant();
        let mut entities = queries.entities(tenant).await?.into_iter();
        let entity = match wanted {
            Some(id) => entities.find(|it| it.id == id),
            None => entities.next(),
        };
        let entity = entity.ok_or_else(|| {
            Problem::of(&catalog::INVALID_PARAMETER).field(
                "legal_entity",
                "unknown",
                "there is no such legal entity",
            )
        })?;
        Ok(Self {
            queries,
            tenant,
            entity,
        })
    }

    const fn id(&self) -> EntityId {
        self.entity.id
    }

    fn currency(&self) -> &'static str {
        self.entity.currency.code()
    }

    /// The first moment of some days and the one after the last.
    fn time(&self, days: Days) -> (Timestamp, Timestamp) {
        let zone = self.entity.zone;
        (zone.start_of(days.from), zone.start_of(days.until))
    }
}

impl Days {
    fn of(from: LocalDate, to: LocalDate) -> Result<Self, Problem> {
        let until = report_end(from, to).ok_or_else(|| {
            let text = format!("a report is for 1 to 366 days, not from {from} to {to}");
            Problem::of(&catalog::INVALID_PARAMETER).field("to", "range", text)
        })?;
        Ok(Self { from, until })
    }
}

fn known(rows: Vec<Row>) -> Box<Known> {
    Box::new(Known(Some(rows)))
}

/// The routes of reports.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(revenue))
        .routes(routes!(tax))
        .routes(routes!(receivables_aging))
        .routes(routes!(trial_balance))
        .routes(routes!(journal))
        .routes(routes!(mrr_movements))
        .routes(routes!(arpu))
        .routes(routes!(churn))
        .routes(routes!(cohorts))
        .routes(routes!(till_closes))
}

/// Revenue by day, plan or router: what invoices charged and credit notes gave back, discounts off and without taxes, on the days
/// of the documents. By method or operator: what came in on those days, and what of it went back since. Keys without revenue
/// are left out; an empty key is what has none.
#[utoipa::path(
    get, path = "/reports/revenue", operation_id = "report_revenue", tag = "reports",
    params(RevenueParams),
    responses((status = 200, description = "Rows of `key`, `currency`, `count`, `gross_minor`, `back_minor`, `net_minor`", body = Object))
)]
async fn revenue(
    State(api): State<Api>,
    caller: May<ReadReports>,
    Filtered(it): Filtered<RevenueParams>,
) -> Result<Response, Problem> {
    let reader = Reader::open(&api, &caller, it.legal_entity).await?;
    let days = Days::of(it.from, it.to)?;
    let rows = match it.by {
        By::Day => earned::by_day(&reader, days).await?,
        By::Plan => earned::by_plan(&reader, days).await?,
        By::Router => earned::by_router(&reader, &*api.ports.access_queries, days).await?,
        By::Method => earned::by_method(&reader, days).await?,
        By::Operator => earned::by_operator(&reader, days).await?,
    };
    let format = it.format.unwrap_or_default();
    answer("revenue", earned::COLUMNS, format, known(rows)).await
}

/// Taxes of invoices and credit notes by their dates: what is owed to the state, by name, category and rate.
#[utoipa::path(
    get, path = "/reports/tax", operation_id = "report_tax", tag = "reports",
    params(DaysParams),
    responses((status = 200, description = "Rows of `name`, `category`, `rate`, `currency`, `taxable_minor`, `tax_minor`, `taxable_back_minor`, `tax_back_minor`, `owed_minor`", body = Object))
)]
async fn tax(
    State(api): State<Api>,
    caller: May<ReadReports>,
    Filtered(it): Filtered<DaysParams>,
) -> Result<Response, Problem> {
    let reader = Reader::open(&api, &caller, it.legal_entity).await?;
    let rows = earned::taxes(&reader, Days::of(it.from, it.to)?).await?;
    let format = it.format.unwrap_or_default();
    answer("tax", earned::TAX_COLUMNS, format, known(rows)).await
}

/// What every account owes today by how long it has been due, credit that is not used yet taken off the oldest first.
#[utoipa::path(
    get, path = "/reports/receivables-aging", operation_id = "report_receivables_aging", tag = "reports",
    params(NowParams),
    responses((status = 200, description = "Rows of `account`, `customer`, `currency`, `current_minor`, `days_1_30_minor`, `days_31_60_minor`, `days_61_90_minor`, `days_over_90_minor`, `total_minor`, `unused_credit_minor`", body = Object))
)]
async fn receivables_aging(
    State(api): State<Api>,
    caller: May<ReadReports>,
    Filtered(it): Filtered<NowParams>,
) -> Result<Response, Problem> {
    let reader = Reader::open(&api, &caller, it.legal_entity).await?;
    let today = reader.entity.zone.date_at(api.ports.clock.now());
    let pages = owed::AgingPages::new(reader, today);
    let format = it.format.unwrap_or_default();
    answer("receivables-aging", owed::COLUMNS, format, Box::new(pages)).await
}

/// What every book held before some days, what moved in it, and what it holds after them. Openings, movements and closings each
/// sum to zero.
#[utoipa::path(
    get, path = "/reports/trial-balance", operation_id = "report_trial_balance", tag = "reports",
    params(DaysParams),
    responses((status = 200, description = "Rows of `book`, `currency`, `opening_minor`, `debit_minor`, `credit_minor`, `closing_minor`", body = Object))
)]
async fn trial_balance(
    State(api): State<Api>,
    caller: May<ReadReports>,
    Filtered(it): Filtered<DaysParams>,
) -> Result<Response, Problem> {
    let reader = Reader::open(&api, &caller, it.legal_entity).await?;
    let rows = books::trial_balance(&reader, Days::of(it.from, it.to)?).await?;
    let format = it.format.unwrap_or_default();
    answer("trial-balance", books::TRIAL_COLUMNS, format, known(rows)).await
}

/// Every entry of the books in order: the sides of a posting follow each other and sum to zero.
#[utoipa::path(
    get, path = "/reports/journal", operation_id = "report_journal", tag = "reports",
    params(DaysParams),
    responses((status = 200, description = "Rows of `posted_at`, `posting`, `side`, `account`, `what`, `source`, `book`, `currency`, `debit_minor`, `credit_minor`", body = Object))
)]
async fn journal(
    State(api): State<Api>,
    caller: May<ReadReports>,
    Filtered(it): Filtered<DaysParams>,
) -> Result<Response, Problem> {
    let reader = Reader::open(&api, &caller, it.legal_entity).await?;
    let pages = books::JournalPages::new(reader, Days::of(it.from, it.to)?);
    let format = it.format.unwrap_or_default();
    answer("journal", books::JOURNAL_COLUMNS, format, Box::new(pages)).await
}

/// How monthly recurring revenue moved, month by month: what subscriptions bring in a month, without taxes, discounts and one-time
/// charges. `end = start + new + expansion + reactivation - contraction - churn`.
#[utoipa::path(
    get, path = "/reports/mrr-movements", operation_id = "report_mrr_movements", tag = "reports",
    params(MonthsParams),
    responses((status = 200, description = "Rows of `month`, `currency`, `start_minor`, `new_minor`, `expansion_minor`, `reactivation_minor`, `contraction_minor`, `churn_minor`, `end_minor`", body = Object))
)]
async fn mrr_movements(
    State(api): State<Api>,
    caller: May<ReadReports>,
    Filtered(it): Filtered<MonthsParams>,
) -> Result<Response, Problem> {
    let (reader, found) = recurrence(&api, &caller, it).await?;
    let rows = recurring::movements(&reader, &found)?;
    let format = it.format.unwrap_or_default();
    answer("mrr-movements", recurring::MOVED, format, known(rows)).await
}

/// Average recurring revenue per account at the end of each month, and of a year at that rate.
#[utoipa::path(
    get, path = "/reports/arpu", operation_id = "report_arpu", tag = "reports",
    params(MonthsParams),
    responses((status = 200, description = "Rows of `month`, `currency`, `accounts`, `mrr_minor`, `arpu_minor`, `arr_minor`", body = Object))
)]
async fn arpu(
    State(api): State<Api>,
    caller: May<ReadReports>,
    Filtered(it): Filtered<MonthsParams>,
) -> Result<Response, Problem> {
    let (reader, found) = recurrence(&api, &caller, it).await?;
    let rows = recurring::per_account_rows(&reader, &found)?;
    let format = it.format.unwrap_or_default();
    answer("arpu", recurring::ARPU, format, known(rows)).await
}

/// How many accounts with recurring revenue each month lost, and how much of the revenue; rates in millionths of what was there at
/// its start, empty where nothing was.
#[utoipa::path(
    get, path = "/reports/churn", operation_id = "report_churn", tag = "reports",
    params(MonthsParams),
    responses((status = 200, description = "Rows of `month`, `currency`, `accounts_at_start`, `accounts_lost`, `account_churn_ppm`, `mrr_at_start_minor`, `mrr_lost_minor`, `mrr_churn_ppm`", body = Object))
)]
async fn churn(
    State(api): State<Api>,
    caller: May<ReadReports>,
    Filtered(it): Filtered<MonthsParams>,
) -> Result<Response, Problem> {
    let (reader, found) = recurrence(&api, &caller, it).await?;
    let rows = recurring::churn(&reader, &found);
    let format = it.format.unwrap_or_default();
    answer("churn", recurring::CHURN, format, known(rows)).await
}

/// What became of the accounts by the month of their first subscription: how many still pay so many months later, and how much.
#[utoipa::path(
    get, path = "/reports/cohorts", operation_id = "report_cohorts", tag = "reports",
    params(MonthsParams),
    responses((status = 200, description = "Rows of `cohort`, `month`, `currency`, `accounts`, `mrr_minor`", body = Object))
)]
async fn cohorts(
    State(api): State<Api>,
    caller: May<ReadReports>,
    Filtered(it): Filtered<MonthsParams>,
) -> Result<Response, Problem> {
    let (reader, found) = recurrence(&api, &caller, it).await?;
    let rows = recurring::cohorts(&reader, &found);
    let format = it.format.unwrap_or_default();
    answer("cohorts", recurring::COHORTS, format, known(rows)).await
}

/// The closed days of tills: what was expected, what was counted, the difference and why.
#[utoipa::path(
    get, path = "/reports/till-closes", operation_id = "report_till_closes", tag = "reports",
    params(DaysParams),
    responses((status = 200, description = "Rows of `business_day`, `till_day`, `operator`, `closed_at`, `closed_by`, `currency`, `opening_minor`, `taken_minor`, `expected_minor`, `counted_minor`, `difference_minor`, `note`", body = Object))
)]
async fn till_closes(
    State(api): State<Api>,
    caller: May<ReadReports>,
    Filtered(it): Filtered<DaysParams>,
) -> Result<Response, Problem> {
    let reader = Reader::open(&api, &caller, it.legal_entity).await?;
    let pages = owed::TillPages::new(reader, Days::of(it.from, it.to)?);
    let format = it.format.unwrap_or_default();
    answer("till-closes", owed::TILL_COLUMNS, format, Box::new(pages)).await
}

async fn recurrence(
    api: &Api,
    caller: &Granted,
    it: MonthsParams,
) -> Result<(Reader, Recurrence), Problem> {
    let reader = Reader::open(api, caller, it.legal_entity).await?;
    let months = usize::from(it.months);
    let today = reader.entity.zone.date_at(api.ports.clock.now());
    let empty = Recurrence::new(reader.entity.currency, it.from, months, today);
    let empty = empty.ok_or_else(|| {
        let text = format!("must be 1 to {MOST_REPORT_MONTHS}");
        Problem::of(&catalog::INVALID_PARAMETER).field("months", "range", text)
    })?;
    let found = recurring::read(&reader, empty).await?;
    Ok((reader, found))
}
