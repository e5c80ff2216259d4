//! `/tills`: the days of cashiers. Cash that an operator takes belongs to their open day; closing it counts what is there.

use axum::Json;
use axum::extract::State;
use billing::{CloseTill, OpenTill, TillDayId, TillDayKind, TillDayView, TillFilter};
use kernel::{EntityId, LocalDate, Money, OperatorId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use crate::answer::{Created, Listed};
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Granted, Listing, May, Once, PathId, Valid};
use crate::idempotency::{once, run};
use crate::money::MoneyBody;
use crate::problem::{Problem, catalog};
use crate::rights::{CloseTills, KeepTill, ReadTills, Right};
use crate::routes::KeyHeader;

/// A day of a till.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TillDay)]
pub(crate) struct TillDayBody {
    #[schema(value_type = String, pattern = "^til_[a-z2-7]{25}[aeimquy4]$", example = "til_agjpfimc4btqadrdlvfsmcaaai")]
    id: TillDayId,
    /// For whom the money is taken.
    #[schema(value_type = String, pattern = "^ent_[a-z2-7]{25}[aeimquy4]$", example = "ent_agjpfimc4btqadrdlvfsmcaaai")]
    legal_entity: EntityId,
    /// Who takes it.
    #[schema(value_type = String, pattern = "^opr_[a-z2-7]{25}[aeimquy4]$", example = "opr_agjpfimc4btqadrdlvfsmcaaai")]
    operator: OperatorId,
    /// The local day on which it was opened.
    #[schema(value_type = String, format = Date, example = "2026-11-21")]
    business_day: LocalDate,
    #[schema(value_type = String, format = DateTime)]
    opened_at: Timestamp,
    /// The change in the till then.
    opening: MoneyBody,
    /// The cash that came in since, less what went out.
    taken: MoneyBody,
    /// How it ended; null while it is open.
    close: Option<TillCloseBody>,
}

/// How a day ended.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TillClose)]
pub(crate) struct TillCloseBody {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who counted.
    #[schema(value_type = String, pattern = "^opr_[a-z2-7]{25}[aeimquy4]$", example = "opr_agjpfimc4btqadrdlvfsmcaaai")]
    by: OperatorId,
    /// What should have been there.
    expected: MoneyBody,
    /// What was there.
    counted: MoneyBody,
    /// Counted less expected: below zero where cash is missing.
    difference: MoneyBody,
    /// Why it differs.
    note: Option<String>,
}

/// A till to open.
#[derive(Debug, Clone, Copy, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenTillBody {
    /// For which legal entity; the first one if absent.
    #[schema(value_type = Option<String>, pattern = "^ent_[a-z2-7]{25}[aeimquy4]$")]
    legal_entity: Option<EntityId>,
    /// The change in it, zero or more.
    #[validate(nested)]
    opening: MoneyBody,
}

/// What was counted.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloseTillBody {
    /// The cash that is there.
    #[validate(nested)]
    counted: MoneyBody,
    /// Why that is not what it should be; required where it is not.
    #[validate(length(min = 1, max = 300))]
    #[schema(min_length = 1, max_length = 300, example = "a note was torn")]
    note: Option<String>,
}

/// Which days are listed.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TillsFilter {
    /// Only with this legal entity.
    #[param(value_type = Option<String>, pattern = "^ent_[a-z2-7]{25}[aeimquy4]$")]
    legal_entity: Option<EntityId>,
    /// Only this operator's.
    #[param(value_type = Option<String>, pattern = "^opr_[a-z2-7]{25}[aeimquy4]$")]
    operator: Option<OperatorId>,
    /// Only those that are open, or are not.
    open: Option<bool>,
}

impl TryFrom<TillDayView> for TillDayBody {
    type Error = Problem;

    fn try_from(view: TillDayView) -> Result<Self, Problem> {
        let TillDayView { day, taken } = view;
        let closed = |it: billing::TillClose| -> Result<TillCloseBody, Problem> {
            let difference = it.difference();
            Ok(TillCloseBody {
                at: it.at,
                by: it.by,
                expected: it.expected.into(),
                counted: it.counted.into(),
                difference: difference.map_err(|err| Problem::internal(&err))?.into(),
                note: it.note,
            })
        };
        Ok(Self {
            id: day.id,
            legal_entity: day.entity,
            operator: day.operator,
            business_day: day.business_day,
            opened_at: day.opened_at,
            opening: day.opening.into(),
            taken: taken.into(),
            close: day.close.map(closed).transpose()?,
        })
    }
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, open))
        .routes(routes!(get))
        .routes(routes!(close))
}

/// Lists the days of tills, newest first.
#[utoipa::path(
    get, path = "/tills", operation_id = "list_tills", tag = "tills",
    params(PageParams, TillsFilter),
    responses((status = 200, description = "A page of days", body = Listed<TillDayBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadTills>,
    listing: Listing<TillsFilter>,
) -> Result<Json<Listed<TillDayBody>>, Problem> {
    let filter = TillFilter {
        entity: listing.filter.legal_entity,
        operator: listing.filter.operator,
        is_open: listing.filter.open,
    };
    let queries = &api.ports.billing_queries;
    let page = queries
        .till_days(caller.tenant(), filter, listing.page)
        .await?;
    let next = page.next.as_ref().map(ToString::to_string);
    let items = page.items.into_iter().map(TillDayBody::try_from);
    let items = items.collect::<Result<Vec<_>, _>>()?;
    Ok(Json(Listed { items, next }))
}

/// Shows a day with what is in the till.
#[utoipa::path(
    get, path = "/tills/{id}", operation_id = "get_till", tag = "tills",
    params(("id" = String, Path, description = "A till day id")),
    responses((status = 200, description = "The day", body = TillDayBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadTills>,
    PathId(id): PathId<TillDayKind>,
) -> Result<Json<TillDayBody>, Problem> {
    let view = load(&api, &caller, id).await?;
    TillDayBody::try_from(view).map(Json)
}

/// Opens the caller's till with some change in it. An operator has one open day with a legal entity.
#[utoipa::path(
    post, path = "/tills", operation_id = "open_till", tag = "tills",
    params(KeyHeader),
    request_body = OpenTillBody,
    responses((status = 201, description = "Opened", body = TillDayBody))
)]
async fn open(
    State(api): State<Api>,
    caller: May<KeepTill>,
    request: Once<OpenTillBody>,
) -> Result<Created<TillDayBody>, Problem> {
    let command = OpenTill {
        id: api.ports.ids.next(),
        entity: request.body.legal_entity,
        operator: caller.operator(),
        opening: Money::from(request.body.opening),
    };
    let (id, turn) = once(&api, &caller, &request.attempt, command.id, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            billing::open_till(&*it.billing, &*it.clock, &scope, command).await
        }
    })
    .await?;
    Ok(Created {
        location: format!("/api/v1/tills/{id}"),
        turn,
        body: load(&api, &caller, id).await?.try_into()?,
    })
}

/// Closes a till with what was counted: what is expected, what is there and the difference are kept, and nothing about the day
/// changes any more. The same count again is harmless. Somebody else's till needs `tills.close`.
#[utoipa::path(
    post, path = "/tills/{id}/close", operation_id = "close_till", tag = "tills",
    params(("id" = String, Path, description = "A till day id")),
    request_body = CloseTillBody,
    responses((status = 200, description = "Closed", body = TillDayBody))
)]
async fn close(
    State(api): State<Api>,
    caller: May<KeepTill>,
    PathId(id): PathId<TillDayKind>,
    Valid(body): Valid<CloseTillBody>,
) -> Result<Json<TillDayBody>, Problem> {
    let is_own = load(&api, &caller, id).await?.day.operator == caller.operator();
    if !is_own && !CloseTills::is_granted_to(caller.claims().role) {
        return Err(Problem::of(&catalog::FORBIDDEN).detail("this is somebody else's till"));
    }
    let command = CloseTill {
        day: id,
        by: caller.operator(),
        counted: body.counted.into(),
        note: body.note,
    };
    run(&caller, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let it = &api.ports;
            billing::close_till(&*it.billing, &*it.clock, &scope, command).await
        }
    })
    .await?;
    let view = load(&api, &caller, id).await?;
    TillDayBody::try_from(view).map(Json)
}

async fn load(api: &Api, caller: &Granted, id: TillDayId) -> Result<TillDayView, Problem> {
    let queries = &api.ports.billing_queries;
    let found = queries.till_day(caller.tenant(), id).await?;
    found.ok_or_else(|| Problem::not_found("till day", id))
}
